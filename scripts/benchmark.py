"""Measure how fast the package is, beside what one would use instead of it.

    scripts/in_venv python scripts/benchmark.py

Contestants: this package; Aesara compiled plainly (symbolic lengths, default mode); the package's
NumPy reference; NumPy at its best for this data (float32, time-major, in place); PyTorch with
autograd; a jit-compiled JAX step. The last two run where the extra `bench` is installed:

    scripts/in_venv pip install --constraint scripts/constraints.txt "simple-rnn[bench]"

All of a comparison take turns in one run, so that the ratios hold on a noisy machine. Before
anything is timed, they have to agree on the costs of three epochs.
"""

from __future__ import annotations

import argparse
import csv
import gc
import importlib.util
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, fields
from importlib.metadata import version
from pathlib import Path
from typing import Callable

import numpy as np

sys.path.insert(0, os.path.dirname(__file__))  # python -I leaves it out
from _console import (
    alive,
    environment,
    option_parser,
    output_folder,
    replacing,
    run_main,
    say,
    start_aesara,
    write_json,
)
from make_figures import FIGURES_FOLDER, GROWTH_SEQ_LEN, article_dataset
from make_figures import main as make_figures

HERE = Path(__file__).resolve().parent
# Before this process adds its own.
USER_FLAGS = os.environ.get("AESARA_FLAGS", "")

OURS = "simple_rnn"
PLAIN = "Aesara, plain"
# Weights near the optimum, where neither states nor gradients fade to numbers that slow a processor
# down.
W_X, W_REC = 0.98, 0.97

# The article's size, one and the same length with ever more samples, and a greater length.
EPOCH_SIZES = (
    (10, 20),
    *((GROWTH_SEQ_LEN, num_samples) for num_samples in (1, 10, 100, 1_000, 10_000)),
    (1_000, 1_000),
)
QUICK_EPOCH_SIZES = ((10, 20), (GROWTH_SEQ_LEN, 1_000))
MEMORY_SIZE = (100, 100_000)
SURFACE_SIDE = 200


@dataclass(frozen=True)
class Row:
    """One contestant in one comparison."""

    comparison: str
    seq_len: int | None
    num_samples: int | None
    contestant: str
    unit: str
    median: float
    minimum: float
    maximum: float
    ratio: float  # of the median to that of this package


# The contestants: each takes time-major x, targets y and a learning rate, and returns a function
# that runs an epoch of gradient descent and returns its cost.


def simple_rnn_epoch(x: np.ndarray, y: np.ndarray, rate: float) -> Callable[[], float]:
    """Return an epoch as this package runs it."""
    from simple_rnn import CountingDataset, GradientDescentOptimizer, compile_train_model

    net = network(x)
    optimizer = GradientDescentOptimizer(net.params, rate)
    dataset = CountingDataset(x, y, np.zeros_like(y))
    train_model = compile_train_model(net, optimizer, dataset)
    return lambda: train_model()[0]


def aesara_epoch(x: np.ndarray, y: np.ndarray, rate: float) -> Callable[[], float]:
    """Return an epoch as the article compiles it: symbolic lengths, ``givens``, default mode."""
    import aesara
    import aesara.tensor as at

    net = network(x)
    x_t, y_, s0 = at.fmatrix("x_t"), at.fvector("y_"), at.fvector("s0")
    loss = at.square(y_ - net.state_update(x_t, s0)[-1]).sum()
    updates = [
        (p, p - np.float32(rate) * g) for p, g in zip(net.params, aesara.grad(loss, net.params))
    ]
    values = {x_t: x, y_: y, s0: np.zeros_like(y)}
    givens = {symbol: aesara.shared(value) for symbol, value in values.items()}
    function = aesara.function([], [loss], updates=updates, givens=givens)
    return lambda: function()[0]


def network(x: np.ndarray):
    """Return a network with the benchmark's weights."""
    from simple_rnn import simpleRNN

    net = simpleRNN(len(x), 1, 1)
    net.weights = (W_X, W_REC)
    return net


def numpy_reference_epoch(x: np.ndarray, y: np.ndarray, rate: float) -> Callable[[], float]:
    """Return an epoch of ``numpy_reference``: float64, batch-major, a state a column."""
    from simple_rnn import numpy_reference as reference

    X, t = np.ascontiguousarray(x.T, dtype=float), y.astype(float)
    weights = [W_X, W_REC]

    def epoch() -> float:
        S = reference.forward_states(X, *weights)
        cost = reference.cost(S[:, -1], t)
        grad_out = reference.output_gradient(S[:, -1], t)
        gradients, _ = reference.backward_gradient(X, S, grad_out, weights[1])
        for i, gradient in enumerate(gradients):
            weights[i] -= rate * gradient
        return cost

    return epoch


def numpy_in_place_epoch(x: np.ndarray, y: np.ndarray, rate: float) -> Callable[[], float]:
    """Return an epoch in NumPy without one array more than it needs, in float32."""
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


def pytorch_epoch(x: np.ndarray, y: np.ndarray, rate: float) -> Callable[[], float]:
    """Return an epoch in PyTorch, eager, with autograd."""
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


def jax_epoch(x: np.ndarray, y: np.ndarray, rate: float) -> Callable[[], float]:
    """Return an epoch in JAX: one step of gradient descent, compiled whole."""
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


EPOCHS = {
    OURS: simple_rnn_epoch,
    PLAIN: aesara_epoch,
    "NumPy reference": numpy_reference_epoch,
    "NumPy, in place": numpy_in_place_epoch,
    "PyTorch": pytorch_epoch,
    "JAX": jax_epoch,
}
NEEDED = {"PyTorch": "torch", "JAX": "jax"}


def contestants() -> list[str]:
    """Return those whose library is installed."""
    return [name for name in EPOCHS if importlib.util.find_spec(NEEDED.get(name, "numpy"))]


def data(seq_len: int, num_samples: int) -> tuple[np.ndarray, np.ndarray, float]:
    """Return random binary sequences, time-major, how many ones each holds, and a learning rate."""
    x = np.random.RandomState(1).randint(0, 2, (seq_len, num_samples)).astype(np.float32)
    # A tenth of what the curvature of the cost allows, which grows as samples x steps^4.
    return x, x.sum(axis=0), 0.1 / (num_samples * seq_len**4)


def epochs_of(size: tuple[int, int], names: list[str]) -> dict[str, Callable[[], float]]:
    """Return the epoch of each contestant, once all have computed the same costs."""
    epochs = {name: EPOCHS[name](*data(*size)) for name in names}
    costs = {name: [float(epoch()) for _ in range(3)] for name, epoch in epochs.items()}
    for name, of_contestant in costs.items():
        if not np.allclose(of_contestant, costs["NumPy reference"], rtol=1e-3):
            raise SystemExit(
                f"{name} computes other costs at {size} than the NumPy reference:"
                f" {of_contestant}, {costs['NumPy reference']}"
            )
    return epochs


def take_turns(runs: dict[str, Callable], seconds: float, rounds: int) -> dict[str, list[float]]:
    """Return the seconds a call of each takes, one number a round.

    In each round everyone in turn is called until ``seconds / rounds`` are over, after one call
    that does not count, because it finds the caches full of another's data.
    """
    times = {name: [] for name in runs}
    gc.collect()
    for _ in range(rounds):
        for name, run in runs.items():
            run()
            calls, started = 0, time.perf_counter()
            while calls < 2 or time.perf_counter() - started < seconds / rounds:
                run()
                calls += 1
            times[name].append((time.perf_counter() - started) / calls)
    return times


def rows(
    comparison: str,
    times: dict[str, list[float]],
    unit: str = "s",
    size: tuple[int | None, int | None] = (None, None),
) -> list[Row]:
    """Return a row for each contestant."""
    ours = statistics.median(times[OURS])
    return [
        Row(comparison, *size, name, unit, median, min(values), max(values), median / ours)
        for name, values in times.items()
        for median in [statistics.median(values)]
    ]


def epoch(quick: bool) -> list[Row]:
    """Time an epoch at each size."""
    names = contestants()
    if quick:  # what Aesara compiles plainly takes it longest
        names.remove(PLAIN)
    found = []
    for size in QUICK_EPOCH_SIZES if quick else EPOCH_SIZES:
        with alive("Compiling and timing an epoch at {} x {}".format(*size)):
            times = take_turns(epochs_of(size, names), 0.3 if quick else 1.5, 3 if quick else 15)
        found += rows("epoch", times, size=size)
    return found


def surface(quick: bool) -> list[Row]:
    """Time the cost on the article's data at every point of a grid of weights."""
    from simple_rnn.training import compile_cost

    dataset = article_dataset()
    grid = np.linspace(-3, 3, SURFACE_SIDE)
    w_x, w_rec = (weights.ravel() for weights in np.meshgrid(grid, grid))
    x, y = dataset.x.astype(float), dataset.y.astype(float)

    def in_numpy() -> np.ndarray:
        s = np.zeros((len(y), len(w_x)))
        for x_t in x:
            s = x_t[:, np.newaxis] * w_x + s * w_rec
        return ((y[:, np.newaxis] - s) ** 2).sum(axis=0)

    with alive("Compiling and timing the cost surface"):
        cost = compile_cost(dataset)
        np.testing.assert_allclose(cost(w_x, w_rec), in_numpy(), rtol=1e-9)
        runs = {OURS: lambda: cost(w_x, w_rec), "NumPy, vectorised": in_numpy}
        times = take_turns(runs, 0.5 if quick else 3, 3 if quick else 15)
    return rows(f"cost surface, {SURFACE_SIDE} x {SURFACE_SIDE} weights", times)


def memory(quick: bool) -> list[Row]:
    """Measure the memory that an epoch takes, in a process of its own for each contestant."""
    if sys.platform != "linux":
        say("memory is left out: it is read from /proc, as on Linux")
        return []
    found = {}
    for name in contestants():
        with alive(f"Measuring the memory of {name}"):
            call = f"import benchmark; print(benchmark.memory_of({name!r}))"
            answer = python("-c", call, cwd=HERE)
        found[name] = [float(answer)]
    return rows("memory", found, "times x", MEMORY_SIZE)


def memory_of(name: str) -> float:
    """Return by how many times the size of x the memory grows while epochs are run."""
    start_aesara()
    # What is loaded and compiled at any size.
    EPOCHS[name](*data(2, 3))()
    before = peak_memory()
    x = np.ones(MEMORY_SIZE, dtype=np.float32)
    run = EPOCHS[name](x, x.sum(axis=0), 1e-18)
    for _ in range(3):
        run()
    return (peak_memory() - before) / x.nbytes


def peak_memory() -> int:
    """Return the most memory that this process has had, in bytes."""
    # Not getrusage: its number starts at that of the process that started this one.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1)) * 1024


# All conditions as the article compiles them, for a process of its own.
PLAIN_RUN = """
import aesara, aesara.tensor as at, numpy as np
from simple_rnn import article, make_counting_dataset, simpleRNN
for condition in article.CONDITIONS.values():
    dtype = condition.dtype
    rng = np.random.RandomState(article.SEED)
    data = make_counting_dataset(article.NUM_SAMPLES, article.SEQ_LEN, rng=rng, dtype=dtype)
    net = simpleRNN(article.SEQ_LEN, 1, 1, rng=rng, dtype=dtype)
    if condition.initial_weights:
        net.weights = condition.initial_weights
    x_t, y_, s0 = at.matrix(dtype=dtype), at.vector(dtype=dtype), at.vector(dtype=dtype)
    y_t = net.state_update(x_t, s0)
    loss = condition.loss(y_, y_t[-1])
    updates = condition.optimizer(net.params, condition.learning_rate).minimize(loss)
    givens = {x_t: aesara.shared(data.x), y_: aesara.shared(data.y), s0: aesara.shared(data.s0)}
    train_model = aesara.function([], [loss], updates=updates, givens=givens)
    for epoch in range(condition.n_epochs):
        (cost,) = train_model()
    assert cost < 0.1
    if condition.unseen_sequence:
        predict = aesara.function([x_t, s0], y_t[-1])
        x = np.reshape(condition.unseen_sequence, (-1, 1)).astype(dtype)
        assert round(predict(x, np.zeros(1, dtype))[0]) == x.sum()
"""
REPRODUCE = str(HERE / "reproduce.py")


def python(*arguments: str, flags: str = "", cwd: Path | None = None) -> str:
    """Run Python in a process of its own; return what it printed."""
    # Of a flag that is given twice, the last counts.
    flags = ",".join(filter(None, (USER_FLAGS, flags)))
    settings = {"env": {**os.environ, "AESARA_FLAGS": flags}, "cwd": cwd}
    answer = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=False, **settings
    )
    if answer.returncode:
        raise SystemExit(f"{arguments[0]} failed:\n{answer.stderr}")
    return answer.stdout


def timed(message: str, *arguments: str, flags: str = "") -> float:
    """Return the seconds that Python takes in a process of its own, from start to end."""
    with alive(message):
        started = time.perf_counter()
        python(*arguments, flags=flags)
        return time.perf_counter() - started


def first_run(quick: bool) -> list[Row]:
    """Time the reproduction with an empty compile cache, compiled as here and plainly."""
    if quick:
        say("first-run is left out with --quick: it takes minutes")
        return []
    times = {OURS: [], PLAIN: []}
    for _ in range(3):
        for name, arguments in ((OURS, [REPRODUCE]), (PLAIN, ["-c", PLAIN_RUN])):
            with tempfile.TemporaryDirectory() as empty:
                flags = f"base_compiledir={empty}"
                times[name].append(timed(f"First run, {name}", *arguments, flags=flags))
    return rows("first run", times)


def further_runs(quick: bool) -> list[Row]:
    """Time the reproduction once all is compiled, beside the import of Aesara alone."""
    times = {OURS: [], "import aesara": []}
    # A cache of its own: what others left in the user's takes time too.
    with tempfile.TemporaryDirectory() as cache:
        flags = f"base_compiledir={cache}"
        timed("Filling a compile cache", REPRODUCE, flags=flags)
        for _ in range(3 if quick else 9):
            times[OURS].append(timed("A further run", REPRODUCE, flags=flags))
            bare = timed("Importing Aesara", "-c", "import aesara", flags=flags)
            times["import aesara"].append(bare)
    return rows("further run", times)


COMPARISONS = {
    "epoch": epoch,
    "memory": memory,
    "surface": surface,
    "further-run": further_runs,
    "first-run": first_run,
}


def table(found: list[Row]) -> str:
    """Return the rows as text, a paragraph for each comparison."""
    lines = []
    head = ""
    for row in found:
        size = "" if row.seq_len is None else f", {row.seq_len:,} x {row.num_samples:,}"
        if row.comparison + size != head:
            head = row.comparison + size
            titles = ("median", "minimum", "maximum", "ratio to ours")
            lines += ["", "{:40}{:>11}{:>11}{:>11}{:>15}".format(head, *titles)]
        numbers = (row.median, row.minimum, row.maximum)
        cells = [quantity(number, row.unit) for number in numbers]
        lines.append("  {:38}{:>11}{:>11}{:>11}{:>15.2f}".format(row.contestant, *cells, row.ratio))
    return "\n".join(lines[1:])


def quantity(number: float, unit: str) -> str:
    """Return a number with its unit, seconds in s, ms or us."""
    if unit != "s":
        return f"{number:.3g} x"
    for factor, prefix in ((1, ""), (1e3, "m"), (1e6, "u")):
        if number * factor >= 1:
            return f"{number * factor:.3g} {prefix}s"
    return f"{number * factor:.3g} us"


def write_csv(path: Path, found: list[Row]) -> None:
    """Write the rows, a line each."""
    with replacing(path) as beside, beside.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Row)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(row) for row in found)


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Return the options."""
    parser = option_parser(__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer and smaller, in a minute")
    parser.add_argument(
        "--only",
        action="append",
        choices=COMPARISONS,
        metavar="NAME",
        help=f"one of {', '.join(COMPARISONS)}; can be given more than once",
    )
    parser.add_argument(
        "--output-dir",
        type=output_folder,
        metavar="FOLDER",
        help="where benchmark.json and benchmark.csv go; figures/ for a whole run, which draws"
        " figures/scaling from them, nowhere for a quick or partial one",
    )
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Measure, print and save; return the exit status."""
    options = parse(arguments)
    whole = not (options.quick or options.only)
    folder = options.output_dir or (FIGURES_FOLDER if whole else None)
    start_aesara()
    missing = [name for name in EPOCHS if name not in contestants()]
    for name in missing:
        say(f"{name} is not installed and left out; --help says how to install it")

    found = []
    for name in options.only or COMPARISONS:
        found += COMPARISONS[name](options.quick)
    print(table(found))
    if folder is not None:
        folder.mkdir(exist_ok=True)
        libraries = [NEEDED[name] for name in NEEDED if name not in missing]
        versions = {library: version(library) for library in libraries}
        record = {"rows": [asdict(row) for row in found], "environment": environment() | versions}
        write_json(folder / "benchmark.json", record)
        write_csv(folder / "benchmark.csv", found)
        for path in ("benchmark.json", "benchmark.csv"):
            print(folder / path)
    if folder == FIGURES_FOLDER:
        make_figures(["--only", "scaling"])
    return 0


if __name__ == "__main__":
    run_main(main)
