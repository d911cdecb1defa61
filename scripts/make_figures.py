"""Draw every figure into figures/, and beside each the data that it was drawn from.

    scripts/in_venv python scripts/make_figures.py

Under the pinned versions the files come out the same to the byte. With --redraw the figures are
drawn again from the saved data, without compiling or running anything. What depends on the machine
is not measured again: `scaling` shows the last whole run of scripts/benchmark.py. Nor is what takes
minutes: `learning_rate` shows the last whole run of scripts/learning_rate_study.py.
"""

from __future__ import annotations

import argparse
import math
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Callable

import numpy as np

sys.path.insert(0, os.path.dirname(__file__))  # python -I leaves it out
from _console import alive, option_parser, output_folder, refuse, run_main, start_aesara
from _tables import (
    DamagedTable,
    Layout,
    Table,
    finite,
    finite_or_empty,
    read_lines,
    read_table,
    write_table,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from simple_rnn import CountingDataset

FIGURES_FOLDER = Path(__file__).resolve().parents[1] / "figures"

# The windows of the cost surface in the source blog, and the distance of the grid points in each.
WINDOWS = {"wide": (-3.0, 3.0, 0.05), "near": (-0.1, 2.1, 0.02)}
# The weights for which the source blog follows the gradient through time.
GRADIENT_WEIGHTS = ((2, 1), (1, 2), (1, -2), (1, 0), (1, 0.5), (1, -0.5))
# Whose paths are drawn on the cost surface, and how they are called there.
PATH_NAMES = {"gd": "gradient descent", "rmsprop": "RMSProp", "rprop": "Rprop (source blog)"}
# The length at which the benchmark times an epoch on ever more samples, in steps.
GROWTH_SEQ_LEN = 100
# What the columns of its times are called, before the name of a contestant.
TIME_OF = "seconds per epoch of "

# What makes a file the same to the byte each time: no date, no version, fixed identifiers.
METADATA = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
STYLE = {"svg.hashsalt": "simple_rnn", "savefig.dpi": 130, "figure.constrained_layout.use": True}


class Runs:
    """The published runs, each made when it is first asked for."""

    def __init__(self) -> None:
        self._histories = {}

    def __getitem__(self, name: str):
        """Return the history of a condition."""
        from simple_rnn import article

        if name not in self._histories:
            with alive(f"Compiling and running the condition {name!r}"):
                self._histories[name] = article.run(article.CONDITIONS[name], report=None)
        return self._histories[name]


def article_dataset() -> CountingDataset:
    """Return the data that all runs are trained on."""
    from simple_rnn import article, make_counting_dataset

    rng = np.random.RandomState(article.SEED)
    return make_counting_dataset(article.NUM_SAMPLES, article.SEQ_LEN, rng=rng)


def grid(window: str) -> np.ndarray:
    """Return the weights of a window's grid points, the same for both."""
    start, stop, step = WINDOWS[window]
    # Rounded, so that the grid holds the optimum and its file short numbers.
    return np.round(np.arange(start, stop + step / 2, step), 6)


def n_epochs() -> int:
    """Return the length of the article's runs, which their tables have to have."""
    from simple_rnn import article

    return article.N_EPOCHS


def seq_len() -> int:
    """Return the length of the article's sequences, in steps."""
    from simple_rnn import article

    return article.SEQ_LEN


_cost = "cost (sum of squared errors)"
_paths = [f"{weight} of {name}" for name in PATH_NAMES for weight in ("w_x", "w_rec")]
_gradient = "gradient summed over the samples at w_x = {} w_rec = {}"
LOSS = Layout(
    {"epoch": finite, _cost: finite, "cost printed in the article": finite_or_empty},
    rows=n_epochs,
)
SURFACE = {
    window: Layout(
        dict.fromkeys(("w_x", "w_rec", _cost), finite),
        rows=lambda window=window: len(grid(window)) ** 2,
    )
    for window in WINDOWS
}
PATHS = Layout(
    # Rprop's run is shorter.
    {
        "epoch": finite,
        **dict.fromkeys(_paths, finite),
        **dict.fromkeys(_paths[-2:], finite_or_empty),
    },
    rows=lambda: n_epochs() + 1,
)
GRADIENT = Layout(
    dict.fromkeys(
        ("time step", *(_gradient.format(*weights) for weights in GRADIENT_WEIGHTS)), finite
    ),
    rows=lambda: seq_len() + 1,
)
SCALING = Layout({"elements": finite}, further=finite)
STUDY = Layout(
    {
        "optimizer": str,
        **dict.fromkeys(("learning_rate", "seed", "num_samples", "seq_len", "n_epochs"), finite),
        **dict.fromkeys(("final_cost", "final_w_x", "final_w_rec"), float),  # may have diverged
        **dict.fromkeys(("diverged_at_epoch", "trained_from_epoch"), finite_or_empty),
    }
)


def loss_data(name: str) -> Callable[[Runs], dict[str, Table]]:
    """Return the function that computes the data of a condition's loss curve."""

    def compute(runs: Runs) -> dict[str, Table]:
        from simple_rnn import article

        published = article.CONDITIONS[name].published_costs
        costs = runs[name].costs
        rows = ((k, cost, published.get(k, "")) for k, cost in enumerate(costs, start=1))
        return {"": (LOSS.columns, rows)}

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
    """Compute the cost over both windows, and the paths of the runs."""
    from simple_rnn.training import compile_cost

    dataset = article_dataset()
    with alive("Compiling and computing the cost surface"):
        cost = compile_cost(dataset)
        tables = {}
        for window, layout in SURFACE.items():
            w_x, w_rec = np.meshgrid(grid(window), grid(window))
            rows = zip(w_x.ravel(), w_rec.ravel(), cost(w_x, w_rec).ravel())
            tables[window] = (layout.columns, rows)
    # A shorter run leaves its columns empty at the end.
    paths = zip_longest(*(runs[name].weights for name in PATH_NAMES), fillvalue=("", ""))
    tables["paths"] = (PATHS.columns, ([k, *chain(*pairs)] for k, pairs in enumerate(paths)))
    return tables


def draw_surface(figure: Figure, tables: dict[str, dict[str, np.ndarray]]) -> None:
    """Draw the cost surface in both windows."""
    from simple_rnn import plotting

    _, *columns = tables["paths"].values()
    paths = {
        name: np.array([pair for pair in zip(w_x, w_rec) if np.isfinite(pair).all()])
        for name, w_x, w_rec in zip(PATH_NAMES.values(), columns[::2], columns[1::2])
    }
    for ax, window in zip(figure.subplots(1, 2), WINDOWS):
        w_x, w_rec, costs = tables[window].values()
        side = math.isqrt(len(costs))
        plotting.cost_surface(
            w_x[:side], w_rec[::side], costs.reshape(side, side), paths=paths, ax=ax
        )
    figure.suptitle("The cost over the two weights, and the paths that training takes")


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
    return {"": (GRADIENT.columns, ([k, *row] for k, row in enumerate(np.transpose(gradients))))}


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
    path, times = FIGURES_FOLDER / "benchmark.csv", {}
    header, *lines = read_lines(path)
    needed = {"comparison", "seq_len", "num_samples", "contestant", "median"}
    if not needed <= set(header):
        raise DamagedTable(path, 1, f"lacks the columns {sorted(needed - set(header))}")
    for number, line in enumerate(lines, start=2):
        row = dict(zip(header, line))
        try:
            if row["comparison"] == "epoch" and int(row["seq_len"]) == GROWTH_SEQ_LEN:
                elements = GROWTH_SEQ_LEN * int(row["num_samples"])
                times.setdefault(elements, {})[row["contestant"]] = finite(row["median"])
        except ValueError as error:
            raise DamagedTable(path, number, error) from None
    names = list(next(iter(times.values()), []))
    if any(list(of_size) != names for of_size in times.values()):
        raise DamagedTable(path, len(lines) + 1, "not every contestant ran at every size")
    rows = ((elements, *times[elements].values()) for elements in sorted(times))
    return {"": ([*SCALING.columns, *(TIME_OF + name for name in names)], rows)}


def draw_scaling(figure: Figure, tables: dict[str, dict[str, np.ndarray]]) -> None:
    """Draw the time per epoch over the number of elements."""
    from simple_rnn import plotting

    elements, *times = tables[""].values()
    names = [column.removeprefix(TIME_OF) for column in list(tables[""])[1:]]
    plotting.scaling(elements, dict(zip(names, times)), ax=figure.subplots())
    samples = f"{elements[0] / GROWTH_SEQ_LEN:,.0f} to {elements[-1] / GROWTH_SEQ_LEN:,.0f} samples"
    figure.suptitle(f"Time per epoch, {GROWTH_SEQ_LEN} steps and {samples}")


def study_data(runs: Runs) -> dict[str, Table]:
    """Take the table of the learning-rate study as it is."""
    path = FIGURES_FOLDER / "learning_rate.csv"
    read_table(path, STUDY)
    columns, *rows = read_lines(path)
    return {"": (columns, rows)}


def draw_study(figure: Figure, tables: dict[str, dict[str, np.ndarray]]) -> None:
    """Draw the final cost over the learning rate, an Axes for each length of the sequences."""
    from simple_rnn import article, plotting

    table = tables[""]
    lengths = np.unique(table["seq_len"])
    titles = {"gd": "gradient descent", "rmsprop": "RMSProp", "rprop": "Rprop"}
    for ax, length in zip(figure.subplots(1, len(lengths), sharey=True, squeeze=False)[0], lengths):
        here = table["seq_len"] == length
        runs, chosen = {}, {}
        for name, title in titles.items():
            rows = here & (table["optimizer"] == name)
            if rows.any():
                rates = table["learning_rate"][rows]
                runs[title] = rates, table["final_cost"][rows]
                condition = article.CONDITIONS[name]
                if condition.source == "article" and condition.learning_rate in rates:
                    chosen[title] = condition.learning_rate
        plotting.learning_rate(runs, chosen, ax=ax)
        if len(lengths) > 1:
            ax.set_title(f"{length:g} steps", fontsize="medium")
            ax.label_outer()
            if length != lengths[-1]:
                ax.get_legend().remove()
    seeds = len(np.unique(table["seed"]))
    epochs = table["n_epochs"][0]
    figure.suptitle(
        f"What {epochs:g} epochs leave of the cost: median of {seeds} seeds, band from 10 % to 90 %"
    )


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
    # Its CSV files, by what they are called behind the name of the figure.
    tables: Mapping[str, Layout] = field(default_factory=dict)

    def paths(self, folder: Path, name: str) -> dict[str, Path]:
        """Return the CSV file of each table."""
        return {t: folder / f"{name}{'_' * bool(t)}{t}.csv" for t in self.tables}


RECIPES = {
    # First what other scripts recorded: if that is damaged, nothing need be run to find out.
    "scaling": Recipe((8.2, 4.4), draw_scaling, scaling_data, {"": SCALING}),
    "learning_rate": Recipe((8.2, 4.4), draw_study, study_data, {"": STUDY}),
    "SRNmodel2": Recipe((8.2, 3.4), draw_network),
    "rnn_loss_log1": Recipe((8.2, 3.6), draw_loss("gd"), loss_data("gd"), {"": LOSS}),
    "rnn_loss_log2": Recipe((8.2, 3.6), draw_loss("rmsprop"), loss_data("rmsprop"), {"": LOSS}),
    "cost_surface": Recipe((8.2, 5.2), draw_surface, surface_data, {**SURFACE, "paths": PATHS}),
    "gradient_over_time": Recipe((8.2, 3.8), draw_gradient, gradient_data, {"": GRADIENT}),
}


def read_tables(recipe: Recipe, folder: Path, name: str) -> dict[str, dict[str, np.ndarray]]:
    """Read all tables of a figure."""
    paths = recipe.paths(folder, name)
    return {table: read_table(paths[table], layout) for table, layout in recipe.tables.items()}


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
    """Return the options, once it is clear that what they need is there."""
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
    options = parser.parse_args(arguments)
    options.names = [options.only] if options.only else list(RECIPES)
    folder = options.output_dir
    if options.redraw:
        needed = [path for n in options.names for path in RECIPES[n].paths(folder, n).values()]
        missing = [path.name for path in needed if not path.is_file()]
        if missing:
            parser.error(
                f"--redraw needs the saved data, and {folder} lacks {', '.join(missing)};"
                " run once without --redraw"
            )
    return options


def main(arguments: list[str] | None = None) -> int:
    """Compute, save and draw; return the exit status."""
    options = parse(arguments)
    start_aesara()
    keep_fonts_beside_compiled_code()
    try:
        make(options.names, options.output_dir, options.format, options.redraw)
    except DamagedTable as damaged:
        refuse(damaged)
    return 0


def keep_fonts_beside_compiled_code() -> None:
    """Have matplotlib keep its list of fonts in Aesara's compile cache.

    Its own place is the home folder, where nobody told this script to write. The user's settings
    are there too, which have no say here.
    """
    import aesara

    cache = os.path.join(aesara.config.base_compiledir, "matplotlib")
    os.environ.setdefault("MPLCONFIGDIR", cache)


def make(names: list[str], folder: Path, suffix: str, redraw: bool) -> None:
    """Make the named figures in ``folder``, or none of them."""
    saved = {name: read_tables(RECIPES[name], folder, name) for name in names if redraw}
    is_new = not folder.exists()
    folder.mkdir(exist_ok=True)
    # All is made in a folder beside the old files, and put in their place at the end: a run that
    # fails or is stopped changes nothing.
    beside = Path(tempfile.mkdtemp(prefix=".new-", dir=folder))
    try:
        runs = Runs()
        for name in names:
            recipe = RECIPES[name]
            if not redraw:
                tables = recipe.compute(runs)
                for table, path in recipe.paths(beside, name).items():
                    write_table(path, tables[table])
                # From the file, so that drawing again later gives the same picture.
                saved[name] = read_tables(recipe, beside, name)
            save(beside / f"{name}.{suffix}", recipe, saved[name])
        for path in sorted(beside.iterdir()):
            os.replace(path, folder / path.name)
            print(folder / path.name)
    finally:
        shutil.rmtree(beside)
        if is_new and not any(folder.iterdir()):
            folder.rmdir()


if __name__ == "__main__":
    run_main(main)
