"""Measure what the article claims in words, and say of each claim whether it holds.

    scripts/in_venv python scripts/check_claims.py

Prints each claim with its verdict (holds, holds in part, does not hold, not testable) and with what
was measured. The verdicts are computed from the measurements.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from textwrap import fill
from typing import Callable

import numpy as np

sys.path.insert(0, os.path.dirname(__file__))  # python -I leaves it out
from _console import alive, option_parser, run_main, start_aesara
from make_figures import WINDOWS, article_dataset, grid

# Learning rates of gradient descent above the article's 1e-5.
RAISED_RATES = (2e-5, 3e-5, 5e-5, 1e-4, 2e-4, 1e-3)


@dataclass(frozen=True)
class Claim:
    """A statement of the article, what was measured of it, and the verdict."""

    statement: str
    measured: str
    verdict: str


def verdict(*parts: bool) -> str:
    """Return the verdict on a claim from whether each of its parts holds."""
    return "holds" if all(parts) else "holds in part" if any(parts) else "does not hold"


def short(rate: float) -> str:
    """Return a learning rate as the article writes it, 1e-5 for 1e-05."""
    return f"{rate:.0e}".replace("e-0", "e-")


# Each claim is a function from what was measured to a Claim.


def raised_rate_diverges(costs: np.ndarray, raised: Mapping[float, np.ndarray]) -> Claim:
    """Judge from the costs of gradient descent at 1e-5 and at raised learning rates."""

    def end(costs: np.ndarray) -> str:
        finite = np.isfinite(costs[-1])
        return f"{costs[-1]:.4f}" if finite else f"infinite at epoch {len(costs)}"

    ends = ", ".join(f"{end(at_rate)} at {short(rate)}" for rate, at_rate in raised.items())
    return Claim(
        "Gradient descent diverges as soon as the learning rate is raised from 1e-5.",
        f"Last cost: {end(costs)} at 1e-5, {ends}.",
        # It holds for a rate that brings the training less far than 1e-5 does.
        verdict(*(not at_rate[-1] < costs[-1] for at_rate in raised.values())),
    )


def rmsprop_without_trouble(costs: np.ndarray) -> Claim:
    """Judge from the costs of RMSProp."""
    from simple_rnn.study import trained_from

    return Claim(
        "RMSProp learns without trouble at 0.001.",
        f"All costs are finite: {'yes' if _finite(costs) else 'no'}. The last of {len(costs)} is"
        f" {costs[-1]:.4f}.",
        verdict(_finite(costs), trained_from(costs) is not None),
    )


def _finite(costs: np.ndarray) -> bool:
    return bool(np.isfinite(costs).all())


def rmsprop_suits_better(
    rmsprop: np.ndarray, gd: np.ndarray, raised: Mapping[float, np.ndarray]
) -> Claim:
    """Judge from the costs of RMSProp, and of gradient descent at 1e-5 and at raised rates."""
    from simple_rnn.study import TRAINED, trained_from

    def epochs(costs: np.ndarray) -> float:
        return trained_from(costs) or np.inf

    best_rate = min(raised, key=lambda rate: epochs(raised[rate]))
    ours, theirs, best = epochs(rmsprop), epochs(gd), epochs(raised[best_rate])
    return Claim(
        "RMSProp suits recurrent networks better than gradient descent.",
        f"The cost stays under {TRAINED} from epoch {ours:.0f} with RMSProp, from {theirs:.0f}"
        f" with gradient descent at 1e-5, and from {best:.0f} with it at {short(best_rate)}, the"
        " best rate tried.",
        verdict(ours < theirs, ours < best),
    )


def strongly_nonlinear(surfaces: Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray]]) -> Claim:
    """Judge from the cost over the weights, (w_x, w_rec, cost), in each window."""
    shares = {}
    for window, (w_x, w_rec, costs) in surfaces.items():
        plane = np.column_stack([np.ones(costs.size), w_x.ravel(), w_rec.ravel()])
        coefficients, *_ = np.linalg.lstsq(plane, costs.ravel(), rcond=None)
        left = costs.ravel() - plane @ coefficients
        shares[window] = 1 - left.var() / costs.var()
    listed = " and ".join(
        f"{share:.0%} of the variance where both weights go from {WINDOWS[window][0]:g} to"
        f" {WINDOWS[window][1]:g}"
        for window, share in shares.items()
    )
    return Claim(
        "The cost is strongly non-linear in the weights.",
        f"The best plane explains {listed}.",
        verdict(*(share < 0.5 for share in shares.values())),
    )


def answer_is_one_one(cost: Callable[[float, float], np.ndarray]) -> Claim:
    """Judge from the cost as a function of the two weights."""
    there = float(cost(1.0, 1.0))
    line = grid("wide")[::2]  # 0.1 apart
    w_x, w_rec = np.meshgrid(line, line)
    elsewhere = cost(w_x, w_rec)[~(np.isclose(w_x, 1) & np.isclose(w_rec, 1))].min()
    return Claim(
        "The right answer is [w_x, w_rec] = [1, 1].",
        f"The cost there is {there:g}; elsewhere, on a grid from -3 to 3 in steps of 0.1, it is at"
        f" least {elsewhere:.2f}.",
        verdict(there == 0, elsewhere > there),
    )


def answer_is_found(weights: Mapping[str, np.ndarray]) -> Claim:
    """Judge from the final weights of the article's runs."""
    from simple_rnn.numpy_reference import forward_states

    sequences = np.array(list(product((0, 1), repeat=10)))  # all there are, one a row
    right = {
        name: np.mean(np.around(forward_states(sequences, *pair)[:, -1]) == sequences.sum(axis=1))
        for name, pair in weights.items()
    }
    listed = " and ".join(f"{share:.0%} with {name}" for name, share in right.items())
    return Claim(
        "Training finds approximately the right answer.",
        f"Of all 1,024 sequences of ten steps the trained network counts right {listed}.",
        verdict(*(share == 1 for share in right.values())),
    )


def cost_is_the_mean(printed: float, total: float, num_samples: int) -> Claim:
    """Judge from the cost that the article printed, and the sum of squared errors at that point."""
    mean = total / num_samples
    return Claim(
        "The cost function is the mean squared error.",
        f"At epoch 100 of gradient descent the mean is {mean:.4f} and the sum {total:.4f}. Printed"
        f" was {printed:.4f}.",
        verdict(abs(printed - mean) < abs(printed - total)),
    )


def loop_not_in_tensorflow() -> Claim:
    """Say why there is no verdict."""
    return Claim(
        "The loop could not be written in TensorFlow at the time.",
        "Not measured: it is about TensorFlow as it was when the article was written.",
        "not testable",
    )


def measure() -> list[Claim]:
    """Run the trainings and judge all claims."""
    import aesara

    from simple_rnn import (
        GradientDescentOptimizer,
        TrainingDiverged,
        article,
        compile_train_model,
        simpleRNN,
        train,
    )
    from simple_rnn.training import compile_cost

    data = article_dataset()
    with alive("Compiling"):
        gd, rmsprop = (article.run(article.CONDITIONS[n], report=None) for n in ("gd", "rmsprop"))
        cost = compile_cost(data)
        # One compiled training for all raised rates.
        rate = aesara.shared(np.float64(0))
        net = simpleRNN(article.SEQ_LEN, 1, 1)
        train_model = compile_train_model(net, GradientDescentOptimizer(net.params, rate), data)

    raised = {}
    for value in RAISED_RATES:
        net.weights = gd.initial_weights
        rate.set_value(value)
        try:
            raised[value] = train(train_model, article.N_EPOCHS, report=None).costs
        except TrainingDiverged as diverged:
            raised[value] = diverged.history.costs
    surfaces = {}
    for window in WINDOWS:
        w_x, w_rec = np.meshgrid(grid(window), grid(window))
        surfaces[window] = (w_x, w_rec, cost(w_x, w_rec))
    finals = {"gradient descent": gd.final_weights, "RMSProp": rmsprop.final_weights}
    printed = article.CONDITIONS["gd"].published_costs[100]
    return [
        raised_rate_diverges(gd.costs, raised),
        rmsprop_without_trouble(rmsprop.costs),
        rmsprop_suits_better(rmsprop.costs, gd.costs, raised),
        strongly_nonlinear(surfaces),
        answer_is_one_one(cost),
        answer_is_found(finals),
        cost_is_the_mean(printed, gd.costs[99], article.NUM_SAMPLES),
        loop_not_in_tensorflow(),
    ]


def main(arguments: list[str] | None = None) -> int:
    """Measure, judge and print; return the exit status."""
    option_parser(__doc__).parse_args(arguments)
    start_aesara()
    for claim in measure():
        print(f"{claim.verdict.upper()}: {claim.statement}")
        print(fill(claim.measured, width=92, initial_indent="    ", subsequent_indent="    "))
    return 0


if __name__ == "__main__":
    run_main(main)
