"""simple_rnn.optimizers: each rule against its equations in NumPy, and what a user may vary."""

import aesara
import aesara.tensor as T
import numpy as np
import pytest

from simple_rnn import (
    GradientDescentOptimizer,
    RMSPropOptimizer,
    RpropOptimizer,
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


def rmsprop_in_numpy(params, gradients, state, learning_rate):
    """The equations of the class's docstring, one parameter after the other."""
    n = np.sqrt(sum((g**2).sum() for g in gradients)) ** 0.5
    for i, (p, g) in enumerate(zip(params, gradients)):
        s, a, m = state.setdefault(i, [np.zeros_like(p) for _ in range(3)])
        g = g * 5 / max(5, n) if np.isfinite(n) else 0.1 * p
        s[...] = 0.9 * s + 0.1 * g**2
        a[...] = 0.9 * a + 0.1 * g
        d = learning_rate * g / np.maximum(np.sqrt(np.maximum(s - a**2, 0)), 1e-4)
        p += 0.5**2 * m - (1 + 0.5) * d
        m[...] = 0.5 * m - d


def rprop_in_numpy(params, gradients, state, learning_rate):
    """The blog's loop, one entry after the other."""
    for i, (p, g) in enumerate(zip(params, gradients)):
        deltas, signs = state.setdefault(i, [np.full_like(p, learning_rate), np.zeros_like(p)])
        for k in np.ndindex(p.shape):
            sign = np.sign(g[k])
            deltas[k] *= 1.2 if sign == signs[k] else 0.5
            p[k] -= sign * deltas[k]
            signs[k] = sign


# With a learning rate for the quartic problem below.
RULES = [
    pytest.param(GradientDescentOptimizer, gradient_descent_in_numpy, 1e-5, id="gradient descent"),
    pytest.param(RMSPropOptimizer, rmsprop_in_numpy, 0.1, id="RMSProp"),
    pytest.param(RpropOptimizer, rprop_in_numpy, 0.1, id="Rprop"),
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


def in_numpy(rule, learning_rate, steps):
    """The parameters after each step of a rule on the quartic problem."""
    values, curvatures = quartic_problem()
    state, path = {}, []
    for _ in range(steps):
        gradients = [4 * c * (v - 1) ** 3 for c, v in zip(curvatures, values)]
        rule(values, gradients, state, learning_rate)
        path.append(np.concatenate([value.ravel() for value in values]))
    return np.array(path)


@pytest.mark.parametrize(("optimizer", "rule", "rate"), RULES)
def test_the_rule_in_numpy(optimizer, rule, rate):
    values, curvatures = quartic_problem()
    params = [aesara.shared(value) for value in values]
    loss = sum((c * (p - 1) ** 4).sum() for c, p in zip(curvatures, params))
    step = compile_function([], loss, updates=optimizer(params, rate).minimize(loss))
    for expected in in_numpy(rule, rate, steps=25):
        step()
        obtained = np.concatenate([np.ravel(param.get_value()) for param in params])
        np.testing.assert_allclose(obtained, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("optimizer", [rule.values[0] for rule in RULES])
@pytest.mark.parametrize("floatX", ["float32", "float64"])
def test_dtype_and_shape_are_kept(optimizer, floatX):
    values = shared_values(["float64", "float32"] * 3)
    with aesara.config.change_flags(floatX=floatX):
        params = [aesara.shared(value) for value in values]
        loss = sum((T.cast(p, "float64") ** 4).sum() for p in params)
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


@pytest.mark.parametrize(
    ("optimizer", "published", "others"),
    [
        (RMSPropOptimizer, (0.5, 5.0), {"momentum": 0.3, "rescale": 99.0}),
        (RpropOptimizer, (1.2, 0.5), {"eta_plus": 1.3, "eta_minus": 0.4}),
    ],
)
def test_the_constants_of_a_rule_by_position_and_by_name(optimizer, published, others):
    def path(*arguments, **keywords):
        p = aesara.shared(np.array([40.0]), name="p")
        loss = (p**4).sum()
        updates = optimizer([p], 10.0).minimize(loss, *arguments, **keywords)
        step = compile_function([], p, updates=updates)
        return [step()[0] for _ in range(8)]

    default = path()
    assert path(*published) == default
    (first, a), (second, b) = others.items()
    assert path(a) == path(**{first: a}) != default
    assert path(published[0], b) == path(**{second: b}) != default


def test_the_learning_rate_cannot_be_replaced():
    optimizer = RMSPropOptimizer([aesara.shared(1.0)], 0.1)
    with pytest.raises(AttributeError, match=r"with rate = aesara.shared\(0.001\)"):
        optimizer.learning_rate = 0.01


P = aesara.shared(np.array([4.0]), name="p")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: RMSPropOptimizer([P], 0), "learning_rate is 0; expected a number above 0"),
        (lambda: RMSPropOptimizer([P], "0.1"), "learning_rate is '0.1'; expected a number above 0"),
        (lambda: RMSPropOptimizer([P], np.nan), "learning_rate is nan; expected"),
        (lambda: RMSPropOptimizer(P * 2), "expected shared variables of floats"),
        (lambda: RMSPropOptimizer([aesara.shared(1)]), "expected shared variables of floats"),
        (lambda: RMSPropOptimizer([P]).minimize(P**2), "expected a symbolic scalar"),
        (lambda: RMSPropOptimizer([P]).minimize(T.gt(P, 0).sum()), "scalar of floats"),
        (lambda: RMSPropOptimizer([P]).minimize((P**2).sum(), rescale=0), "rescale is 0; expected"),
        (
            lambda: RMSPropOptimizer([P]).minimize(T.dscalar()),
            "loss does not depend on [p]; expected",
        ),
    ],
)
def test_what_does_not_fit_is_named(make, said):
    with pytest.raises((TypeError, ValueError)) as info:
        make()
    assert said in str(info.value)
