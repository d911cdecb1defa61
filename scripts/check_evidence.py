"""Ask the printed digits why they are these: which RMSProp, which order of rounding, and chance.

    scripts/in_venv python scripts/check_evidence.py

All numbers are computed in NumPy, in a minute, and nothing is compiled; only the published lines,
and how a line is printed, come from the package. Prints what it finds and writes it to
figures/evidence.csv, with figures/evidence.png, and figures/edge_of_stability.csv and .png. With
--quick it takes fewer draws and forms, and writes nothing unless --output-dir names a folder.
"""

from __future__ import annotations

from _console import option_parser, output_folder, progress, run_main, short

# _console comes first: it reports in one line that a package is missing, or Ctrl-C.
# isort: split
import argparse
from collections.abc import Iterable
from itertools import groupby, product
from typing import Any, NamedTuple

import _replay as replay
import numpy as np
from _figures import (
    FIGURES_FOLDER,
    NESTEROV_LIMIT,
    SHARES,
    save_edge_of_stability,
    save_evidence,
    write_table,
)
from _landscape import Landscape

from simple_rnn import article
from simple_rnn.history import REPORT_EVERY, cost_line, final_line, initial_line

Array = np.ndarray
PUBLISHED = {name: article.CONDITIONS[name] for name in ("gd", "rmsprop")}
LINES = range(100, article.N_EPOCHS, REPORT_EVERY)
LINE_100 = PUBLISHED["rmsprop"].published_costs[100]


class Fact(NamedTuple):
    """A number that was found, where there is one with its range: a row of evidence.csv."""

    part: str
    what: str
    value: float
    lowest: float = np.nan
    highest: float = np.nan


class Run(NamedTuple):
    """Many variants of a training side by side: the weights at first and at last, and all costs."""

    first: Array  # (2, n_variants)
    costs: Array  # (n_epochs, n_variants)
    last: Array  # (2, n_variants)

    def exact_lines(self, name: str) -> Array:
        """Return, of shape (22, n_variants), which of a condition's published lines it prints."""
        lines = [
            [initial_line(first), *(cost_line(e, costs[e - 1]) for e in LINES), final_line(last)]
            for first, costs, last in zip(self.first.T, self.costs.T, self.last.T)
        ]
        return np.transpose(lines) == np.transpose([PUBLISHED[name].published_lines])


def run(step: replay.Step, first: Array, n_epochs: int = article.N_EPOCHS, **options: Any) -> Run:
    """Train from the weights ``first``; ``options`` as in :func:`_replay.epochs`."""
    costs, weights = zip(*replay.epochs(step, first, str(first.dtype), n_epochs, **options))
    return Run(first, np.array(costs), weights[-1])


def start(n_variants: int = 1, dtype: str = "float32") -> Array:
    """Return the article's initial weights, once for each variant."""
    return np.repeat(replay.task(dtype)[2], n_variants, axis=1)


# Each part of the evidence is a function that returns the facts it finds.


def replayed() -> list[Fact]:
    """Run both trainings in NumPy, and see how near RMSProp comes to its two guards."""
    part = "replay in NumPy"
    descent = run(replay.gradient_descent(), start())
    step, memory = replay.rmsprop()
    variances, roots = [], []

    def watched(p: Array, g: Array) -> Array:
        p = step(p, g)
        variances.append(memory["variance"].min())
        roots.append(memory["r"].min())
        return p

    rmsprop = run(watched, start())
    unfused = run(replay.gradient_descent(fused=False), start())
    return [
        Fact(part, "gradient descent: exact lines of 22", descent.exact_lines("gd").sum()),
        Fact(part, "the same, its step rounded twice", unfused.exact_lines("gd").sum()),
        Fact(part, "RMSProp: exact lines of 22", rmsprop.exact_lines("rmsprop").sum()),
        Fact(part, "RMSProp: smallest variance s - a^2", min(variances)),
        Fact(part, "RMSProp: smallest root r (its floor is 0.0001)", min(roots)),
    ]


class Form(NamedTuple):
    """A form of RMSProp."""

    centred: bool = True
    momentum: tuple[str, float] = ("Nesterov", 0.5)
    rescaled_by: str = "root of the norm"
    decay: float = 0.9
    accumulators_from: str = "0"
    threshold: float = 5.0
    epsilon_as: str = "floor"
    epsilon: float = 1e-4
    learning_rate: float = 1e-3


KINDS = ("heavy ball", "Nesterov")
FORMS = {
    "centred": (True, False),
    "momentum": (("no", 0.0), *product(KINDS, (0.03, 0.5, 0.75, 0.9))),
    "rescaled_by": ("root of the norm", "norm", "nothing"),
    "decay": (0.8, 0.9, 0.95, 0.99, 0.999),
    "accumulators_from": ("0", "1", "0, corrected"),
    "threshold": (1.0, 5.0, 10.0),
    "epsilon_as": ("floor", "inside the root", "outside the root"),
    "epsilon": (1e-3, 1e-4, 1e-6, 1e-8, 1e-10),
}
# What line 100 cannot tell: these may differ without another digit.
UNSEEN = {"threshold", "epsilon_as", "epsilon"}


FINER = {
    "momentum": (("no", 0.0), *product(KINDS, (0.03, *np.arange(1, 20) / 20))),
    "decay": (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.97, 0.99, 0.995, 0.999),
    "threshold": (5.0,),
    "epsilon_as": ("floor",),
    "epsilon": (1e-4,),
}


def all_forms(grid: dict[str, tuple], quick: bool = False) -> list[Form]:
    """Return the forms of a grid; without rescaling there is no threshold."""
    forms = (Form(*values) for values in product(*grid.values()))
    forms = [f for f in forms if f.rescaled_by != "nothing" or f.threshold == Form().threshold]
    return [f for f in forms if f.epsilon == Form().epsilon] if quick else forms


def train_forms(forms: Iterable[Form], n_epochs: int = article.N_EPOCHS) -> tuple[Array, Array]:
    """Train with all forms in float64; return the costs at the printed epochs and the weights."""
    columns = Form(*map(np.array, zip(*forms)))
    kind, mu = columns.momentum.T[0], columns.momentum.T[1].astype(float)
    threshold = np.where(columns.rescaled_by == "nothing", np.inf, columns.threshold)
    by_root, decay, epsilon = (
        columns.rescaled_by == "root of the norm",
        columns.decay,
        columns.epsilon,
    )
    landscape = Landscape(replay.task("float64")[0][:, :, 0])
    p = start(len(mu), "float64")
    s = np.zeros_like(p) + (columns.accumulators_from == "1")
    a, m, costs = np.zeros_like(p), np.zeros_like(p), []
    with np.errstate(all="ignore"):  # some forms diverge
        for epoch in range(1, n_epochs + 1):
            if epoch in LINES:
                costs.append(landscape.cost(*p))
            g = landscape.gradient(*p)
            norm = np.hypot(*g)
            g = g / np.maximum(1, np.where(by_root, np.sqrt(norm), norm) / threshold)
            s, a = decay * s + (1 - decay) * g**2, decay * a + (1 - decay) * g
            known = np.where(columns.accumulators_from == "0, corrected", 1 - decay**epoch, 1)
            variance = np.maximum(s / known - columns.centred * (a / known) ** 2, 0)
            r = np.select(
                [columns.epsilon_as == "floor", columns.epsilon_as == "inside the root"],
                [np.maximum(np.sqrt(variance), epsilon), np.sqrt(variance + epsilon)],
                np.sqrt(variance) + epsilon,
            )
            d = columns.learning_rate * g / r
            m = mu * m - d
            p = p + np.where(kind == "Nesterov", mu * m - d, m)
    return np.array(costs), p


def distance(line_100: Array) -> Array:
    """Return how far line 100 is from the printed one; infinity where it is not finite."""
    return np.nan_to_num(np.abs(line_100 - LINE_100), nan=np.inf, posinf=np.inf)


def reach(bounds: tuple[float, float]) -> float:
    """Return how far rounding moves line 100 from the printed one, at most."""
    return max(abs(bound - LINE_100) for bound in bounds)


def is_used(form: Form) -> bool:
    """Return whether a form is the one used, but for what line 100 cannot see."""
    return all(getattr(form, n) == getattr(Form(), n) for n in FORMS if n not in UNSEEN)


def compared_forms(bands: dict[int, tuple[float, float]], quick: bool) -> list[Fact]:
    """Set line 100 of all forms of RMSProp against the printed one, and later lines of some.

    ``bands`` has for each printed epoch the range that rounding leaves.
    """
    band = reach(bands[100])
    part, forms = "forms of RMSProp", all_forms(FORMS, quick)
    far = distance(train_forms(forms, n_epochs=100)[0][0])
    same = np.array([is_used(form) for form in forms])
    parts = {form._replace(threshold=5.0, epsilon_as="floor", epsilon=1e-4) for form in forms}
    facts = [
        Fact(part, "tried", len(parts)),
        Fact(part, "tried, with other thresholds and epsilons", len(forms)),
        Fact(part, "rounding moves line 100 by at most", band),
        Fact(part, f"line 100 so near to {LINE_100:.4f}", (far <= band).sum()),
        Fact(part, "of these another form than the one used", (far[~same] <= band).sum()),
    ]
    part = "nearest to line 100"
    facts.append(Fact(part, "the form used", far[forms.index(Form())]))
    for name in (name for name in FORMS if name not in UNSEEN):
        for value in FORMS[name]:
            if value != getattr(Form(), name):
                nearest = min(d for d, f in zip(far, forms) if getattr(f, name) == value)
                label = " ".join(map(str, value)) if name == "momentum" else value
                facts.append(Fact(part, f"{name.replace('_', ' ')}: {label}", nearest))

    # One number can be tuned to meet one line, hardly all of them.
    part, forms = "forms in a finer grid", [f for f in all_forms(FORMS | FINER) if not is_used(f)]
    costs = train_forms(forms, n_epochs=500)[0]
    near = distance(costs[0]) <= band
    later = [
        (low <= c) & (c <= high) for c, (low, high) in zip(costs[1:], list(bands.values())[1:])
    ]
    facts += [
        Fact(part, "tried, the one used not among them", len(forms)),
        Fact(part, "line 100 as near as rounding can move it", near.sum()),
        Fact(
            part, "of these lines 200 to 500 in the range of rounding", (near & later).all(0).sum()
        ),
    ]
    for form, line_200 in zip(np.array(forms, dtype=object)[near], costs[1, near]):
        names = f"{form[1][0]} {form[1][1]:g}, decay {form[3]:g}"
        facts.append(Fact(part, f"{names}: line 200", line_200))
    return facts


def neighbours(bounds: tuple[float, float]) -> list[Fact]:
    """Move one number of the form at a time, and see how far line 100 follows."""
    facts, used, band = [], Form(), reach(bounds)

    def line_100(name: str, values: Array) -> Array:
        moved = [("Nesterov", value) if name == "momentum" else value for value in values]
        return train_forms([used._replace(**{name: value}) for value in moved], 100)[0][0]

    for name in ("momentum", "decay", "learning_rate"):
        value = used.momentum[1] if name == "momentum" else getattr(used, name)
        title = name.replace("_", " ")
        around = value * (1 + np.array([-0.1, -0.01, -0.001, 0.001, 0.01, 0.1]))
        for other, line in zip(around, line_100(name, around)):
            facts.append(Fact(f"line 100 with another {title}", f"{other:.7g}", line))
        low, high = line_100(name, value * np.array([1 - 1e-6, 1 + 1e-6]))
        slope = abs(high - low) / (2e-6 * value)
        facts.append(Fact("rounding leaves open", f"{title}, +-", band / slope))
    facts.append(Fact("line 100 with another momentum", "0.03", *line_100("momentum", [0.03])))
    for value in (1.0, 4.0, 6.0, 12.0, 15.0):
        found = line_100("threshold", [value])
        facts.append(Fact("line 100 with another threshold", f"{value:g}", *found))
    return facts


def grid_of_ways(quick: bool) -> tuple[Array, Array]:
    """Return all combinations of ways, (n_formulas, n_ways), and how many formulas each fuses."""
    counts = [len(replay.ways_of(name)) for name in replay.WAYS]
    unfused = [len(replay.ways_of(name, fused=False)) for name in replay.WAYS]
    ways = np.array(list(product(*map(range, counts)))[:: 10 if quick else 1]).T
    return ways, (ways >= np.transpose([unfused])).sum(axis=0)


def run_ways(ways: Array, n_epochs: int = article.N_EPOCHS) -> Run:
    """Train with RMSProp, its update written in each of the ways."""
    step, _ = replay.rmsprop(ways=dict(zip(replay.WAYS, ways)))
    return run(step, start(ways.shape[1]), n_epochs)


def ways_to_round(quick: bool) -> list[Fact]:
    """Write the update in many equal ways, and see which print the article's lines."""
    part = "equal ways to write the update"
    ways, fusions = grid_of_ways(quick)
    shorter = run_ways(ways, 300)
    printed = [PUBLISHED["rmsprop"].published_costs[epoch] for epoch in (100, 200, 300)]
    rounded = np.around(shorter.costs[[99, 199, 299]].astype("float64"), 4)
    chosen = (rounded == np.transpose([printed])).all(axis=0)
    # Only these can print all lines: the others need not go on.
    finished = run_ways(ways[:, chosen])
    all_lines = finished.exact_lines("rmsprop").all(axis=0)
    chosen[chosen] = all_lines
    return [
        Fact(part, "tried", len(chosen)),
        Fact(part, "different runs at epoch 300", count_different(shorter.costs)),
        Fact(part, "with line 100 as printed", (rounded[0] == printed[0]).sum()),
        Fact(part, "with all 22 lines as printed", chosen.sum()),
        Fact(part, "of these different runs", count_different(finished.costs[:, all_lines])),
        Fact(part, "without fused multiply-add: tried", (fusions == 0).sum()),
        Fact(part, "without fused multiply-add: with all 22 lines", chosen[fusions == 0].sum()),
        *spread(part, shorter, "rmsprop"),
        *shares(part, shorter.costs[199]),
    ]


def one_rule(quick: bool) -> list[Fact]:
    """Round both trainings by one rule, as one machine does: none gives all lines of both."""
    part = "lines of 44 by one rule of rounding"
    ways, fusions = grid_of_ways(quick)
    most = sum(replay.FUSED in of_formula for of_formula in replay.WAYS.values())
    root_in_float64 = ways[0] == 0
    facts = []
    for rule, by_rule, fused in (
        ("nothing fused, all float32", (fusions == 0) & ~root_in_float64, False),
        ("nothing fused, the root in float64", (fusions == 0) & root_in_float64, False),
        ("all fused that can be", fusions == most, True),
    ):
        descent = run(replay.gradient_descent(fused=fused), start()).exact_lines("gd").sum()
        best = run_ways(ways[:, by_rule]).exact_lines("rmsprop").sum(axis=0).max()
        facts.append(Fact(part, f"{rule}: at most", descent + best))
    return facts


def kastners_code() -> list[Fact]:
    """Round each operation of Kastner's code once, as it is written."""
    part = "Kastner's code, each operation rounded once"
    literal = run_ways(np.array([[replay.LITERAL[name]] for name in replay.WAYS]))
    facts = [Fact(part, "exact lines of 22", literal.exact_lines("rmsprop").sum())]
    for epoch in (100, 200, 300, 400, 500, 2000):
        facts.append(Fact(part, f"line {epoch}", literal.costs[epoch - 1, 0]))
    return facts


def count_different(columns: Array) -> int:
    """Return how many different columns there are."""
    return len({column.tobytes() for column in np.ascontiguousarray(columns.T)})


def spread(part: str, runs: Run, name: str) -> list[Fact]:
    """Return for each printed line its range over the runs, and the share that lies below it."""
    facts = []
    for epoch, printed in PUBLISHED[name].published_costs.items():
        if epoch <= len(runs.costs):
            costs = runs.costs[epoch - 1].astype("float64")
            below = 100 * np.mean(np.around(costs, 4) < printed)
            what = f"line {epoch}: % below {printed:.4f}"
            facts.append(Fact(part, what, below, *extent(costs)))
    return facts


def shares(part: str, line_200: Array) -> list[Fact]:
    """Return how the runs are spread over line 200, in steps of 0.001."""
    edges = np.arange(0.290, 0.3601, 0.001)
    counts, _ = np.histogram(line_200, edges)
    percents = 100 * counts / len(line_200)
    return [
        Fact(f"{SHARES}{part}", f"{low:.3f} to {high:.3f}", percent)
        for low, high, percent in zip(edges, edges[1:], percents)
    ]


def rounding_as_noise(quick: bool) -> list[Fact]:
    """Add noise of the size of a rounding error, and see what becomes of the printed lines."""
    rng, n_draws = np.random.RandomState(0), 100 if quick else 1000

    def jog(values: Array) -> Array:
        """Move each value by one unit in its last place, up, down or not at all."""
        return values + rng.randint(-1, 2, values.shape).astype("float32") * np.spacing(values)

    def jogged(step: replay.Step) -> replay.Step:
        return lambda p, g: jog(step(p, g))

    # Two units in the last place either way, of both weights.
    steps = np.array(list(product(range(-2, 3), repeat=2)), "float32").T
    starts = start(25) + steps * np.spacing(start())
    fused, unfused = replay.gradient_descent(), replay.gradient_descent(fused=False)
    many = start(n_draws)
    runs = {
        ("rmsprop", "RMSProp, gradients +-1 ulp"): run(replay.rmsprop()[0], many, disturb=jog),
        ("rmsprop", "RMSProp, weights +-1 ulp"): run(jogged(replay.rmsprop()[0]), many),
        ("rmsprop", "RMSProp, initial weights +-2 ulp"): run(replay.rmsprop()[0], starts),
        ("gd", "gradient descent, gradients +-1 ulp"): run(fused, many, disturb=jog),
        ("gd", "gradient descent unfused, the same"): run(unfused, many, disturb=jog),
        ("gd", "gradient descent, initial weights +-2 ulp"): run(fused, starts),
    }
    facts = []
    for (name, part), runs_of in runs.items():
        exact = runs_of.exact_lines(name)
        facts += [
            Fact(part, "draws", exact.shape[1]),
            Fact(part, "% with all 22 lines as printed", 100 * exact.all(axis=0).mean()),
            Fact(part, "different runs", count_different(runs_of.costs)),
            *spread(part, runs_of, name),
        ]
        if name == "rmsprop":
            last = exact[-17:].sum(axis=0)  # lines 500 to 2000, and the final weights
            facts.append(Fact(part, "% with all of the last 17 lines", 100 * np.mean(last == 17)))
            facts.append(Fact(part, "% with 2 to 15 of them", 100 * np.mean(abs(last - 8.5) < 7)))
            facts += shares(part, runs_of.costs[199])
    return facts


def growth_of_a_difference() -> list[Fact]:
    """Follow two runs whose initial weights differ in w_x: by the last bit, and by 1e-15."""
    facts = []
    for dtype, difference in (("float32", np.spacing(start()[0, 0])), ("float64", 1e-15)):
        pair = start(2, dtype)
        pair[0, 1] += difference
        apart = {
            epoch: np.hypot(*(weights[:, 1] - weights[:, 0]).astype("float64"))
            for epoch, (_, weights) in enumerate(replay.epochs(replay.rmsprop()[0], pair, dtype), 1)
        }
        part = f"distance of two runs, {dtype}"
        epochs = (1, 50, 100, 140, 150, 155, 160, 165, 170, 200, 300, 2000)
        facts += [Fact(part, f"epoch {epoch}", apart[epoch]) for epoch in epochs]
    return facts


def edge_of_stability() -> tuple[list[Fact], dict[str, Array]]:
    """Compare the curvature that a step of RMSProp feels with its limit, over all epochs.

    Returns also the costs and the felt curvatures, in float32, as in the article, and in float64.
    """
    landscape = Landscape(replay.task()[0][:, :, 0])
    part, facts, table = "edge of stability, RMSProp", [], {}
    for dtype in ("float32", "float64"):
        first, (step, memory) = start(dtype=dtype), replay.rmsprop()
        costs, weights, roots = [], [first], []
        for cost, after in replay.epochs(step, first, dtype):
            costs.append(*cost)
            weights.append(after)
            roots.append(memory["r"])
        w = np.hstack(weights[:-1]).astype("float64")
        n = np.sqrt(np.hypot(*landscape.gradient(*w)))
        scale = replay.RMSPROP_RATE / np.maximum(1, n / replay.RESCALE) / np.hstack(roots)
        felt = landscape.curvature(*w, scale)
        table |= {f"cost in {dtype}": costs, f"felt curvature in {dtype}": felt}
        peak = felt.argmax()
        facts += [
            Fact(
                part, f"{dtype}: first epoch above the limit", (felt > NESTEROV_LIMIT).argmax() + 1
            ),
            Fact(part, f"{dtype}: epoch of its peak", peak + 1),
            Fact(part, f"{dtype}: felt curvature there", felt[peak]),
            Fact(
                part, f"{dtype}: last, and range from epoch 300 on", felt[-1], *extent(felt[299:])
            ),
        ]
    limit = Fact(part, "limit of the felt curvature", NESTEROV_LIMIT)
    return [limit, *facts, *steps_of_gradient_descent(landscape)], table


def extent(values: Array) -> tuple[float, float]:
    """Return the smallest and the largest value."""
    return values.min(), values.max()


def steps_of_gradient_descent(landscape: Landscape) -> list[Fact]:
    """Compare the curvature with 2 / learning rate, the limit of gradient descent."""
    part = "edge of stability, gradient descent"
    high, (xx, _, rr) = landscape.curvature(1.0, 1.0), landscape.hessian(1.0, 1.0)
    facts = [
        Fact(part, "largest eigenvalue of the Hessian at (1, 1)", high),
        Fact(part, "smallest eigenvalue there", xx + rr - high),
        Fact(part, "largest stable learning rate there", 2 / high),
    ]
    rates = np.array([1e-5, 2e-5, 3e-5, 5e-5, 9e-5, 1e-4, 2e-4, 1e-3])
    p, costs, felt = start(len(rates), "float64"), [], []
    with np.errstate(all="ignore"):  # some rates diverge
        for _ in range(article.N_EPOCHS):
            costs.append(landscape.cost(*p))
            felt.append(rates * landscape.curvature(*p))
            p = p - rates * landscape.gradient(*p)
    for rate, costs_at, felt_at in zip(rates, np.transpose(costs), np.transpose(felt)):
        if np.isfinite(costs_at).all():
            what = f"{short(rate)}: rate times curvature at last (limit 2), and its range"
            facts.append(Fact(part, what, felt_at[-1], *extent(felt_at)))
            facts.append(Fact(part, f"{short(rate)}: last cost", costs_at[-1]))
        else:
            epoch = np.isfinite(costs_at).argmin() + 1
            facts.append(Fact(part, f"{short(rate)}: first epoch with an infinite cost", epoch))
    return facts


def plateau() -> list[Fact]:
    """Train with RMSProp at smaller rates, for 5,000 epochs in float64, and see where it ends."""
    rates = np.array([1e-3, 5e-4, 2.5e-4, 1.25e-4])
    step, _ = replay.rmsprop(rates)
    costs = run(step, start(len(rates), "float64"), n_epochs=5_000).costs
    return [
        Fact(
            "plateau of RMSProp",
            f"{short(rate)}: last cost, and the last two",
            *ends[-1:],
            *extent(ends),
        )
        for rate, ends in zip(rates, costs[-2:].T)
    ]


def gather(quick: bool) -> tuple[list[Fact], dict[str, Array]]:
    """Return all facts, and the table of the figure edge_of_stability."""
    with progress("Replaying in NumPy"):
        facts = replayed()
    with progress("Writing the update in many equal ways"):
        facts += ways_to_round(quick) + one_rule(quick) + kastners_code()
    with progress("Adding noise of the size of a rounding error"):
        facts += rounding_as_noise(quick) + growth_of_a_difference()
    bands = {}
    for epoch, printed in PUBLISHED["rmsprop"].published_costs.items():
        of_line = [f for f in facts if f.what == f"line {epoch}: % below {printed:.4f}"]
        bands[epoch] = min(f.lowest for f in of_line), max(f.highest for f in of_line)
    with progress("Training with all forms of RMSProp"):
        facts += compared_forms(bands, quick) + neighbours(bands[100])
    with progress("Following the felt curvature"):
        of_edge, table = edge_of_stability()
        facts += of_edge + plateau()
    return facts, table


def show(facts: list[Fact]) -> None:
    """Print the facts, part by part."""
    for part, of_part in groupby(facts, key=lambda fact: fact.part):
        if not part.startswith(SHARES):  # those are for the figure
            print(f"\n{part}")
            for fact in of_part:
                extra = (
                    "" if np.isnan(fact.lowest) else f"  ({fact.lowest:.5g} to {fact.highest:.5g})"
                )
                print(f"  {fact.what:<55} {fact.value:>12,.7g}{extra}")


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Return the options."""
    parser = option_parser(__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer draws, ways and forms")
    parser.add_argument(
        "--output-dir",
        type=output_folder,
        metavar="FOLDER",
        help="where the tables and figures go (default: figures/); made if it is not there",
    )
    options = parser.parse_args(arguments)
    if options.output_dir is None and not options.quick:
        options.output_dir = FIGURES_FOLDER
    return options


def main(arguments: list[str] | None = None) -> int:
    """Gather the evidence, print it, and draw it; return the exit status."""
    options = parse(arguments)
    facts, table = gather(options.quick)
    show(facts)
    if options.output_dir:
        folder = options.output_dir
        folder.mkdir(exist_ok=True)
        empty = [
            [v if isinstance(v, str) or np.isfinite(v) else "" for v in fact] for fact in facts
        ]
        write_table(folder / "evidence.csv", Fact._fields, empty)
        rows = enumerate(zip(*table.values()), start=1)
        columns = ["epoch", *table]
        write_table(folder / "edge_of_stability.csv", columns, ([e, *row] for e, row in rows))
        for name, save in (
            ("evidence", save_evidence),
            ("edge_of_stability", save_edge_of_stability),
        ):
            save(folder / f"{name}.csv", folder / f"{name}.png")
            print(folder / f"{name}.png")
    return 0


if __name__ == "__main__":
    run_main(main)
