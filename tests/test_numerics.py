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


# Each expression is evaluated by Aesara and by NumPy, which rounds after every operation.
@pytest.mark.parametrize(
    "expression",
    [
        pytest.param(lambda a, b, c, d: a * b - c, id="product and difference"),
        pytest.param(lambda a, b, c, d: a * b + c * d, id="two products"),
        pytest.param(lambda a, b, c, d: a * (b / c), id="product of quotient"),
        pytest.param(lambda a, b, c, d: (a / b) / (c / d), id="quotient of quotients"),
        pytest.param(lambda a, b, c, d: a + b * c - d * a, id="left to right"),
    ],
)
@pytest.mark.usefixtures("backend")
def test_every_operation_rounds_once_in_the_written_order(expression, samples):
    symbols = [at.vector(name, dtype="float32") for name in "abcd"]
    evaluate = compile_function(symbols, expression(*symbols), on_unused_input="ignore")
    np.testing.assert_array_equal(evaluate(*samples), expression(*samples))


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
