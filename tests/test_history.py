"""simple_rnn.history: the report of a run, and what is said where it diverged."""

import pickle

import numpy as np
import pytest

from simple_rnn import History, TrainingDiverged

COSTS = np.array([9.0, 4.0, 1.0, 0.5, np.inf])
OWN = History(COSTS[:2], np.array([[0.1, 0.2]] * 3), 0.1, names=("a", "b"))
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


def test_other_weights_are_not_called_by_the_names_of_the_article_s():
    assert OWN.lines() == ["Initial weights: 0.1000, 0.2000", "Final weights : 0.1000, 0.2000"]


def test_it_draws_its_costs():
    figure = pytest.importorskip("matplotlib.figure").Figure()
    ax = figure.subplots()
    assert HISTORY.plot(label="a run", yscale="linear", ax=ax) is ax
    (line,) = ax.lines
    np.testing.assert_array_equal(line.get_ydata(), COSTS)
    assert (line.get_label(), ax.get_yscale()) == ("a run", "linear")


def test_nine_runs_in_one_picture_have_nine_looks():
    ax = pytest.importorskip("matplotlib.figure").Figure().subplots()
    for run in range(9):
        HISTORY.plot(label=f"run {run}", ax=ax)
    assert len({(line.get_color(), line.get_linestyle()) for line in ax.lines}) == 9


@pytest.mark.parametrize(
    ("epoch", "costs", "last_weight", "said"),
    [
        (3, [5, 4, np.inf], 1e9, "inf (the one before: 4): the steps are too large; start"),
        (3, [5, 4, np.nan], np.nan, "nan (the one before: 4): the weights are not finite: an"),
        (
            3,
            [5, 4, np.nan],
            0.5,
            "nan (the one before: 4): the loss is not finite at these weights",
        ),
        (1, [np.inf], 0.5, "epoch 1 is inf: the loss is not finite at these weights"),
    ],
)
def test_divergence_says_when_and_why_and_can_be_sent_to_another_process(
    epoch, costs, last_weight, said
):
    weights = np.vstack([np.ones((epoch - 1, 2)), np.full((2, 2), last_weight)])
    history = History(np.array(costs, "float64"), weights, 0.1)
    diverged = pickle.loads(pickle.dumps(TrainingDiverged(epoch, history)))
    assert said in str(diverged)
    np.testing.assert_array_equal(diverged.history.costs, costs)
