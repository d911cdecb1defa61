"""What the article and its source blog published, and the comparison with it.

The printed results are stored only here. No run uses them: they are read by :func:`compare`, and
drawn as points on a loss curve. (They did guide one choice: how the updates are written in
:mod:`simple_rnn.optimizers`.) A run does start from the published settings: seed, sizes, learning
rates.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Callable, NamedTuple

import numpy as np

from simple_rnn import optimizers, training
from simple_rnn.data import CountingDataset, make_counting_dataset
from simple_rnn.history import History
from simple_rnn.model import simpleRNN

__all__ = [
    "CONDITIONS",
    "GRADIENT_WEIGHTS",
    "WINDOWS",
    "Comparison",
    "Condition",
    "answer_line",
    "build",
    "compare",
    "dataset",
    "format_comparisons",
    "run",
]


# The article's settings (its main program). The blog has the same seed and sizes.
SEED = 1
NUM_SAMPLES = 20
SEQ_LEN = 10
N_EPOCHS = 2001

# The blog's windows of the cost surface: the grid points of each, the same for both weights.
# Quotients of whole numbers, so that the grid holds the optimum exactly.
WINDOWS = {
    "wide": np.arange(-60, 61) / 20,  # from -3 to 3
    "near": np.arange(-5, 106) / 50,  # from -0.1 to 2.1
}
# The weights (w_x, w_rec) for which the blog follows the gradient through time.
GRADIENT_WEIGHTS = ((2, 1), (1, 2), (1, -2), (1, 0), (1, 0.5), (1, -0.5))


@dataclass(frozen=True)
class Condition:
    """An experiment: one of the article's two, or the source blog's.

    Parameters
    ----------
    title : str
        A heading for it: the article's, where it has one.
    optimizer : type
        The optimizer's class.
    learning_rate : float
        Its learning rate.
    published : str
        What was printed: the article's lines as they are, the blog's numbers as such lines.
    source : str
        Who published it: ``"article"`` or ``"blog"``.
    n_epochs : int
        How many updates.
    loss : callable
        As in :func:`~simple_rnn.training.compile_train_model`.
    dtype : str
        Of the data and the weights.
    initial_weights : tuple of float, optional
        ``(w_x, w_rec)``; None where they are drawn after the data.
    unseen_sequence : tuple of int
        A sequence that the trained network is asked about at the end; empty for none.
    """

    title: str
    optimizer: type[optimizers.Optimizer]
    learning_rate: float
    published: str = field(repr=False)
    source: str = "article"
    n_epochs: int = N_EPOCHS
    loss: training.Loss = training.sum_of_squares
    dtype: str = "float32"
    initial_weights: tuple[float, float] | None = None
    unseen_sequence: tuple[int, ...] = ()

    @property
    def published_lines(self) -> list[str]:
        """The lines that were printed: for the article initial weights, costs, final weights."""
        return self.published.strip().splitlines()

    @property
    def published_costs(self) -> dict[int, float]:
        """The cost that was printed for an epoch, by epoch."""
        found = re.findall(r"epoch\[ *(\d+)\] : cost = *([\d.]+)", self.published)
        return {int(epoch): float(cost) for epoch, cost in found}


CONDITIONS: dict[str, Condition] = {
    "gd": Condition(
        title="Condition 1. Gradient descent",
        optimizer=optimizers.GradientDescentOptimizer,
        learning_rate=1.0e-5,
        published="""
Initial weights: wx =   0.0900, wRec =   0.0113
epoch[  100] : cost =529.6915
epoch[  200] : cost =504.5684
epoch[  300] : cost =475.3019
epoch[  400] : cost =435.9507
epoch[  500] : cost =362.6525
epoch[  600] : cost =  0.2677
epoch[  700] : cost =  0.1585
epoch[  800] : cost =  0.1484
epoch[  900] : cost =  0.1389
epoch[ 1000] : cost =  0.1300
epoch[ 1100] : cost =  0.1216
epoch[ 1200] : cost =  0.1138
epoch[ 1300] : cost =  0.1064
epoch[ 1400] : cost =  0.0995
epoch[ 1500] : cost =  0.0930
epoch[ 1600] : cost =  0.0870
epoch[ 1700] : cost =  0.0813
epoch[ 1800] : cost =  0.0760
epoch[ 1900] : cost =  0.0710
epoch[ 2000] : cost =  0.0663
Final weights : wx =   1.0597, wRec =   0.9863
""",
    ),
    "rmsprop": Condition(
        title="Condition 2. RMSProp",
        optimizer=optimizers.RMSPropOptimizer,
        learning_rate=0.001,
        published="""
Initial weights: wx =   0.0900, wRec =   0.0113
epoch[  100] : cost =  5.7880
epoch[  200] : cost =  0.3313
epoch[  300] : cost =  0.0181
epoch[  400] : cost =  0.0072
epoch[  500] : cost =  0.0068
epoch[  600] : cost =  0.0068
epoch[  700] : cost =  0.0068
epoch[  800] : cost =  0.0068
epoch[  900] : cost =  0.0068
epoch[ 1000] : cost =  0.0068
epoch[ 1100] : cost =  0.0068
epoch[ 1200] : cost =  0.0068
epoch[ 1300] : cost =  0.0068
epoch[ 1400] : cost =  0.0068
epoch[ 1500] : cost =  0.0068
epoch[ 1600] : cost =  0.0068
epoch[ 1700] : cost =  0.0068
epoch[ 1800] : cost =  0.0068
epoch[ 1900] : cost =  0.0068
epoch[ 2000] : cost =  0.0068
Final weights : wx =   0.9995, wRec =   0.9993
""",
    ),
    "rprop": Condition(
        title="The source blog. Rprop",
        optimizer=optimizers.RpropOptimizer,
        learning_rate=0.001,
        published="""
Final weights : wx =   1.0014, wRec =   0.9997
Unseen sequence: target = 5, output = 5.00
""",
        source="blog",
        n_epochs=500,
        loss=training.mean_of_squares,
        dtype="float64",
        initial_weights=(-1.5, 2.0),
        unseen_sequence=(0, 1, 1, 0, 0, 0, 0, 1, 0, 0, 1, 1),
    ),
}


def dataset(dtype: str = "float32") -> CountingDataset:
    """Return the data that the article's runs, and the blog's, are trained on.

    Parameters
    ----------
    dtype : str
        The dtype of all arrays: the article's float32, or float64.
    """
    return make_counting_dataset(NUM_SAMPLES, SEQ_LEN, np.random.RandomState(SEED), dtype)


def build(
    condition: Condition,
    *,
    learning_rate: float | None = None,
    seed: int = SEED,
    num_samples: int = NUM_SAMPLES,
    seq_len: int = SEQ_LEN,
) -> training.TrainModel:
    """Draw the data and the initial weights of a condition and compile its training.

    Parameters
    ----------
    condition : Condition
        For example ``CONDITIONS["rmsprop"]``.
    learning_rate : float, optional
        None stands for the condition's own.
    seed, num_samples, seq_len : int
        The article's by default.

    Returns
    -------
    TrainModel
        Ready for :func:`~simple_rnn.train`.
    """
    # One generator, as in the article: first it draws the data, then the weights.
    rng = np.random.RandomState(seed)
    data = make_counting_dataset(num_samples, seq_len, rng=rng, dtype=condition.dtype)
    net = simpleRNN(seq_len, 1, 1, rng=rng, dtype=condition.dtype)
    if condition.initial_weights is not None:
        net.weights = condition.initial_weights
    if learning_rate is None:
        learning_rate = condition.learning_rate
    optimizer = condition.optimizer(net.params, learning_rate)
    return training.compile_train_model(net, optimizer, data, loss=condition.loss)


def run(
    condition: Condition,
    *,
    n_epochs: int | None = None,
    report: Callable[[str], Any] | None = print,
    **settings: Any,
) -> History:
    """Run a condition as it was published, or with other settings.

    Parameters
    ----------
    condition : Condition
        For example ``CONDITIONS["rmsprop"]``.
    n_epochs : int, optional
        None stands for the condition's own.
    report : callable or None
        As in :func:`~simple_rnn.train`.
    **settings
        As in :func:`build`.

    Returns
    -------
    History
        To be given to :func:`compare`.

    Raises
    ------
    TrainingDiverged
        At the first epoch whose cost is not finite.
    """
    n_epochs = condition.n_epochs if n_epochs is None else n_epochs
    history = training.train(build(condition, **settings), n_epochs, report=report)
    if report is not None and condition.unseen_sequence:
        report(answer_line(condition, history))
    return history


def answer_line(condition: Condition, history: History) -> str:
    """Return the line that reports the trained network's answer to the unseen sequence.

    Parameters
    ----------
    condition : Condition
        A condition with an unseen sequence.
    history : History
        A run of it.

    Returns
    -------
    str
        How many ones there are, and how many the network with the final weights counts.
    """
    sequence = condition.unseen_sequence
    # The drawn weights are replaced at once; the seed spares numpy's global generator.
    net = simpleRNN(len(sequence), 1, 1, np.random.RandomState(SEED), condition.dtype)
    net.weights = history.final_weights
    (output,) = training.compile_predict(net)(np.reshape(sequence, (-1, 1)))  # time-major: a column
    return "Unseen sequence: target = %d, output = %.2f" % (sum(sequence), output)


class Comparison(NamedTuple):
    """A published line and the one obtained, which is empty where there is none."""

    published: str
    obtained: str

    @property
    def exact(self) -> bool:
        """Whether the two lines are equal, digit for digit."""
        return self.published == self.obtained


def _name(line: str) -> str:
    """Return what a line of a report is about: what stands before the colon."""
    return line.split(":")[0].strip()


def compare(condition: Condition, history: History) -> list[Comparison]:
    """Compare what was published with what a run prints, line by line.

    Parameters
    ----------
    condition : Condition
        The condition that was run.
    history : History
        What :func:`run` returned.

    Returns
    -------
    list of Comparison
        One for each published line (1 + 20 + 1 for a condition of the article), with the line that
        the run prints for the same; an empty one where it prints none.
    """
    obtained = history.lines()
    if condition.unseen_sequence:
        obtained.append(answer_line(condition, history))
    by_name = {_name(line): line for line in obtained}
    return [
        Comparison(published, by_name.get(_name(published), ""))
        for published in condition.published_lines
    ]


def format_comparisons(comparisons: list[Comparison]) -> str:
    """Return a table: what, published, obtained, verdict.

    Parameters
    ----------
    comparisons : list of Comparison
        As :func:`compare` returned them.

    Returns
    -------
    str
        One line for each comparison under a line of headings.
    """
    rows = [("", "published", "obtained", "verdict")]
    for line in comparisons:
        # The results are what stands behind each "=".
        results = ("  ".join(re.findall(r"= *([^\s,]+)", text)) for text in line)
        rows.append((_name(line.published), *results, "exact" if line.exact else "DIFFERS"))
    return "\n".join("%-15s  %14s  %14s  %s" % row for row in rows)
