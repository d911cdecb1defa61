"""Draw the figures of the article and of its source blog, and the film of the training.

    scripts/in_venv python scripts/make_figures.py

Each figure goes into figures/, and beside it the table that it was drawn from. Under the pinned
versions the files come out the same byte for byte. With --redraw the figures are drawn again from
the saved tables, without compiling or running anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any, Callable

import _console  # before Aesara
import matplotlib.style
import numpy as np
from _figures import COST, METHODS, STYLE, drawing_options, read_table, save_figure, write_table
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from PIL import Image

from simple_rnn import History, article, compile_cost, numpy_reference, plotting

LOSS_FILES = {"gd": "rnn_loss_log1.csv", "rmsprop": "rnn_loss_log2.csv"}
SURFACE_NORM = LogNorm(0.1, 1e7, clip=True)

# The functions that compute write tables into a folder; those that draw read them there.


def draw_network(folder: Path, figure: Figure) -> None:
    """Draw the network."""
    plotting.network(ax=figure.subplots())


def compute_losses(folder: Path, runs: dict[str, History]) -> None:
    """Write the costs of the article's two runs, and those that were printed."""
    columns = ("epoch", COST, "cost printed in the article")
    for name, file in LOSS_FILES.items():
        published = article.CONDITIONS[name].published_costs
        costs = enumerate(runs[name].costs, start=1)
        rows = ((epoch, cost, published.get(epoch)) for epoch, cost in costs)
        write_table(folder / file, columns, rows)


def draw_loss(name: str, folder: Path, figure: Figure) -> None:
    """Draw a condition's loss curve, in a linear and a log view."""
    epochs, costs, printed = read_table(folder / LOSS_FILES[name]).values()
    published = {int(k): cost for k, cost in zip(epochs, printed) if np.isfinite(cost)}
    for ax, yscale in zip(figure.subplots(1, 2), ("linear", "log")):
        plotting.loss_curve(costs, published, yscale, ax=ax)
        ax.set_ylabel(COST)
        ax.set_title(f"{yscale} scale", fontsize="medium")
    condition = article.CONDITIONS[name]
    rate = _console.short(condition.learning_rate)
    figure.suptitle(f"{condition.title}, learning rate {rate}")


def compute_surface(folder: Path, runs: dict[str, History]) -> None:
    """Write the cost over both windows, and the paths of the runs."""
    cost = compile_cost(article.dataset())
    for window, points in article.WINDOWS.items():
        w_x, w_rec = (weights.ravel() for weights in np.meshgrid(points, points))
        rows = zip(w_x, w_rec, cost(w_x, w_rec))
        write_table(folder / f"cost_surface_{window}.csv", ("w_x", "w_rec", COST), rows)
    columns = [f"{weight} of {name}" for name in METHODS for weight in ("w_x", "w_rec")]
    # Rprop's run, the last one, is shorter: its columns are empty at the end.
    paths = (runs[name].weights for name in METHODS)
    epochs = enumerate(zip_longest(*paths, fillvalue=(None, None)))
    rows = ([epoch, *chain(*pairs)] for epoch, pairs in epochs)
    write_table(folder / "cost_surface_paths.csv", ["epoch", *columns], rows)


def read_surface(folder: Path, window: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the weights of a window's grid, and the costs over them."""
    side = len(article.WINDOWS[window])
    table = read_table(folder / f"cost_surface_{window}.csv")
    w_x, w_rec, costs = (values.reshape(side, side) for values in table.values())
    return w_x[0], w_rec[:, 0], costs


def read_paths(folder: Path) -> dict[str, np.ndarray]:
    """Return the weights that each run went through, by the title of its method."""
    table, paths = read_table(folder / "cost_surface_paths.csv"), {}
    for name, title in METHODS.items():
        source = " (source blog)" if article.CONDITIONS[name].source == "blog" else ""
        path = np.column_stack([table[f"w_x of {name}"], table[f"w_rec of {name}"]])
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


def draw_training(folder: Path, figure: Figure) -> Iterator[None]:
    """Draw the film, frame by frame: the weights walk over the surface while the loss curves grow.

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
    for (name, path), colour in zip(read_paths(folder).items(), plotting.PATH_COLOURS):
        states = (numpy_reference.forward_states(data.x.T, *weights) for weights in path)
        costs = np.array([numpy_reference.cost(S[:, -1], data.y) for S in states])
        epochs = np.arange(1, len(costs) + 1)
        for ax, points in ((surface, path), (curves, np.column_stack([epochs, costs]))):
            edge = {"path_effects": [withStroke(linewidth=3.5, foreground="black")]}
            (line,) = ax.plot([], [], "o-", color=colour, label=name, zorder=9, **edge)
            lines.append((line, points))
    curves.legend(loc="lower left", facecolor="black", labelcolor="white", framealpha=0.5)
    corner = {"transform": curves.transAxes, "ha": "right", "va": "top", "color": "white"}
    epoch = curves.text(0.97, 0.97, "", zorder=9, **corner)
    # Early epochs change more than late ones, so that their frames lie closer.
    for k in np.unique(np.ceil(article.N_EPOCHS * np.linspace(0, 1, 110)[1:] ** 5).astype(int)):
        epoch.set_text(f"epoch {k}")
        for line, points in lines:
            line.set_data(*points[:k].T)
            line.set_markevery([len(line.get_xdata()) - 1])
        yield


def save_film(path: Path, size: tuple[float, float], draw: Callable, folder: Path) -> None:
    """Draw the frames of a film and save them as a GIF; else as ``save_figure``."""
    with matplotlib.style.context(STYLE):
        figure = Figure(figsize=size, dpi=100)
        canvas, images = FigureCanvasAgg(figure), []
        for _ in draw(folder, figure):
            canvas.draw()
            figure.set_layout_engine("none")  # a new layout for each frame would tremble
            images.append(Image.fromarray(np.array(canvas.buffer_rgba())).convert("RGB"))
    # One palette for all, that of the last frame, which shows most: what does not change between
    # two frames takes no room then.
    palette = images[-1].quantize(method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    first, *others = (image.quantize(palette=palette, dither=Image.Dither.NONE) for image in images)
    durations = [80] * len(others) + [2500]  # milliseconds
    first.save(path, save_all=True, append_images=others, duration=durations, loop=0)
    print(path)


def compute_gradient(folder: Path) -> None:
    """Write the gradient that reaches each state, for the blog's pairs of weights."""
    dataset = article.dataset()
    X = dataset.x.T.astype(float)
    columns = {}
    for w_x, w_rec in article.GRADIENT_WEIGHTS:
        S = numpy_reference.forward_states(X, w_x, w_rec)
        grad_out = numpy_reference.output_gradient(S[:, -1], dataset.y)
        _, grad_over_time = numpy_reference.backward_gradient(X, S, grad_out, w_rec)
        name = f"gradient summed over the samples at w_x = {w_x} w_rec = {w_rec}"
        columns[name] = grad_over_time.sum(axis=0)
    rows = ([k, *at_step] for k, at_step in enumerate(zip(*columns.values())))
    write_table(folder / "gradient_over_time.csv", ["time step", *columns], rows)


def draw_gradient(folder: Path, figure: Figure) -> None:
    """Draw the gradient over time."""
    _, *gradients = read_table(folder / "gradient_over_time.csv").values()
    by_weights = list(zip(article.GRADIENT_WEIGHTS, gradients))
    left, right = figure.subplots(1, 2, sharey=True)
    plotting.gradient_over_time({w: g for w, g in by_weights if w[1] > 0}, ax=left)
    plotting.gradient_over_time({w: g for w, g in by_weights if w[1] <= 0}, ax=right)
    left.set_title("$w_{rec} > 0$: the sign stays", fontsize="medium")
    right.set_title("$w_{rec} \\leq 0$: the sign alternates, or nothing is left", fontsize="medium")
    right.set_ylabel("")
    figure.suptitle("Each step back multiplies the gradient by $w_{rec}$: it explodes or vanishes")


# For each figure its size in inches, and what draws it.
FIGURES: dict[str, tuple[tuple[float, float], Callable[[Path, Figure], Any]]] = {
    "SRNmodel2.png": ((8.2, 3.4), draw_network),
    "rnn_loss_log1.png": ((8.2, 3.6), partial(draw_loss, "gd")),
    "rnn_loss_log2.png": ((8.2, 3.6), partial(draw_loss, "rmsprop")),
    "cost_surface.png": ((8.2, 5.2), draw_surface),
    "training.gif": ((8.2, 3.8), draw_training),
    "gradient_over_time.png": ((8.2, 3.8), draw_gradient),
}


def main(arguments: list[str] | None = None) -> None:
    """Make the tables and the figures."""
    options = drawing_options(__doc__).parse_args(arguments)
    folder = options.output_dir
    if not options.redraw:
        conditions = article.CONDITIONS.items()
        runs = {name: article.run(condition, report=None) for name, condition in conditions}
        compute_losses(folder, runs)
        compute_surface(folder, runs)
        compute_gradient(folder)
    for name, (size, draw) in FIGURES.items():
        save = save_film if name.endswith(".gif") else save_figure
        save(folder / name, size, draw, folder)


if __name__ == "__main__":
    main()
