"""The pictures: one function per figure, each draws arrays on an Axes and returns the Axes.

- :func:`network`: the network, folded and unfolded over time;
- :func:`loss_curve`: the cost over the epochs, with the article's printed costs as points;
- :func:`cost_surface`: the cost over the two weights, with the paths that training takes;
- :func:`gradient_over_time`: the gradient that reaches each step: vanishing, exploding,
  alternating.

Without an Axes they draw on the current one, as pyplot does. matplotlib is imported when a picture
is drawn, not before.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["COLOURS", "PATH_COLOURS", "cost_surface", "gradient_over_time", "loss_curve", "network"]

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
# Those of paths on a cost surface, in turn.
PATH_COLOURS = (COLOURS["vermilion"], "white", COLOURS["yellow"], "black", COLOURS["purple"])


def _current_axes() -> Axes:
    """Return the Axes that pyplot draws on."""
    import matplotlib.pyplot as plt

    return plt.gca()


def network(ax: Axes | None = None) -> Axes:
    """Draw the network: folded on the left, unfolded over time on the right.

    Parameters
    ----------
    ax : matplotlib.axes.Axes, optional
        The current Axes by default. Best twice as wide as high or wider.

    Notes
    -----
    Source: the article's figure "Simple RNN structure", SRNmodel2.
    """
    from matplotlib.patches import Circle, FancyArrowPatch

    ax = ax or _current_axes()
    inputs, weights = COLOURS["blue"], COLOURS["vermilion"]
    low, middle, high, radius = 0.0, 1.5, 3.0, 0.36  # 1.5 apart

    def unit(x: float, y: float, label: str, colour: str = COLOURS["black"]) -> None:
        ax.add_patch(Circle((x, y), radius, facecolor="white", edgecolor=colour, linewidth=1.8))
        ax.text(x, y, label, ha="center", va="center", fontsize=14, color=colour)

    def arrow(start: tuple, end: tuple, colour: str, **style: object) -> None:
        style = {"arrowstyle": "-|>", "mutation_scale": 15, "linewidth": 1.8, **style}
        ax.add_patch(FancyArrowPatch(start, end, color=colour, shrinkA=0, shrinkB=0, **style))

    # A label's distance from its arrow is in points, as the size of the arrow's head is.
    text = {"fontsize": 12, "textcoords": "offset points"}

    def up(x: float, start: float, colour: str, label: str) -> None:
        arrow((x, start + radius), (x, start + 1.5 - radius), colour)
        ax.annotate(label, (x, start + 0.75), (7, 0), color=colour, va="center", **text)

    def onward(start: float, end: float, label: str = "$W_{rec}$") -> None:
        arrow((start, middle), (end, middle), weights)
        above = {"xytext": (-3, 5), "ha": "center", "va": "bottom"}
        ax.annotate(label, ((start + end) / 2, middle), color=weights, **above, **text)

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
        onward(columns[a] + radius, columns[b] - radius)
    dots = 8.05
    ax.text(dots, middle, "$\\cdots$", fontsize=18, ha="center", va="center")
    ax.text(dots, low, "$\\cdots$", fontsize=18, ha="center", va="center")
    onward(columns["2"] + radius, dots - 0.32, label="")
    onward(dots + 0.32, columns["n"] - radius)
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
        Its colour; the next one of :data:`COLOURS` by default, blue for the first curve.
    ax : matplotlib.axes.Axes, optional
        The current Axes by default.

    Notes
    -----
    Source: the article's figures rnn_loss_log1 and rnn_loss_log2.
    """
    from matplotlib import cycler

    ax = ax or _current_axes()
    if not ax.lines:
        # For what a user draws on it, too: solid lines of all colours, then dashed ones.
        colours = cycler(color=[COLOURS[name] for name in _CURVES])
        ax.set_prop_cycle(cycler(linestyle=["-", "--"]) * colours)
    if published and label is None:
        label = "this package"
    ax.plot(np.arange(1, len(costs) + 1), costs, color=color, label=label)
    if published:
        printed = {"label": "printed in the article", "color": COLOURS["vermilion"]}
        circle = {"markersize": 5, "markerfacecolor": "none", "markeredgewidth": 1.5}
        ax.plot(list(published), list(published.values()), "o", **printed, **circle, clip_on=False)
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
        The current Axes by default. A colour bar is put below it.
    optimum : (float, float), optional
        Where to put a star; none by default.

    Notes
    -----
    Source: the blog that the article points to for the non-linearity of the cost.
    """
    from matplotlib.colors import LogNorm

    ax, costs, paths = ax or _current_axes(), np.asarray(costs), paths or {}
    # The costs span tens of orders of magnitude: from 0 at the optimum, which has no logarithm, to
    # infinity. The colours are for four orders below and above the median.
    drawable = costs[(costs > 0) & np.isfinite(costs)]
    median = np.median(drawable)
    low, high = max(drawable.min(), 1e-4 * median), min(drawable.max(), 1e4 * median)
    norm = LogNorm(low, high, clip=True)
    colours = {"norm": norm, "cmap": "viridis", "shading": "gouraud", "rasterized": True}
    mesh = ax.pcolormesh(w_x, w_rec, costs, **colours)
    ax.figure.colorbar(mesh, ax=ax, location="bottom", label="cost (sum of squared errors)")
    if optimum is not None:
        star = {"color": "white", "markeredgecolor": "black", "markersize": 12}
        ax.plot(*optimum, "*", **star, label="optimum ({:g}, {:g})".format(*optimum))
    styles = zip(cycle(PATH_COLOURS), cycle(("-", "--", "-.")))
    for (name, path), (colour, line) in zip(paths.items(), styles):
        xs, ys = np.transpose(path)
        ax.plot(xs, ys, line, color=colour, linewidth=2, label=name)
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
        The current Axes by default.

    Notes
    -----
    Source: the blog that the article draws on, its figure of unstable gradients.
    """
    ax = ax or _current_axes()
    for (w_x, w_rec), gradient in gradients.items():
        trend, colour = _gradient_trend(w_rec)
        size = np.abs(gradient)
        ax.plot(size, color=colour)
        # In a circle at each step the sign; the circle is filled where it is +.
        for sign, mark in ((1, "$+$"), (-1, "$-$"), (0, "$0$")):
            steps = np.flatnonzero(np.sign(gradient) == sign)
            face, ink = (colour, "white") if sign == 1 else ("white", colour)
            ax.plot(steps, size[steps], ls="", marker="o", markersize=9, mfc=face, mec=colour)
            ax.plot(steps, size[steps], ls="", marker=mark, markersize=5, mfc=ink, mec=ink)
        label = f"$w_x$ = {w_x:g}, $w_{{rec}}$ = {w_rec:g}:\n{trend}"
        text = {"ha": "right", "va": "center", "fontsize": "small", "in_layout": False}
        ax.text(-0.6, size[0], label, color=colour, **text)
    # Logarithmic down to the smallest size, and 0 below it.
    sizes = np.abs(np.concatenate(list(gradients.values())))
    sizes = sizes[np.isfinite(sizes)]
    smallest = 10 ** np.floor(np.log10(sizes[sizes > 0].min(initial=1)))
    ax.set_yscale("symlog", linthresh=smallest, linscale=1.2)
    ax.set(ylim=(-smallest / 2, 1000 * sizes.max()), ylabel="size of the gradient at state $s_k$")
    last = max(map(len, gradients.values())) - 1
    ax.set(xlim=(-0.75 * last - 0.1, 1.05 * last + 0.1), xlabel="time step $k$")
    ax.set_xticks([tick for tick in ax.get_xticks() if 0 <= tick <= last and tick % 1 == 0])
    arrow = {"arrowstyle": "<|-", "color": "0.3", "linewidth": 1.5}
    top = {"xycoords": ax.get_xaxis_transform(), "color": "0.3", "in_layout": False}
    ax.annotate("", (last, 0.92), (0, 0.92), arrowprops=arrow, **top)
    ax.annotate("backpropagation", (last / 2, 0.94), ha="center", va="bottom", **top)
    ax.grid(alpha=0.3)
    return ax


def _gradient_trend(w_rec: float) -> tuple[str, str]:
    """Return what becomes of a gradient that each step multiplies by ``w_rec``, and a colour."""
    if w_rec == 0:
        return "gone after a step", COLOURS["green"]
    if abs(w_rec) == 1:
        trend, colour = "stays the same", COLOURS["black"]
    elif abs(w_rec) > 1:
        trend, colour = "explodes", COLOURS["vermilion"]
    else:
        trend, colour = "vanishes", COLOURS["blue"]
    return (f"{trend}, alternating" if w_rec < 0 else trend), colour
