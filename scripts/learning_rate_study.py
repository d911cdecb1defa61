"""Train over a grid of optimizers, learning rates and seeds, and draw how well it went.

    scripts/in_venv python scripts/learning_rate_study.py

Draws learning_rate.png, the final cost over the learning rate, from learning_rate.csv, which has
one row per run. With --map it varies the length of the sequences too, which takes minutes, and
draws trainability.png, the share of the runs that end trained, from trainability.csv, which has one
row per learning rate and length.

The runs are made by Dask: in one process per core of this machine, or by a cluster:

    dask scheduler                                # on one machine, says its ADDRESS
    dask worker ADDRESS --nworkers auto           # on each, with this package installed
    scripts/in_venv python scripts/learning_rate_study.py --scheduler ADDRESS
"""

from __future__ import annotations

import signal
import sys

import _console  # before Aesara
import numpy as np
from _figures import COST, METHODS, drawing_options, read_table, save_figure, write_table
from distributed import Client, as_completed
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from simple_rnn import article, study
from simple_rnn.plotting import COLOURS


def rates(minimum: float, maximum: float, count: int) -> list[float]:
    """Return learning rates in equal ratios, rounded so that 0.001 is among them."""
    return [float(f"{rate:.6g}") for rate in np.geomspace(minimum, maximum, count)]


# Four learning rates to a tenfold.
GRID = study.grid(article.CONDITIONS, rates(1e-6, 1e-1, 21), seeds=range(1, 21))
LENGTHS = [2, 3, 4, 5, 6, 8, 10, 13, 16, 20, 25, 32, 40, 50, 63, 80, 100]
MAP = study.grid(article.CONDITIONS, rates(1e-7, 1, 29), range(1, 12), LENGTHS)


def run_all(runs: list[study.Settings], scheduler: str | None) -> list[study.Result]:
    """Return the results of the runs, in their order."""
    # Ctrl-C goes to every process of a terminal. Those started here leave it to this one.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    # One thread per process: a compiled function makes one run at a time. The dashboard takes any
    # free port.
    own = {"threads_per_worker": 1, "dashboard_address": "127.0.0.1:0", "silence_logs": "CRITICAL"}
    client = Client(scheduler) if scheduler else Client(**own)
    signal.signal(signal.SIGINT, before)
    with client:
        client.wait_for_workers(1, timeout=10)
        futures = client.map(study.run_one, runs)
        for done, _ in enumerate(as_completed(futures), start=1):
            print(f"\r{done} of {len(runs)} runs", end="", file=sys.stderr)
        _console.say("")  # a line end after the count
        return client.gather(futures)


def draw_learning_rate(table: dict[str, np.ndarray], figure: Figure) -> None:
    """Draw the final cost over the learning rate.

    A line is the median of the runs at a learning rate, the band around it goes from the tenth to
    the ninetieth percentile. A run that diverged counts as a cost above all others; the more of
    them did, the larger is a cross at the upper edge.
    """
    ax = figure.subplots()
    colours = ("blue", "vermilion", "green")
    for (key, name), colour in zip(METHODS.items(), colours):
        style = {"color": COLOURS[colour], "linestyle": "none", "clip_on": False}
        of_optimizer = table["optimizer"] == key
        rates, costs = (table[c][of_optimizer] for c in ("learning_rate", "final_cost"))
        costs = np.where(np.isfinite(costs), costs, np.inf)
        grid = np.unique(rates)
        at_rate = [costs[rates == rate] for rate in grid]
        # The percentiles are costs of runs: between a cost and an infinite one there is none.
        shares = (0.1, 0.5, 0.9)
        quantiles = [np.quantile(group, shares, method="inverted_cdf") for group in at_rate]
        low, median, high = np.transpose(quantiles)
        ax.fill_between(grid, low, high, color=style["color"], alpha=0.2, linewidth=0)
        ax.plot(grid, median, color=style["color"], linewidth=2.2, label=name)
        for rate, group in zip(grid, at_rate):
            share = np.mean(np.isinf(group))
            if share > 0:
                edge = ax.get_xaxis_transform()  # the height in parts of the Axes
                ax.plot(rate, 1, "x", transform=edge, markersize=3 + 6 * share, mew=2, **style)
        chosen = article.CONDITIONS[key].learning_rate
        star = {"markersize": 17, "markeredgecolor": "black", "zorder": 4, **style}
        ax.plot(chosen, median[grid == chosen], "*", **star)
    grey = {"color": "0.4", "linestyle": "none"}
    ax.plot([], [], "*", markersize=13, markeredgecolor="black", label="published choice", **grey)
    cross = "diverged (size: in\nhow many runs)"
    ax.plot([], [], "x", markersize=9, markeredgewidth=2, label=cross, **grey)
    ax.set(xscale="log", yscale="log", xlabel="learning rate", ylabel=f"final {COST}")
    ax.axhline(study.TRAINED, color="black", linestyle="--", linewidth=1.2)
    right = {"xy": (1, study.TRAINED), "xycoords": ax.get_yaxis_transform()}
    text = {"textcoords": "offset points", "ha": "right", "va": "top"}
    ax.annotate(f"trained: below {study.TRAINED:g}", **right, xytext=(-4, -4), **text)
    ax.grid(alpha=0.3)
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    n_epochs, n_seeds = table["n_epochs"][0], len(np.unique(table["seed"]))
    figure.suptitle(
        f"What {n_epochs:g} epochs leave of the cost: median of {n_seeds} seeds,"
        " band from 10 % to 90 %"
    )


def draw_trainability(table: dict[str, np.ndarray], figure: Figure) -> None:
    """Draw the share of the runs that end trained over learning rate and length."""
    axes = figure.subplots(1, len(METHODS), sharey=True)
    for ax, (key, name) in zip(axes, METHODS.items()):
        draw_panel(ax, {c: values[table["optimizer"] == key] for c, values in table.items()})
        star = {"color": COLOURS["yellow"], "markeredgecolor": "black", "markersize": 15}
        chosen = article.CONDITIONS[key].learning_rate
        ax.plot(chosen, article.SEQ_LEN, "*", label="published choice", **star)
        ax.set_title(name, fontsize="medium")
        ax.label_outer()
    label = f"share of {table['runs'][0]:g} seeds that end trained"
    figure.colorbar(axes[0].collections[0], ax=axes, label=label)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    figure.suptitle("Where training arrives: learning rate against length of the sequences")


def draw_panel(ax: Axes, cells: dict[str, np.ndarray]) -> None:
    """Draw the cells of an optimizer: in colour what trained, with a cross what diverged."""
    x, y = cells["learning_rate"], cells["seq_len"]
    rates, lengths = np.unique(x), np.unique(y)
    trained = (cells["trained"] / cells["runs"]).reshape(len(lengths), len(rates))
    ax.pcolormesh(edges(rates), edges(lengths), trained, vmin=0, vmax=1, cmap="Blues")
    diverged = cells["diverged"] / cells["runs"]
    cross = {"marker": "x", "color": COLOURS["vermilion"], "linewidths": 0.9}
    some = diverged > 0
    areas = 12 * diverged[some]  # in square points
    ax.scatter(x[some], y[some], areas, label="diverged (size: how many)", **cross)
    ax.set(xscale="log", yscale="log", xlabel="learning rate", ylabel="length in steps")
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_locator(NullLocator())


def edges(centres: np.ndarray) -> np.ndarray:
    """Return where cells end that meet half-way between their centres on a logarithmic scale."""
    logs = np.log(centres)
    half = np.diff(logs) / 2
    return np.exp([logs[0] - half[0], *(logs[:-1] + half), logs[-1] + half[-1]])


def main(arguments: list[str] | None = None) -> None:
    """Make the runs, write their table and draw it."""
    parser = drawing_options(__doc__)
    parser.add_argument("--map", action="store_true", help="vary the length of the sequences, too")
    parser.add_argument("--scheduler", metavar="ADDRESS", help="that of a Dask cluster")
    options = parser.parse_args(arguments)
    if options.map:
        name, size, draw = "trainability", (8.2, 4.0), draw_trainability
    else:
        name, size, draw = "learning_rate", (8.2, 4.4), draw_learning_rate
    path = options.output_dir / f"{name}.csv"
    if not options.redraw:
        results = run_all(MAP if options.map else GRID, options.scheduler)
        if options.map:
            columns, rows = study.Cell._fields, study.summarize(results)
        else:
            columns = [*study.Settings._fields, *study.Result._fields[1:]]
            rows = ([*settings, *values] for settings, *values in results)
        write_table(path, columns, rows)
    save_figure(path.with_suffix(".png"), size, draw, read_table(path))


if __name__ == "__main__":
    main()
