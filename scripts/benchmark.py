"""Measure how fast the package is, beside what one would use instead of it.

    scripts/in_venv python scripts/benchmark.py

Times an epoch of gradient descent at five sizes of the data, in this package and in others, whose
costs have to agree first; then the first run of an epoch, with all that has to be imported and
compiled, and a further one. Writes the seconds to benchmark.csv, prints them, and draws
benchmark.png. It takes some minutes. PyTorch, JAX and PyTensor take part where they are installed:

    scripts/in_venv pip install --constraint scripts/constraints.txt ".[bench]"
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import timeit
import warnings
from collections.abc import Iterable
from functools import partial
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Callable

import _console  # before Aesara
import numpy as np
from _figures import drawing_options, read_table, save_figure, write_table
from matplotlib.figure import Figure

import simple_rnn
from simple_rnn.plotting import COLOURS

# Steps and samples: the article's, then ever more samples.
SIZES = ((10, 20), (100, 10), (100, 100), (100, 1_000), (100, 10_000))
# How often each is timed; the median counts.
REPEATS = 5

# Weights near the optimum, where neither states nor gradients fade to numbers that slow a processor
# down.
W_X, W_REC = 0.98, 0.97

# A contestant takes time-major x, targets y and a learning rate, and returns a function that runs
# an epoch of gradient descent and returns its cost.
Epoch = Callable[[], float]


def prepare_simple_rnn(x: np.ndarray, y: np.ndarray, rate: float) -> Epoch:
    """Compile an epoch as this package does."""
    net = simple_rnn.simpleRNN(len(x), 1, 1)
    net.weights = (W_X, W_REC)
    optimizer = simple_rnn.GradientDescentOptimizer(net.params, rate)
    dataset = simple_rnn.CountingDataset(x, y, np.zeros_like(y))
    train_model = simple_rnn.compile_train_model(net, optimizer, dataset)
    return lambda: train_model()[0]


def prepare_plain(package: str, x: np.ndarray, y: np.ndarray, rate: float) -> Epoch:
    """Compile an epoch in Aesara or PyTensor, its descendant: symbolic lengths, default mode."""
    library = import_module(package)

    def step(x_t, s, w_x, w_rec):
        return x_t * w_x + s * w_rec

    x, y, s0 = (library.shared(values) for values in (x, y, np.zeros_like(y)))
    params = [library.shared(np.float32(weight)) for weight in (W_X, W_REC)]
    with warnings.catch_warnings():
        # PyTensor's scan says that it will no longer return updates, as Aesara's does.
        warnings.filterwarnings("ignore", "Scan return signature")
        s, _ = library.scan(step, x, s0, params)
    loss = ((y - s[-1]) ** 2).sum()
    gradients = library.grad(loss, params)
    updates = [(p, p - np.float32(rate) * g) for p, g in zip(params, gradients)]
    return library.function([], loss, updates=updates)


def prepare_numpy(x: np.ndarray, y: np.ndarray, rate: float) -> Epoch:
    """Write an epoch in NumPy, in float32, with no array more than it needs."""
    n_steps, num_samples = x.shape
    w_x, w_rec = np.float32(W_X), np.float32(W_REC)
    s = np.zeros((n_steps + 1, num_samples), dtype=np.float32)
    buffer = np.empty(num_samples, dtype=np.float32)

    def epoch() -> float:
        nonlocal w_x, w_rec
        for k in range(n_steps):
            np.multiply(x[k], w_x, out=s[k + 1])
            np.multiply(s[k], w_rec, out=buffer)
            s[k + 1] += buffer
        error = s[n_steps] - y
        cost = np.dot(error, error)
        grad = np.float32(2) * error
        w_x_grad = w_rec_grad = 0.0
        for k in range(n_steps, 0, -1):
            w_x_grad += np.multiply(grad, x[k - 1], out=buffer).sum()
            w_rec_grad += np.multiply(grad, s[k - 1], out=buffer).sum()
            grad *= w_rec
        w_x -= np.float32(rate * w_x_grad)
        w_rec -= np.float32(rate * w_rec_grad)
        return cost

    return epoch


def prepare_pytorch(x: np.ndarray, y: np.ndarray, rate: float) -> Epoch:
    """Write an epoch in PyTorch, eager, with autograd."""
    import torch

    x, y = torch.from_numpy(x), torch.from_numpy(y)
    w_x = torch.tensor(W_X, requires_grad=True)
    w_rec = torch.tensor(W_REC, requires_grad=True)
    optimizer = torch.optim.SGD([w_x, w_rec], lr=rate)

    def epoch() -> float:
        s = torch.zeros(x.shape[1])
        for x_t in x:
            s = x_t * w_x + s * w_rec
        loss = ((y - s) ** 2).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return epoch


def prepare_jax(x: np.ndarray, y: np.ndarray, rate: float) -> Epoch:
    """Compile an epoch in JAX: one step of gradient descent, loop and all."""
    import jax
    import jax.numpy as jnp

    x, y = jnp.asarray(x), jnp.asarray(y)
    weights = jnp.array([W_X, W_REC], dtype=jnp.float32)

    def loss(weights):
        s0 = jnp.zeros(x.shape[1], dtype=jnp.float32)
        s, _ = jax.lax.scan(lambda s, x_t: (x_t * weights[0] + s * weights[1], None), s0, x)
        return ((y - s) ** 2).sum()

    @jax.jit
    def step(weights):
        cost, gradient = jax.value_and_grad(loss)(weights)
        return weights - rate * gradient, cost

    def epoch() -> float:
        nonlocal weights
        weights, cost = step(weights)
        return float(cost)

    return epoch


OURS, PLAIN = "simple_rnn", "Aesara, plain"
# Each with the distribution that it is part of.
CONTESTANTS = {
    OURS: ("simple-rnn", prepare_simple_rnn),
    PLAIN: ("aesara", partial(prepare_plain, "aesara")),
    "NumPy, in place": ("numpy", prepare_numpy),
    "PyTorch": ("torch", prepare_pytorch),
    "JAX": ("jax", prepare_jax),
    "PyTensor": ("pytensor", partial(prepare_plain, "pytensor")),
}


def versions() -> dict[str, str]:
    """Return the version of each contestant that is installed."""
    found = {}
    for name, (distribution, _) in CONTESTANTS.items():
        try:
            found[name] = version(distribution)
        except PackageNotFoundError:
            _console.say(f"{name} is not installed and left out; --help says how to install it")
    return found


def data(seq_len: int, num_samples: int) -> tuple[np.ndarray, np.ndarray, float]:
    """Return random binary sequences, time-major, how many ones each holds, and a learning rate."""
    x = np.random.RandomState(1).randint(0, 2, (seq_len, num_samples)).astype(np.float32)
    # A tenth of what the curvature of the cost allows, which grows as samples x steps^4.
    return x, x.sum(axis=0), 0.1 / (num_samples * seq_len**4)


def prepare(size: tuple[int, int], name: str) -> Epoch:
    """Return the epoch of a contestant, once it has computed the costs that NumPy computes."""
    epoch, reference = CONTESTANTS[name][1](*data(*size)), prepare_numpy(*data(*size))
    costs, expected = ([float(run()) for _ in range(3)] for run in (epoch, reference))
    if not np.allclose(costs, expected, rtol=1e-3):
        raise SystemExit(f"{name} computes other costs at {size}: {costs}, expected {expected}")
    return epoch


def take_turns(epochs: dict[str, Epoch]) -> dict[str, float]:
    """Return the median seconds that an epoch of each takes, from rounds in which each has a turn.

    A turn is as many calls as take at least a fifth of a second.
    """
    times = {name: [] for name in epochs}
    for _ in range(REPEATS):
        for name, epoch in epochs.items():
            n_calls, seconds = timeit.Timer(epoch).autorange()
            times[name].append(seconds / n_calls)
    return {name: statistics.median(values) for name, values in times.items()}


def time_runs(name: str) -> tuple[float, float]:
    """Return the seconds of a first and of a further run: from Python's start to the first cost."""
    command = [sys.executable, "-c", f"import benchmark as b; b.prepare(b.SIZES[0], {name!r})"]
    with tempfile.TemporaryDirectory() as empty:
        environment = {**os.environ, "AESARA_FLAGS": f"base_compiledir={empty}"}

        def run() -> None:
            subprocess.run(command, cwd=Path(__file__).parent, env=environment, check=True)

        first, *further = timeit.repeat(run, number=1, repeat=1 + REPEATS)
    return first, statistics.median(further)


def measure(names: Iterable[str]) -> dict[str, dict[str, float]]:
    """Return the columns of the table: for each size and run the seconds of each contestant."""
    columns = {}
    for size in SIZES:
        column = "{} x {}".format(*size)
        _console.say(f"Compiling and timing an epoch, {column}")
        columns[column] = take_turns({name: prepare(size, name) for name in names})
    _console.say("Timing first runs and further ones")
    runs = {name: time_runs(name) for name in (OURS, PLAIN)}
    columns["first run"] = {name: first for name, (first, _) in runs.items()}
    columns["further run"] = {name: further for name, (_, further) in runs.items()}
    return columns


def draw_scaling(table: dict[str, np.ndarray], figure: Figure) -> None:
    """Draw the time per epoch over the number of elements, ours bold."""
    ax = figure.subplots()
    elements = [seq_len * num_samples for seq_len, num_samples in SIZES]
    colours, markers = ("vermilion", "orange", "blue", "sky", "purple", "green"), "osD^vP"
    for row, name in enumerate(table["contestant"]):
        seconds = [table["{} x {}".format(*size)][row] for size in SIZES]
        style = {"color": COLOURS[colours[row]], "marker": markers[row], "markersize": 5}
        ax.plot(elements, seconds, label=name, linewidth=2.5 if name == OURS else 1.3, **style)
    ax.set(xscale="log", yscale="log", ylabel="seconds per epoch")
    ax.set(xlabel="elements of the data (steps x samples)")
    ax.grid(alpha=0.3)
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    figure.suptitle("Time per epoch of gradient descent")


def main(arguments: list[str] | None = None) -> None:
    """Measure, print, save and draw."""
    options = drawing_options(__doc__).parse_args(arguments)
    path = options.output_dir / "benchmark.csv"
    if not options.redraw:
        names = versions()
        columns = measure(names)
        rows = [
            [name, number, *(column.get(name) for column in columns.values())]
            for name, number in names.items()
        ]
        write_table(path, ["contestant", "version", *columns], rows)
    print(path.read_text(encoding="utf-8"))
    save_figure(path.with_suffix(".png"), (8.2, 4.4), draw_scaling, read_table(path))


if __name__ == "__main__":
    main()
