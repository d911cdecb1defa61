import aesara
import aesara.tensor as at
import numpy as np
import pytest

from simple_rnn import (
    GradientDescentOptimizer,
    Optimizer,
    RMSPropOptimizer,
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


def rmsprop_in_numpy(params, gradients, state, learning_rate, mu=0.5, rescale=5.0):
    """The equations of the class's docstring, one parameter after the other."""
    n = np.sqrt(np.sqrt(sum((g**2).sum() for g in gradients)))
    for i, (p, g) in enumerate(zip(params, gradients)):
        s, a, m = state.setdefault(i, [np.zeros_like(p) for _ in range(3)])
        g = g * rescale / max(rescale, n) if np.isfinite(n) else 0.1 * p
        s[...] = 0.9 * s + 0.1 * g**2
        a[...] = 0.9 * a + 0.1 * g
        d = learning_rate * g / np.maximum(np.sqrt(np.maximum(s - a**2, 0)), 1e-4)
        p += mu**2 * m - (1 + mu) * d
        m[...] = mu * m - d


RULES = [
    pytest.param(GradientDescentOptimizer, gradient_descent_in_numpy, id="gradient descent"),
    pytest.param(RMSPropOptimizer, rmsprop_in_numpy, id="RMSProp"),
]
SHAPES = [(), (3,), (2, 4), (1,), (1, 1)]


def shared_values(dtypes):
    rng = np.random.RandomState(7)
    return [np.asarray(rng.normal(size=shape), dtype=dtype) for shape, dtype in zip(SHAPES, dtypes)]


@pytest.mark.parametrize(("optimizer", "rule"), RULES)
@pytest.mark.parametrize("scale", [0.1, 1e4], ids=["small gradient", "rescaled gradient"])
def test_the_rule_in_numpy(optimizer, rule, scale):
    values = shared_values(["float64"] * 5)
    params = [aesara.shared(value.copy()) for value in values]
    # Each entry has a curvature of its own.
    curvatures = [scale * (1 + np.arange(v.size).reshape(v.shape)) for v in values]
    loss = sum((c * (p - 1) ** 2).sum() for c, p in zip(curvatures, params))
    learning_rate = 1e-3 / scale
    step = compile_function([], loss, updates=optimizer(params, learning_rate).minimize(loss))
    state = {}
    for _ in range(25):
        step()
        gradients = [2 * c * (v - 1) for c, v in zip(curvatures, values)]
        rule(values, gradients, state, learning_rate)
        for param, value in zip(params, values):
            np.testing.assert_allclose(param.get_value(), value, rtol=1e-9, atol=1e-12)


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


def test_rmsprop_replaces_a_gradient_that_is_not_finite():
    p = aesara.shared(np.array([4.0], dtype=np.float32), name="p")
    x = at.scalar("x", dtype="float32")
    loss = (x * p**2).sum()
    step = compile_function([x], loss, updates=RMSPropOptimizer([p], 0.01).minimize(loss))
    step(np.inf)
    expected = [np.array([4.0])]
    rmsprop_in_numpy(expected, [np.array([np.inf])], {}, 0.01)
    np.testing.assert_allclose(p.get_value(), expected[0], rtol=1e-6)


def test_rmsprop_survives_a_constant_gradient():
    # The variance s - a^2 then tends to zero, and rounding takes it below.
    p = aesara.shared(np.full(50, 1.0, dtype=np.float32), name="p")
    slopes = np.linspace(0.1, 3, 50, dtype=np.float32)
    loss = (slopes * p).sum()
    step = compile_function([], loss, updates=RMSPropOptimizer([p], 1e-6).minimize(loss))
    for _ in range(500):
        step()
    assert np.isfinite(p.get_value()).all()


def test_rmsprop_takes_momentum_and_rescale_by_position():
    def weights_after_five_steps(*arguments, **keywords):
        p = aesara.shared(np.array([4.0], dtype=np.float32), name="p")
        loss = (p**4).sum()
        updates = RMSPropOptimizer([p], 0.01).minimize(loss, *arguments, **keywords)
        step = compile_function([], loss, updates=updates)
        for _ in range(5):
            step()
        return p.get_value()[0]

    assert weights_after_five_steps(0.5, 5.0) == weights_after_five_steps()
    assert weights_after_five_steps(0.3, 2.0) == weights_after_five_steps(momentum=0.3, rescale=2.0)
    assert weights_after_five_steps(0.3, 2.0) != weights_after_five_steps()


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
        Optimizer([]).minimize(None)
