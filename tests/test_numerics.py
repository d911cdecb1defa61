import aesara
import aesara.tensor as at
import numpy as np
import pytest

from simple_rnn import compile_function


@pytest.fixture(params=["C", "Python"])
def backend(request):
    """Run a test once with the C compiler and once without."""
    if request.param == "C" and not aesara.config.cxx:
        pytest.skip("no C++ compiler here")
    with aesara.config.change_flags(cxx=aesara.config.cxx if request.param == "C" else ""):
        yield


@pytest.fixture
def samples():
    rng = np.random.RandomState(0)
    return rng.uniform(0.5, 2, (4, 1000)).astype(np.float32)


TENTH = np.float32(0.1)


# Each expression is evaluated by Aesara and by NumPy, which rounds after every operation.
@pytest.mark.parametrize(
    "expression",
    [
        pytest.param(lambda a, b, c, d: a * b - c, id="product and difference"),
        pytest.param(lambda a, b, c, d: a * b + c * d, id="two products"),
        pytest.param(lambda a, b, c, d: a * (b / c), id="product of quotient"),
        pytest.param(lambda a, b, c, d: (a / b) / (c / d), id="quotient of quotients"),
        pytest.param(lambda a, b, c, d: a + b * c - d * a, id="left to right"),
        pytest.param(lambda a, b, c, d: a + (b + c), id="sum of a sum"),
        pytest.param(lambda a, b, c, d: (a - b) - (c - b), id="difference of differences"),
        pytest.param(lambda a, b, c, d: (a + b / c) * c, id="product of a sum"),
        pytest.param(lambda a, b, c, d: TENTH * (a * a), id="constant times square"),
        pytest.param(lambda a, b, c, d: TENTH * (a * (b / c)), id="constant times quotient"),
        pytest.param(lambda a, b, c, d: a / (b / TENTH), id="quotient with a constant"),
    ],
)
@pytest.mark.usefixtures("backend")
def test_every_operation_rounds_once_in_the_written_order(expression, samples):
    symbols = [at.vector(name, dtype="float32") for name in "abcd"]
    evaluate = compile_function(symbols, expression(*symbols), on_unused_input="ignore")
    np.testing.assert_array_equal(evaluate(*samples), expression(*samples))


@pytest.mark.usefixtures("backend")
def test_so_it_does_inside_a_scan_that_was_built_before(samples):
    x, w, s0 = (at.matrix("x", dtype="float32"), *at.fvectors("w", "s0"))
    states, _ = aesara.scan(
        lambda x_t, s_tm1, w: x_t * w + TENTH * (s_tm1 * (x_t / w)),
        sequences=x,
        outputs_info=s0,
        non_sequences=w,
    )
    operation = states.owner.inputs[0].owner.op
    mode = operation.mode
    obtained = compile_function([x, w, s0], states)(samples[:2], samples[2], samples[3])
    s = samples[3]
    for x_t, state in zip(samples[:2], obtained):
        s = x_t * samples[2] + TENTH * (s * (x_t / samples[2]))
        np.testing.assert_array_equal(state, s)
    assert operation.mode is mode  # the user's own graph is as it was


def test_powers_of_a_gradient_through_a_scan():
    x = at.matrix("x", dtype="float32")
    w = aesara.shared(np.full((3, 3), 0.5, "float32"), name="w", shape=(3, 3))
    states, _ = aesara.scan(
        lambda x_t, s_tm1: at.dot(s_tm1, w) + x_t,
        sequences=x,
        outputs_info=at.zeros(3, "float32"),
    )
    (g,) = aesara.grad(at.square(states).sum(), [w])
    exponents = [-2, -1, -0.5, 0, 0.5, 1, 2, 3, 2.5]
    # Only with this data the shape of g is known, after its powers have been written.
    data = {x: np.ones((2, 3), "float32")}
    with aesara.config.change_flags(cxx=""):  # it is about rewriting; in C it takes half a minute
        base, *powers = compile_function([], [g, *(g**e for e in exponents)], givens=data)()
    for exponent, power in zip(exponents, powers):
        np.testing.assert_allclose(power, base**exponent, rtol=1e-6)


def test_no_setting_is_changed():
    before = str(aesara.config)
    x = at.scalar("x", dtype="float32")
    compile_function([x], x + 1)
    assert str(aesara.config) == before


def test_a_mode_is_passed_on():
    x = at.vector("x", dtype="float32")
    y = compile_function([x], at.exp(x), mode="FAST_COMPILE")
    assert y.maker.mode is aesara.compile.mode.FAST_COMPILE


def test_takes_what_aesara_function_takes():
    x, y = at.scalars("x", "y")
    total = aesara.shared(np.float64(0), name="total")
    add = compile_function(
        inputs=[x],
        outputs=[total],
        updates=[(total, total + x * y)],
        givens=[(y, np.float64(2))],
        allow_input_downcast=True,
    )
    assert add(5)[0] == 0
    assert total.get_value() == 10
