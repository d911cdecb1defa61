import aesara
import aesara.tensor as at
import numpy as np
import pytest

from simple_rnn import (
    GradientDescentOptimizer,
    Optimizer,
    RMSPropOptimizer,
    RpropOptimizer,
    compile_function,
    compile_predict,
    compile_train_model,
    make_counting_dataset,
    simpleRNN,
    train,
)
from simple_rnn.optimizers import constant_like


def gradient_descent_in_numpy(params, gradients, state, learning_rate):
    for p, g in zip(params, gradients):
        p -= learning_rate * g


def rmsprop_in_numpy(
    params,
    gradients,
    state,
    learning_rate,
    mu=0.5,
    rescale=5.0,
    decay=0.9,
    floor=1e-4,
    fallback=0.1,
    root=lambda norm: norm**0.5,
):
    """The equations of the class's docstring, one parameter after the other."""
    n = root(np.sqrt(sum((g**2).sum() for g in gradients)))
    for i, (p, g) in enumerate(zip(params, gradients)):
        s, a, m = state.setdefault(i, [np.zeros_like(p) for _ in range(3)])
        g = g * rescale / max(rescale, n) if np.isfinite(n) else fallback * p
        s[...] = decay * s + (1 - decay) * g**2
        a[...] = decay * a + (1 - decay) * g
        d = learning_rate * g / np.maximum(np.sqrt(np.maximum(s - a**2, 0)), floor)
        p += mu**2 * m - (1 + mu) * d
        m[...] = mu * m - d


def rprop_in_numpy(params, gradients, state, learning_rate, eta_plus=1.2, eta_minus=0.5, first=0):
    """The blog's loop, one entry after the other."""
    for i, (p, g) in enumerate(zip(params, gradients)):
        deltas, signs = state.setdefault(
            i, [np.full_like(p, learning_rate), np.full_like(p, first)]
        )
        for k in np.ndindex(p.shape):
            sign = np.sign(g[k])
            deltas[k] *= eta_plus if sign == signs[k] else eta_minus
            p[k] -= sign * deltas[k]
            signs[k] = sign


RULES = [
    pytest.param(GradientDescentOptimizer, gradient_descent_in_numpy, id="gradient descent"),
    pytest.param(RMSPropOptimizer, rmsprop_in_numpy, id="RMSProp"),
    pytest.param(RpropOptimizer, rprop_in_numpy, id="Rprop"),
]
SHAPES = [(), (3,), (2, 4), (1,), (1, 1)]


def shared_values(dtypes):
    rng = np.random.RandomState(7)
    return [np.asarray(rng.normal(size=shape), dtype=dtype) for shape, dtype in zip(SHAPES, dtypes)]


def quartic_problem():
    """Starting points, and curvatures c of the loss sum(c (p - 1)^4).

    The norm of its gradient falls from far above RMSProp's threshold to far below, and the smallest
    gradients lie below its floor: every part of the rule has its say.
    """
    values = [np.asarray(3 * value) for value in shared_values(["float64"] * 5)]
    entries = sum(value.size for value in values)
    curvatures = np.split(np.logspace(-7, 2, entries), np.cumsum([v.size for v in values])[:-1])
    return values, [c.reshape(v.shape) for c, v in zip(curvatures, values)]


def in_numpy(rule, learning_rate, steps=25, **constants):
    """The parameters after each step of a rule on the quartic problem."""
    values, curvatures = quartic_problem()
    state, path = {}, []
    for _ in range(steps):
        gradients = [4 * c * (v - 1) ** 3 for c, v in zip(curvatures, values)]
        rule(values, gradients, state, learning_rate, **constants)
        path.append(np.concatenate([value.ravel() for value in values]))
    return np.array(path)


LEARNING_RATES = {gradient_descent_in_numpy: 1e-5, rmsprop_in_numpy: 0.1, rprop_in_numpy: 0.1}


@pytest.mark.parametrize(("optimizer", "rule"), RULES)
def test_the_rule_in_numpy(optimizer, rule):
    values, curvatures = quartic_problem()
    params = [aesara.shared(value) for value in values]
    loss = sum((c * (p - 1) ** 4).sum() for c, p in zip(curvatures, params))
    learning_rate = LEARNING_RATES[rule]
    step = compile_function([], loss, updates=optimizer(params, learning_rate).minimize(loss))
    for expected in in_numpy(rule, learning_rate):
        step()
        obtained = np.concatenate([np.ravel(param.get_value()) for param in params])
        np.testing.assert_allclose(obtained, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    "constants",
    [
        {"mu": 0.4},
        {"rescale": 4.0},
        {"rescale": 7.0},
        {"rescale": 1e9},
        {"decay": 0.95},
        {"floor": 1e-3},
        {"floor": 1e-5},
        {"root": np.abs},
    ],
    ids=str,
)
def test_the_problem_tells_rmsprop_from_its_neighbours(constants):
    rule = in_numpy(rmsprop_in_numpy, 0.1)
    neighbour = in_numpy(rmsprop_in_numpy, 0.1, **constants)
    assert np.abs(neighbour - rule).max() > 1e-6


@pytest.mark.parametrize(
    "constants", [{"eta_plus": 1.21}, {"eta_minus": 0.51}, {"first": 1}, {"first": -1}], ids=str
)
def test_the_problem_tells_rprop_from_its_neighbours(constants):
    rule = in_numpy(rprop_in_numpy, 0.1)
    neighbour = in_numpy(rprop_in_numpy, 0.1, **constants)
    assert np.abs(neighbour - rule).max() > 1e-6


@pytest.mark.parametrize(("optimizer", "rule"), RULES)
def test_a_shared_learning_rate_can_change_between_updates(optimizer, rule):
    values, curvatures = quartic_problem()
    params = [aesara.shared(value) for value in values]
    loss = sum((c * (p - 1) ** 4).sum() for c, p in zip(curvatures, params))
    learning_rate = aesara.shared(np.float64(1), name="learning_rate")
    step = compile_function([], loss, updates=optimizer(params, learning_rate).minimize(loss))
    learning_rate.set_value(LEARNING_RATES[rule])
    for expected in in_numpy(rule, LEARNING_RATES[rule], steps=5):
        step()
        obtained = np.concatenate([np.ravel(param.get_value()) for param in params])
        np.testing.assert_allclose(obtained, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("optimizer", "rule"), RULES)
@pytest.mark.parametrize(
    "dtypes", [["float32"] * 5, ["float64", "float32"] * 3], ids=["float32", "mixed"]
)
@pytest.mark.parametrize("floatX", ["float32", "float64"])
def test_dtype_and_shape_are_kept(optimizer, rule, dtypes, floatX):
    values = shared_values(dtypes)
    with aesara.config.change_flags(floatX=floatX):
        params = [aesara.shared(value) for value in values]
        loss = sum((at.cast(p, "float64") ** 4).sum() for p in params)
        updates = optimizer(params, learning_rate=0.01).minimize(loss)
        # FAST_COMPILE: what is tested are types, not digits.
        step = compile_function([], loss, updates=updates, mode="FAST_COMPILE")
        costs = [float(step()) for _ in range(3)]
    assert costs[2] < costs[0]
    for param, value in zip(params, values):
        new = np.asarray(param.get_value())
        assert (new.dtype, new.shape) == (value.dtype, value.shape)
        assert not np.array_equal(new, value)


@pytest.mark.parametrize("value", [np.inf, np.nan])
def test_rmsprop_replaces_gradients_that_are_not_finite(value):
    # One of the two gradients is not finite; both are replaced.
    p = aesara.shared(np.array([4.0]), name="p")
    q = aesara.shared(np.array(3.0), name="q")
    x = at.scalar("x", dtype="float64")
    loss = (x * p**2).sum() + q**2
    step = compile_function([x], loss, updates=RMSPropOptimizer([p, q], 0.01).minimize(loss))
    values, state = [np.array([4.0]), np.array(3.0)], {}
    others, other_state = [np.array([4.0]), np.array(3.0)], {}
    for factor in (1.0, 1.0, value, 1.0):
        step(factor)
        gradients = [factor * 2 * values[0], 2 * values[1]]
        rmsprop_in_numpy(values, gradients, state, 0.01)
        gradients = [factor * 2 * others[0], 2 * others[1]]
        rmsprop_in_numpy(others, gradients, other_state, 0.01, fallback=0.2)
        np.testing.assert_allclose([p.get_value()[0], q.get_value()], np.hstack(values), rtol=1e-9)
    # Another share of the parameter would have been seen.
    assert abs(np.hstack(others) - np.hstack(values)).max() > 1e-6


def test_rmsprop_survives_a_constant_gradient():
    # The variance s - a^2 then tends to zero, and rounding takes it below.
    p = aesara.shared(np.full(50, 1.0, dtype=np.float32), name="p")
    slopes = np.linspace(0.1, 3, 50, dtype=np.float32)
    loss = (slopes * p).sum()
    step = compile_function([], loss, updates=RMSPropOptimizer([p], 1e-6).minimize(loss))
    for _ in range(500):
        step()
    assert np.isfinite(p.get_value()).all()


def test_rprop_takes_eta_plus_and_eta_minus_by_position():
    def path(*arguments, **keywords):
        p = aesara.shared(np.array([4.0]), name="p")
        loss = (p**2).sum()
        updates = RpropOptimizer([p], 1.0).minimize(loss, *arguments, **keywords)
        step = compile_function([], p, updates=updates)
        return [step()[0] for _ in range(12)]

    blog = path()
    assert path(1.2, 0.5) == blog
    assert path(1.3) == path(eta_plus=1.3) != blog
    assert path(1.2, 0.4) == path(eta_minus=0.4) != blog


def test_rmsprop_takes_momentum_and_rescale_by_position():
    def weights_after_five_steps(*arguments, **keywords):
        p = aesara.shared(np.array([40.0], dtype=np.float32), name="p")
        loss = (p**4).sum()
        updates = RMSPropOptimizer([p], 1.0).minimize(loss, *arguments, **keywords)
        step = compile_function([], loss, updates=updates)
        for _ in range(5):
            step()
        return p.get_value()[0]

    article = weights_after_five_steps()
    assert weights_after_five_steps(0.5, 5.0) == article
    assert weights_after_five_steps(0.3) == weights_after_five_steps(momentum=0.3) != article
    assert weights_after_five_steps(0.5, 99.0) == weights_after_five_steps(rescale=99.0) != article


class MomentumOptimizer(Optimizer):
    """A third optimizer, as a user would write it."""

    def minimize(self, loss):
        updates = []
        for p, g in zip(self.params, self.gradients(loss)):
            velocity = aesara.shared(np.zeros_like(p.get_value()), shape=p.type.shape)
            new = constant_like(p, 0.9) * velocity - constant_like(p, self.learning_rate) * g
            updates += [(velocity, new), (p, p + new)]
        return updates


def test_a_third_optimizer_is_a_few_lines():
    rng = np.random.RandomState(1)
    dataset = make_counting_dataset(rng=rng)
    net = simpleRNN(10, 1, 1, rng=rng)
    optimizer = MomentumOptimizer(net.params, learning_rate=1e-6)
    history = train(compile_train_model(net, optimizer, dataset), 2001, report=None)
    assert history.costs[-1] < 1 < 500 < history.costs[0]
    assert compile_predict(net)([[1], [0], [1]]) == pytest.approx(2, abs=0.2)


def test_the_base_class_says_what_is_missing():
    with pytest.raises(NotImplementedError, match="Optimizer has to define minimize"):
        Optimizer([aesara.shared(1.0)]).minimize(None)
