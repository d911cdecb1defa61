"""scripts/check_claims.py: what it measures, and that each verdict follows from the measurement."""

import check_claims
import numpy as np
import pytest
from conftest import run_python

from simple_rnn.study import Result, Settings

HOLDS, IN_PART, FAILS = "holds", "holds in part", "does not hold"


def run(final_cost, trained_from=None, diverged_at=None, weights=(1.0, 1.0)):
    """What came out of a training at a raised rate."""
    return Result(Settings("gd", 2e-5, 1), final_cost, *weights, diverged_at, trained_from)


def ending_at(w_x, w_rec):
    return run(0.05, weights=(w_x, w_rec))


LOW, LOWER = run(0.05, trained_from=300), run(0.01, trained_from=200)
HIGH = run(4.0)
INFINITE = run(np.inf, diverged_at=2)


def a_study(**at_rates):
    """Runs at two rates, each with some seeds: the epochs from which trained, and the last cost."""
    rows = [
        (name, rate, np.nan if epoch is None else epoch, final_cost)
        for name, (*epochs, final_cost) in at_rates.items()
        for rate, of_seeds in zip((0.1, 0.2), epochs)
        for epoch in of_seeds
    ]
    columns = ("optimizer", "learning_rate", "trained_from_epoch", "final_cost")
    return {name: np.array(values) for name, values in zip(columns, zip(*rows))}


BOTH, SOON, ONE = (200, 300), (100, 100), (50, None)
MOST, ALL = (50, 50, None), (200, 200, 200)

# What the real measurements give is in the last test.
VERDICTS = [
    ("raised_rate_diverges", (LOW, [INFINITE, run(np.nan, diverged_at=3)]), HOLDS),
    ("raised_rate_diverges", (LOW, [LOWER, HIGH]), FAILS),  # a high cost is finite
    ("rmsprop_without_trouble", (HIGH,), IN_PART),
    ("rmsprop_without_trouble", (INFINITE,), FAILS),
    ("rmsprop_suits_better", (a_study(rmsprop=(BOTH, SOON, 0.01), gd=(BOTH, ONE, 0.02)),), HOLDS),
    # Soon for most seeds is worse than later for all; and as soon as the other is not sooner.
    ("rmsprop_suits_better", (a_study(rmsprop=(MOST, ALL, 0.03), gd=(ALL, ONE, 0.02)),), FAILS),
    # Not quadratic, but nearly.
    ("strongly_nonlinear", (lambda w_x, w_rec: w_x**4 + w_rec**4,), FAILS),
    # Not the only answer.
    ("answer_is_one_one", (lambda w_x, w_rec: (w_x - 1) ** 2 + 0 * w_rec,), IN_PART),
    ("answer_is_one_one", (lambda w_x, w_rec: w_x**2 + w_rec**2,), FAILS),
    ("answer_is_found", (ending_at(1.06, 0.986), ending_at(1.055, 1)), IN_PART),
    ("answer_is_found", (ending_at(1, 0.9), ending_at(1.2, 1)), FAILS),
    ("cost_is_the_mean", (run(20 * 529.6915),), HOLDS),
]


@pytest.mark.parametrize(("claim", "measured", "expected"), VERDICTS)
def test_the_verdict_follows_from_the_measurement(claim, measured, expected):
    assert getattr(check_claims, claim)(*measured).verdict == expected


def test_every_claim_is_printed_with_its_verdict():
    result = run_python(check_claims.__file__)
    assert result.returncode == 0, result.stderr
    heads = [line for line in result.stdout.splitlines() if not line.startswith(" ")]
    verdicts = [IN_PART, HOLDS, IN_PART, HOLDS, HOLDS, HOLDS, FAILS, "not testable"]
    assert [head.split(":")[0] for head in heads] == [verdict.upper() for verdict in verdicts]
    # At the same rates in float64, from another program: 0.017, 0.0043, 0.00026, 3.3, 15, infinite.
    shown = " ".join(result.stdout.split())
    assert "0.0172 at 2e-5, 0.0043 at 3e-5, 0.0003 at 5e-5, 3.2818 at 0.0001" in shown
    assert "infinite at epoch 10 at 0.001" in shown
    assert "the sum 529.6915. Printed was 529.6915" in shown
