"""simple_rnn.study: a run is what the article's way gives, whatever ran before it."""

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
        study.Settings("rprop", 0.002, 1, num_samples=20, seq_len=1, n_epochs=3000),
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
    runs = study.grid(["rprop"], [1e-5, 1e-3], range(10))
    expected = list(map(study.run_one, runs))
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(study.run_one, runs)) == expected


@pytest.mark.parametrize(
    ("costs", "epoch"),
    [([9, 0.05, 0.1, 0.05], 4), ([0.01, 0.01], 1), ([0.01, np.nan], None)],
)
def test_trained_from_is_the_epoch_from_which_the_cost_stays_low(costs, epoch):
    assert study.trained_from(np.array(costs)) == epoch
