"""scripts/check_claims.py: what it measures, and that each verdict follows from the measurement."""

import check_claims
import numpy as np
import pytest
from conftest import run_python

from simple_rnn.study import Result, Settings

HOLDS, IN_PART, FAILS = "holds", "holds in part", "does not hold"


def run(final_cost, w_rec=1.0, diverged_at=None):
    """What came out of a training."""
    return Result(Settings("gd", 2e-5, 1), final_cost, 1.0, w_rec, diverged_at, None)


def a_study(rmsprop, gd, costs=(1, 1)):
    """A table of two methods at two rates and three seeds: from which epoch each run is trained."""
    return {
        "final_cost": np.repeat(costs, 6),
        "optimizer": np.repeat(["rmsprop", "gd"], 6),
        "seed": np.tile([1, 2, 3], 4),
        "trained_from_epoch": np.ravel([rmsprop, gd]),
    }


HIGH, INFINITE = run(4.0), run(np.inf, diverged_at=2)
MOST, ALL, SOONER, SOON = [50, 50, np.nan], [300, 300, 300], [280, 280, 280], [200, 200, 200]

# What the real measurements give is in the last test.
VERDICTS = [
    ("raised_rate_diverges", (HIGH, [INFINITE, INFINITE]), HOLDS),
    ("raised_rate_diverges", (HIGH, [HIGH, HIGH]), FAILS),  # a high cost is finite
    ("rmsprop_without_trouble", (HIGH,), IN_PART),
    # Soon for most seeds is worse than later for all, and hardly sooner is not sooner.
    ("rmsprop_suits_better", (a_study([MOST, SOONER], [MOST, ALL]),), FAILS),
    ("rmsprop_suits_better", (a_study([ALL, SOON], [MOST, ALL], costs=(1, 2)),), HOLDS),
    ("rmsprop_suits_better", (a_study([MOST, MOST], [MOST, ALL]),), FAILS),
    # Not quadratic, but nearly.
    ("strongly_nonlinear", (lambda w_x, w_rec: w_x**4 + w_rec**4,), FAILS),
    # Not the only answer.
    ("answer_is_one_one", (lambda w_x, w_rec: (w_x - 1) ** 2 + 0 * w_rec,), IN_PART),
    ("answer_is_found", (run(0.05, w_rec=0.9), HIGH), IN_PART),
    ("cost_is_the_mean", (run(20 * 529.6915),), HOLDS),
]


@pytest.mark.parametrize(("claim", "measured", "expected"), VERDICTS)
def test_the_verdict_follows_from_the_measurement(claim, measured, expected):
    assert getattr(check_claims, claim)(*measured).verdict == expected


def test_every_claim_is_printed_with_its_verdict():
    result = run_python(check_claims.__file__)
    assert result.returncode == 0, result.stderr
    heads = [line for line in result.stdout.splitlines() if not line.startswith(" ")]
    verdicts = [IN_PART, HOLDS, IN_PART, HOLDS, HOLDS, HOLDS, FAILS]
    assert [head.split(":")[0] for head in heads] == [verdict.upper() for verdict in verdicts]
    # At the same rates in float64, from another program: 0.017, 0.0043, 0.00026, 3.3, 15, infinite.
    shown = " ".join(result.stdout.split())
    assert "0.0172 at 2e-5, 0.0043 at 3e-5, 0.0003 at 5e-5, 3.2818 at 0.0001" in shown
    assert "infinite at epoch 10 at 0.001" in shown
