"""scripts/check_claims.py: what it measures, and that each verdict follows from the measurement."""

import importlib

import numpy as np
import pytest
from conftest import ROOT, run_python

from simple_rnn import article, compile_cost
from simple_rnn.study import Result, Settings

HOLDS, IN_PART, FAILS = "holds", "holds in part", "does not hold"


def run(final_cost, trained_from=None, diverged_at=None):
    """What came out of a training at a raised rate."""
    return Result(Settings("gd", 2e-5, 1), final_cost, 1.0, 1.0, diverged_at, trained_from)


LOW, LOWER = run(0.05, trained_from=300), run(0.01, trained_from=200)
HIGH = run(4.0)
INFINITE = run(np.inf, diverged_at=2)


@pytest.fixture
def check_claims(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    return importlib.import_module("check_claims")


def test_prints_every_claim_with_its_verdict():
    result = run_python(str(ROOT / "scripts" / "check_claims.py"))
    assert result.returncode == 0, result.stderr
    heads = [line for line in result.stdout.splitlines() if not line.startswith(" ")]
    assert heads == [
        "HOLDS IN PART: Gradient descent diverges as soon as the learning rate is raised from"
        " 1e-5.",
        "HOLDS: RMSProp learns without trouble at 0.001.",
        "HOLDS IN PART: RMSProp suits recurrent networks better than gradient descent.",
        "HOLDS: The cost is strongly non-linear in the weights.",
        "HOLDS: The right answer is [w_x, w_rec] = [1, 1].",
        "HOLDS: Training finds approximately the right answer.",
        "DOES NOT HOLD: The cost function is the mean squared error.",
        "NOT TESTABLE: The loop could not be written in TensorFlow at the time.",
    ]
    # At the same rates in float64, from another program: 0.017, 0.0043, 0.00026, 3.3, 15, infinite.
    shown = " ".join(result.stdout.split())
    assert "0.0172 at 2e-5, 0.0043 at 3e-5, 0.0003 at 5e-5, 3.2818 at 0.0001" in shown
    assert "infinite at epoch 10 at 0.001" in shown


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        ([INFINITE, run(np.nan, diverged_at=3)], HOLDS),
        ([LOWER, INFINITE], IN_PART),
        ([LOWER, HIGH], FAILS),  # a high cost is finite
    ],
)
def test_raised_rates(check_claims, raised, expected):
    assert check_claims.raised_rate_diverges(LOW, raised).verdict == expected


@pytest.mark.parametrize(
    ("rmsprop", "expected"), [(LOW, HOLDS), (HIGH, IN_PART), (INFINITE, FAILS)]
)
def test_rmsprop(check_claims, rmsprop, expected):
    assert check_claims.rmsprop_without_trouble(rmsprop).verdict == expected


def a_study(**at_rates):
    """Runs at two rates with two seeds each: the epochs from which trained, and the last cost."""
    return [
        Result(Settings(name, rate, seed), final_cost, 1.0, 1.0, None, epoch)
        for name, (*epochs, final_cost) in at_rates.items()
        for rate, of_seeds in zip((0.1, 0.2), epochs)
        for seed, epoch in enumerate(of_seeds)
    ]


BOTH, SOON, ONE, NONE = (200, 300), (100, 100), (50, None), (None, None)


@pytest.mark.parametrize(
    ("rmsprop", "gd", "expected"),
    [
        ((BOTH, SOON, 0.01), (BOTH, ONE, 0.02), HOLDS),
        ((BOTH, SOON, 0.01), (SOON, BOTH, 0.01), FAILS),
        ((BOTH, SOON, 0.03), (BOTH, ONE, 0.02), IN_PART),
        # Soon for one seed alone is worse than later for both.
        ((ONE, BOTH, 0.03), (SOON, NONE, 0.02), FAILS),
    ],
)
def test_which_suits_better(check_claims, rmsprop, gd, expected):
    claim = check_claims.rmsprop_suits_better(a_study(rmsprop=rmsprop, gd=gd))
    assert claim.verdict == expected


@pytest.mark.parametrize(
    ("cost", "expected"),
    [
        (lambda w_x, w_rec: w_rec**40, HOLDS),
        # Quadratic in the near window alone, where both weights are above -0.2.
        (lambda w_x, w_rec: w_x * w_rec + 1e3 * (w_rec < -0.2) * w_rec**20, IN_PART),
        (lambda w_x, w_rec: 2 * w_x - w_rec + (w_rec - 1) ** 2, FAILS),
    ],
)
def test_nonlinearity(check_claims, cost, expected):
    assert check_claims.strongly_nonlinear(cost).verdict == expected


@pytest.mark.parametrize(
    ("cost", "expected"),
    [
        (lambda w_x, w_rec: (w_x - 1) ** 2 + (w_rec - 1) ** 2, HOLDS),
        (lambda w_x, w_rec: (w_x - 1) ** 2 + 0 * w_rec, IN_PART),  # not the only answer
        (lambda w_x, w_rec: w_x**2 + w_rec**2, FAILS),
    ],
)
def test_the_right_answer(check_claims, cost, expected):
    assert check_claims.answer_is_one_one(cost).verdict == expected


def test_the_right_answer_to_other_data(check_claims):
    data = article.dataset()
    data.y[:] *= 2  # counts twice
    assert check_claims.answer_is_one_one(compile_cost(data)).verdict == FAILS


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ([(1, 1), (1.06, 0.986)], HOLDS),
        ([(1, 1), (1.2, 1)], IN_PART),
        ([(1, 0.9), (1.2, 1)], FAILS),
    ],
)
def test_what_training_finds(check_claims, weights, expected):
    assert check_claims.answer_is_found(dict(enumerate(weights))).verdict == expected


@pytest.mark.parametrize(("printed", "expected"), [(200.0, FAILS), (10.0, HOLDS)])
def test_sum_or_mean(check_claims, printed, expected):
    assert check_claims.cost_is_the_mean(printed, 200.0, 20).verdict == expected


def test_the_cost_that_was_printed_is_compared_and_nothing_more(check_claims):
    printed = article.CONDITIONS["gd"].published_costs[100]
    claim = check_claims.cost_is_the_mean(printed + 1, 529.6915, 20)
    assert "the sum 529.6915. Printed was 530.6915" in claim.measured
