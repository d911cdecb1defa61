"""simple_rnn.history: the report of a run, and what is said where it diverged."""

import pickle

import numpy as np
import pytest

from simple_rnn import History, TrainingDiverged

COSTS = np.array([9.0, 4.0, 1.0, 0.5, np.inf])
OWN = History(COSTS[:2], np.array([[0.1, 0.2]] * 3), names=("a", "b"))
HISTORY = History(COSTS, weights=np.arange(12.0).reshape(6, 2))
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
    three = History(COSTS[:1], np.ones((2, 3)))  # of matrices that have the article's names
    assert three.lines()[0] == "Initial weights: 1.0000, 1.0000, 1.0000"


def test_nine_runs_in_one_picture_have_nine_looks():
    ax = pytest.importorskip("matplotlib.figure").Figure().subplots()
    for run in range(9):
        HISTORY.plot(label=f"run {run}", ax=ax)
    assert len({(line.get_color(), line.get_linestyle()) for line in ax.lines}) == 9


@pytest.mark.parametrize(
    ("costs", "last_weight", "said"),
    [
        ([5, 4, np.inf], 1e9, "the steps are too large"),
        ([5, 4, np.nan], np.nan, "the weights are not finite"),
        ([5, 4, np.nan], 0.5, "the loss is not finite at these weights"),
        ([np.inf], 0.5, "the loss is not finite at these weights"),
    ],
)
def test_divergence_says_when_and_why_and_can_be_sent_to_another_process(costs, last_weight, said):
    epoch, weights = len(costs), np.full((len(costs) + 1, 2), last_weight)
    history = History(np.array(costs), weights)
    diverged = pickle.loads(pickle.dumps(TrainingDiverged(history)))
    assert f"the cost of epoch {epoch} is {costs[-1]}" in str(diverged)
    assert said in str(diverged)
    assert diverged.history.costs[-1:].tobytes() == history.costs[-1:].tobytes()
