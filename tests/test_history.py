"""simple_rnn.history: the report of a run, and what is said where it diverged."""

import pickle

import numpy as np
import pytest

from simple_rnn import History, TrainingDiverged

COSTS = np.array([9.0, 4.0, 1.0, 0.5, np.inf])
HISTORY = History(COSTS, weights=np.arange(12.0).reshape(6, 2), seconds=0.1)
INITIAL = "Initial weights: wx =   0.0000, wRec =   1.0000"
FINAL = "Final weights : wx =  10.0000, wRec =  11.0000"


def test_the_report_is_in_the_article_s_format():
    assert HISTORY.lines() == [INITIAL, FINAL]  # fewer than 100 epochs
    assert HISTORY.lines(report_every=2) == [
        INITIAL,
        "epoch[    2] : cost =  4.0000",
        "epoch[    4] : cost =  0.5000",
        FINAL,
    ]
    assert HISTORY.lines(report_every=5)[1] == "epoch[    5] : cost =     inf"


def test_it_draws_its_costs():
    figure = pytest.importorskip("matplotlib.figure").Figure()
    ax = figure.subplots()
    assert HISTORY.plot(label="a run", yscale="linear", ax=ax) is ax
    (line,) = ax.lines
    np.testing.assert_array_equal(line.get_ydata(), COSTS)
    assert (line.get_label(), ax.get_yscale()) == ("a run", "linear")


def test_divergence_says_when_and_where_from_and_can_be_sent_to_another_process():
    diverged = pickle.loads(pickle.dumps(TrainingDiverged(5, HISTORY)))
    assert str(diverged) == (
        "the cost of epoch 5 is inf (the one before: 0.5 at wx = 6.0000, wRec = 7.0000): the"
        " training diverged; start again from new weights with a smaller learning rate"
    )
    assert (diverged.epoch, diverged.last_finite_cost) == (5, 0.5)
    assert diverged.last_finite_weights.tolist() == [6, 7]
    assert diverged.history.costs.tolist() == COSTS.tolist()


def test_divergence_in_the_second_and_in_the_first_epoch():
    def diverged_at(epoch):
        return TrainingDiverged(
            epoch, History(np.array([5.0, np.nan])[-epoch:], HISTORY.weights, 0.1)
        )

    assert diverged_at(2).last_finite_cost == 5
    assert diverged_at(1).last_finite_cost is diverged_at(1).last_finite_weights is None
    assert str(diverged_at(1)) == (
        "the cost of epoch 1 is nan: before any update, the loss is not finite with these weights"
        " and this data"
    )


def test_a_run_that_begins_with_weights_that_are_not_finite():
    diverged = TrainingDiverged(1, History(np.array([np.nan]), np.full((2, 2), np.nan), 0.1))
    assert str(diverged) == (
        "the cost of epoch 1 is nan: the run began with weights that are not finite: set"
        " train_model.net.weights"
    )


def test_divergence_by_a_gradient_that_is_not_finite():
    diverged = TrainingDiverged(2, History(np.array([0, np.nan]), np.full((3, 2), np.nan), 0.1))
    assert str(diverged).endswith(" rate, or with a loss whose gradient is finite there")
