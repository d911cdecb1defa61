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

from _console import (
    environment,
    failures_in_one_line,
    option_parser,
    output_folder,
    progress,
    replacing,
    run_main,
    say,
    write_json,
)

# _console comes first: it reports in one line that a package is missing, or Ctrl-C.
# isort: split
import argparse
import csv
import gc
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Callable

import aesara
import aesara.tensor as at
import numpy as np
from _figures import FIGURES_FOLDER, SCALING_SEQ_LEN, SECONDS_OF, save_scaling, write_table

import simple_rnn

# A contestant whose library is not installed is left out.
with failures_in_one_line():
    try:
        import torch
    except ImportError:
        torch = None
    try:
        import jax
        import jax.numpy as jnp
    except ImportError:
        jax = None

HERE = Path(__file__).resolve().parent

OURS = "simple_rnn"
PLAIN = "Aesara, plain"
# Weights near the optimum, where neither states nor gradients fade to numbers that slow a processor
# down.
W_X, W_REC = 0.98, 0.97

# The article's size, one and the same length with ever more samples, and a greater length.
EPOCH_SIZES = (
    (10, 20),
    *((SCALING_SEQ_LEN, num_samples) for num_samples in (1, 10, 100, 1_000, 10_000)),
    (1_000, 1_000),
)
QUICK_EPOCH_SIZES = ((10, 20), (SCALING_SEQ_LEN, 1_000))
MEMORY_SIZE = (100, 100_000)
SURFACE_SIDE = 200


@dataclass(frozen=True)
class Measurement:
    """What one contestant reached in one comparison; a row of benchmark.csv."""

    comparison: str
    seq_len: int | None
    num_samples: int | None
    contestant: str
    unit: str
    median: float
    minimum: float
    maximum: float
    ratio: float  # of its median to that of this package


# The contestants: each takes time-major x, targets y and a learning rate, and returns a function
# that runs an epoch of gradient descent and returns its cost.


def prepare_simple_rnn(x: np.ndarray, y: np.ndarray, rate: float) -> Callable[[], float]:
    """Compile an epoch as this package does."""
    net = network(x)
    optimizer = simple_rnn.GradientDescentOptimizer(net.params, rate)
    dataset = simple_rnn.CountingDataset(x, y, np.zeros_like(y))
    train_model = simple_rnn.compile_train_model(net, optimizer, dataset)
    return lambda: train_model()[0]


def prepare_plain_aesara(x: np.ndarray, y: np.ndarray, rate: float) -> Callable[[], float]:
    """Compile an epoch as the article does: symbolic lengths, ``givens``, default mode."""
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


def network(x: np.ndarray) -> simple_rnn.simpleRNN:
    """Return a network with the benchmark's weights."""
    net = simple_rnn.simpleRNN(len(x), 1, 1)
    net.weights = (W_X, W_REC)
    return net


def prepare_numpy_reference(x: np.ndarray, y: np.ndarray, rate: float) -> Callable[[], float]:
    """Take an epoch from ``numpy_reference``: float64, batch-major, one column per state."""
    reference = simple_rnn.numpy_reference
    X, t = np.ascontiguousarray(x.T, dtype=float), y.astype(float)
    weights = [W_X, W_REC]

    def reference_epoch() -> float:
        S = reference.forward_states(X, *weights)
        cost = reference.cost(S[:, -1], t)
        grad_out = reference.output_gradient(S[:, -1], t)
        gradients, _ = reference.backward_gradient(X, S, grad_out, weights[1])
        for i, gradient in enumerate(gradients):
            weights[i] -= rate * gradient
        return cost

    return reference_epoch


def prepare_numpy_in_place(x: np.ndarray, y: np.ndarray, rate: float) -> Callable[[], float]:
    """Write an epoch in NumPy, in float32, with no array more than it needs."""
    n_steps, num_samples = x.shape
    w_x, w_rec = np.float32(W_X), np.float32(W_REC)
    s = np.zeros((n_steps + 1, num_samples), dtype=np.float32)
    buffer = np.empty(num_samples, dtype=np.float32)

    def in_place_epoch() -> float:
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

    return in_place_epoch


def prepare_pytorch(x: np.ndarray, y: np.ndarray, rate: float) -> Callable[[], float]:
    """Write an epoch in PyTorch, eager, with autograd."""
    x, y = torch.from_numpy(x), torch.from_numpy(y)
    w_x = torch.tensor(W_X, requires_grad=True)
    w_rec = torch.tensor(W_REC, requires_grad=True)
    optimizer = torch.optim.SGD([w_x, w_rec], lr=rate)

    def pytorch_epoch() -> float:
        s = torch.zeros(x.shape[1])
        for x_t in x:
            s = x_t * w_x + s * w_rec
        loss = ((y - s) ** 2).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return pytorch_epoch


def prepare_jax(x: np.ndarray, y: np.ndarray, rate: float) -> Callable[[], float]:
    """Compile an epoch in JAX: one step of gradient descent, loop and all."""
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

    def jax_epoch() -> float:
        nonlocal weights
        weights, cost = step(weights)
        return float(cost)

    return jax_epoch


CONTESTANTS = {
    OURS: prepare_simple_rnn,
    PLAIN: prepare_plain_aesara,
    "NumPy reference": prepare_numpy_reference,
    "NumPy, in place": prepare_numpy_in_place,
    "PyTorch": prepare_pytorch,
    "JAX": prepare_jax,
}
OPTIONAL = {"PyTorch": torch, "JAX": jax}
MISSING = [name for name, library in OPTIONAL.items() if library is None]


def data(seq_len: int, num_samples: int) -> tuple[np.ndarray, np.ndarray, float]:
    """Return random binary sequences, time-major, how many ones each holds, and a learning rate."""
    x = np.random.RandomState(1).randint(0, 2, (seq_len, num_samples)).astype(np.float32)
    # A tenth of what the curvature of the cost allows, which grows as samples x steps^4.
    return x, x.sum(axis=0), 0.1 / (num_samples * seq_len**4)


def prepare(size: tuple[int, int], names: list[str]) -> dict[str, Callable[[], float]]:
    """Return the epoch of each contestant, once all have computed the same costs."""
    epochs = {name: CONTESTANTS[name](*data(*size)) for name in names}
    costs = {name: [float(epoch()) for _ in range(3)] for name, epoch in epochs.items()}
    for name, of_contestant in costs.items():
        if not np.allclose(of_contestant, costs["NumPy reference"], rtol=1e-3):
            raise SystemExit(
                f"{name} computes other costs at {size} than the NumPy reference:"
                f" {of_contestant}, {costs['NumPy reference']}"
            )
    return epochs


def take_turns(calls: dict[str, Callable], seconds: float, rounds: int) -> dict[str, list[float]]:
    """Return the seconds that a call of each takes, one number per round.

    In each round everyone in turn is called until ``seconds / rounds`` are over, after one call
    that does not count, because it finds the caches full of another's data.
    """
    times = {name: [] for name in calls}
    gc.collect()
    for _ in range(rounds):
        for name, call in calls.items():
            call()
            n_calls, started = 0, time.perf_counter()
            while n_calls < 2 or time.perf_counter() - started < seconds / rounds:
                call()
                n_calls += 1
            times[name].append((time.perf_counter() - started) / n_calls)
    return times


def summarise(
    comparison: str,
    measured: dict[str, list[float]],
    unit: str = "s",
    size: tuple[int | None, int | None] = (None, None),
) -> list[Measurement]:
    """Return a measurement for each contestant."""
    median_of_ours = statistics.median(measured[OURS])
    measurements = []
    for name, values in measured.items():
        median = statistics.median(values)
        numbers = (median, min(values), max(values), median / median_of_ours)
        measurements.append(Measurement(comparison, *size, name, unit, *numbers))
    return measurements


def compare_epochs(quick: bool) -> list[Measurement]:
    """Time an epoch at each size."""
    # What Aesara compiles plainly takes it longest.
    left_out = [*MISSING, PLAIN] if quick else MISSING
    names = [name for name in CONTESTANTS if name not in left_out]
    seconds, rounds = (0.3, 3) if quick else (1.5, 15)
    measurements = []
    for size in QUICK_EPOCH_SIZES if quick else EPOCH_SIZES:
        with progress("Compiling and timing an epoch at {} x {}".format(*size)):
            times = take_turns(prepare(size, names), seconds, rounds)
        measurements += summarise("epoch", times, size=size)
    return measurements


def compare_surfaces(quick: bool) -> list[Measurement]:
    """Time the cost on the article's data at every point of a grid of weights."""
    dataset = simple_rnn.article.dataset()
    points = np.linspace(-3, 3, SURFACE_SIDE)
    w_x, w_rec = (weights.ravel() for weights in np.meshgrid(points, points))
    x, y = dataset.x.astype(float), dataset.y.astype(float)

    def in_numpy() -> np.ndarray:
        s = np.zeros((len(y), len(w_x)))
        for x_t in x:
            s = x_t[:, np.newaxis] * w_x + s * w_rec
        return ((y[:, np.newaxis] - s) ** 2).sum(axis=0)

    seconds, rounds = (0.5, 3) if quick else (3, 15)
    with progress("Compiling and timing the cost surface"):
        cost = simple_rnn.compile_cost(dataset)
        np.testing.assert_allclose(cost(w_x, w_rec), in_numpy(), rtol=1e-9)
        calls = {OURS: lambda: cost(w_x, w_rec), "NumPy, vectorised": in_numpy}
        times = take_turns(calls, seconds, rounds)
    return summarise(f"cost surface, {SURFACE_SIDE} x {SURFACE_SIDE} weights", times)


def compare_memory(quick: bool) -> list[Measurement]:
    """Measure the memory that an epoch takes, in a process of its own for each contestant."""
    if sys.platform != "linux":
        say("memory is left out: it is read from /proc, as on Linux")
        return []
    measured = {}
    for name in CONTESTANTS:
        if name not in MISSING:
            with progress(f"Measuring the memory of {name}"):
                call = f"import benchmark; print(benchmark.memory_of({name!r}))"
                measured[name] = [float(python("-c", call))]
    return summarise("memory", measured, "times x", MEMORY_SIZE)


def memory_of(name: str) -> float:
    """Return by how many times the size of x the memory grows while epochs are run."""
    # What is loaded and compiled at any size.
    CONTESTANTS[name](*data(2, 3))()
    # The peak so far, that of the imports, is forgotten.
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = peak_memory()
    x = np.ones(MEMORY_SIZE, dtype=np.float32)
    run_epoch = CONTESTANTS[name](x, x.sum(axis=0), 1e-18)
    for _ in range(3):
        run_epoch()
    return (peak_memory() - before) / x.nbytes


def peak_memory() -> int:
    """Return the most memory that this process has had, in bytes."""
    # Not getrusage: its number starts at that of the process that started this one.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1)) * 1024


# The three conditions without what this package does for speed, for a process of its own: symbolic
# lengths, default mode.
PLAIN_RUN = """
from simple_rnn import article, training
import aesara
training.shared_array = aesara.shared
training.compile_function = aesara.function
for condition in article.CONDITIONS.values():
    assert article.run(condition).costs[-1] < 0.1
"""


def python(*arguments: str, flags: str = "") -> str:
    """Run Python in a process of its own; return what it printed."""
    # Of a flag that is given twice, the last counts.
    flags = f"{os.environ.get('AESARA_FLAGS', '')},{flags}".strip(",")
    settings = {"cwd": HERE, "env": {**os.environ, "AESARA_FLAGS": flags}}
    answer = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=False, **settings
    )
    if answer.returncode:
        raise SystemExit(f"{arguments[0]} failed:\n{answer.stderr}")
    return answer.stdout


def timed(message: str, *arguments: str, flags: str) -> float:
    """Return the seconds that Python takes in a process of its own, from start to end."""
    with progress(message):
        started = time.perf_counter()
        python(*arguments, flags=flags)
        return time.perf_counter() - started


def compare_first_runs(quick: bool) -> list[Measurement]:
    """Time the reproduction with an empty compile cache, compiled as here and plainly."""
    if quick:
        say("first-run is left out with --quick: it takes minutes")
        return []
    times = {OURS: [], PLAIN: []}
    for _ in range(3):
        for name, arguments in ((OURS, ["reproduce.py"]), (PLAIN, ["-c", PLAIN_RUN])):
            with tempfile.TemporaryDirectory() as empty:
                flags = f"base_compiledir={empty}"
                times[name].append(timed(f"First run, {name}", *arguments, flags=flags))
    return summarise("first run", times)


def compare_further_runs(quick: bool) -> list[Measurement]:
    """Time the reproduction once all is compiled, beside the import of Aesara alone."""
    times = {OURS: [], "import aesara": []}
    # A cache of its own: what others left in the user's takes time too.
    with tempfile.TemporaryDirectory() as cache:
        flags = f"base_compiledir={cache}"
        # From Python 3.12 on Aesara cannot look for a BLAS library, and does not start by itself.
        import_flags = flags + ",blas__ldflags=" * (sys.version_info >= (3, 12))
        timed("Filling a compile cache", "reproduce.py", flags=flags)
        for _ in range(3 if quick else 9):
            times[OURS].append(timed("A further run", "reproduce.py", flags=flags))
            bare = timed("Importing Aesara", "-c", "import aesara", flags=import_flags)
            times["import aesara"].append(bare)
    return summarise("further run", times)


COMPARISONS = {
    "epoch": compare_epochs,
    "memory": compare_memory,
    "surface": compare_surfaces,
    "further-run": compare_further_runs,
    "first-run": compare_first_runs,
}


def table(measurements: list[Measurement]) -> str:
    """Return the measurements as text, one paragraph per comparison."""
    lines, last_head = [], None
    for row in measurements:
        head = row.comparison
        if row.seq_len is not None:
            head += f", {row.seq_len:,} x {row.num_samples:,}"
        if head != last_head:
            titles = ("median", "minimum", "maximum", "ratio to ours")
            lines += ["", "{:40}{:>11}{:>11}{:>11}{:>15}".format(head, *titles)]
            last_head = head
        numbers = (row.median, row.minimum, row.maximum)
        cells = (
            row.contestant,
            *(quantity(number, row.unit) for number in numbers),
        )
        lines.append("  {:38}{:>11}{:>11}{:>11}{:>15.2f}".format(*cells, row.ratio))
    return "\n".join(lines[1:])


def quantity(number: float, unit: str) -> str:
    """Return a number with its unit, seconds in s, ms or us."""
    if unit != "s":
        return f"{number:.3g} x"
    if number >= 1:
        return f"{number:.3g} s"
    return f"{number * 1e3:.3g} ms" if number >= 1e-3 else f"{number * 1e6:.3g} us"


def write_records(folder: Path, measurements: list[Measurement]) -> None:
    """Write the measurements, and the machine and the versions that they were measured with."""
    rows = [asdict(row) for row in measurements]
    libraries = [library.__name__ for library in OPTIONAL.values() if library is not None]
    versions = {library: version(library) for library in libraries}
    write_json(folder / "benchmark.json", {"rows": rows, "environment": environment() | versions})
    print(folder / "benchmark.json")
    path = folder / "benchmark.csv"
    with replacing(path) as beside, beside.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    print(path)


def write_scaling(path: Path, measurements: list[Measurement]) -> None:
    """Write the times per epoch on ever more samples, one column per contestant."""
    times = {}
    for row in measurements:
        if row.comparison == "epoch" and row.seq_len == SCALING_SEQ_LEN:
            elements = SCALING_SEQ_LEN * row.num_samples
            times.setdefault(elements, {})[row.contestant] = row.median
    names = next(iter(times.values()))
    columns = ["elements", *(SECONDS_OF + name for name in names)]
    write_table(path, columns, ([n, *of_size.values()] for n, of_size in times.items()))


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
        help="where benchmark.json and benchmark.csv go, and of a whole run the figure `scaling`"
        " (default: figures/ for a whole run, nowhere for a quick or partial one)",
    )
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Measure, print and save; return the exit status."""
    options = parse(arguments)
    whole = not (options.quick or options.only)
    folder = options.output_dir or (FIGURES_FOLDER if whole else None)
    for name in MISSING:
        say(f"{name} is not installed and left out; --help says how to install it")

    measurements = []
    for name in options.only or COMPARISONS:
        measurements += COMPARISONS[name](options.quick)
    print(table(measurements))
    if folder is not None:
        folder.mkdir(exist_ok=True)
        write_records(folder, measurements)
    if whole:
        write_scaling(folder / "scaling.csv", measurements)
        save_scaling(folder / "scaling.csv", folder / "scaling.png")
        print(folder / "scaling.csv", folder / "scaling.png", sep="\n")
    return 0


if __name__ == "__main__":
    run_main(main)
