"""The scan and the optimizers against NumPy, for sizes, weights and data drawn at random.

The tolerances come from counting. Rounding changes a result by at most half an ``eps`` of it, so a
value that took ``n`` operations is off by at most ``n * eps / 2`` times what it would be if all its
terms were positive and nothing cancelled; twice that covers NumPy's own rounding. That magnitude is
what the reference gives for the absolute values.
"""

from functools import cache
from types import SimpleNamespace

import aesara.tensor as T
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from test_optimizers import RULES

from simple_rnn import compile_function, numpy_reference, simpleRNN
from simple_rnn.optimizers import Optimizer

# The same examples on every machine and every time; none is kept.
at_random = settings(derandomize=True, deadline=None, database=None, max_examples=40)
dtypes = pytest.mark.parametrize("dtype", ["float32", "float64"])

# So that the squared gradient of 15 steps stays within float32.
sizes = st.tuples(st.integers(1, 15), st.integers(1, 12))
weights = st.tuples(st.floats(-1.5, 1.5, width=32), st.floats(-1.5, 1.5, width=32))
seeds = st.integers(0, 2**32 - 1)
# Below this, float32 has underflowed on the way and has no digits left.
UNDERFLOWN = 1e-30


@cache
def compiled(dtype, optimizer=Optimizer):
    """A network with its states, cost and gradients for data of any size, compiled once.

    With an optimizer, each evaluation is one step of it, too.
    """
    net = simpleRNN(10, 1, 1, rng=np.random.RandomState(0), dtype=dtype)
    x_t = T.matrix("x_t", dtype=dtype)
    y_, s0 = (T.vector(name, dtype=dtype) for name in ("y_", "s0"))
    y_t = net.state_update(x_t, s0)
    loss = T.square(y_ - y_t[-1]).sum()
    optimizer = optimizer(net.params, learning_rate=0.01)
    updates = [] if type(optimizer) is Optimizer else optimizer.minimize(loss)
    function = compile_function(
        [x_t, y_, s0], [y_t, loss, *optimizer.gradients(loss)], updates=updates
    )
    shared = [(variable, variable.get_value()) for variable, _ in updates]

    def evaluate(x, y, weights):
        """Return states, cost and gradients at the weights, for sequences that start at zero."""
        net.weights = weights
        states, cost, *gradients = function(x, y, np.zeros_like(y))
        assert {result.dtype.name for result in (states, cost, *gradients)} == {dtype}
        return SimpleNamespace(states=states, cost=cost, gradients=np.ravel(gradients))

    def start_anew():
        for variable, value in shared:
            variable.set_value(value)

    return SimpleNamespace(
        evaluate=evaluate, start_anew=start_anew, net=net, learning_rate=optimizer.learning_rate
    )


def draw(size, seed, dtype):
    """Time-major data and targets; the network adds, whatever the numbers are."""
    rng = np.random.RandomState(seed)
    return rng.uniform(-2, 2, size).astype(dtype), rng.uniform(-2, 2, size[1]).astype(dtype)


def reference(x, y, weights):
    """The same as ``evaluate`` in NumPy: float64, and batch-major inside."""
    w_x, w_rec = weights
    X, t = x.T.astype("float64"), y.astype("float64")
    S = numpy_reference.forward_states(X, w_x, w_rec)
    grad_out = numpy_reference.output_gradient(S[:, -1], t)
    gradients, _ = numpy_reference.backward_gradient(X, S, grad_out, w_rec)
    cost = numpy_reference.cost(S[:, -1], t)
    return SimpleNamespace(states=S[:, 1:].T, cost=cost, gradients=np.array(gradients))


def magnitudes(x, y, weights):
    """``reference`` without a cancellation: all terms positive, the errors included."""
    return reference(np.abs(x), -np.abs(y), np.abs(weights))


def assert_close(obtained, expected, x, y, weights):
    """Compare two results on the same data within what rounding explains."""
    seq_len, num_samples = x.shape
    eps = np.finfo(x.dtype).eps
    # A product and a sum at each step; from there one difference, and its square or the way back,
    # one more product per step, to be multiplied by a state; then the sum over samples and steps.
    operations = {
        "states": 2 * seq_len,
        "cost": 2 * (2 * seq_len + 1) + 1 + num_samples,
        "gradients": (2 * seq_len + 2) + seq_len + (2 * seq_len + 1) + seq_len + num_samples,
    }
    for name, magnitude in vars(magnitudes(x, y, weights)).items():
        error = np.abs(getattr(obtained, name) - getattr(expected, name))
        tolerance = operations[name] * eps * magnitude + UNDERFLOWN
        assert np.all(error <= tolerance), f"{name}: off by {error}, {tolerance} explained"


@dtypes
@at_random
@given(size=sizes, seed=seeds, weights=weights)
@example(size=(1, 1), seed=0, weights=(0.5, 0.5))
@example(size=(1, 9), seed=0, weights=(0.5, 0.5))
@example(size=(9, 1), seed=0, weights=(0.5, 0.5))
@example(size=(9, 9), seed=0, weights=(1.0, 0.0))
def test_states_cost_and_gradients_are_those_of_numpy(dtype, size, seed, weights):
    # The package has the time first, the reference the samples.
    x, y = draw(size, seed, dtype)
    obtained = compiled(dtype).evaluate(x, y, weights)
    assert_close(obtained, reference(x, y, weights), x, y, weights)


@dtypes
@at_random
@given(size=sizes, seed=seeds, weights=weights, zeros=st.integers(1, 15))
def test_a_zero_at_the_end_multiplies_the_state_by_w_rec(dtype, size, seed, weights, zeros):
    x, y = draw(size, seed, dtype)
    longer = np.vstack([x, np.zeros((zeros, size[1]), dtype)])
    states = compiled(dtype).evaluate(longer, y, weights).states
    np.testing.assert_array_equal(
        states[: size[0]], compiled(dtype).evaluate(x, y, weights).states, "nothing looks ahead"
    )
    powers = weights[1] ** np.arange(1, zeros + 1)
    expected = powers[:, np.newaxis] * states[size[0] - 1]
    # A product each; powers and expected have as many.
    tolerance = zeros * np.finfo(dtype).eps
    np.testing.assert_allclose(states[size[0] :], expected, rtol=tolerance, atol=UNDERFLOWN)


@dtypes
@pytest.mark.parametrize(("optimizer", "rule"), [rule.values[:2] for rule in RULES])
@at_random
@given(steps=st.lists(st.tuples(sizes, seeds, weights), min_size=1, max_size=5))
def test_a_few_steps_of_an_optimizer_are_those_of_numpy(optimizer, rule, dtype, steps):
    # Each step on other data and from other weights: what is left of the one before is what the
    # optimizer remembers.
    step = compiled(dtype, optimizer)
    step.start_anew()
    state = {}
    for size, seed, before in steps:
        x, y = draw(size, seed, dtype)
        obtained = step.evaluate(x, y, before)
        assert_close(obtained, reference(x, y, before), x, y, before)
        # The rule takes the gradients as rounded above, or the smallest could differ in sign.
        params = [np.array([weight]) for weight in before]
        rule(params, obtained.gradients.astype("float64")[:, np.newaxis], state, step.learning_rate)
        expected = np.ravel(params)
        # RMSProp has most operations, under 50 on the way to a step, and no step exceeds 10
        # learning rates: by Cauchy and Schwarz, s - a^2 >= 0.9^k s >= 0.9^k 0.1 g^2 after k steps,
        # so |g| / r <= 4.2 for k = 5.
        moved = np.abs(expected - before) + 10 * step.learning_rate
        tolerance = np.finfo(dtype).eps * (2 * np.abs(before) + 50 * moved)
        np.testing.assert_array_less(np.abs(step.net.weights - expected), tolerance)
