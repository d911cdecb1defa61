"""simple_rnn.study: a run is what the article's way gives, whatever ran before it."""

import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from simple_rnn import TrainingDiverged, article, study


def article_run(settings):
    """The history of the article's way of running, and the epoch at which it diverged, if any.

    Compiled for this run alone, with the learning rate as a constant.
    """
    options = settings._asdict()
    optimizer = article.CONDITIONS[options.pop("optimizer")].optimizer
    condition = replace(article.CONDITIONS["gd"], optimizer=optimizer)
    try:
        return article.run(condition, report=None, **options), None
    except TrainingDiverged as diverged:
        return diverged.history, diverged.epoch


@pytest.mark.parametrize(
    "settings",
    [
        study.Settings("gd", 1e-3, 1, n_epochs=300),  # diverges
        study.Settings("rmsprop", 0.002, 4, num_samples=3, seq_len=7, n_epochs=100),
        study.Settings("rprop", 0.002, 1, num_samples=20, seq_len=2, n_epochs=3000),
        study.Settings("gd", 0.1, 2, num_samples=5, seq_len=1, n_epochs=30),
    ],
    ids=str,
)
def test_a_run_is_what_the_article_s_way_gives_bit_for_bit(settings):
    # Something else first, whose state it must not inherit.
    study.run_one(settings._replace(seed=5, learning_rate=0.0123, n_epochs=20))
    result, (history, diverged_at) = study.run_one(settings), article_run(settings)
    np.testing.assert_array_equal(result[1:4], [history.costs[-1], *history.final_weights])
    assert result.diverged_at_epoch == diverged_at
    assert result.trained_from_epoch == study.trained_from(history.costs)


def test_threads_change_no_result():
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    # Gradient descent diverges at 1e-3, after some ten epochs.
    runs = study.grid(["gd", "rprop"], [1e-5, 1e-3], [1, 2, 3], seq_lens=[9, 1])
    runs = [run._replace(n_epochs=40) for run in runs]
    with ThreadPoolExecutor(4) as threads:
        results = list(threads.map(study.run_one, runs))
    sys.setswitchinterval(interval)
    assert repr(results) == repr(list(map(study.run_one, runs)))  # NaN is not equal to NaN


def test_the_grid_holds_every_combination_in_order():
    runs = study.grid(["rprop", "gd"], [0.1, 1], [2, 1], seq_lens=[5, 6])
    assert len(set(runs)) == 2 * 2 * 2 * 2
    assert runs[0] == study.Settings("rprop", 0.1, 2, 20, 5, 2001)
    changed = [runs[1].seed, runs[2].learning_rate, runs[4].seq_len, runs[8].optimizer]
    assert changed == [1, 1, 6, "gd"]


@pytest.mark.parametrize(
    ("costs", "epoch"),
    [([9, 0.05, 0.1, 0.05], 4), ([0.01, 0.01], 1), ([0.01, np.nan], None)],
)
def test_trained_from_is_the_epoch_from_which_the_cost_stays_low(costs, epoch):
    assert study.trained_from(np.array(costs)) == epoch


def test_a_cell_counts_the_runs_that_differ_in_their_seed():
    def result(seed, diverged_at=None, trained_from=None, rate=0.1):
        settings = study.Settings("gd", rate, seed)
        return study.Result(settings, 0.5, 1.0, 1.0, diverged_at, trained_from)

    results = [
        result(1),
        result(2, diverged_at=9),
        result(3, trained_from=8),
        result(4, trained_from=8),
        result(1, trained_from=7, rate=0.2),
    ]
    assert study.summarize(results) == [
        study.Cell("gd", 10, 0.1, runs=4, trained=2, diverged=1),
        study.Cell("gd", 10, 0.2, runs=1, trained=1, diverged=0),
    ]
