"""simple_rnn.numerics: as stable as Aesara everywhere, and updates to the digit as written."""

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor

import aesara
import aesara.tensor as T
import numpy as np
import pytest
from aesara.compile.mode import Mode, optdb
from aesara.scan.op import Scan

from simple_rnn import RMSPropOptimizer, article, compile_function
from simple_rnn._aesara import mode
from simple_rnn.numerics import as_written


@pytest.fixture(params=["C", "Python"])
def backend(request):
    """Run a test once with the C compiler and once without."""
    if request.param == "C" and not aesara.config.cxx:
        pytest.skip("no C++ compiler here")
    with aesara.config.change_flags(cxx=aesara.config.cxx if request.param == "C" else ""):
        yield


TENTH = np.float32(0.1)


@pytest.mark.parametrize(
    "formula",
    [
        lambda a, b, c, d: a * b + c * d,
        lambda a, b, c, d: a * (b / c),
        lambda a, b, c, d: (a / b) / (c / d),
        lambda a, b, c, d: (a - b) - (c - b),
        lambda a, b, c, d: TENTH * (a * a),
        lambda a, b, c, d: a + (b + (c + d)),
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


LOSSES = {
    # name: (loss of the logit z, its derivative in float64)
    "log(sigmoid)": (lambda z: -T.log(T.sigmoid(z)), lambda s, z: s - 1),
    "log(1 - sigmoid)": (lambda z: -T.log(1 - T.sigmoid(z)), lambda s, z: s),
    "sigmoid by hand": (lambda z: -T.log(1 / (1 + T.exp(-z))), lambda s, z: s - 1),
    "log of a share": (lambda z: T.log(T.exp(z) / (1 + T.exp(z))), lambda s, z: 1 - s),
    "cross-entropy": (
        lambda z: -(0.25 * T.log(T.sigmoid(z)) + 0.75 * T.log(1 - T.sigmoid(z))),
        lambda s, z: s - 0.25,
    ),
    "softplus": (T.softplus, lambda s, z: s),
    "log-cosh": (lambda z: z + T.softplus(-2 * z), lambda s, z: np.tanh(z)),
    # Of the logits z and 0.
    "log-sum-exp": (lambda z: T.log(T.exp(with_zeros(z)).sum(axis=1)), lambda s, z: s),
    "softmax by hand": (lambda z: -T.log(softmax(with_zeros(z)))[:, 0], lambda s, z: s - 1),
}


def with_zeros(z):
    return T.stack([z, T.zeros_like(z)], axis=1)


def softmax(m):
    return T.exp(m) / T.exp(m).sum(axis=1, keepdims=True)


@pytest.mark.parametrize(("loss", "derivative"), LOSSES.values(), ids=LOSSES)
@pytest.mark.usefixtures("backend")
def test_gradient_of_a_usual_loss_is_right_at_large_logits(loss, derivative):
    logits, z = np.linspace(-200, 200, 81), T.fvector("z")
    with np.errstate(all="ignore"):  # NumPy overflows on the way, to where Aesara's form is right
        obtained = compile_function([z], T.grad(loss(z).sum(), z))(logits.astype("float32"))
        sigmoid = 1 / (1 + np.exp(-logits))
    np.testing.assert_allclose(obtained, derivative(sigmoid, logits), rtol=1e-5, atol=1e-6)


def test_cross_entropy_and_sigmoid_are_trained_as_in_float64():
    # Are more than half of the bits one?
    rng = np.random.RandomState(2)
    x = np.around(rng.rand(10, 20))
    is_more = (x.sum(axis=0) > 5).astype(float)
    initial = rng.uniform(-0.1, 0.1, 5)

    def costs(compile_, dtype):
        w, w_rec, b, w_o, b_o = params = [aesara.shared(np.asarray(v, dtype)) for v in initial]
        s, _ = aesara.scan(
            lambda x_t, s_tm1, w, w_rec, b: x_t * w + s_tm1 * w_rec + b,
            sequences=T.as_tensor(x.astype(dtype)),
            outputs_info=T.zeros(20, dtype),
            non_sequences=[w, w_rec, b],
        )
        p, t = T.sigmoid(s[-1] * w_o + b_o), is_more.astype(dtype)
        loss = -(t * T.log(p) + (1 - t) * T.log(1 - p)).mean()
        step = compile_([], loss, updates=RMSPropOptimizer(params, 0.01).minimize(loss))
        return np.array([step() for _ in range(200)])

    obtained = costs(compile_function, "float32")
    with aesara.config.change_flags(cxx=""):  # plain Aesara would compile for a minute
        expected = costs(aesara.function, "float64")
    assert expected[0] > 0.6 > 0.01 > expected[-1]
    np.testing.assert_allclose(obtained, expected, rtol=1e-3, atol=2e-3)


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


def test_every_rewrite_that_is_left_out_exists(monkeypatch):
    # Aesara ignores names that it does not know.
    named, excluding = set(), Mode.excluding
    monkeypatch.setattr(
        Mode, "excluding", lambda self, *names: named.update(names) or excluding(self, *names)
    )
    mode._rewrites.cache_clear()
    for in_c in (True, False):
        mode._Rewriter(in_c, of_scan=True)
    assert len(named) > 5
    assert named <= names_in(optdb)


def names_in(db):
    """The names of the rewrites in a database, and in those below it."""
    # A name that was only asked for is there, too, with nothing behind it.
    entries = {name: named for name, named in db.__db__.items() if named}
    below = [
        names_in(each) for named in entries.values() for each in named if hasattr(each, "__db__")
    ]
    return set(entries).union(*below)


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda f: pickle.loads(pickle.dumps(f))])
@pytest.mark.usefixtures("backend")
def test_a_compiled_function_can_be_copied_and_pickled(duplicate):
    x, total = T.fmatrix("x"), aesara.shared(np.float32(0), name="total")
    states, _ = aesara.scan(lambda x_t, s_tm1: x_t + s_tm1, x, T.zeros(3, "float32"))
    function = compile_function([x], states, updates=[(total, total + states[-1].sum())])
    ones = np.ones((4, 3), "float32")
    np.testing.assert_array_equal(duplicate(function)(ones), np.cumsum(ones, axis=0))
    assert total.get_value() == 0  # a copy has its own shared variables


def test_threads_that_compile_at_once_leave_the_configuration_as_it_was():
    before = str(aesara.config)
    conditions = [article.CONDITIONS[name] for name in ("gd", "rmsprop") * 2]
    with ThreadPoolExecutor(4) as threads:
        assert len(list(threads.map(article.build, conditions))) == 4
    assert str(aesara.config) == before


def test_an_update_is_converted_to_the_dtype_of_its_variable():
    p, n = aesara.shared(np.ones(3, "float32")), aesara.shared(0, name="n")
    compile_function([], [], updates=[(p, p - np.float64(0.1)), (n, n + 1)])()
    np.testing.assert_array_equal(p.get_value(), np.full(3, 0.9, "float32"))
    assert n.get_value() == 1
    for variable, new in ((n, n + 0.5), (aesara.shared(np.int8(1)), n)):
        with pytest.raises(TypeError, match=r"the update of .*; expected int"):
            compile_function([], [], updates={variable: new})


def test_the_steps_of_a_scan_that_stays_are_computed_in_c():
    if not aesara.config.cxx:
        pytest.skip("no C++ compiler here")
    x, w = T.fmatrix(), aesara.shared(np.ones((3, 3), "float32"))
    states, _ = aesara.scan(lambda x_t, s_tm1: T.tanh(x_t + s_tm1 @ w), x, T.zeros(3, "float32"))
    nodes = compile_function([x], states).maker.fgraph.apply_nodes
    (step,) = (node.op.fn.vm for node in nodes if isinstance(node.op, Scan))
    assert any(hasattr(thunk, "cthunk") for thunk in step.thunks)
