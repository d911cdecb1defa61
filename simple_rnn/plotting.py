"""The pictures: one function per figure, each takes data and an Axes and returns the Axes.

- :func:`network`: the network, folded and unfolded over time;
- :func:`loss_curve`: the cost over the epochs, with the article's printed costs as points;
- :func:`cost_surface`: the cost over the two weights, with the paths that training takes;
- :func:`gradient_over_time`: the gradient that reaches each step: vanishing, exploding,
  alternating;
- :func:`learning_rate`: the final cost over the learning rate, for several optimizers;
- :func:`trainability`: how many runs end trained, over learning rate and length of the sequences;
- :func:`scaling`: the time per epoch over the size of the data, for several ways to compute it;
- :func:`nearest_forms`: how near other forms of an optimizer come to a printed cost;
- :func:`rounding_spread`: what rounding makes of a printed cost;
- :func:`felt_curvature`: the curvature that each step feels, and the limit of stability.

Without an Axes they draw on the current one, as pyplot does. matplotlib is imported when a picture
is drawn, not before.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle
from typing import TYPE_CHECKING, Any

import numpy as np

from simple_rnn._checks import check_instance, float_array, show

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "COLOURS",
    "cost_surface",
    "felt_curvature",
    "gradient_over_time",
    "learning_rate",
    "loss_curve",
    "nearest_forms",
    "network",
    "rounding_spread",
    "scaling",
    "trainability",
]


def __dir__() -> list[str]:
    """Return the public names, which an editor offers to complete."""
    return __all__


# Okabe and Ito's palette, which people with any colour vision can tell apart.
COLOURS = {
    "black": "#000000",
    "orange": "#E69F00",
    "sky": "#56B4E9",
    "green": "#009E73",
    "yellow": "#F0E442",
    "blue": "#0072B2",
    "vermilion": "#D55E00",
    "purple": "#CC79A7",
}
# Those of curves in one picture, in turn; yellow is too pale for a line.
_CURVES = ("blue", "vermilion", "green", "purple", "orange", "sky", "black")


def _current(ax: Axes | None, for_curves: bool = False) -> Axes:
    if ax is None:
        import matplotlib.pyplot as plt

        ax = plt.gca()
        # Curves would spoil a surface that was drawn before.
        return plt.subplots()[1] if for_curves and ax.collections else ax
    from matplotlib.axes import Axes

    check_instance(
        "ax", ax, Axes, "one Axes, for example plt.gca(), or one entry of what plt.subplots gave"
    )
    return ax


def _array(name: str, value: Any, shape: tuple[int | None, ...]) -> np.ndarray:
    """Return ``value`` as an array of this shape, where None stands for any length above 0."""
    # A run that diverged can be drawn too.
    array = float_array(name, value, "float64", finite=False)
    lengths = zip(array.shape, shape)
    if array.ndim != len(shape) or any(n != m if m else n == 0 for n, m in lengths):
        expected = ", ".join("n" if m is None else str(m) for m in shape)
        expected += "," * (len(shape) == 1)
        raise ValueError(f"{name} has shape {array.shape}; expected ({expected})")
    return array


def _arrays(name: str, values: Mapping, shape: tuple[int | None, ...]) -> dict[Any, np.ndarray]:
    """Return the values of the mapping ``name`` as arrays of one shape."""
    return {key: _array(f"{name}[{key!r}]", value, shape) for key, value in values.items()}


def network(ax: Axes | None = None) -> Axes:
    """Draw the network: folded on the left, unfolded over time on the right.

    Parameters
    ----------
    ax : matplotlib.axes.Axes, optional
        Where to draw; None stands for the current Axes. Best twice as wide as high or wider.

    Returns
    -------
    matplotlib.axes.Axes
        The Axes drawn on.

    Notes
    -----
    Source: the article's figure "Simple RNN structure", SRNmodel2.
    """
    from matplotlib.patches import Circle, FancyArrowPatch

    ax = _current(ax)
    inputs, weights = COLOURS["blue"], COLOURS["vermilion"]
    low, middle, high, radius = 0.0, 1.5, 3.0, 0.36

    def unit(x: float, y: float, label: str, colour: str = COLOURS["black"]) -> None:
        ax.add_patch(Circle((x, y), radius, facecolor="white", edgecolor=colour, linewidth=1.8))
        ax.text(x, y, label, ha="center", va="center", fontsize=14, color=colour)

    def arrow(start: tuple, end: tuple, colour: str, label: str = "", **style: object) -> None:
        style = {"arrowstyle": "-|>", "mutation_scale": 15, "linewidth": 1.8, **style}
        ax.add_patch(FancyArrowPatch(start, end, color=colour, shrinkA=0, shrinkB=0, **style))
        # Beside an arrow up and above one to the right; in points, as the size of its head is.
        beside, above = (((7, 0), "left", "center"), ((-3, 5), "center", "bottom"))
        away, ha, va = beside if start[0] == end[0] else above
        centre = [(a + b) / 2 for a, b in zip(start, end)]
        text = {"fontsize": 12, "color": colour, "ha": ha, "va": va}
        ax.annotate(label, centre, away, textcoords="offset points", **text)

    def up(x: float, start: float, colour: str, label: str = "") -> None:
        arrow((x, start + radius), (x, start + (middle - low) - radius), colour, label)

    # Folded: one unit that feeds itself.
    x = 0.0
    unit(x, low, "$x$", inputs)
    unit(x, middle, "$s$")
    unit(x, high, "$y$", COLOURS["green"])
    up(x, low, weights, "$W_x$")
    up(x, middle, COLOURS["black"], "1 (fixed)")
    # The loop in two arcs, out and back in.
    side, far = x + 0.31, (x + 1.0, middle)
    out, back = ("angle3,angleA=40,angleB=90", "angle3,angleA=90,angleB=-40")
    arrow((side, middle + 0.18), far, weights, arrowstyle="-", connectionstyle=out)
    arrow(far, (side, middle - 0.18), weights, connectionstyle=back)
    ax.text(x + 1.1, middle, "$W_{rec}$", fontsize=12, color=weights, va="center")
    ax.text(x, -0.75, "folded", ha="center", color="0.4")
    for y, name in ((low, "input"), (middle, "state"), (high, "output")):
        ax.text(x - 0.5, y, name, ha="right", va="center", color="0.4")

    # Unfolded: a chain from the initial state to the last, whose value is the answer.
    arrow((2.2, middle), (2.8, middle), "0.5", mutation_scale=22, linewidth=3)
    columns = {"0": 3.5, "1": 5.1, "2": 6.7, "n": 9.6}
    for step, x in columns.items():
        unit(x, middle, f"$s_{step}$")
        if step != "0":
            unit(x, low, f"$x_{step}$", inputs)
            up(x, low, weights, "$W_x$")
    for a, b in (("0", "1"), ("1", "2")):
        gap = ((columns[a] + radius, middle), (columns[b] - radius, middle))
        arrow(*gap, weights, "$W_{rec}$")
    dots = 8.05
    ax.text(dots, middle, "$\\cdots$", fontsize=18, ha="center", va="center")
    ax.text(dots, low, "$\\cdots$", fontsize=18, ha="center", va="center")
    arrow((columns["2"] + radius, middle), (dots - 0.32, middle), weights)
    arrow((dots + 0.32, middle), (columns["n"] - radius, middle), weights, "$W_{rec}$")
    up(columns["n"], middle, COLOURS["black"], "1")
    unit(columns["n"], high, "$y$", COLOURS["green"])

    caption = "unfolded over time:  $s_k = x_k\\,W_x + s_{k-1}\\,W_{rec}$"
    ax.text((columns["0"] + columns["n"]) / 2, -0.75, caption, ha="center", color="0.4")
    ax.set(xlim=(-1.5, 10.3), ylim=(-0.9, 3.5), aspect="equal")
    ax.set_axis_off()
    return ax


def loss_curve(
    costs: np.ndarray,
    published: Mapping[int, float] | None = None,
    yscale: str = "log",
    label: str | None = None,
    color: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the cost over the epochs; several calls on the same Axes draw several curves.

    Parameters
    ----------
    costs : ndarray of shape (n_epochs,)
        The cost of each epoch.
    published : mapping from epoch to cost, optional
        Costs to draw as points: the article's, from ``Condition.published_costs``.
    yscale : str
        ``"log"`` or ``"linear"``.
    label : str, optional
        The name of the curve in a legend; there is none without a label or published costs.
    color : str, optional
        Its colour; None stands for the next one of :data:`COLOURS`, blue for the first curve.
    ax : matplotlib.axes.Axes, optional
        Where to draw; None stands for the current Axes, or new ones if a surface is drawn there.

    Returns
    -------
    matplotlib.axes.Axes
        The Axes drawn on.

    Notes
    -----
    Source: the article's figures rnn_loss_log1 and rnn_loss_log2.
    """
    costs = _array("costs", costs, (None,))
    if yscale not in ("log", "linear"):
        raise ValueError(f"yscale is {show(yscale)}; expected 'log' or 'linear'")
    ax = _current(ax, for_curves=True)
    if not ax.lines:
        # For what a user draws on it, too.
        ax.set_prop_cycle(color=[COLOURS[name] for name in _CURVES])
    if published and label is None:
        label = "this package"
    drawable = np.isfinite(costs) & ((costs > 0) | (yscale == "linear"))
    if not drawable.any():
        costs = np.full_like(costs, np.nan)  # so that matplotlib does not warn of it too
        nothing = "no cost is finite" + (" and above 0" if yscale == "log" else "")
        if label is not None:
            nothing = f"{label}: {nothing}"
        ax.text(0.5, 0.5, nothing, transform=ax.transAxes, ha="center")
    marker = "o" if drawable.sum() == 1 else None  # of a single point there is no line
    ax.plot(np.arange(1, len(costs) + 1), costs, color=color, label=label, marker=marker)
    if published:
        ax.plot(
            list(published),
            list(published.values()),
            "o",
            color=COLOURS["vermilion"],
            markersize=5,
            markerfacecolor="none",
            markeredgewidth=1.5,
            label="printed in the article",
            clip_on=False,
        )
    if label is not None:
        ax.legend()
    ax.set(xlabel="epoch", ylabel="cost", yscale=yscale)
    ax.grid(alpha=0.3)
    ax.margins(x=0.01)
    return ax


def cost_surface(
    w_x: np.ndarray,
    w_rec: np.ndarray,
    costs: np.ndarray,
    paths: Mapping[str, np.ndarray] | None = None,
    ax: Axes | None = None,
    optimum: tuple[float, float] | None = None,
) -> Axes:
    """Draw the cost over the two weights, in colour on a logarithmic scale.

    Parameters
    ----------
    w_x : ndarray of shape (n,)
        The input weights of the grid, ascending.
    w_rec : ndarray of shape (m,)
        The recurrent weights of the grid, ascending.
    costs : ndarray of shape (m, n)
        ``costs[i, j]`` is the cost at ``(w_x[j], w_rec[i])``.
    paths : mapping from name to ndarray of shape (n_epochs + 1, 2), optional
        The weights that a training went through, as in ``History.weights``.
    ax : matplotlib.axes.Axes, optional
        Where to draw; None stands for the current Axes.
    optimum : (float, float), optional
        Where to put a star; None for none.

    Returns
    -------
    matplotlib.axes.Axes
        The Axes drawn on, with a colour bar below it.

    Raises
    ------
    ValueError
        If no cost is finite and above 0: the scale is logarithmic. Also if the shapes do not belong
        together.

    Notes
    -----
    Source: the blog that the article points to for the non-linearity of the cost.
    """
    from matplotlib.colors import LogNorm

    w_x, w_rec = _array("w_x", w_x, (None,)), _array("w_rec", w_rec, (None,))
    costs = _array("costs", costs, (len(w_rec), len(w_x)))
    paths = _arrays("paths", paths or {}, (None, 2))
    # The costs span tens of orders of magnitude: from 0 at the optimum, which has no logarithm, to
    # infinity. The colours are for four orders below and above the median.
    drawable = costs[(costs > 0) & np.isfinite(costs)]
    if drawable.size == 0:
        raise ValueError("costs holds no finite value above 0, which a logarithmic scale needs")
    ax = _current(ax)
    median = np.median(drawable)
    low, high = max(drawable.min(), 1e-4 * median), min(drawable.max(), 1e4 * median)
    norm = LogNorm(low, high, clip=True)
    colours = {"norm": norm, "cmap": "viridis", "shading": "gouraud", "rasterized": True}
    mesh = ax.pcolormesh(w_x, w_rec, costs, **colours)
    ax.figure.colorbar(mesh, ax=ax, location="bottom", label="cost (sum of squared errors)")
    if optimum is not None:
        star = {"color": "white", "markeredgecolor": "black", "markersize": 12}
        ax.plot(*optimum, "*", **star, label="optimum ({:g}, {:g})".format(*optimum))
    styles = cycle(
        (
            (COLOURS["vermilion"], "-"),
            ("white", "--"),
            (COLOURS["yellow"], "-."),
            ("black", "-"),
            (COLOURS["purple"], "--"),
            (COLOURS["sky"], "-."),
        )
    )
    for (name, path), (colour, line) in zip(paths.items(), styles):
        ax.plot(path[:, 0], path[:, 1], line, color=colour, linewidth=2, label=name)
    if paths:
        starts = np.transpose([path[0] for path in paths.values()])
        ax.plot(*starts, "o", color="black", markeredgecolor="white", zorder=3, label="start")
    if ax.get_legend_handles_labels()[0]:
        ax.legend(loc="best", facecolor="black", labelcolor="white", framealpha=0.5)
    ax.set(xlabel="$w_x$", ylabel="$w_{rec}$", aspect="equal")
    ax.set(xlim=(w_x[0], w_x[-1]), ylim=(w_rec[0], w_rec[-1]))
    return ax


def gradient_over_time(
    gradients: Mapping[tuple[float, float], np.ndarray], ax: Axes | None = None
) -> Axes:
    """Draw the gradient that reaches each state on its way back through time.

    The height is its size, on a logarithmic scale with 0 below it; its sign stands in the circles.

    Parameters
    ----------
    gradients : mapping from (w_x, w_rec) to ndarray of shape (seq_len + 1,)
        For each pair of weights the gradient of the cost with respect to the states 0 to
        ``seq_len``. Sizes that are nearly equal, as at 0.5 and -0.5, are best on two Axes.
    ax : matplotlib.axes.Axes, optional
        Where to draw; None stands for the current Axes.

    Returns
    -------
    matplotlib.axes.Axes
        The Axes drawn on.

    Notes
    -----
    Source: the blog that the article draws on, its figure of unstable gradients.
    """
    gradients = _arrays("gradients", gradients, (None,))
    ax = _current(ax)
    for (w_x, w_rec), gradient in gradients.items():
        trend, colour = _gradient_trend(w_rec)
        size = np.abs(gradient)
        ax.plot(size, color=colour)
        # In a circle at each step the sign; the circle is filled where it is +.
        for sign, mark in ((1, "$+$"), (-1, "$-$"), (0, "$0$")):
            at = np.flatnonzero(np.sign(gradient) == sign)
            face, ink = (colour, "white") if sign == 1 else ("white", colour)
            ax.plot(at, size[at], ls="", marker="o", markersize=9, mfc=face, mec=colour)
            ax.plot(at, size[at], ls="", marker=mark, markersize=5, mfc=ink, mec=ink)
        label = f"$w_x$ = {w_x:g}, $w_{{rec}}$ = {w_rec:g}:\n{trend}"
        text = {"ha": "right", "va": "center", "fontsize": "small", "in_layout": False}
        ax.text(-0.6, size[0], label, color=colour, **text)
    # Logarithmic down to the smallest size, and 0 below it.
    sizes = np.abs(np.concatenate([[0.0], *gradients.values()]))
    sizes = sizes[np.isfinite(sizes)]
    smallest = 10 ** np.floor(np.log10(sizes[sizes > 0].min(initial=1)))
    ax.set_yscale("symlog", linthresh=smallest, linscale=1.2)
    ax.set(
        ylim=(-smallest / 2, 1000 * sizes.max(initial=1)),
        ylabel="size of the gradient at state $s_k$",
    )
    last = max(map(len, gradients.values()), default=1) - 1
    ax.set(xlim=(-0.75 * last - 0.1, 1.05 * last + 0.1), xlabel="time step $k$")
    ax.set_xticks([tick for tick in ax.get_xticks() if 0 <= tick <= last and tick % 1 == 0])
    arrow = {"arrowstyle": "<|-", "color": "0.3", "linewidth": 1.5}
    top = {"xycoords": ax.get_xaxis_transform(), "color": "0.3", "in_layout": False}
    ax.annotate("", (last, 0.92), (0, 0.92), arrowprops=arrow, **top)
    ax.annotate("backpropagation", (last / 2, 0.94), ha="center", va="bottom", **top)
    ax.grid(alpha=0.3)
    return ax


def _gradient_trend(w_rec: float) -> tuple[str, str]:
    """Return what becomes of a gradient that is multiplied by ``w_rec`` a step, and its colour."""
    if w_rec == 0:
        return "gone after a step", COLOURS["green"]
    if abs(w_rec) == 1:
        trend, colour = "stays the same", COLOURS["black"]
    elif abs(w_rec) > 1:
        trend, colour = "explodes", COLOURS["vermilion"]
    else:
        trend, colour = "vanishes", COLOURS["blue"]
    return (f"{trend}, alternating" if w_rec < 0 else trend), colour


def learning_rate(
    runs: Mapping[str, tuple[np.ndarray, np.ndarray]],
    chosen: Mapping[str, float] | None = None,
    threshold: float | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the final cost over the learning rate, both on logarithmic scales.

    A line is the median of the runs at a learning rate, the band around it goes from the tenth to
    the ninetieth percentile. A run that diverged counts as a cost above all others; the more of
    them did, the larger is a cross at the upper edge.

    Parameters
    ----------
    runs : mapping from name to (learning rates, final costs), both ndarray of shape (n_runs,)
        For each optimizer its runs, in any order; a cost that is not finite stands for a run that
        diverged.
    chosen : mapping from name to learning rate, optional
        Learning rates to mark with a star, each among those of the runs: the published ones.
    threshold : float, optional
        The cost under which a run counts as trained, drawn as a line.
    ax : matplotlib.axes.Axes, optional
        Where to draw; None stands for the current Axes.

    Returns
    -------
    matplotlib.axes.Axes
        The Axes drawn on.
    """
    checked = {}
    for name, (rates, costs) in runs.items():
        rates = _array(f"runs[{name!r}][0]", rates, (None,))
        checked[name] = rates, _array(f"runs[{name!r}][1]", costs, rates.shape)
    runs, chosen = checked, chosen or {}
    for name, rate in chosen.items():
        if name not in runs or rate not in runs[name][0]:
            raise ValueError(
                f"chosen[{name!r}] is {show(rate)}; expected a learning rate of"
                f" runs[{name!r}], on whose line the star is to stand"
            )
    ax = _current(ax)
    star, cross = "published choice", "diverged (size: in\nhow many runs)"
    for row, ((name, (rates, costs)), colour) in enumerate(
        zip(runs.items(), cycle(("blue", "vermilion", "green", "purple")))
    ):
        style = {"color": COLOURS[colour], "linestyle": "none", "clip_on": False}
        costs = np.where(np.isfinite(costs), costs, np.inf)
        grid = np.unique(rates)
        at_rate = [costs[rates == rate] for rate in grid]
        # The percentiles are costs of runs: between a cost and an infinite one there is none.
        low, median, high = (
            np.array([np.quantile(group, share, method="inverted_cdf") for group in at_rate])
            for share in (0.1, 0.5, 0.9)
        )
        drawn = np.isfinite(high)
        ax.fill_between(grid[drawn], low[drawn], high[drawn], color=style["color"], alpha=0.2, lw=0)
        ax.plot(grid, np.where(np.isfinite(median), median, np.nan), color=style["color"], lw=2.2)
        ax.plot([], [], color=style["color"], linewidth=2.2, label=name)
        for rate, group in zip(grid, at_rate):
            share = np.mean(np.isinf(group))
            if share > 0:
                edge = ax.get_xaxis_transform()  # the height in parts of the Axes
                size = 3 + 6 * share
                ax.plot(rate, 1 - 0.04 * row, "x", transform=edge, markersize=size, mew=2, **style)
        if name in chosen:
            y = median[grid == chosen[name]]
            ax.plot(chosen[name], y, "*", markersize=17, markeredgecolor="black", zorder=4, **style)
    grey = {"color": "0.4", "linestyle": "none"}
    if chosen:
        ax.plot([], [], "*", markersize=13, markeredgecolor="black", label=star, **grey)
    if any(not np.isfinite(costs).all() for _, costs in runs.values()):
        ax.plot([], [], "x", markersize=9, markeredgewidth=2, label=cross, **grey)
    ax.set(xscale="log", yscale="log", xlabel="learning rate")
    ax.set(ylabel="final cost (sum of squared errors)")
    if threshold is not None:
        ax.axhline(threshold, color="black", linestyle="--", linewidth=1.2)
        text = {"textcoords": "offset points", "ha": "right", "va": "top"}
        right = {"xy": (1, threshold), "xycoords": ax.get_yaxis_transform()}
        ax.annotate(f"trained: below {threshold:g}", **right, xytext=(-4, -4), **text)
    ax.grid(alpha=0.3)
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return ax


def scaling(elements: np.ndarray, times: Mapping[str, np.ndarray], ax: Axes | None = None) -> Axes:
    """Draw the time per epoch over the number of elements, both on logarithmic scales.

    Parameters
    ----------
    elements : ndarray of shape (n,)
        The sizes of the data, steps times samples, ascending.
    times : mapping from name to ndarray of shape (n,)
        For each way to compute an epoch the seconds that it takes; the first one is drawn bold.
    ax : matplotlib.axes.Axes, optional
        Where to draw; None stands for the current Axes.

    Returns
    -------
    matplotlib.axes.Axes
        The Axes drawn on.
    """
    elements = _array("elements", elements, (None,))
    times = _arrays("times", times, elements.shape)
    ax = _current(ax)
    names = ("vermilion", "orange", "blue", "sky", "purple", "green", "black")
    width = 2.5
    for (label, seconds), (name, marker) in zip(times.items(), cycle(zip(names, "osD^vPX"))):
        style = {"color": COLOURS[name], "marker": marker, "markersize": 5, "linewidth": width}
        width = 1.3
        ax.plot(elements, seconds, label=label, **style)
    ax.set(xscale="log", yscale="log", ylabel="seconds per epoch")
    ax.set(xlabel="elements of the data (steps x samples)")
    ax.grid(alpha=0.3)
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return ax


def trainability(
    learning_rates: np.ndarray,
    seq_lens: np.ndarray,
    trained: np.ndarray,
    diverged: np.ndarray,
    chosen: tuple[float, int] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw which share of the runs ends trained, over learning rate and length of the sequences.

    Parameters
    ----------
    learning_rates : ndarray of shape (n,)
        Above 0, ascending.
    seq_lens : ndarray of shape (m,)
        The lengths in steps, ascending.
    trained, diverged : ndarray of shape (m, n)
        The share of the runs that end trained, as the colour of a cell, and of those that diverge,
        as the size of a cross on it. ``trained[i, j]`` belongs to ``seq_lens[i]`` and
        ``learning_rates[j]``.
    chosen : (learning rate, length), optional
        A point to mark with a star: the published one.
    ax : matplotlib.axes.Axes, optional
        Where to draw; None stands for the current Axes.

    Returns
    -------
    matplotlib.axes.Axes
        The Axes drawn on. Its first collection is what a colour bar needs.
    """
    from matplotlib.ticker import LogLocator, NullLocator

    learning_rates = _array("learning_rates", learning_rates, (None,))
    seq_lens = _array("seq_lens", seq_lens, (None,))
    shape = (len(seq_lens), len(learning_rates))
    trained, diverged = _array("trained", trained, shape), _array("diverged", diverged, shape)
    ax = _current(ax)
    edges = _edges(learning_rates), _edges(seq_lens)
    ax.pcolormesh(*edges, trained, vmin=0, vmax=1, cmap="Blues")
    x, y = np.meshgrid(learning_rates, seq_lens)
    some = diverged > 0
    sizes = 12 * diverged[some]  # areas, in square points
    cross = {"marker": "x", "color": COLOURS["vermilion"], "linewidths": 0.9}
    ax.scatter(x[some], y[some], sizes, label="diverged (size: how many)", **cross)
    if chosen is not None:
        star = {"color": COLOURS["yellow"], "markeredgecolor": "black", "markersize": 15}
        ax.plot(*chosen, "*", label="published choice", **star)
    ax.set(xscale="log", yscale="log", xlabel="learning rate", ylabel="length in steps")
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_locator(NullLocator())
    return ax


def _edges(centres: np.ndarray) -> np.ndarray:
    """Return where cells end that meet half-way between their centres on a logarithmic scale."""
    logs = np.log(centres)
    half = (np.diff(logs) if len(logs) > 1 else np.ones(1)) / 2
    return np.exp([logs[0] - half[0], *(logs[:-1] + half), logs[-1] + half[-1]])


def nearest_forms(
    distances: Mapping[str, np.ndarray], rounding: float, ax: Axes | None = None
) -> Axes:
    """Draw how near other forms of an optimizer come to a printed cost, on a logarithmic scale.

    Parameters
    ----------
    distances : mapping from name to ndarray of shape (n,)
        For each way to change the form, a row, the distances of the nearest costs from the printed
        one. The first row is the form itself.
    rounding : float
        How far rounding can move the cost.
    ax : matplotlib.axes.Axes, optional
        Where to draw; None stands for the current Axes.

    Returns
    -------
    matplotlib.axes.Axes
        The Axes drawn on.
    """
    distances = _arrays("distances", distances, (None,))
    ax = _current(ax)
    smallest = min(d.min() for d in distances.values())
    ax.axvspan(smallest / 3, rounding, color="0.88")
    last = len(distances) - 1
    middle = np.sqrt(rounding * smallest / 3)  # on the logarithmic scale
    ax.text(middle, last, "rounding\nalone", ha="center", va="center", color="0.35")
    colours = [COLOURS["blue"], *[COLOURS["vermilion"]] * last]
    for row, (d, colour) in enumerate(zip(distances.values(), colours)):
        ax.plot(d, np.full(len(d), row), "o", color=colour, markeredgecolor="white", markersize=8)
    ax.set(xscale="log", xlim=(smallest / 3, 1), ylim=(last + 0.6, -0.6))
    ax.set_yticks(range(len(distances)), distances)
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="x", alpha=0.3)
    return ax


def rounding_spread(
    edges: np.ndarray,
    shares: Mapping[str, np.ndarray],
    printed: float,
    ax: Axes | None = None,
) -> Axes:
    """Draw what rounding makes of a cost: for several kinds of it the share of runs in each bin.

    Parameters
    ----------
    edges : ndarray of shape (n + 1,)
        The edges of the bins of the cost.
    shares : mapping from name to ndarray of shape (n,)
        For each kind of rounding the share of its runs in each bin, in percent; the first is
        filled.
    printed : float
        The printed cost, a line.
    ax : matplotlib.axes.Axes, optional
        Where to draw; None stands for the current Axes.

    Returns
    -------
    matplotlib.axes.Axes
        The Axes drawn on.
    """
    edges = _array("edges", edges, (None,))
    shares = _arrays("shares", shares, (len(edges) - 1,))
    ax = _current(ax)
    colours = (COLOURS["sky"], COLOURS["black"], COLOURS["green"])
    for row, ((name, share), colour) in enumerate(zip(shares.items(), cycle(colours))):
        ax.stairs(share, edges, color=colour, label=name, fill=row == 0, linewidth=1.6)
    ax.axvline(printed, color=COLOURS["vermilion"], linewidth=2, label=f"printed: {printed:g}")
    ax.set(ylabel="% of the runs")
    ax.grid(alpha=0.3)
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), frameon=False)
    return ax


def felt_curvature(
    curvatures: Mapping[str, np.ndarray], limit: float, ax: Axes | None = None
) -> Axes:
    """Draw the curvature that each step feels, and the limit above which steps are unstable.

    Parameters
    ----------
    curvatures : mapping from name to ndarray of shape (n_epochs,)
        For each run the largest eigenvalue of ``S^(1/2) H S^(1/2)`` at each epoch: ``H`` is the
        Hessian of the cost, and ``S`` the diagonal of what the gradient is multiplied by.
    limit : float
        The largest at which a step is stable: 2 for gradient descent,
        ``2 (1 + mu) / (1 + 2 mu)`` for a Nesterov step with momentum ``mu``.
    ax : matplotlib.axes.Axes, optional
        Where to draw; None stands for the current Axes.

    Returns
    -------
    matplotlib.axes.Axes
        The Axes drawn on.

    Notes
    -----
    Source: Cohen et al., "Adaptive Gradient Methods at the Edge of Stability", 2022.
    """
    curvatures = _arrays("curvatures", curvatures, (None,))
    ax = _current(ax)
    colours = zip(cycle((COLOURS["blue"], COLOURS["orange"])), cycle("-:"))
    for (name, curvature), (colour, line) in zip(curvatures.items(), colours):
        epochs = np.arange(1, len(curvature) + 1)
        ax.plot(epochs, curvature, line, color=colour, linewidth=1.8, label=name)
    red = COLOURS["vermilion"]
    ax.axhline(limit, color=red, linewidth=1.5)
    at_edge = {"transform": ax.get_yaxis_transform(), "ha": "right"}
    ax.text(0.99, limit + 0.25, f"unstable above {limit:g}", color=red, **at_edge)
    top = 1.1 * max(limit, *(curvature.max() for curvature in curvatures.values()))
    ax.axhspan(limit, top, color=red, alpha=0.08, linewidth=0)
    ax.set(xlabel="epoch", ylabel="felt curvature", ylim=(0, top))
    ax.grid(alpha=0.3)
    return ax
