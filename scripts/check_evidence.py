"""Ask the printed digits why they are these: which RMSProp, which order of rounding, and chance.

    scripts/in_venv python scripts/check_evidence.py

Five answers, computed in NumPy in less than a minute; nothing is compiled. Only the published
lines, and how a line is printed, come from the package. Prints what it finds, and writes it to
figures/evidence.csv and figures/edge_of_stability.csv with a picture of each. With --redraw the
pictures are drawn again from these tables, without computing anything.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import _console  # before Aesara
import _replay as replay
import numpy as np
from _figures import drawing_options, read_table, save_figure, write_table
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.polynomial import Polynomial

from simple_rnn import article
from simple_rnn.history import cost_line, final_line, initial_line
from simple_rnn.plotting import COLOURS

Array = np.ndarray
Facts = dict[str, dict[str, float]]  # for each part of the evidence what was found: name -> number

GD, RMSPROP = article.CONDITIONS["gd"], article.CONDITIONS["rmsprop"]
LINE_100, LINE_200 = RMSPROP.published_costs[100], RMSPROP.published_costs[200]
# Names of parts that are drawn.
NEAREST = "nearest to line 100"
WAYS = "equal ways to write the update"
NOISE = "last bit of the gradients at random"
SHARES = "% of runs by line 200: "  # and WAYS or NOISE: the bars of a histogram
EDGES = np.arange(0.290, 0.3601, 0.001)  # of its bars


def start(n_variants: int = 1, dtype: str = "float32") -> Array:
    """Return the article's initial weights, once for each variant."""
    return np.repeat(replay.task(dtype)[2], n_variants, axis=1)


def run(step: replay.Step, n_variants: int = 1, **options: Any) -> tuple[Array, Array]:
    """Return the costs, (n_epochs, n_variants), and the last weights, (2, n_variants)."""
    costs, weights = zip(*replay.epochs(step, start(n_variants), **options))
    return np.array(costs), weights[-1]


def exact_lines(published: article.Condition, costs: Array, last: Array) -> Array:
    """Return, of shape (n_variants,), how many of the 22 published lines come out."""
    epochs, first = list(published.published_costs), initial_line(start()[:, 0])
    lines = [
        [first, *map(cost_line, epochs, printed), final_line(weights)]
        for printed, weights in zip(costs[np.array(epochs) - 1].T, last.T)
    ]
    return (np.array(lines) == published.published_lines).sum(axis=1)


# 1. An independent replay prints the article's lines.


def replayed() -> Facts:
    """Run both trainings in NumPy."""
    descent, rmsprop = run(replay.gradient_descent()), run(replay.rmsprop()[0])
    return {
        "replay in NumPy": {
            "gradient descent: exact lines of 22": exact_lines(GD, *descent).item(),
            "RMSProp: exact lines of 22": exact_lines(RMSPROP, *rmsprop).item(),
        }
    }


# 2. Of the forms of RMSProp only one fits line 100. To train tens of thousands side by side takes a
# cheap cost and gradient. The answer to a sequence is w_x p(w_rec), with p(w_rec) the sum over t of
# x_t w_rec^(n - t). So the cost over all samples is C - 2 w_x B(w_rec) + w_x^2 Q(w_rec), with
# C = sum of y^2 and the polynomials B = sum of y p and Q = sum of p^2.

SEQUENCES, TARGETS, _ = replay.task("float64")
# Ascending powers: the last step comes first.
ANSWERS = [Polynomial(sequence[::-1]) for sequence in SEQUENCES[:, :, 0].T]
C = (TARGETS**2).sum()
B = sum(y * p for y, p in zip(TARGETS[:, 0], ANSWERS))
Q = sum(p**2 for p in ANSWERS)


def cost(w_x: Array, w_rec: Array) -> Array:
    """Return the sum of squared errors; the weights are arrays of any one shape."""
    return C - 2 * w_x * B(w_rec) + w_x**2 * Q(w_rec)


def gradient(w_x: Array, w_rec: Array) -> Array:
    """Return the gradient of the cost, with one axis of length 2 in front."""
    by_w_x = 2 * w_x * Q(w_rec) - 2 * B(w_rec)
    return np.array([by_w_x, w_x**2 * Q.deriv()(w_rec) - 2 * w_x * B.deriv()(w_rec)])


# In each row the form used comes first.
FORMS = {
    "momentum": [
        *(f"{kind} {mu}" for kind in ("Nesterov", "heavy ball") for mu in (0.5, 0.03, 0.75, 0.9)),
        "no 0.0",
    ],
    "decay": [0.9, 0.8, 0.95, 0.99, 0.999],
    "rescaled by": ["root of the norm", "norm", "nothing"],
    "accumulators from": ["0", "1", "0, corrected"],
    "centred": [True, False],
}
# What line 100 cannot tell: these may differ without another digit.
UNSEEN = {
    "threshold": [5.0, 1.0, 10.0],
    "epsilon as": ["floor", "inside the root", "outside the root"],
    "epsilon": [1e-4, 1e-3, 1e-6, 1e-8, 1e-10],
}


def all_forms() -> dict[str, Array]:
    """Return all combinations, for each name in FORMS and UNSEEN an array."""
    columns = zip(*product(*FORMS.values(), *UNSEEN.values()))
    forms = dict(zip([*FORMS, *UNSEEN], map(np.array, columns)))
    # Without rescaling there is no threshold.
    kept = (forms["rescaled by"] != "nothing") | (forms["threshold"] == UNSEEN["threshold"][0])
    return {name: column[kept] for name, column in forms.items()}


def line_100(forms: dict[str, Array]) -> Array:
    """Train with all forms side by side, in float64, and return the cost of epoch 100."""
    nesterov = np.char.startswith(forms["momentum"], "Nesterov")
    mu = np.array([float(momentum.split()[-1]) for momentum in forms["momentum"]])
    threshold = np.where(forms["rescaled by"] == "nothing", np.inf, forms["threshold"])
    decay = forms["decay"]
    # Each is the epsilon where it is used in this way, else 0.
    floor, inside, outside = (
        np.where(forms["epsilon as"] == way, forms["epsilon"], 0) for way in UNSEEN["epsilon as"]
    )
    p = start(len(mu), "float64")
    s = np.zeros_like(p) + (forms["accumulators from"] == "1")
    a, m = np.zeros_like(p), np.zeros_like(p)
    for epoch in range(1, 100):
        g = gradient(*p)
        norm = np.hypot(*g)
        n = np.where(forms["rescaled by"] == "root of the norm", np.sqrt(norm), norm)
        g = g / np.maximum(1, n / threshold)
        s, a = decay * s + (1 - decay) * g**2, decay * a + (1 - decay) * g
        known = np.where(forms["accumulators from"] == "0, corrected", 1 - decay**epoch, 1)
        variance = np.maximum(s / known - forms["centred"] * (a / known) ** 2, 0)
        r = np.maximum(np.sqrt(variance + inside), floor) + outside
        d = RMSPROP.learning_rate * g / r
        m = mu * m - d
        p = p + np.where(nesterov, mu * m - d, m)
    return cost(*p)


def forms_of_rmsprop(rounding: float) -> Facts:
    """Compare line 100 of all forms with the printed one; ``rounding`` moves it so far at most."""
    forms = all_forms()
    with np.errstate(all="ignore"):  # some forms diverge
        far = np.nan_to_num(abs(line_100(forms) - LINE_100), nan=np.inf)
    used = np.all([forms[name] == values[0] for name, values in FORMS.items()], axis=0)
    return {
        "forms of RMSProp": {
            "tried": np.prod([len(values) for values in FORMS.values()]),
            "tried, with other thresholds and epsilons": len(far),
            "rounding moves line 100 by at most": rounding,
            f"line 100 so near to {LINE_100:.4f}": (far <= rounding).sum(),
            "of these another form than the one used": (far[~used] <= rounding).sum(),
        },
        NEAREST: {
            "the form used": far[0],
            **{
                f"{name}: {value}": far[forms[name] == value].min()
                for name, values in FORMS.items()
                for value in values[1:]
            },
        },
    }


# 3. Of the equal ways to write the update few print all lines, and no one rule gives both tables.


def run_ways(ways: Array, **options: Any) -> tuple[Array, Array]:
    """Train with RMSProp, its update written in each of the ways."""
    return run(replay.rmsprop(dict(zip(replay.WAYS, ways)))[0], ways.shape[1], **options)


def equal_ways() -> Facts:
    """Write the update in many equal ways, and see which print the article's lines."""
    ways = np.array(list(product(*(range(len(ways)) for ways in replay.ALL_WAYS.values())))).T
    n_fused = (ways >= [[len(unfused)] for unfused in replay.WAYS.values()]).sum(axis=0)
    costs = run_ways(ways, n_epochs=200)[0][[99, 199]].astype("float64")
    as_printed = np.around(costs, 4) == [[LINE_100], [LINE_200]]
    # Only these can print all lines: the others need not go on.
    chosen = as_printed.all(axis=0)
    chosen[chosen] = exact_lines(RMSPROP, *run_ways(ways[:, chosen])) == 22

    # A machine rounds both trainings by one rule.
    unfused, root_in_float64 = n_fused == 0, ways[0] == 0
    of_rules = {}
    for rule, fused, by_rule in (
        ("nothing fused, all float32", False, unfused & ~root_in_float64),
        ("nothing fused, the root in float64", False, unfused & root_in_float64),
        ("all fused that can be", True, n_fused == len(replay.FUSED_WAYS)),
    ):
        descent = exact_lines(GD, *run(replay.gradient_descent(fused)))
        rmsprop = exact_lines(RMSPROP, *run_ways(ways[:, by_rule]))
        of_rules[f"{rule}: at most"] = (descent + rmsprop).max()

    literal = run(replay.rmsprop(replay.LITERAL)[0])
    return {
        WAYS: {
            "tried": len(chosen),
            "with line 100 as printed": as_printed[0].sum(),
            "with all 22 lines as printed": chosen.sum(),
            "without fused multiply-add: tried": unfused.sum(),
            "without fused multiply-add: with all 22 lines": chosen[unfused].sum(),
            "smallest line 100": costs[0].min(),
            "largest line 100": costs[0].max(),
            "smallest line 200": costs[1].min(),
            "largest line 200": costs[1].max(),
            "Kastner's own: exact lines of 22": exact_lines(RMSPROP, *literal).item(),
        },
        SHARES + WAYS: shares(costs[1]),
        "lines of 44 by one rule of rounding": of_rules,
    }


def shares(line_200: Array) -> dict[str, float]:
    """Return how the runs are spread over line 200."""
    percents = 100 * np.histogram(line_200, EDGES)[0] / len(line_200)
    return {f"{e:.3f} to {e + 0.001:.3f}": percent for e, percent in zip(EDGES, percents)}


# 4. With noise of the size of a rounding error some runs still print all lines.


def noisy_run(step: replay.Step) -> tuple[Array, Array]:
    """Train 1,000 times, each gradient moved by its last bit at random: up, down or not at all."""
    rng = np.random.RandomState(0)

    def jog(g: Array) -> Array:
        return g + rng.randint(-1, 2, g.shape).astype("float32") * np.spacing(g)

    return run(step, 1000, disturb=jog)


def noise() -> Facts:
    """See what becomes of the printed lines when the last bit of the gradients is random."""
    descent, rmsprop = noisy_run(replay.gradient_descent()), noisy_run(replay.rmsprop()[0])
    all_22 = "of 1,000 runs with all 22 lines"
    return {
        NOISE: {
            f"RMSProp: {all_22}": (exact_lines(RMSPROP, *rmsprop) == 22).sum(),
            f"gradient descent: {all_22}": (exact_lines(GD, *descent) == 22).sum(),
        },
        SHARES + NOISE: shares(rmsprop[0][199]),
    }


# 5. The curvature that a step feels passes its limit, and rides on it. The literature calls it the
# preconditioned sharpness: Cohen et al., Adaptive Gradient Methods at the Edge of Stability, 2022.

# Above it a Nesterov step is unstable.
NESTEROV_LIMIT = 2 * (1 + replay.MOMENTUM) / (1 + 2 * replay.MOMENTUM)


def curvature(w_x: Array, w_rec: Array, scale: Array) -> Array:
    """Return the largest eigenvalue of S^(1/2) H S^(1/2), with H the Hessian of the cost.

    ``scale``, with one axis of length 2 in front, is the diagonal of S: how far a step goes per
    unit of the gradient, for each weight.
    """
    s_x, s_rec = scale
    xx = s_x * 2 * Q(w_rec)
    xr = np.sqrt(s_x * s_rec) * (2 * w_x * Q.deriv()(w_rec) - 2 * B.deriv()(w_rec))
    rr = s_rec * (w_x**2 * Q.deriv(2)(w_rec) - 2 * w_x * B.deriv(2)(w_rec))
    # The larger root of the characteristic polynomial of a symmetric 2 x 2 matrix.
    return (xx + rr) / 2 + np.hypot((xx - rr) / 2, xr)


def edge_of_stability() -> tuple[Facts, dict[str, Array]]:
    """Train with RMSProp; return the facts, and a table of each epoch's cost and felt curvature."""
    step, memory = replay.rmsprop()
    epochs = [(*epoch, memory["r"]) for epoch in replay.epochs(step, start())]
    costs, weights_after, r = map(np.hstack, zip(*epochs))
    w = np.hstack([start(), weights_after[:, :-1]]).astype("float64")
    n = np.sqrt(np.hypot(*gradient(*w)))
    felt = curvature(*w, replay.RMSPROP_RATE / np.maximum(1, n / replay.RESCALE) / r)
    table = {"epoch": range(1, article.N_EPOCHS + 1), "cost": costs, "felt curvature": felt}
    facts = {
        "first epoch with a felt curvature above 1.5": (felt > NESTEROV_LIMIT).argmax() + 1,
        "smallest felt curvature from epoch 300 on": felt[299:].min(),
        "largest felt curvature from epoch 300 on": felt[299:].max(),
    }
    return {"edge of stability": facts}, table


def gather() -> tuple[Facts, dict[str, Array]]:
    """Return all facts, and the table of the felt curvature."""
    ways = equal_ways()
    bounds = ways[WAYS]["smallest line 100"], ways[WAYS]["largest line 100"]
    forms = forms_of_rmsprop(rounding=max(abs(bound - LINE_100) for bound in bounds))
    of_edge, table = edge_of_stability()
    return replayed() | forms | ways | noise() | of_edge, table


def show(facts: Facts) -> None:
    """Print the facts, part by part, without those that are only drawn."""
    for part, found in facts.items():
        if not part.startswith(SHARES):
            print(f"\n{part}")
            for what, value in found.items():
                print(f"  {what:<50} {value:>12,.7g}")


# The pictures, each drawn from its table.


def read_facts(path: Path) -> Facts:
    """Return the facts that were written to a table."""
    facts: Facts = {}
    for part, what, value in zip(*read_table(path).values()):
        facts.setdefault(part, {})[what] = value
    return facts


def draw_evidence(facts: Facts, figure: Figure) -> None:
    """Draw what line 100 says about the form of RMSProp, and line 200 about rounding."""
    left, right = figure.subplots(1, 2, width_ratios=(5, 4))
    forms = facts["forms of RMSProp"]
    draw_forms(left, facts[NEAREST], forms["rounding moves line 100 by at most"])
    left.set_title(f"Form: of {forms['tried']:,.0f} only one fits line 100", fontsize="medium")
    for runs, colour in ((WAYS, "sky"), (NOISE, "black")):
        style = {"color": COLOURS[colour], "fill": runs == WAYS, "linewidth": 1.6}
        right.stairs(list(facts[SHARES + runs].values()), EDGES, label=runs, **style)
    red = COLOURS["vermilion"]
    right.axvline(LINE_200, color=red, linewidth=2, label=f"printed: {LINE_200:g}")
    right.set_ylabel("% of the runs")
    right.set_xlabel("line 200 (cost at epoch 200)", labelpad=2)
    right.set_title("Rounding: line 200 could be any of these", fontsize="medium")
    right.grid(alpha=0.3)
    right.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), frameon=False)


def draw_forms(ax: Axes, nearest: dict[str, float], rounding: float) -> None:
    """Draw how near other forms of RMSProp come to line 100: one row per way to change it."""
    titles = ["the form used here", "another momentum", "another decay"]
    titles += ["the norm, or no rescaling", "another start", "not centred"]
    last, left = len(titles) - 1, nearest["the form used"] / 3
    ax.axvspan(left, rounding, color="0.88")
    middle = np.sqrt(rounding * left)  # on the logarithmic scale
    ax.text(middle, last, "rounding\nalone", ha="center", va="center", color="0.35")
    for row, begin in enumerate(["the form used", *FORMS]):
        distances = sorted(far for what, far in nearest.items() if what.startswith(begin))
        style = {"color": COLOURS["vermilion" if row else "blue"], "markeredgecolor": "white"}
        ax.plot(distances, [row] * len(distances), "o", markersize=8, **style)
    ax.set(xscale="log", xlim=(left, 1), ylim=(last + 0.6, -0.6))
    ax.set_yticks(range(len(titles)), titles)
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="x", alpha=0.3)
    ax.set(xlabel=f"distance of line 100 from the printed {LINE_100:.4f}")


def draw_edge_of_stability(table: dict[str, Array], figure: Figure) -> None:
    """Draw the cost of RMSProp, and below it the curvature that its steps feel."""
    epochs, costs, felt = table.values()
    above, below = figure.subplots(2, 1, sharex=True)
    for ax, values in ((above, costs), (below, felt)):
        ax.plot(epochs, values, color=COLOURS["blue"], linewidth=1.8)
        ax.grid(alpha=0.3)
    above.set(yscale="log", ylabel="cost")
    red, top = COLOURS["vermilion"], 1.2 * felt.max()
    below.axhline(NESTEROV_LIMIT, color=red, linewidth=1.5)
    below.axhspan(NESTEROV_LIMIT, top, color=red, alpha=0.08, linewidth=0)
    at_right = {"transform": below.get_yaxis_transform(), "ha": "right"}
    below.text(0.99, NESTEROV_LIMIT + 0.25, "unstable above 1.5", color=red, **at_right)
    for text, end, begin in (
        ("climbs: the gradient\nhardly changes, so\nthe steps grow", (144, 1.55), (84, 2.4)),
        ("breaks: the last bit has grown\ninto an oscillation", (157, 3.18), (190, 2.9)),
        ("and rides on the limit to the end", (280, 1.55), (225, 2.2)),
    ):
        below.annotate(text, end, begin, arrowprops={"arrowstyle": "->", "color": "0.4"})
    below.set(xlabel="epoch", ylabel="felt curvature", xlim=(80, 400), ylim=(0, top))
    figure.suptitle("RMSProp at the edge of stability")


def main(arguments: list[str] | None = None) -> None:
    """Compute the evidence, print it, write it and draw it."""
    options = drawing_options(__doc__).parse_args(arguments)
    evidence = options.output_dir / "evidence.csv"
    edge = options.output_dir / "edge_of_stability.csv"
    if not options.redraw:
        _console.say("Training in NumPy, in many ways")
        facts, table = gather()
        show(facts)
        rows = ((part, what, value) for part in facts for what, value in facts[part].items())
        write_table(evidence, ["part", "what", "value"], rows)
        write_table(edge, table, zip(*table.values()))
    facts, table = read_facts(evidence), read_table(edge)
    save_figure(evidence.with_suffix(".png"), (9.4, 4.0), draw_evidence, facts)
    save_figure(edge.with_suffix(".png"), (8.2, 5.4), draw_edge_of_stability, table)


if __name__ == "__main__":
    main()
