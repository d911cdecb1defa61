"""simple_rnn.numerics: as stable as Aesara everywhere, and updates to the digit as written."""

from concurrent.futures import ThreadPoolExecutor

import aesara
import aesara.tensor as T
import numpy as np
import pytest
from aesara.scan.op import Scan

from simple_rnn import article, compile_function
from simple_rnn.numerics import as_written


@pytest.fixture(params=["C", "Python"])
def backend(request):
    """Run a test once with the C compiler and once without."""
    if request.param == "C" and not aesara.config.cxx:
        pytest.skip("no C++ compiler here")
    with aesara.config.change_flags(cxx=aesara.config.cxx if request.param == "C" else ""):
        yield


TENTH, FIVE = np.float32(0.1), np.float32(5)


@pytest.mark.parametrize(
    "formula",
    [
        lambda a, b, c, d: a * b - c,
        lambda a, b, c, d: a * b + c * d,
        lambda a, b, c, d: a * (b / c),
        lambda a, b, c, d: (a / b) / (c / d),
        lambda a, b, c, d: a + b * c - d * a,
        lambda a, b, c, d: (a - b) - (c - b),
        lambda a, b, c, d: (a + b / c) * c,
        lambda a, b, c, d: TENTH * (a * a),
        lambda a, b, c, d: a / (b / FIVE),
    ],
)
@pytest.mark.usefixtures("backend")
def test_updates_round_once_in_the_written_order(formula):
    values = np.random.RandomState(0).uniform(0.5, 2, (4, 1000)).astype("float32")
    gradient = T.fvector("gradient")
    rest = [aesara.shared(value) for value in values[1:]]
    target = aesara.shared(np.zeros(1000, "float32"))
    updates = as_written([(target, formula(gradient, *rest))], [gradient])
    function = compile_function([gradient], [], updates=updates)
    function(values[0])
    np.testing.assert_array_equal(target.get_value(), formula(*values))


def test_as_written_costs_no_operation():
    p, g = aesara.shared(np.ones(3, "float32")), T.fvector("g")
    function = compile_function([g], [], updates=as_written([(p, p - TENTH * (g * g))], [g]))
    assert len(function.maker.fgraph.apply_nodes) == 1


# The loss of a logit z and its derivative, where s is the sigmoid of z.
LOSSES = [
    (lambda z: -T.log(T.sigmoid(z)), lambda s: s - 1),
    (lambda z: -T.log(1 - T.sigmoid(z)), lambda s: s),
    (lambda z: -T.log(1 / (1 + T.exp(-z))), lambda s: s - 1),
    (lambda z: T.log(T.exp(z) / (1 + T.exp(z))), lambda s: 1 - s),
]
# The same of logits (z, 0), one pair per row.
LOSSES_OF_PAIRS = [
    (lambda m: T.log(T.exp(m).sum(axis=1)), lambda s: s),
    (lambda m: -T.log(T.exp(m) / T.exp(m).sum(axis=1, keepdims=True))[:, 0], lambda s: s - 1),
]


@pytest.mark.usefixtures("backend")
def test_gradients_of_usual_losses_are_right_at_large_logits():
    logits = np.linspace(-200, 200, 81).astype("float32")
    z, m = T.fvector("z"), T.fmatrix("m")
    pairs = np.column_stack([logits, 0 * logits])
    # One by one: what two losses have in common, Aesara computes once, and then as written.
    gradients = [compile_function([z], T.grad(loss(z).sum(), z)) for loss, _ in LOSSES]
    of_pairs = [compile_function([m], T.grad(loss(m).sum(), m)) for loss, _ in LOSSES_OF_PAIRS]
    with np.errstate(all="ignore"):  # NumPy overflows on the way, to where Aesara's form is right
        obtained = [gradient(logits) for gradient in gradients]
        obtained += [gradient(pairs)[:, 0] for gradient in of_pairs]
        sigmoid = 1 / (1 + np.exp(-logits.astype("float64")))
    for gradient, (_, derivative) in zip(obtained, LOSSES + LOSSES_OF_PAIRS):
        np.testing.assert_allclose(gradient, derivative(sigmoid), rtol=1e-5, atol=1e-6)


def test_powers_of_a_gradient_through_a_scan():
    x = T.fmatrix("x")
    w = aesara.shared(np.full((3, 3), 0.5, "float32"), name="w", shape=(3, 3))
    states, _ = aesara.scan(
        lambda x_t, s_tm1: T.dot(s_tm1, w) + x_t, sequences=x, outputs_info=T.zeros(3, "float32")
    )
    (g,) = aesara.grad(T.square(states).sum(), [w])
    exponents = [-2, -1, -0.5, 0, 0.5, 1, 2, 3, 2.5]
    # Only with this data the shape of g is known, after its powers have been written.
    data = {x: np.ones((2, 3), "float32")}
    with aesara.config.change_flags(cxx=""):  # it is about rewriting; in C it takes half a minute
        base, *powers = compile_function([], [g, *(g**e for e in exponents)], givens=data)()
    for exponent, power in zip(exponents, powers):
        np.testing.assert_allclose(power, base**exponent, rtol=1e-6)


def test_threads_that_compile_at_once_leave_the_configuration_as_it_was():
    before = str(aesara.config)
    conditions = [article.CONDITIONS[name] for name in ("gd", "rmsprop") * 2]
    with ThreadPoolExecutor(4) as threads:
        assert len(list(threads.map(article.build, conditions))) == 4
    assert str(aesara.config) == before


def test_takes_what_aesara_function_takes():
    x, y = T.dscalars("x", "y")
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


def test_an_update_of_another_dtype_is_named():
    p = aesara.shared(np.ones(3, "float32"), name="p")
    with pytest.raises(TypeError, match=r"updates: p is float32, its new value float64; write"):
        compile_function([], [], updates=[(p, p - T.dscalar())])


def test_the_steps_of_a_scan_that_stays_are_computed_in_c():
    if not aesara.config.cxx:
        pytest.skip("no C++ compiler here")
    x, w = T.fmatrix(), aesara.shared(np.ones((3, 3), "float32"))
    states, _ = aesara.scan(lambda x_t, s_tm1: T.tanh(x_t + s_tm1 @ w), x, T.zeros(3, "float32"))
    nodes = compile_function([x], states).maker.fgraph.apply_nodes
    (step,) = (node.op.fn.vm for node in nodes if isinstance(node.op, Scan))
    assert any(hasattr(thunk, "cthunk") for thunk in step.thunks)
