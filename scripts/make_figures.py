"""Draw every figure into figures/, and beside each the data that it was drawn from.

    scripts/in_venv python scripts/make_figures.py

Under the pinned versions the files come out the same to the byte. With --redraw the figures are
drawn again from the saved data, without compiling or running anything. `training` is a film: a GIF
always, drawn from the data of `cost_surface`. What depends on the machine is not measured again:
`scaling` shows the last whole run of scripts/benchmark.py. Nor is what takes minutes:
`learning_rate` shows the last whole run of scripts/learning_rate_study.py, `evidence` and
`edge_of_stability` that of scripts/check_evidence.py.
"""

from __future__ import annotations

from _console import option_parser, output_folder, progress, replacing, run_main, short

# _console comes first: it reports in one line that a package is missing, or Ctrl-C.
# isort: split
import argparse
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any, Callable

import numpy as np
from _figures import (
    FIGURES_FOLDER,
    METADATA,
    OPTIMIZER_NAMES,
    read_table,
    save_edge_of_stability,
    save_evidence,
    save_figure,
    save_film,
    save_learning_rate,
    save_scaling,
    save_trainability,
    write_table,
)
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from simple_rnn import History, article, compile_cost, numpy_reference, plotting

Tables = dict[str, tuple[Iterable[str], Iterable[Iterable[Any]]]]  # file -> (columns, rows)

COST = "cost (sum of squared errors)"
LOSS_FILES = {"gd": "rnn_loss_log1.csv", "rmsprop": "rnn_loss_log2.csv"}
LOSS_COLUMNS = ("epoch", COST, "cost printed in the article")
SURFACE_NORM = LogNorm(0.1, 1e7, clip=True)
SURFACE_COLUMNS = ("w_x", "w_rec", COST)
PATH_COLUMNS = (
    "epoch",
    *(f"{weight} of {name}" for name in OPTIMIZER_NAMES for weight in ("w_x", "w_rec")),
)
GRADIENT_COLUMNS = (
    "time step",
    *(
        f"gradient summed over the samples at w_x = {w_x} w_rec = {w_rec}"
        for w_x, w_rec in article.GRADIENT_WEIGHTS
    ),
)


@cache
def published_run(name: str) -> History:
    """Run a condition as it was published."""
    with progress(f"Compiling and running the condition {name!r}"):
        return article.run(article.CONDITIONS[name], report=None)


# For each figure a function that computes its tables, and one that draws it from them.


def compute_network() -> Tables:
    """Return no tables: the network is drawn from nothing."""
    return {}


def draw_network(folder: Path, figure: Figure) -> None:
    """Draw the network."""
    plotting.network(ax=figure.subplots())


def compute_loss(name: str) -> Tables:
    """Return the costs of a condition's run, and those that were printed."""
    published = article.CONDITIONS[name].published_costs
    costs = published_run(name).costs
    rows = ((epoch, cost, published.get(epoch, "")) for epoch, cost in enumerate(costs, start=1))
    return {LOSS_FILES[name]: (LOSS_COLUMNS, rows)}


def draw_loss(name: str, folder: Path, figure: Figure) -> None:
    """Draw a condition's loss curve, in a linear and a log view."""
    file = folder / LOSS_FILES[name]
    table = read_table(file, LOSS_COLUMNS, article.N_EPOCHS, may_be_empty=LOSS_COLUMNS[-1:])
    epochs, costs, printed = table.values()
    published = {int(k): cost for k, cost in zip(epochs, printed) if np.isfinite(cost)}
    for ax, yscale in zip(figure.subplots(1, 2), ("linear", "log")):
        plotting.loss_curve(costs, published, yscale, ax=ax)
        ax.set_ylabel(COST)
        ax.set_title(f"{yscale} scale", fontsize="medium")
    if name == "rmsprop":
        draw_last_epochs(costs, ax.inset_axes((0.42, 0.3, 0.53, 0.3)))
    condition = article.CONDITIONS[name]
    rate = short(condition.learning_rate)
    figure.suptitle(f"{condition.title}, learning rate {rate}")


def draw_last_epochs(costs: np.ndarray, ax: Axes) -> None:
    """Draw the cycle of two costs that RMSProp ends in."""
    last = np.arange(len(costs) - 10, len(costs) + 1)
    ax.plot(last, costs[last - 1], "o-", color=plotting.COLOURS["blue"], markersize=3)
    ax.set_title("the last epochs: two costs in turn", fontsize="small")
    ax.set_xticks(last[1::4])
    ax.set_yticks(costs[-2:], [f"{cost:.4f}" for cost in costs[-2:]])
    ax.tick_params(labelsize="small")
    ax.margins(y=0.3)


def compute_surface() -> Tables:
    """Return the cost over both windows, and the paths of the runs."""
    tables = {}
    with progress("Compiling and computing the cost surface"):
        cost = compile_cost(article.dataset())
        for window, points in article.WINDOWS.items():
            w_x, w_rec = (weights.ravel() for weights in np.meshgrid(points, points))
            rows = zip(w_x, w_rec, cost(w_x, w_rec))
            tables[f"cost_surface_{window}.csv"] = (SURFACE_COLUMNS, rows)
    paths = (published_run(name).weights for name in OPTIMIZER_NAMES)
    # Rprop's run, the last one, is shorter: its columns are empty at the end.
    epochs = enumerate(zip_longest(*paths, fillvalue=("", "")))
    rows = ([epoch, *chain(*pairs)] for epoch, pairs in epochs)
    tables["cost_surface_paths.csv"] = (PATH_COLUMNS, rows)
    return tables


def read_surface(folder: Path, window: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the weights of a window's grid, and the costs over them."""
    side = len(article.WINDOWS[window])
    table = read_table(folder / f"cost_surface_{window}.csv", SURFACE_COLUMNS, side**2)
    w_x, w_rec, costs = (values.reshape(side, side) for values in table.values())
    return w_x[0], w_rec[:, 0], costs


def read_paths(folder: Path) -> dict[str, np.ndarray]:
    """Return the weights that each run went through, by the title of its method."""
    file, n_rows = folder / "cost_surface_paths.csv", article.N_EPOCHS + 1
    table = read_table(file, PATH_COLUMNS, n_rows, may_be_empty=PATH_COLUMNS[-2:])
    _, *weights = table.values()
    paths = {}
    for (name, title), w_x, w_rec in zip(OPTIMIZER_NAMES.items(), weights[::2], weights[1::2]):
        source = " (source blog)" if article.CONDITIONS[name].source == "blog" else ""
        path = np.column_stack([w_x, w_rec])
        paths[title + source] = path[np.isfinite(path).all(axis=1)]
    return paths


def draw_surface(folder: Path, figure: Figure) -> None:
    """Draw the cost surface in both windows."""
    paths, axes = read_paths(folder), figure.subplots(1, 2)
    for ax, window in zip(axes, article.WINDOWS):
        plotting.cost_surface(*read_surface(folder, window), paths, ax, optimum=(1, 1))
        # One colour scale and one legend for both. What is far above the paths is all one colour.
        mesh, legend = ax.collections[0], ax.get_legend()
        mesh.colorbar.remove()
        mesh.set_norm(SURFACE_NORM)
        legend.remove()
    figure.colorbar(mesh, ax=axes, location="bottom", aspect=50, extend="max", label=COST)
    dark = {"facecolor": "0.3", "labelcolor": "white"}  # two of the lines are light
    figure.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=5, **dark)
    wide, near = axes
    for ax, text, colour, at, beside in (
        (wide, "slit at $w_x = 0$: the\nstate stays 0 there", "black", (0, -2.2), (0.4, -2.8)),
        (near, "narrow valley", "white", (0.25, 1.4), (0.5, 1.75)),
    ):
        arrow = {"arrowstyle": "->", "color": colour}
        ax.annotate(text, at, beside, color=colour, arrowprops=arrow)
    figure.suptitle("Training walks over a plain into a narrow valley, and along it to the optimum")


def draw_training(folder: Path, figure: Figure) -> Iterator[list[Artist]]:
    """Draw the film: the weights walk over the cost surface while the loss curves grow.

    The costs are computed from the weights, as sums: of Rprop's run the blog took the mean.
    """
    surface, curves = figure.subplots(1, 2)
    levels = np.linspace(*np.log10([SURFACE_NORM.vmin, SURFACE_NORM.vmax]), 25)
    for window in article.WINDOWS:
        w_x, w_rec, costs = read_surface(folder, window)
        logs = np.log10(np.maximum(costs, SURFACE_NORM.vmin))
        surface.contourf(w_x, w_rec, logs, levels, cmap="viridis", extend="both")
    surface.plot(1, 1, "*", color="white", markeredgecolor="black", markersize=12)
    surface.set(xlim=(-1.8, 2.3), ylim=(-0.3, 2.4), xlabel="$w_x$", ylabel="$w_{rec}$")
    surface.set_title("the weights walk to the optimum (star)", fontsize="medium")
    curves.set(xscale="log", yscale="log", xlim=(1, 3000), ylim=(1e-6, 1e8))
    curves.set(xlabel="epoch", ylabel=COST, facecolor="0.3")
    curves.set_title("the cost falls", fontsize="medium")
    data = article.dataset("float64")
    lines = []
    # The colours of plotting.cost_surface.
    colours = plotting.COLOURS["vermilion"], "white", plotting.COLOURS["yellow"]
    for (name, path), colour in zip(read_paths(folder).items(), colours):
        states = (numpy_reference.forward_states(data.x.T, *weights) for weights in path)
        costs = np.array([numpy_reference.cost(S[:, -1], data.y) for S in states])
        epochs = np.arange(1, len(costs) + 1)
        for ax, points in ((surface, path), (curves, np.column_stack([epochs, costs]))):
            edge = {"path_effects": [withStroke(linewidth=3.5, foreground="black")]}
            (line,) = ax.plot([], [], "o-", color=colour, label=name, animated=True, **edge)
            lines.append((line, points))
    curves.legend(loc="lower left", facecolor="black", labelcolor="white", framealpha=0.5)
    corner = {"transform": curves.transAxes, "ha": "right", "va": "top", "color": "white"}
    epoch = curves.text(0.97, 0.97, "", animated=True, **corner)
    yield []
    artists = [epoch, *(line for line, _ in lines)]
    # Early epochs change more than late ones, so that their frames lie closer.
    for k in np.unique(np.ceil(article.N_EPOCHS * np.linspace(0, 1, 110)[1:] ** 5).astype(int)):
        epoch.set_text(f"epoch {k}")
        for line, points in lines:
            line.set_data(*points[:k].T)
            line.set_markevery([len(line.get_xdata()) - 1])
        yield artists


def compute_gradient() -> Tables:
    """Return the gradient that reaches each state, for the blog's pairs of weights."""
    dataset = article.dataset()
    X = dataset.x.T.astype(float)
    gradients = []
    for w_x, w_rec in article.GRADIENT_WEIGHTS:
        S = numpy_reference.forward_states(X, w_x, w_rec)
        grad_out = numpy_reference.output_gradient(S[:, -1], dataset.y)
        _, grad_over_time = numpy_reference.backward_gradient(X, S, grad_out, w_rec)
        gradients.append(grad_over_time.sum(axis=0))
    rows = ([k, *at_step] for k, at_step in enumerate(np.transpose(gradients)))
    return {"gradient_over_time.csv": (GRADIENT_COLUMNS, rows)}


def draw_gradient(folder: Path, figure: Figure) -> None:
    """Draw the gradient over time."""
    file, n_rows = folder / "gradient_over_time.csv", article.SEQ_LEN + 1
    _, *gradients = read_table(file, GRADIENT_COLUMNS, n_rows).values()
    by_weights = dict(zip(article.GRADIENT_WEIGHTS, gradients))
    left, right = figure.subplots(1, 2, sharey=True)
    above = {weights: by_weights.pop(weights) for weights in [*by_weights] if weights[1] > 0}
    plotting.gradient_over_time(above, ax=left)
    plotting.gradient_over_time(by_weights, ax=right)
    left.set_title("$w_{rec} > 0$: the sign stays", fontsize="medium")
    right.set_title("$w_{rec} \\leq 0$: the sign alternates, or nothing is left", fontsize="medium")
    right.set_ylabel("")
    figure.suptitle("Each step back multiplies the gradient by $w_{rec}$: it explodes or vanishes")


@dataclass(frozen=True)
class Recipe:
    """How a figure is made: its size in inches, what computes its tables, and what draws it.

    A film shares the tables of a figure and is a GIF always.
    """

    size: tuple[float, float]
    compute: Callable[[], Tables]
    draw: Callable[[Path, Figure], Any]
    film: bool = False


RECIPES = {
    "SRNmodel2": Recipe((8.2, 3.4), compute_network, draw_network),
    "rnn_loss_log1": Recipe((8.2, 3.6), partial(compute_loss, "gd"), partial(draw_loss, "gd")),
    "rnn_loss_log2": Recipe(
        (8.2, 3.6), partial(compute_loss, "rmsprop"), partial(draw_loss, "rmsprop")
    ),
    "cost_surface": Recipe((8.2, 5.2), compute_surface, draw_surface),
    "training": Recipe((8.2, 3.8), compute_surface, draw_training, film=True),
    "gradient_over_time": Recipe((8.2, 3.8), compute_gradient, draw_gradient),
}
# What other scripts measure and draw; here it is only drawn again.
RECORDED = {
    "scaling": save_scaling,
    "learning_rate": save_learning_rate,
    "trainability": save_trainability,
    "evidence": save_evidence,
    "edge_of_stability": save_edge_of_stability,
}


def make(name: str, folder: Path, suffix: str, redraw: bool) -> None:
    """Compute, save and draw a figure."""
    recipe = RECIPES[name]
    if not redraw:
        for file, (columns, rows) in recipe.compute().items():
            write_table(folder / file, columns, rows)
            print(folder / file)
    picture = folder / f"{name}.{'gif' if recipe.film else suffix}"
    save = save_film if recipe.film else save_figure
    # From the files even if they are new, so that drawing again later gives the same picture.
    save(picture, recipe.size, partial(recipe.draw, folder))
    print(picture)


def draw_recorded(name: str, folder: Path, suffix: str, redraw: bool) -> None:
    """Draw a figure from the table in ``folder``, or from a copy of the one in figures/."""
    table, picture = folder / f"{name}.csv", folder / f"{name}.{suffix}"
    if not redraw:
        with replacing(table) as beside:
            shutil.copyfile(FIGURES_FOLDER / table.name, beside)
        print(table)
    RECORDED[name](table, picture)
    print(picture)


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Return the options."""
    names = [*RECORDED, *RECIPES]
    parser = option_parser(__doc__)
    parser.add_argument(
        "--output-dir",
        type=output_folder,
        default=FIGURES_FOLDER,
        metavar="FOLDER",
        help="where the files go (default: figures/); made if it is not there",
    )
    parser.add_argument(
        "--only",
        action="append",
        choices=names,
        metavar="NAME",
        dest="names",
        help=f"one of {', '.join(names)}; may be given more than once",
    )
    parser.add_argument("--format", choices=METADATA, default="png", help="default: png")
    parser.add_argument(
        "--redraw", action="store_true", help="draw from the data saved in the folder, run nothing"
    )
    options = parser.parse_args(arguments)
    options.names = options.names or names
    return options


def main(arguments: list[str] | None = None) -> int:
    """Make the figures that are asked for; return the exit status."""
    options = parse(arguments)
    options.output_dir.mkdir(exist_ok=True)
    computed = set()
    for name in options.names:
        figure = name, options.output_dir, options.format
        if name in RECORDED:
            draw_recorded(*figure, options.redraw)
        else:
            compute = RECIPES[name].compute
            make(*figure, options.redraw or compute in computed)
            computed.add(compute)
    return 0


if __name__ == "__main__":
    run_main(main)
