"""The loop in C gives the same bits as Aesara's scan, and no graph of the article is without it."""

from dataclasses import dataclass
from functools import cache

import aesara
import aesara.tensor as T
import numpy as np
import pytest
from aesara.scan.op import Scan
from aesara.scan.utils import until
from aesara.tensor.shape import unbroadcast
from aesara.tensor.subtensor import Subtensor
from hypothesis import example, given, settings
from hypothesis import strategies as st

from simple_rnn import compile_function, make_counting_dataset, simpleRNN, surface, training
from simple_rnn._aesara import mode
from simple_rnn._aesara.scan_loop import ScanLoop

if not aesara.config.cxx:
    pytest.skip("no C++ compiler here", allow_module_level=True)

at_random = settings(derandomize=True, deadline=None, database=None)


def count(function, op):
    """How many nodes of a compiled function are of this kind."""
    return sum(isinstance(node.op, op) for node in function.maker.fgraph.apply_nodes)


def is_loop(function, loops=1):
    return count(function, ScanLoop) == loops and count(function, Scan) == 0


# Aesara simplifies a scan and what surrounds it together, and a loop apart. So what these rewrites
# make of the two may round in another way.
REGROUPING = (
    "local_add_canonizer",
    "local_mul_canonizer",
    "local_greedy_distributor",
    "local_op_of_op",
    "local_sum_prod_mul_by_scalar",
    "local_sum_prod_div_dimshuffle",
    "local_mul_zero",
)


def compile_both(inputs, outputs):
    """Compile with loops, and with Aesara's scan; both round each operation as it is written."""
    rewrites = mode._rewrites
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mode, "_rewrites", lambda in_c: rewrites(in_c).excluding(*REGROUPING))
        patch.setattr(mode, "_rewriter", cache(mode._Rewriter))
        loop = compile_function(inputs, outputs, on_unused_input="ignore")
        patch.setattr(mode, "loop_in_place_of", lambda *args: [])
        scan = compile_function(inputs, outputs, on_unused_input="ignore")
    assert count(loop, ScanLoop) > 0 == count(scan, ScanLoop)
    return loop, scan


def compile_in_python(inputs, outputs):
    """Compile without a compiler: nothing becomes a loop."""
    with aesara.config.change_flags(cxx=""):
        function = compile_function(inputs, outputs, on_unused_input="ignore")
    assert count(function, ScanLoop) == 0
    return function


def assert_same_bits(obtained, expected):
    """NaN in the same places, of whatever sign; elsewhere the same bits, that of -0.0 included."""
    for a, b in zip(obtained, expected):
        np.testing.assert_array_equal(a, b)
        assert a.dtype == b.dtype
        known = ~np.isnan(a)
        np.testing.assert_array_equal(np.signbit(a[known]), np.signbit(b[known]))


# Scans drawn at random.

OPERATIONS = [
    lambda a, b, c: a + b,
    lambda a, b, c: a * b,
    lambda a, b, c: a - b,
    lambda a, b, c: a * b + c,
    lambda a, b, c: a + b + c,
    lambda a, b, c: a * b * c,
    lambda a, b, c: np.float32(0.1) * a + b,
    lambda a, b, c: T.tanh(a),
    lambda a, b, c: T.maximum(a, b),
    lambda a, b, c: T.switch(a > b, b, c),
    lambda a, b, c: -a,
    lambda a, b, c: T.square(a),
    lambda a, b, c: a / (1 + T.square(b)),
]


@dataclass
class Drawn:
    """A scan with its gradients, compiled in two ways, and the axes of what it takes."""

    functions: tuple
    axes: list
    dtype: str


def draw_scan(seed):
    """Build a scan at random, and compile it with its gradients."""
    rng = np.random.RandomState(seed)
    dtype = ["float32", "float64"][rng.randint(2)]
    sample = [("N",), ("N",), (), ("M", "N")][rng.randint(4)]
    n_states, n_sequences, n_weights = rng.randint(1, 4), rng.randint(1, 3), rng.randint(0, 3)
    axes = [sample] * n_states + [("T", *sample)] * n_sequences
    axes += [sample if rng.randint(3) == 0 else () for _ in range(n_weights)]
    inputs = [T.TensorType(dtype, (None,) * len(a))(f"v{i}") for i, a in enumerate(axes)]
    starts, sequences = inputs[:n_states], inputs[n_states : n_states + n_sequences]
    weights = inputs[n_states + n_sequences :]
    n_results = rng.randint(2)

    def step(*now):
        values = list(now)
        for _ in range(rng.randint(2, 6)):
            chosen = [values[rng.randint(len(values))] for _ in range(3)]
            values.append(T.cast(OPERATIONS[rng.randint(len(OPERATIONS))](*chosen), dtype))
        states = now[n_sequences : n_sequences + n_states]
        # Each of the shape of a state, and dependent on it or another one.
        new = [
            s + values[-1 - i] if rng.randint(4) else values[-1] + s for i, s in enumerate(states)
        ]
        return new + [new[0] * now[0]] * n_results

    outputs_info = starts + [None] * n_results
    over_time, _ = aesara.scan(step, sequences, outputs_info, weights)
    over_time = over_time if isinstance(over_time, list) else [over_time]
    wanted = [T.square(over_time[0][-1]).sum()]
    wanted += [over_time[i].sum() for i in range(len(over_time)) if rng.randint(2)]
    loss = sum(wanted[1:], wanted[0])
    gradients = aesara.grad(loss, inputs, disconnected_inputs="ignore")
    keep = [[], over_time][rng.randint(2)]
    some = [g for g in gradients if rng.randint(3)] or gradients
    return Drawn(compile_both(inputs, [loss, *some, *keep]), axes, dtype)


def draw_array(rng, axes, lengths, dtype):
    """Numbers with signed zeros among them, in memory in one of many ways."""
    shape = tuple(lengths[axis] for axis in axes)
    values = rng.uniform(-1.5, 1.5, shape).astype(dtype)
    values = np.where(rng.uniform(size=shape) < 0.2, np.sign(values) * 0, values).astype(dtype)
    values = np.asarray(values)
    way = rng.randint(4)
    if way == 1 and values.ndim:
        return np.asfortranarray(values)
    if way == 2 and values.ndim:
        return values[..., ::-1].copy()[..., ::-1]
    if way == 3:
        wider = np.empty((*shape, 2), dtype)
        wider[..., 0] = values
        return wider[..., 0]
    return values


def compare(drawn, seed, lengths):
    rng = np.random.RandomState(seed)
    arrays = [draw_array(rng, axes, lengths, drawn.dtype) for axes in drawn.axes]
    loop, scan = drawn.functions
    with np.errstate(all="ignore"):
        assert_same_bits(loop(*arrays), scan(*arrays))


# Around one entry, the steps that are summed side by side, and a block of samples.
LENGTHS = [
    {"T": steps, "M": rows, "N": samples}
    for steps, rows, samples in [(3, 2, 5), (1, 1, 1), (9, 1, 520), (8, 3, 1), (17, 2, 4)]
]


@pytest.mark.parametrize("seed", range(5))
def test_scans_drawn_at_random(seed):
    drawn = draw_scan(seed)
    for k, lengths in enumerate(LENGTHS):
        compare(drawn, k, lengths)


# How a program may look at what a scan gives; b has the length of a sample, or 1.
LOOKS = [
    lambda y, b: y,
    lambda y, b: y[-1],
    lambda y, b: y[0],
    lambda y, b: y[1:],
    lambda y, b: y[::2],
    lambda y, b: y[::-1] * b,
    lambda y, b: y[-1] * b,
    lambda y, b: y.sum(axis=0),
    lambda y, b: y[-1] * y[0],
]


def draw_looks(seed):
    """Build a scan of vectors of whatever lengths, look at it at random, and take gradients."""
    rng = np.random.RandomState(seed)

    def choose(choices):
        return choices[rng.randint(len(choices))]

    n_states, n_sequences, n_results = rng.randint(1, 3), rng.randint(3), rng.randint(2)
    # N: samples; P: as many or another number; 1: not known to have length 1; one: known to.
    lengths = [choose(["N"] * 6 + ["P", "1", "one"]) for _ in range(n_states + n_sequences + 2)]
    axes = [("T",) * (n_states <= i < n_states + n_sequences) + (n,) for i, n in enumerate(lengths)]
    inputs = [T.TensorType("float64", [1 if n == "one" else None for n in a])() for a in axes]
    starts, sequences = inputs[:n_states], inputs[n_states : n_states + n_sequences]
    stops = rng.randint(6) == 0

    def step(*now):
        pairs = zip(now[n_sequences:-1], reversed(now))
        new = [choose([s + v, s * v, T.tanh(s)]) for s, v in pairs]
        new += [choose([now[0] + now[-1], T.square(now[0])]) for _ in range(n_results)]
        return (new, until(new[0].sum() > 1)) if stops else new

    steps = {} if n_sequences else {"n_steps": choose([0, 1, 3])}
    outputs_info = [unbroadcast(s, 0) for s in starts] + [None] * n_results
    ys, _ = aesara.scan(step, sequences, outputs_info, inputs[-2], **steps)
    ys = ys if isinstance(ys, list) else [ys]
    looks = [choose(LOOKS)(choose(ys), inputs[-1]) for _ in range(rng.randint(1, 4))]
    loss = sum(look.sum() for look in looks)
    gradients = aesara.grad(loss, inputs[:-1], disconnected_inputs="ignore")
    outputs = [loss, *looks, *[g for g in gradients if rng.randint(3)]]
    loop = compile_function(inputs, outputs, on_unused_input="ignore")
    return Drawn((loop, compile_in_python(inputs, outputs)), axes, "float64")


@pytest.mark.parametrize("seed", range(10))
def test_looks_drawn_at_random(seed):
    drawn = draw_looks(seed)
    rng = np.random.RandomState(seed)
    for steps, samples, others in [(3, 4, 4), (1, 3, 3), (2, 4, 3), (3, 1, 1), (0, 3, 3)]:
        lengths = {"T": steps, "N": samples, "P": others, "1": 1, "one": 1}
        arrays = [draw_array(rng, axes, lengths, drawn.dtype) for axes in drawn.axes]
        loop, in_python = drawn.functions
        try:
            with np.errstate(all="ignore"):  # a scan divides by the number of steps that it stores
                expected = in_python(*arrays)
        except (AssertionError, IndexError, ValueError):
            continue  # these lengths do not fit together, or 0 steps have no last one
        for a, b in zip(loop(*arrays), expected):
            assert a.shape == b.shape
            np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


@cache
def network():
    """The article's network, and the gradient with respect to all that it takes."""
    net = simpleRNN(10, 1, 1, rng=np.random.RandomState(3))
    x_t, s0, y_ = T.fmatrix("x_t"), T.fvector("s0"), T.fvector("y_")
    y_t = net.state_update(x_t, s0)
    loss = T.square(y_ - y_t[-1]).sum()
    gradients = aesara.grad(loss, [x_t, s0, *net.params])
    functions = compile_both([x_t, s0, y_], [loss, y_t, *gradients])
    assert is_loop(functions[0], loops=2)
    return Drawn(functions, [("T", "N"), ("N",), ("N",)], "float32")


@settings(at_random, max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), steps=st.integers(1, 20), samples=st.integers(0, 40))
@example(seed=0, steps=1, samples=1)
@example(seed=0, steps=12, samples=1100)
def test_the_network_whatever_its_data(seed, steps, samples):
    compare(network(), seed, {"T": steps, "N": samples})


@pytest.mark.parametrize(("y", "x"), [(-np.inf, 1), (np.nan, 1), (1, np.nan), (1, 3e38)])
def test_infinities_and_nan_stay_with_their_sample(y, x):
    x_t, s0, y_ = np.zeros((3, 2), "f4"), np.zeros(2, "f4"), np.array([0, y], "f4")
    x_t[1, 1] = x
    loop, scan = network().functions
    assert_same_bits(loop(x_t, s0, y_), scan(x_t, s0, y_))


# The traps.


def scan(step, sequences, start, *weights, **options):
    over_time, _ = aesara.scan(step, sequences, start, weights, **options)
    return over_time


def vectors(n=3):
    return [T.matrix("x", dtype="float32"), *[T.vector(dtype="float32") for _ in range(n - 1)]]


def values(*shapes, seed=0):
    rng = np.random.RandomState(seed)
    return [rng.uniform(-1, 1, shape).astype("f4") for shape in shapes]


def one_sample_of_known_shape():
    # A gradient without a sum.
    x, s0 = T.TensorType("float32", (6, 1))(), T.TensorType("float32", (1,))()
    w = T.fscalar()
    states = scan(lambda x_t, s, w: T.tanh(x_t + w * s), x, s0, w)
    loss = T.square(states[-1]).sum() + states.sum()
    return [x, s0, w], [loss, *aesara.grad(loss, [w, s0, x])], [(6, 1), (1,), ()]


def results_that_are_the_same_or_none():
    # The second state is the first one a step before, the third never changes.
    x, s0, s1 = vectors()

    def step(x_t, s, before, still):
        return [np.float32(0.1) * x_t + s, s, still, x_t + s, x_t, x_t * x_t, x_t * x_t]

    return [x, s0, s1], scan(step, x, [s0, s1, s1, None, None, None, None]), [(5, 7), (7,), (7,)]


@pytest.mark.parametrize("graph", [one_sample_of_known_shape, results_that_are_the_same_or_none])
def test_particular_steps(graph):
    inputs, outputs, shapes = graph()
    loop, plain = compile_both(inputs, outputs)
    arrays = values(*shapes)
    assert_same_bits(loop(*arrays), plain(*arrays))


def test_no_steps_have_no_last():
    x, s0 = vectors(2)
    states = scan(lambda x_t, s: x_t * s, x, s0)
    for last in (states[-1], *aesara.grad(states[-1].sum(), [x, s0])):
        function = compile_function([x, s0], last, on_unused_input="ignore")
        assert count(function, Scan) == 0
        with pytest.raises(IndexError, match="a scan of 0 steps"):
            function(*values((0, 3), (3,)))


@pytest.mark.parametrize(
    ("step", "n_states", "shapes"),
    [
        pytest.param(lambda x, s, r, w: [x * s, r * w], 2, [(2, 4), (4,), (7,)], id="two states"),
        pytest.param(lambda x, s, w: [s * w + x], 1, [(3, 1), (4,)], id="one number per step"),
        pytest.param(lambda x, s, w: [s * s, x * w], 1, [(3, 1), (4,)], id="and a result of it"),
    ],
)
def test_shapes_that_only_the_call_shows(step, n_states, shapes):
    *inputs, w = [T.TensorType("float64", (None,) * len(shape))() for shape in (*shapes, ())]
    sequences, starts = inputs[: len(inputs) - n_states], inputs[len(inputs) - n_states :]
    n_results = len(step(*inputs, w)) - n_states
    results = scan(step, sequences, starts + [None] * n_results, w)
    results = results if isinstance(results, list) else [results]
    loss = sum(T.exp(result).sum() + result[-1].sum() for result in results)
    arrays = [array.astype("f8") for array in values(*shapes, ())]
    lasts = [result[-1] for result in results]
    for outputs in (lasts, [*results, *aesara.grad(loss, [*starts, w])]):
        loop = compile_function([*inputs, w], outputs)
        assert count(loop, Scan) == 0
        for a, b in zip(loop(*arrays), compile_in_python([*inputs, w], outputs)(*arrays)):
            np.testing.assert_allclose(a, b, rtol=1e-12)


def test_one_number_for_all_last_states():
    x, s0, b = vectors()
    last = scan(lambda x_t, s: 2 * s + x_t, x, s0)[-1]
    function = compile_function([x, s0, b], aesara.grad((last * b).sum(), s0))
    assert is_loop(function)
    arrays = [np.ones(shape, "f4") for shape in ((3, 4), (4,), (1,))]
    np.testing.assert_array_equal(function(*arrays), [8] * 4)


@pytest.mark.parametrize(
    ("shapes", "error"),
    [
        ([(6, 4), (1,), (4,)], "could not be broadcast"),
        ([(5, 4), (4,), (4,)], "index 5 is out of bounds"),
    ],
)
def test_arrays_that_do_not_fit_are_not_read(shapes, error):
    inputs = x, s0, w = vectors()
    function = compile_function(inputs, scan(lambda x_t, s, w: x_t * w + s, x, s0, w, n_steps=6))
    assert is_loop(function)
    with pytest.raises((IndexError, ValueError), match=error):
        function(*values(*shapes))


def test_what_it_returns_is_not_overwritten():
    x, s0 = vectors(2)
    states = scan(lambda x_t, s: x_t + s, x, s0)
    function = compile_function([x, s0], [states, states[-1]])
    arrays = values((5, 4), (4,))
    returned = function(*arrays)
    copies = [array.copy() for array in returned]
    function(arrays[0] + 1, arrays[1])
    assert_same_bits(returned, copies)


# No graph of the article, and none of the package, is without it.


def test_no_training_is_without_it(train_models):
    for train_model in train_models.values():
        assert is_loop(train_model.function, loops=2)
        # It reads the data, the weights and the states from where they are.
        for node in train_model.function.maker.fgraph.apply_nodes:
            if isinstance(node.op, ScanLoop):
                assert not [v for v in node.inputs if v.owner and isinstance(v.owner.op, Subtensor)]


def test_no_prediction_and_no_surface_is_without_it(monkeypatch):
    compiled = []

    def recording(*args, **kwargs):
        compiled.append(compile_function(*args, **kwargs))
        return compiled[-1]

    for module in (training, surface):
        monkeypatch.setattr(module, "compile_function", recording)
    training.compile_predict(simpleRNN(10, 1, 1))
    surface.compile_cost(make_counting_dataset())
    assert [is_loop(function) for function in compiled] == [True, True]


# What does not fit stays a scan and gives the right result.


X, W, V, R, U = T.fmatrix("X"), T.fmatrix("W"), T.fvector("V"), T.fvector("R"), T.fscalar("U")
ZERO, ONE = T.constant(np.float32(0)), T.constant(np.float32(1))


def gradient_until(step, start=None, look=T.sum, **options):
    return aesara.grad(look(scan(step, V, start, U, **options)), V)


# What goes in, the graph, what comes out.
STAY = {
    # As in Aesara, which is wrong where there is a state; by hand it is [6, 3, 2, 0, 0].
    "gradient until, with a state": (
        {V: [1, 2, 3, 4, 5], U: 2},
        gradient_until(lambda v, s, u: (v * s, until(v > u)), ONE, lambda y: y[-1]),
        [0, 12, 4, 2, 0],
    ),
    "gradient until, truncated to two": (
        {V: [1, 2, 3, 4, 5], U: 9},
        gradient_until(lambda v, u: (v * v, until(v > u)), truncate_gradient=2),
        [0, 0, 0, 8, 10],
    ),
    "truncated gradient": (
        {V: [1, 2, 4], U: 1},
        aesara.grad(scan(lambda v, s, u: v * u + s, V, ZERO, U, truncate_gradient=2)[-1], U),
        6,  # not 7
    ),
    "several steps back": (
        {R: [1, 1]},
        scan(lambda r, s: r + s, None, [{"initial": R, "taps": [-2, -1]}], n_steps=6),
        [2, 3, 5, 8, 13, 21],
    ),
    "matrix product": (
        {X: [[1, 1]] * 3, R: [1, 1], W: [[1, 2], [3, 4]]},
        scan(lambda x, s, w: x + T.dot(s, w), X, R, W)[-1],
        [145, 211],
    ),
    "states of different shapes": (
        {X: [[1, 1, 1]] * 4},
        scan(lambda x, n, s: [n + 1, s + n * x], X, [ZERO, T.zeros_like(X[0])])[1][-1],
        [6, 6, 6],
    ),
    "totals used before the end": (
        {X: [[1, 1]] * 3},
        scan(lambda x, total: total + x.sum(), X, ZERO),
        [2, 4, 6],
    ),
}


@pytest.mark.parametrize(("given_values", "output", "expected"), STAY.values(), ids=STAY)
def test_what_does_not_fit_stays_a_scan(given_values, output, expected):
    function = compile_function(list(given_values), output)
    assert count(function, ScanLoop) == 0 < count(function, Scan)
    obtained = function(*(np.array(value, "f4") for value in given_values.values()))
    np.testing.assert_array_equal(obtained, expected)
