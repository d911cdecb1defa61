"""simple_rnn.optimizers: each rule against its equations in NumPy, and what a user may vary."""

import aesara
import aesara.tensor as T
import numpy as np
import pytest

from simple_rnn import (
    GradientDescentOptimizer,
    RMSPropOptimizer,
    RpropOptimizer,
    article,
    compile_function,
)


@pytest.fixture(autouse=True)
def without_compiler():
    """Compute in Python: here it takes less time than to compile."""
    with aesara.config.change_flags(cxx=""):
        yield


def gradient_descent_in_numpy(params, gradients, state, learning_rate):
    for p, g in zip(params, gradients):
        p -= learning_rate * g


def rmsprop_in_numpy(params, gradients, state, learning_rate, momentum=0.5, rescale=5):
    """The equations of the class's docstring, one parameter after the other."""
    n = np.sqrt(sum((g**2).sum() for g in gradients)) ** 0.5
    for i, (p, g) in enumerate(zip(params, gradients)):
        s, a, m = state.setdefault(i, [np.zeros_like(p) for _ in range(3)])
        g = g * rescale / max(rescale, n) if np.isfinite(n) else 0.1 * p
        s[...] = 0.9 * s + 0.1 * g**2
        a[...] = 0.9 * a + 0.1 * g
        d = learning_rate * g / np.maximum(np.sqrt(np.maximum(s - a**2, 0)), 1e-4)
        p += momentum**2 * m - (1 + momentum) * d
        m[...] = momentum * m - d


def rprop_in_numpy(params, gradients, state, learning_rate, eta_plus=1.2, eta_minus=0.5):
    """The blog's loop, one entry after the other."""
    for i, (p, g) in enumerate(zip(params, gradients)):
        deltas, signs = state.setdefault(i, [np.full_like(p, learning_rate), np.zeros_like(p)])
        for k in np.ndindex(p.shape):
            sign = np.sign(g[k])
            deltas[k] *= eta_plus if sign == signs[k] else eta_minus
            p[k] -= sign * deltas[k]
            signs[k] = sign


# With a learning rate for the problem below.
RULES = [
    pytest.param(GradientDescentOptimizer, gradient_descent_in_numpy, 1e-5, id="gradient descent"),
    pytest.param(RMSPropOptimizer, rmsprop_in_numpy, 0.1, id="RMSProp"),
    pytest.param(RpropOptimizer, rprop_in_numpy, 0.1, id="Rprop"),
]
OTHER_NUMBERS = {
    RMSPropOptimizer: {"momentum": 0.3, "rescale": 9.0},
    RpropOptimizer: {"eta_plus": 1.3, "eta_minus": 0.4},
}
SHAPES = [(), (3,), (2, 4), (1,), (1, 1)]


@pytest.mark.parametrize("numbers", [{}, OTHER_NUMBERS], ids=["default", "other"])
@pytest.mark.parametrize(("optimizer", "rule", "rate"), RULES)
def test_the_rule_in_numpy(optimizer, rule, rate, numbers):
    # The loss is sum(c (p - 1)^4), with a curvature c for each entry. The norm of its gradient
    # falls from far above RMSProp's threshold to far below, and the smallest gradients lie below
    # its floor: every part of the rule has its say.
    rng = np.random.RandomState(7)
    values = [np.asarray(3 * rng.normal(size=shape)) for shape in SHAPES]
    entries = sum(value.size for value in values)
    curvatures = np.split(np.logspace(-7, 2, entries), np.cumsum([v.size for v in values])[:-1])
    curvatures = [c.reshape(v.shape) for c, v in zip(curvatures, values)]
    params = [aesara.shared(value) for value in values]
    loss = sum((c * (p - 1) ** 4).sum() for c, p in zip(curvatures, params))
    state, chosen = {}, numbers.get(optimizer, {})
    step = compile_function([], loss, updates=optimizer(params, rate).minimize(loss, **chosen))
    for _ in range(25):
        gradients = [4 * c * (v - 1) ** 3 for c, v in zip(curvatures, values)]
        rule(values, gradients, state, rate, **chosen)
        step()
        for param, value in zip(params, values):
            np.testing.assert_allclose(param.get_value(), value, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("value", [np.inf, np.nan])
def test_rmsprop_replaces_gradients_that_are_not_finite(value):
    # One of the two gradients is not finite; both are replaced.
    p = aesara.shared(np.array([4.0]), name="p")
    q = aesara.shared(np.array(3.0), name="q")
    x = T.scalar("x", dtype="float64")
    loss = (x * p**2).sum() + q**2
    step = compile_function([x], loss, updates=RMSPropOptimizer([p, q], 0.01).minimize(loss))
    values, state = [np.array([4.0]), np.array(3.0)], {}
    for factor in (1.0, 1.0, value, 1.0):
        with np.errstate(invalid="ignore"):
            step(factor)
        gradients = [factor * 2 * values[0], 2 * values[1]]
        rmsprop_in_numpy(values, gradients, state, 0.01)
        np.testing.assert_allclose([p.get_value()[0], q.get_value()], np.hstack(values), rtol=1e-9)


def test_rmsprop_survives_a_constant_gradient():
    # The variance s - a^2 then tends to zero, and rounding takes it below.
    p = aesara.shared(np.full(50, 1.0, dtype=np.float32), name="p")
    slopes = np.linspace(0.1, 3, 50, dtype=np.float32)
    loss = (slopes * p).sum()
    step = compile_function([], loss, updates=RMSPropOptimizer([p], 1e-6).minimize(loss))
    for _ in range(500):
        step()
    assert np.isfinite(p.get_value()).all()


def test_the_learning_rate_cannot_be_replaced():
    optimizer = RMSPropOptimizer([aesara.shared(1.0)], 0.1)
    with pytest.raises(AttributeError):
        optimizer.learning_rate = 0.01


P = aesara.shared(np.array([4.0]), name="p")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: RMSPropOptimizer([P], 0), "learning_rate is 0; expected a number above 0"),
        (lambda: RMSPropOptimizer([P], "0.1"), "learning_rate is '0.1'; expected a number above 0"),
        (lambda: RMSPropOptimizer([aesara.shared(1)]), "expected shared variables of floats"),
        (lambda: RMSPropOptimizer([P]).minimize(P**2), "expected a symbolic scalar"),
        (lambda: RMSPropOptimizer([P]).minimize(T.dscalar()), "loss does not depend on [p]"),
    ],
)
def test_what_does_not_fit_is_named(make, said):
    with pytest.raises((TypeError, ValueError)) as info:
        make()
    assert said in str(info.value)


def test_the_default_rates_are_the_published_ones():
    for condition in article.CONDITIONS.values():
        assert condition.optimizer([]).learning_rate == condition.learning_rate
