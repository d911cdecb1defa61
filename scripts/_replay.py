"""The article's two trainings in NumPy alone, many variants of one side by side.

A check that shares no code with the package, and needs no Aesara: data, network, gradient and
optimizers are written here again. In float32 every operation rounds once, and sums over the samples
are formed in float64, as ``scan``'s gradient does.

All arrays have the variants along their last axis: the weights are of shape (2, n_variants).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Callable

import numpy as np

Array = np.ndarray
Step = Callable[[Array, Array], Array]  # weights and gradient -> new weights

GD_RATE, RMSPROP_RATE = 1e-5, 1e-3
DECAY, MOMENTUM, RESCALE, FLOOR = 0.9, 0.5, 5.0, 1e-4


def task(dtype: str = "float32") -> tuple[Array, Array, Array]:
    """Return ``x``, (10, 20, 1), ``y``, (20, 1), and the initial weights, (2, 1)."""
    rng = np.random.RandomState(1)
    x = np.around([rng.rand(10) for _ in range(20)]).T[:, :, np.newaxis].astype(dtype)
    return x, x.sum(axis=0), rng.uniform(-0.1, 0.1, (2, 1)).astype(dtype)


def total(values: Array) -> Array:
    """Return the sum over the samples, added in float64 from the first to the last."""
    return values.astype("float64").sum(axis=0).astype(values.dtype)


def cost_and_gradient(x: Array, y: Array, weights: Array) -> tuple[Array, Array]:
    """Return the cost, (n_variants,), and its gradient, (2, n_variants), by BPTT."""
    w_x, w_rec = weights
    states = [np.zeros((len(y), len(w_x)), x.dtype)]
    for row in x:
        states.append(row * w_x + states[-1] * w_rec)
    error = states[-1] - y
    g, gradient = 2 * error, np.zeros_like(weights)
    for row, state in zip(x[::-1], states[-2::-1]):
        gradient += [total(g * row), total(g * state)]
        g = g * w_rec
    return total(error * error), gradient


def gradient_descent(fused: bool = True) -> Step:
    """Return a step of gradient descent; ``fused`` rounds once, as a fused multiply-add does."""
    return lambda p, g: fma(-GD_RATE, g, p) if fused else p - GD_RATE * g


def fma(a: Array | float, b: Array, c: Array) -> Array:
    """Return ``a * b + c`` rounded once: the product of two float32 numbers is exact in float64."""
    a = b.dtype.type(a) if isinstance(a, float) else a
    return (np.multiply(a, b, dtype="float64") + c).astype(b.dtype)


# The formulas of the RMSProp step, each with algebraically equal ways to write it. The first way is
# the package's, those of LITERAL are Kastner's. What only doubles or halves, as momentum 0.5 does,
# is exact, and no other way.
ONE_DECAY = 1 - DECAY
WAYS: dict[str, list[Callable]] = {
    "n": [  # the root of the norm, from the square of the norm
        lambda q: np.sqrt(np.sqrt(q.astype("float64"))).astype(q.dtype),
        lambda q: np.sqrt(np.sqrt(q)),
    ],
    "rescaled": [
        lambda g, n: g / np.maximum(1, n / RESCALE),
        lambda g, n: g * (1 / np.maximum(1, n / RESCALE)),
        lambda g, n: g * (RESCALE / np.maximum(RESCALE, n)),
        lambda g, n: (g * RESCALE) / np.maximum(RESCALE, n),
    ],
    "s": [
        lambda s, g: DECAY * s + ONE_DECAY * (g * g),
        lambda s, g: DECAY * s + (ONE_DECAY * g) * g,
        lambda s, g: s + ONE_DECAY * (g * g - s),
    ],
    "a": [
        lambda a, g: DECAY * a + ONE_DECAY * g,
        lambda a, g: a + ONE_DECAY * (g - a),
    ],
    "variance": [lambda s, a: s - a * a],
    "d": [
        lambda g, r, rate: rate * (g / r),
        lambda g, r, rate: (rate * g) / r,
        lambda g, r, rate: (rate / r) * g,
    ],
    "p": [  # from the old m and the new one; k = (1 + MOMENTUM) * rate
        lambda p, m, m_new, d, g, r, k: (p + MOMENTUM**2 * m) - (1 + MOMENTUM) * d,
        lambda p, m, m_new, d, g, r, k: p + (MOMENTUM**2 * m - (1 + MOMENTUM) * d),
        lambda p, m, m_new, d, g, r, k: (p + MOMENTUM**2 * m) - (k * g) / r,
        lambda p, m, m_new, d, g, r, k: p + (MOMENTUM**2 * m - (k * g) / r),
        lambda p, m, m_new, d, g, r, k: (p + MOMENTUM**2 * m) - k * (g / r),
        lambda p, m, m_new, d, g, r, k: p + (MOMENTUM**2 * m - k * (g / r)),
        lambda p, m, m_new, d, g, r, k: (p + MOMENTUM * m_new) - d,
        lambda p, m, m_new, d, g, r, k: p + (MOMENTUM * m_new - d),
    ],
}
# The same, with a product fused with a sum.
FUSED_WAYS: dict[str, list[Callable]] = {
    "s": [
        lambda s, g: fma(DECAY, s, ONE_DECAY * (g * g)),
        lambda s, g: fma(ONE_DECAY, g * g, DECAY * s),
        lambda s, g: fma(ONE_DECAY, g * g - s, s),
    ],
    "a": [
        lambda a, g: fma(DECAY, a, ONE_DECAY * g),
        lambda a, g: fma(ONE_DECAY, g, DECAY * a),
        lambda a, g: fma(ONE_DECAY, g - a, a),
    ],
    "variance": [lambda s, a: fma(-a, a, s)],
    "p": [
        lambda p, m, m_new, d, g, r, k: fma(-(1 + MOMENTUM), d, p + MOMENTUM**2 * m),
        lambda p, m, m_new, d, g, r, k: p + fma(-(1 + MOMENTUM), d, MOMENTUM**2 * m),
        lambda p, m, m_new, d, g, r, k: fma(-k, g / r, p + MOMENTUM**2 * m),
        lambda p, m, m_new, d, g, r, k: p + fma(-k, g / r, MOMENTUM**2 * m),
    ],
}
ALL_WAYS = {name: [*plain, *FUSED_WAYS.get(name, [])] for name, plain in WAYS.items()}
PACKAGE = dict.fromkeys(WAYS, 0)
LITERAL = {"n": 1, "rescaled": 2, "s": 0, "a": 0, "variance": 0, "d": 1, "p": 3}


def rmsprop(ways: Mapping[str, int | Array] = PACKAGE) -> tuple[Step, dict[str, Array]]:
    """Return a step of RMSProp, and what it remembers: s, a, m, and the last variance and r.

    ``ways`` says for each formula which way of ALL_WAYS to take, for all variants or each one.
    """
    memory: dict[str, Array] = {}

    def by(name: str, *arguments: Array) -> Array:
        return np.choose(ways[name], [way(*arguments) for way in ALL_WAYS[name]])

    def step(p: Array, g: Array) -> Array:
        if not memory:
            memory.update({name: np.zeros_like(p) for name in "sam"})
        g = by("rescaled", g, by("n", (g * g).sum(axis=0)))
        s, a = by("s", memory["s"], g), by("a", memory["a"], g)
        variance = by("variance", s, a)
        r = np.maximum(np.sqrt(np.maximum(variance, 0)), p.dtype.type(FLOOR))
        d = by("d", g, r, RMSPROP_RATE)
        m = MOMENTUM * memory["m"] - d
        p_new = by("p", p, memory["m"], m, d, g, r, (1 + MOMENTUM) * RMSPROP_RATE)
        memory.update(s=s, a=a, m=m, variance=variance, r=r)
        return p_new

    return step, memory


def epochs(
    step: Step,
    weights: Array,
    dtype: str = "float32",
    n_epochs: int = 2001,
    disturb: Callable[[Array], Array] = lambda gradient: gradient,
) -> Iterator[tuple[Array, Array]]:
    """Yield the cost of each epoch, before its update, and the weights after it.

    ``disturb`` may change the gradient.
    """
    x, y, _ = task(dtype)
    for _ in range(n_epochs):
        cost, gradient = cost_and_gradient(x, y, weights)
        weights = step(weights, disturb(gradient))
        yield cost, weights
