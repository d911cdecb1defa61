"""What the scripts that draw share: the folder, the style, tables, and two figures of two scripts.

Beside each figure stands the table that it was drawn from, as a CSV file.
"""

from __future__ import annotations

from _console import failures_in_one_line, refuse, replacing

# _console comes first: it reports in one line that a package is missing, or Ctrl-C.
# isort: split
import csv
import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Callable

import aesara
import numpy as np

from simple_rnn import article, plotting, study

# In matplotlib's own place, the home folder, nobody told a script to write: its list of fonts goes
# into Aesara's compile cache. (The user's settings of matplotlib are there too and not wanted.)
os.environ.setdefault("MPLCONFIGDIR", os.path.join(aesara.config.base_compiledir, "matplotlib"))
with failures_in_one_line():
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from PIL import Image

FIGURES_FOLDER = Path(__file__).resolve().parents[1] / "figures"
OPTIMIZER_NAMES = {"gd": "gradient descent", "rmsprop": "RMSProp", "rprop": "Rprop"}

# A figure's file is the same to the byte each time: no date, no version, fixed identifiers.
METADATA = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
STYLE = {"svg.hashsalt": "simple_rnn", "savefig.dpi": 130, "figure.constrained_layout.use": True}

# Above this curvature, in units of the step size, a Nesterov step with momentum 0.5 is unstable:
# 2 (1 + mu) / (1 + 2 mu).
NESTEROV_LIMIT = 1.5

# The size of the data at which the benchmark times an epoch on ever more samples, in steps.
SCALING_SEQ_LEN = 100
# What stands before the name of a contestant in the head of a column.
SECONDS_OF = "seconds per epoch of "


def save_figure(path: Path, size: tuple[float, float], draw: Callable[[Figure], Any]) -> None:
    """Draw a figure and save it, the same to the byte each time.

    Parameters
    ----------
    path : Path
        Where it goes. The suffix says in which format: png, svg or pdf.
    size : tuple of float
        Its width and height in inches.
    draw : callable
        Draws on the empty figure that it is given.
    """
    suffix = path.suffix[1:]
    with own_style():
        figure = Figure(figsize=size)
        draw(figure)
        with replacing(path) as beside:
            figure.savefig(beside, format=suffix, metadata=METADATA[suffix])


@contextmanager
def own_style() -> Iterator[None]:
    """Draw in the style of the figures, not in that of the user's matplotlibrc."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)
        yield


def save_film(path: Path, size: tuple[float, float], draw: Callable[[Figure], Any]) -> None:
    """Draw the frames of a film and save them as a GIF, the same to the byte each time.

    Parameters
    ----------
    path : Path
        Where it goes.
    size : tuple of float
        The width and height of a frame in inches.
    draw : callable
        A generator, given the empty figure: it draws what stays and yields nothing; then it yields,
        for each frame, the artists that change. They are ``animated``.
    """
    with own_style():
        figure = Figure(figsize=size, dpi=100)
        canvas, frames = FigureCanvasAgg(figure), draw(figure)
        next(frames)
        canvas.draw()
        still, images = canvas.copy_from_bbox(figure.bbox), []
        for artists in frames:
            canvas.restore_region(still)
            for artist in artists:
                artist.axes.draw_artist(artist)
            images.append(Image.fromarray(np.array(canvas.buffer_rgba())).convert("RGB"))
    # One palette for all, that of the last frame, which shows most: what does not change between
    # two frames takes no room then.
    palette = images[-1].quantize(method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    first, *others = (image.quantize(palette=palette, dither=Image.Dither.NONE) for image in images)
    durations = [80] * len(others) + [2500]  # milliseconds
    options = {"save_all": True, "append_images": others, "duration": durations, "loop": 0}
    with replacing(path) as beside:
        first.save(beside, format="gif", **options)


def write_table(path: Path, columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
    """Write a CSV file; nine digits are enough to give back any float32."""
    with replacing(path) as beside, beside.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([v if isinstance(v, str) else f"{v:.9g}" for v in row] for row in rows)


def read_table(
    path: Path, columns: Sequence[str], n_rows: int, may_be_empty: Collection[str] = ()
) -> dict[str, np.ndarray]:
    """Return the columns of a table of numbers; end the script if it holds anything else.

    Parameters
    ----------
    path : Path
        A CSV file that make_figures.py wrote.
    columns : sequence of str
        Their names.
    n_rows : int
        How many rows there are.
    may_be_empty : collection of str
        The columns in which a field may be empty; it becomes NaN.
    """
    with refused_if_damaged(path, "once without --redraw"):
        table = _read_numbers(path)
        if list(table) != list(columns):
            raise ValueError(f"its columns are {list(table)}, not {list(columns)}")
        for name, values in table.items():
            if len(values) != n_rows:
                raise ValueError(f"it has {len(values)} rows, not {n_rows}")
            if name not in may_be_empty and not np.isfinite(values).all():
                raise ValueError(f"not all that stands under {name!r} is a finite number")
    return table


@contextmanager
def refused_if_damaged(path: Path, made_by: str) -> Iterator[None]:
    """End the script with status 2 and one sentence if a table cannot be read."""
    try:
        yield
    except (OSError, LookupError, ValueError, TypeError, csv.Error) as error:
        refuse(f"{path} cannot be drawn: {error}; run {made_by}, to have it written anew")


def _read_numbers(path: Path) -> dict[str, np.ndarray]:
    """Return the columns of a table of numbers, NaN where a field is empty."""
    with path.open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    if any(len(row) != len(header) for row in rows):
        raise ValueError("its rows are not all of one length")
    return {
        name: np.array([float(field or "nan") for field in fields])
        for name, fields in zip(header, zip(*rows))
    }


def save_scaling(table: Path, picture: Path) -> None:
    """Draw the time per epoch over the number of elements.

    Parameters
    ----------
    table : Path
        The CSV file that benchmark.py wrote: the number of elements, and for each contestant the
        seconds per epoch.
    picture : Path
        Where the figure goes.
    """
    with refused_if_damaged(table, "the whole of scripts/benchmark.py"):
        columns = _read_numbers(table)
        elements = columns.pop("elements")
    times = {name.removeprefix(SECONDS_OF): seconds for name, seconds in columns.items()}

    def draw(figure: Figure) -> None:
        plotting.scaling(elements, times, ax=figure.subplots())
        fewest, most = elements[0] / SCALING_SEQ_LEN, elements[-1] / SCALING_SEQ_LEN
        samples = f"{fewest:,.0f} to {most:,.0f} samples"
        figure.suptitle(f"Time per epoch, {SCALING_SEQ_LEN} steps and {samples}")

    save_figure(picture, (8.2, 4.4), draw)


def save_learning_rate(table: Path, picture: Path) -> None:
    """Draw the final cost over the learning rate, an Axes for each length of the sequences.

    Parameters
    ----------
    table : Path
        The CSV file that learning_rate_study.py wrote.
    picture : Path
        Where the figure goes.
    """
    with refused_if_damaged(table, "scripts/learning_rate_study.py"):
        results = study.read_results(table)
        if not results:
            raise ValueError("it holds no row yet")
    save_figure(picture, (8.2, 4.4), partial(_draw_learning_rate, results=results))


def _draw_learning_rate(figure: Figure, results: list[study.Result]) -> None:
    lengths = sorted({result.settings.seq_len for result in results})
    axes = figure.subplots(1, len(lengths), sharey=True, squeeze=False)[0]
    for ax, length in zip(axes, lengths):
        runs, chosen = {}, {}
        for key, name in OPTIMIZER_NAMES.items():
            shown = [
                result
                for result in results
                if result.settings.optimizer == key and result.settings.seq_len == length
            ]
            if not shown:
                continue
            rates = np.array([result.settings.learning_rate for result in shown])
            runs[name] = rates, np.array([result.final_cost for result in shown])
            if article.CONDITIONS[key].learning_rate in rates:
                chosen[name] = article.CONDITIONS[key].learning_rate
        plotting.learning_rate(runs, chosen, study.TRAINED, ax=ax)
        if len(lengths) > 1:
            ax.set_title(f"{length} steps", fontsize="medium")
            ax.label_outer()
            if length != lengths[-1]:
                ax.get_legend().remove()
    seeds = {result.settings.seed for result in results}
    n_epochs = results[0].settings.n_epochs
    figure.suptitle(
        f"What {n_epochs} epochs leave of the cost: median of {len(seeds)} seeds,"
        " band from 10 % to 90 %"
    )


def save_trainability(table: Path, picture: Path) -> None:
    """Draw the share of the runs that end trained, an Axes for each optimizer.

    Parameters
    ----------
    table : Path
        The CSV file that learning_rate_study.py wrote: one row for each :class:`study.Cell`.
    picture : Path
        Where the figure goes.
    """
    with refused_if_damaged(table, "scripts/learning_rate_study.py --map"):
        with table.open(newline="", encoding="utf-8") as file:
            header, *rows = csv.reader(file)
        if header != list(study.Cell._fields) or not rows:
            raise ValueError(f"it does not hold rows under {','.join(study.Cell._fields)}")
        cells = [study.Cell(row[0], *map(float, row[1:])) for row in rows]
        panels = {cell.optimizer: _panel(cells, cell.optimizer) for cell in cells}
    seeds = max(cell.runs for cell in cells)

    def draw(figure: Figure) -> None:
        axes = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
        for (optimizer, panel), ax in zip(panels.items(), axes):
            plotting.trainability(*panel, ax=ax)
            ax.set_title(OPTIMIZER_NAMES[optimizer], fontsize="medium")
            ax.label_outer()
        label = f"share of {seeds:g} seeds that end trained"
        figure.colorbar(axes[0].collections[0], ax=axes, label=label)
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
        figure.suptitle("Where training arrives: learning rate against length of the sequences")

    save_figure(picture, (8.2, 4.0), draw)


def _panel(cells: list[study.Cell], optimizer: str) -> tuple[Any, ...]:
    """Return what :func:`plotting.trainability` takes, for the cells of an optimizer."""
    at = {(c.seq_len, c.learning_rate): c for c in cells if c.optimizer == optimizer}
    lengths, rates = (sorted(set(values)) for values in zip(*at))
    if len(at) != len(lengths) * len(rates):
        raise ValueError(f"it lacks some of the cells of {optimizer}")
    rows = [[at[length, rate] for rate in rates] for length in lengths]
    trained = [[cell.trained / cell.runs for cell in row] for row in rows]
    diverged = [[cell.diverged / cell.runs for cell in row] for row in rows]
    choice = (article.CONDITIONS[optimizer].learning_rate, article.SEQ_LEN)
    return rates, lengths, trained, diverged, choice if choice[::-1] in at else None


# The rows of the figure evidence, and the beginning of the facts that belong to each.
FORMS_CHANGED = {
    "the form used here": "the form used",
    "another momentum": "momentum",
    "another decay": "decay",
    "the norm, or no rescaling": "rescaled by",
    "another start": "accumulators from",
    "not centred": "centred",
}
# The facts that are the bars of a histogram of line 200 stand under this and the name of the runs.
SHARES = "% of runs by line 200: "
# The histograms of the figure, with what they are called in it.
HISTOGRAMS = {
    "equal ways to write the update": "equal ways to write the update",
    "RMSProp, gradients +-1 ulp": "last bit of the gradients at random",
}


def save_evidence(table: Path, picture: Path) -> None:
    """Draw what line 100 says about the form of RMSProp, and line 200 about rounding.

    Parameters
    ----------
    table : Path
        The CSV file that check_evidence.py wrote.
    picture : Path
        Where the figure goes.
    """
    with refused_if_damaged(table, "scripts/check_evidence.py"):
        with table.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        facts: dict[str, dict[str, float]] = {row["part"]: {} for row in rows}
        for row in rows:
            facts[row["part"]][row["what"]] = float(row["value"])
        nearest, forms = facts["nearest to line 100"], facts["forms of RMSProp"]
        distances = {
            title: [far for what, far in nearest.items() if what.startswith(begin)]
            for title, begin in FORMS_CHANGED.items()
        }
        tried, band = forms["tried"], forms["rounding moves line 100 by at most"]
        histograms = {title: facts[SHARES + part] for part, title in HISTOGRAMS.items()}
        shares = {title: list(bins.values()) for title, bins in histograms.items()}
        bounds = [what.split(" to ") for what in facts[SHARES + next(iter(HISTOGRAMS))]]
        edges = [float(bounds[0][0]), *(float(high) for _, high in bounds)]
    printed = article.CONDITIONS["rmsprop"].published_costs

    def draw(figure: Figure) -> None:
        left, right = figure.subplots(1, 2, width_ratios=(5, 4))
        plotting.nearest_forms(distances, band, ax=left)
        left.set(xlabel=f"distance of line 100 from the printed {printed[100]:.4f}")
        left.set_title(f"Form: of {tried:,.0f} only one fits line 100", fontsize="medium")
        plotting.rounding_spread(edges, shares, printed[200], ax=right)
        right.set_xlabel("line 200 (cost at epoch 200)", labelpad=2)
        right.set_title("Rounding: line 200 could be any of these", fontsize="medium")

    save_figure(picture, (9.4, 4.0), draw)


def save_edge_of_stability(table: Path, picture: Path) -> None:
    """Draw the cost of RMSProp, and below it the curvature that its steps feel.

    Parameters
    ----------
    table : Path
        The CSV file that check_evidence.py wrote.
    picture : Path
        Where the figure goes.
    """
    with refused_if_damaged(table, "scripts/check_evidence.py"):
        columns = _read_numbers(table)
        names = {"the article's run, float32": "float32", "the same in float64": "float64"}
        costs = {name: columns[f"cost in {dtype}"] for name, dtype in names.items()}
        felt = {name: columns[f"felt curvature in {dtype}"] for name, dtype in names.items()}

    def draw(figure: Figure) -> None:
        above, below = figure.subplots(2, 1, sharex=True)
        for (name, values), colour, line in zip(costs.items(), ("blue", "orange"), "-:"):
            style = {"color": plotting.COLOURS[colour], "linestyle": line, "linewidth": 1.8}
            above.plot(columns["epoch"], values, label=name, **style)
        above.set(yscale="log", ylabel="cost")
        above.grid(alpha=0.3)
        above.legend()
        plotting.felt_curvature(felt, NESTEROV_LIMIT, ax=below)
        below.set(xlim=(80, 400))
        notes = (
            ("climbs: the gradient\nhardly changes, so\nthe steps grow", (144, 1.55), (84, 3.2)),
            ("breaks: the last bit has grown into an\noscillation", (169, 4.6), (190, 4.4)),
            ("and rides on the limit to the end", (280, 1.55), (225, 2.6)),
        )
        for text, end, start in notes:
            below.annotate(text, end, start, arrowprops={"arrowstyle": "->", "color": "0.4"})
        figure.suptitle("RMSProp at the edge of stability")

    save_figure(picture, (8.2, 5.4), draw)
