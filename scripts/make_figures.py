"""Draw every figure into figures/, and beside each the data that it was drawn from.

    scripts/in_venv python scripts/make_figures.py

Under the pinned versions the files come out the same to the byte. With --redraw the figures are
drawn again from the saved data, without compiling or running anything. What depends on the machine
is not measured again: `scaling` shows the last whole run of scripts/benchmark.py.
"""

from __future__ import annotations

import argparse
import csv
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Callable

import numpy as np

sys.path.insert(0, os.path.dirname(__file__))  # python -I leaves it out
from _console import alive, option_parser, output_folder, run_main, say, start_aesara

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from simple_rnn import CountingDataset

FIGURES_FOLDER = Path(__file__).resolve().parents[1] / "figures"

# The windows of the cost surface in the source blog, and the distance of the grid points in each.
WINDOWS = {"wide": (-3.0, 3.0, 0.05), "near": (-0.1, 2.1, 0.02)}
# The weights for which the source blog follows the gradient through time.
GRADIENT_WEIGHTS = ((2, 1), (1, 2), (1, -2), (1, 0), (1, 0.5), (1, -0.5))
# The length at which the benchmark times an epoch on ever more samples, in steps.
GROWTH_SEQ_LEN = 100

# What makes a file the same to the byte each time: no date, no version, fixed identifiers.
METADATA = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
STYLE = {"svg.hashsalt": "simple_rnn", "savefig.dpi": 130, "figure.constrained_layout.use": True}

Table = tuple[list[str], Iterable[Iterable[float]]]  # the names of the columns, and the rows


class Runs:
    """The article's two runs, each made when it is first asked for."""

    def __init__(self) -> None:
        self._histories = {}

    def __getitem__(self, name: str):
        """Return the history of a condition."""
        from simple_rnn import article

        if name not in self._histories:
            with alive(f"Compiling and running the article's condition {name!r}"):
                self._histories[name] = article.run(article.CONDITIONS[name], report=None)
        return self._histories[name]


def article_dataset() -> CountingDataset:
    """Return the data that both runs are trained on."""
    from simple_rnn import article, make_counting_dataset

    rng = np.random.RandomState(article.SEED)
    return make_counting_dataset(article.NUM_SAMPLES, article.SEQ_LEN, rng=rng)


def loss_data(name: str) -> Callable[[Runs], dict[str, Table]]:
    """Return the function that computes the data of a condition's loss curve."""

    def compute(runs: Runs) -> dict[str, Table]:
        from simple_rnn import article

        published = article.CONDITIONS[name].published_costs
        columns = ["epoch", "cost (sum of squared errors)", "cost printed in the article"]
        costs = runs[name].costs
        rows = ((k, cost, published.get(k, "")) for k, cost in enumerate(costs, start=1))
        return {"": (columns, rows)}

    return compute


def draw_loss(name: str) -> Callable[[Figure, dict[str, dict[str, np.ndarray]]], None]:
    """Return the function that draws a condition's loss curve, in a linear and a log view."""

    def draw(figure: Figure, tables: dict[str, dict[str, np.ndarray]]) -> None:
        from simple_rnn import article, plotting

        condition = article.CONDITIONS[name]
        epochs, costs, printed = tables[""].values()
        published = {int(k): cost for k, cost in zip(epochs, printed) if np.isfinite(cost)}
        for ax, yscale in zip(figure.subplots(1, 2), ("linear", "log")):
            plotting.loss_curve(costs, published, yscale, ax=ax)
            ax.set_title(f"{yscale} scale", fontsize="medium")
        figure.suptitle(f"{condition.title}, learning rate {condition.learning_rate:g}")

    return draw


def surface_data(runs: Runs) -> dict[str, Table]:
    """Compute the cost over both windows, and the paths of both runs."""
    from simple_rnn.training import compile_cost

    dataset = article_dataset()
    with alive("Compiling and computing the cost surface"):
        cost = compile_cost(dataset)
        tables = {}
        for window, (start, stop, step) in WINDOWS.items():
            # Rounded, so that the grid holds the optimum and its file short numbers.
            grid = np.round(np.arange(start, stop + step / 2, step), 6)
            w_x, w_rec = np.meshgrid(grid, grid)
            rows = zip(w_x.ravel(), w_rec.ravel(), cost(w_x, w_rec).ravel())
            tables[window] = (["w_x", "w_rec", "cost (sum of squared errors)"], rows)
    both = ("gd", "rmsprop")
    columns = ["epoch", *(f"{weight} of {name}" for name in both for weight in ("w_x", "w_rec"))]
    paths = np.hstack([runs[name].weights for name in both])
    tables["paths"] = (columns, ([k, *weights] for k, weights in enumerate(paths)))
    return tables


def draw_surface(figure: Figure, tables: dict[str, dict[str, np.ndarray]]) -> None:
    """Draw the cost surface in both windows."""
    from simple_rnn import plotting

    _, *columns = tables["paths"].values()
    gd, rmsprop = np.transpose(columns[:2]), np.transpose(columns[2:])
    paths = {"gradient descent": gd, "RMSProp": rmsprop}
    for ax, window in zip(figure.subplots(1, 2), WINDOWS):
        w_x, w_rec, costs = tables[window].values()
        side = len(np.unique(w_x))
        plotting.cost_surface(
            w_x[:side], w_rec[::side], costs.reshape(side, side), paths=paths, ax=ax
        )
    figure.suptitle(
        "The cost over the two weights, and the paths from the article's initial weights"
    )


def gradient_data(runs: Runs) -> dict[str, Table]:
    """Compute the gradient that reaches each state, for the blog's pairs of weights."""
    from simple_rnn import numpy_reference

    dataset = article_dataset()
    X = dataset.x.T.astype(float)
    gradients = []
    for w_x, w_rec in GRADIENT_WEIGHTS:
        S = numpy_reference.forward_states(X, w_x, w_rec)
        grad_out = numpy_reference.output_gradient(S[:, -1], dataset.y)
        _, grad_over_time = numpy_reference.backward_gradient(X, S, grad_out, w_rec)
        gradients.append(grad_over_time.sum(axis=0))
    name = "gradient summed over the samples at w_x = {} w_rec = {}"
    columns = ["time step", *(name.format(*weights) for weights in GRADIENT_WEIGHTS)]
    return {"": (columns, ([k, *row] for k, row in enumerate(np.transpose(gradients))))}


def draw_gradient(figure: Figure, tables: dict[str, dict[str, np.ndarray]]) -> None:
    """Draw the gradient over time."""
    from simple_rnn import plotting

    _, *gradients = tables[""].values()
    plotting.gradient_over_time(dict(zip(GRADIENT_WEIGHTS, gradients)), ax=figure.subplots())
    figure.suptitle(
        "The gradient on its way back through time: it explodes, alternates or vanishes"
    )


def scaling_data(runs: Runs) -> dict[str, Table]:
    """Take the times per epoch over the size of the data from the record of the benchmark."""
    with (FIGURES_FOLDER / "benchmark.csv").open(newline="", encoding="utf-8") as file:
        epochs = [row for row in csv.DictReader(file) if row["comparison"] == "epoch"]
    times = {}
    for row in epochs:
        if int(row["seq_len"]) == GROWTH_SEQ_LEN:
            elements = GROWTH_SEQ_LEN * int(row["num_samples"])
            times.setdefault(elements, {})[row["contestant"]] = float(row["median"])
    names = list(dict.fromkeys(row["contestant"] for row in epochs))
    rows = ((elements, *(times[elements][name] for name in names)) for elements in sorted(times))
    return {"": (["elements", *(f"seconds per epoch of {name}" for name in names)], rows)}


def draw_scaling(figure: Figure, tables: dict[str, dict[str, np.ndarray]]) -> None:
    """Draw the time per epoch over the number of elements."""
    from simple_rnn import plotting

    elements, *times = tables[""].values()
    names = [column.split(" of ", 1)[1] for column in list(tables[""])[1:]]
    plotting.scaling(elements, dict(zip(names, times)), ax=figure.subplots())
    samples = f"{elements[0] / GROWTH_SEQ_LEN:,.0f} to {elements[-1] / GROWTH_SEQ_LEN:,.0f} samples"
    figure.suptitle(f"Time per epoch, {GROWTH_SEQ_LEN} steps and {samples}")


def draw_network(figure: Figure, tables: dict[str, dict[str, np.ndarray]]) -> None:
    """Draw the network."""
    from simple_rnn import plotting

    plotting.network(ax=figure.subplots())


@dataclass(frozen=True)
class Recipe:
    """How a figure is made: its size in inches, what computes its data, and what draws it."""

    size: tuple[float, float]
    draw: Callable[[Figure, dict[str, dict[str, np.ndarray]]], None]
    compute: Callable[[Runs], dict[str, Table]] = lambda runs: {}
    tables: tuple[str, ...] = ()  # what its CSV files are called, behind the name of the figure

    def paths(self, folder: Path, name: str) -> dict[str, Path]:
        """Return the CSV file of each table."""
        return {t: folder / f"{name}{'_' * bool(t)}{t}.csv" for t in self.tables}


RECIPES = {
    "SRNmodel2": Recipe((8.2, 3.4), draw_network),
    "rnn_loss_log1": Recipe(
        (8.2, 3.6),
        draw_loss("gd"),
        loss_data("gd"),
        ("",),
    ),
    "rnn_loss_log2": Recipe(
        (8.2, 3.6),
        draw_loss("rmsprop"),
        loss_data("rmsprop"),
        ("",),
    ),
    "cost_surface": Recipe((8.2, 5.2), draw_surface, surface_data, (*WINDOWS, "paths")),
    "gradient_over_time": Recipe((8.2, 3.8), draw_gradient, gradient_data, ("",)),
    "scaling": Recipe((8.2, 4.4), draw_scaling, scaling_data, ("",)),
}


def write_table(path: Path, table: Table) -> None:
    """Write a CSV file; nine digits are enough to give back any float32."""
    columns, rows = table
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        # float: where Ctrl-C comes while a number of NumPy's is compared, the process crashes.
        writer.writerows(
            [v if isinstance(v, str) else f"{float(v):.9g}" for v in row] for row in rows
        )


def read_table(path: Path) -> dict[str, np.ndarray]:
    """Read a CSV file into a dictionary of columns; an empty field becomes NaN."""
    with path.open(newline="", encoding="utf-8") as file:
        columns, *rows = csv.reader(file)
    values = np.array([[float(v) if v else np.nan for v in row] for row in rows])
    return dict(zip(columns, values.T))


def save(path: Path, recipe: Recipe, tables: dict[str, dict[str, np.ndarray]]) -> None:
    """Draw a figure and save it, the same to the byte each time."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context():
        mpl.rcdefaults()  # not those of the user's matplotlibrc
        mpl.rcParams.update(STYLE)
        figure = Figure(figsize=recipe.size)
        recipe.draw(figure, tables)
        figure.savefig(path, metadata=METADATA[path.suffix[1:]])


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Return the options."""
    parser = option_parser(__doc__)
    parser.add_argument(
        "--output-dir",
        type=output_folder,
        default=FIGURES_FOLDER,
        metavar="FOLDER",
        help="where the files go (default: figures/); made if it is not there",
    )
    parser.add_argument(
        "--only", choices=RECIPES, metavar="NAME", help=f"one of {', '.join(RECIPES)}"
    )
    parser.add_argument("--format", choices=METADATA, default="png", help="default: png")
    parser.add_argument(
        "--redraw", action="store_true", help="draw from the data saved in the folder, run nothing"
    )
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Compute, save and draw; return the exit status."""
    options = parse(arguments)
    names = [options.only] if options.only else list(RECIPES)
    folder = options.output_dir
    if options.redraw:
        needed = [path for name in names for path in RECIPES[name].paths(folder, name).values()]
        missing = [path.name for path in needed if not path.is_file()]
        if missing:
            say(
                f"make_figures.py: error: --redraw needs the saved data, and {folder} lacks"
                f" {', '.join(missing)}; run once without --redraw"
            )
            return 2
    start_aesara()
    is_new = not folder.exists()
    folder.mkdir(exist_ok=True)

    # All is made in a folder beside the old files, and put in their place at the end: a run that
    # fails or is stopped changes nothing.
    beside = Path(tempfile.mkdtemp(prefix=".new-", dir=folder))
    try:
        runs = Runs()
        for name in names:
            recipe = RECIPES[name]
            source = recipe.paths(folder if options.redraw else beside, name)
            if not options.redraw:
                tables = recipe.compute(runs)
                for table, path in source.items():
                    write_table(path, tables[table])
            # Always from the file, so that drawing again later gives the same picture.
            tables = {table: read_table(path) for table, path in source.items()}
            save(beside / f"{name}.{options.format}", recipe, tables)
        for path in sorted(beside.iterdir()):
            os.replace(path, folder / path.name)
            print(folder / path.name)
    finally:
        shutil.rmtree(beside)
        if is_new and not any(folder.iterdir()):
            folder.rmdir()
    return 0


if __name__ == "__main__":
    run_main(main)
