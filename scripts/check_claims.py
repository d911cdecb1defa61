"""Measure what the article claims in words, and say of each claim whether it holds.

    scripts/in_venv python scripts/check_claims.py

Prints each claim with its verdict (holds, holds in part, does not hold) and with what was measured.
The verdicts are computed from the measurements.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from textwrap import fill
from typing import Callable, NamedTuple

import _console  # before Aesara
import numpy as np
from _figures import FIGURES_FOLDER, read_table

from simple_rnn import article, compile_cost
from simple_rnn.numpy_reference import forward_states
from simple_rnn.study import Result, Settings, run_one

# Learning rates of gradient descent: the article's, and raised ones.
RATES = (1e-5, 2e-5, 3e-5, 5e-5, 1e-4, 2e-4, 1e-3)

# The cost as a function of the two weights, w_x and w_rec.
Cost = Callable[[np.ndarray, np.ndarray], np.ndarray]


class Claim(NamedTuple):
    """A statement of the article, what was measured of it, and the verdict."""

    statement: str
    measured: str
    verdict: str


def verdict(*parts: bool) -> str:
    """Return the verdict on a claim from whether each of its parts holds."""
    return "holds" if all(parts) else "holds in part" if any(parts) else "does not hold"


# Each claim is a function from what was measured to a Claim.


def raised_rate_diverges(gd: Result, raised: Sequence[Result]) -> Claim:
    """Judge from gradient descent at 1e-5 and at raised learning rates."""

    def end(run: Result) -> str:
        if run.diverged_at_epoch is None:
            return f"{run.final_cost:.4f}"
        return f"infinite at epoch {run.diverged_at_epoch}"

    ends = [f"{end(run)} at {_console.short(run.settings.learning_rate)}" for run in [gd, *raised]]
    return Claim(
        "Gradient descent diverges as soon as the learning rate is raised from 1e-5.",
        f"Last cost: {', '.join(ends)}.",
        # To diverge is to have a cost that is no longer finite.
        verdict(*(run.diverged_at_epoch is not None for run in raised)),
    )


def rmsprop_without_trouble(rmsprop: Result) -> Claim:
    """Judge from RMSProp at 0.001."""
    finite = rmsprop.diverged_at_epoch is None
    return Claim(
        "RMSProp learns without trouble at 0.001.",
        f"All costs are finite: {'yes' if finite else 'no'}. The last of"
        f" {rmsprop.settings.n_epochs} is {rmsprop.final_cost:.4f}.",
        verdict(finite, rmsprop.trained_from_epoch is not None),
    )


def rmsprop_suits_better(study: Mapping[str, np.ndarray]) -> Claim:
    """Judge from the table of scripts/learning_rate_study.py, of many rates and seeds."""
    told, safe, soonest, lowest = [], [], [], []
    n_seeds = len(np.unique(study["seed"]))
    for name, title in (("rmsprop", "RMSProp"), ("gd", "Gradient descent")):
        # As study.grid has it: one row per rate, one column per seed. NaN: it never trained.
        of_method = study["optimizer"] == name
        costs = study["final_cost"][of_method].reshape(-1, n_seeds)
        epochs = study["trained_from_epoch"][of_method].reshape(-1, n_seeds)
        trains_all = ~np.isnan(epochs).any(axis=1)
        medians = np.where(trains_all, np.median(epochs, axis=1), np.inf)
        best = medians.argmin()
        safe.append(trains_all.sum())
        soonest.append(medians[best])
        lowest.append(np.median(costs[best]))
        told.append(
            f"{title} trains every seed at {safe[-1]} of {len(epochs)} rates, at the best of these"
            f" from epoch {soonest[-1]:g} and to a last cost of {lowest[-1]:.2g} in the median."
        )
    return Claim(
        "RMSProp suits recurrent networks better than gradient descent.",
        " ".join(told),
        # Sooner by chance is not sooner.
        verdict(safe[0] > safe[1], soonest[0] < 0.9 * soonest[1], lowest[0] < lowest[1]),
    )


def strongly_nonlinear(cost: Cost) -> Claim:
    """Judge from the cost over the weights in each of the blog's windows."""
    wide, near = article.WINDOWS.values()
    of_wide, of_near = quadratic_fit(cost, wide), quadratic_fit(cost, near)
    return Claim(
        "The cost is strongly non-linear in the weights.",
        f"Where both weights go from {wide[0]:g} to {wide[-1]:g}, the best quadratic surface"
        f" explains {of_wide:.0%} of the variance. Where they go from {near[0]:g} to {near[-1]:g},"
        f" it explains {of_near:.0%}.",
        # A plane would fit no bowl, however plain; a quadratic surface fits the plain ones.
        verdict(of_wide < 0.5, of_near < 0.5),
    )


def quadratic_fit(cost: Cost, points: np.ndarray) -> float:
    """Return how much of the variance of the cost a quadratic surface over the weights explains."""
    w_x, w_rec = (weights.ravel() for weights in np.meshgrid(points, points))
    costs = cost(w_x, w_rec)
    terms = np.column_stack([w_x**0, w_x, w_rec, w_x**2, w_x * w_rec, w_rec**2])
    coefficients, *_ = np.linalg.lstsq(terms, costs, rcond=None)
    residuals = costs - terms @ coefficients
    return 1 - residuals.var() / costs.var()


def answer_is_one_one(cost: Cost) -> Claim:
    """Judge from the cost at (1, 1) and elsewhere."""
    there = float(cost(1.0, 1.0))
    points = article.WINDOWS["wide"][::2]  # 0.1 apart
    w_x, w_rec = np.meshgrid(points, points)
    elsewhere = cost(w_x, w_rec)[~(np.isclose(w_x, 1) & np.isclose(w_rec, 1))].min()
    return Claim(
        "The right answer is [w_x, w_rec] = [1, 1].",
        f"The cost there is {there:g}; elsewhere, on a grid from -3 to 3 in steps of 0.1, it is at"
        f" least {elsewhere:.2f}.",
        verdict(there == 0, elsewhere > there),
    )


def answer_is_found(gd: Result, rmsprop: Result) -> Claim:
    """Judge from the weights that the article's two trainings end with."""
    sequences = np.array(list(product((0, 1), repeat=10)))  # all there are, one per row
    right = []
    for run in (gd, rmsprop):
        answers = forward_states(sequences, run.final_w_x, run.final_w_rec)[:, -1]
        right.append(np.mean(np.around(answers) == sequences.sum(axis=1)))
    return Claim(
        "Training finds approximately the right answer.",
        "Of all 1,024 sequences of ten steps the trained network counts right {:.0%} with gradient"
        " descent and {:.0%} with RMSProp.".format(*right),
        verdict(*(share == 1 for share in right)),
    )


def cost_is_the_mean(to_100: Result) -> Claim:
    """Judge from gradient descent up to epoch 100, for which the article printed the cost."""
    total, printed = to_100.final_cost, article.CONDITIONS["gd"].published_costs[100]
    mean = total / article.NUM_SAMPLES
    return Claim(
        "The cost function is the mean squared error.",
        f"At epoch 100 of gradient descent the mean is {mean:.4f} and the sum {total:.4f}. Printed"
        f" was {printed:.4f}.",
        verdict(abs(printed - mean) < abs(printed - total)),
    )


def measure() -> list[Claim]:
    """Run the trainings and judge all claims."""
    cost = compile_cost(article.dataset())
    gd, *raised = [run_one(Settings("gd", rate, article.SEED)) for rate in RATES]
    rmsprop_rate = article.CONDITIONS["rmsprop"].learning_rate
    rmsprop = run_one(Settings("rmsprop", rmsprop_rate, article.SEED))
    return [
        raised_rate_diverges(gd, raised),
        rmsprop_without_trouble(rmsprop),
        rmsprop_suits_better(read_table(FIGURES_FOLDER / "learning_rate.csv")),
        strongly_nonlinear(cost),
        answer_is_one_one(cost),
        answer_is_found(gd, rmsprop),
        cost_is_the_mean(run_one(gd.settings._replace(n_epochs=100))),
    ]


def main(arguments: list[str] | None = None) -> None:
    """Measure, judge and print."""
    _console.option_parser(__doc__).parse_args(arguments)
    for claim in measure():
        print(f"{claim.verdict.upper()}: {claim.statement}")
        print(fill(claim.measured, width=92, initial_indent="    ", subsequent_indent="    "))


if __name__ == "__main__":
    main()
