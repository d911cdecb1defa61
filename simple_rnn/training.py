"""Training: from a network, an optimizer and a dataset to costs.

:func:`compile_train_model` compiles one epoch, :func:`train` calls it again and again and reports
as the article does, and :class:`History` is what it leaves: the cost and the weights of every
epoch.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable

import aesara
import aesara.tensor as at
import numpy as np

from simple_rnn.data import CountingDataset
from simple_rnn.model import simpleRNN, unfold
from simple_rnn.numerics import compile_function
from simple_rnn.optimizers import Optimizer

if TYPE_CHECKING:
    from aesara.tensor.var import TensorVariable
    from matplotlib.axes import Axes

    Loss = Callable[[TensorVariable, TensorVariable], TensorVariable]

__all__ = [
    "History",
    "TrainModel",
    "TrainingDiverged",
    "compile_cost",
    "compile_predict",
    "compile_train_model",
    "mean_of_squares",
    "sum_of_squares",
    "train",
]

# How often the article prints the cost, in epochs.
REPORT_EVERY = 100
# How many pairs of weights compile_cost takes at once: with the article's number of samples, the
# states of so many stay in the processor's cache.
COST_BLOCK = 1024


def sum_of_squares(y_: TensorVariable, y_hypo: TensorVariable) -> TensorVariable:
    """Return the sum of the squared errors, ``sum((y_ - y_hypo)^2)``: the article's loss."""
    return at.square(y_ - y_hypo).sum()


def mean_of_squares(y_: TensorVariable, y_hypo: TensorVariable) -> TensorVariable:
    """Return the mean of the squared errors: the source blog's loss."""
    return at.square(y_ - y_hypo).mean()


@dataclass(frozen=True)
class TrainModel:
    """One compiled epoch of training; calling it runs the epoch.

    Made by :func:`compile_train_model`. A call returns ``[cost]``, the cost before the epoch's
    update, as a 0-d array, and updates the weights of ``net``.
    """

    net: simpleRNN
    function: Callable[[], list[np.ndarray]]

    def __call__(self) -> list[np.ndarray]:
        """Run one epoch and return ``[cost]``."""
        return self.function()


def compile_train_model(
    net: simpleRNN,
    optimizer: Optimizer,
    dataset: CountingDataset,
    mode: Any = None,
    loss: Loss = sum_of_squares,
) -> TrainModel:
    """Compile one epoch of training on the whole dataset.

    The loss compares the last output of each sequence, ``y_t[-1]``, with its target. The first
    compilation on a machine takes tens of seconds, most of them in the C compiler; its results are
    kept in Aesara's compile cache.

    Parameters
    ----------
    net : simpleRNN
        The network to train.
    optimizer : Optimizer
        Anything whose ``minimize(loss)`` returns updates of ``net.params``.
    dataset : CountingDataset
        The sequences, time-major; copied, so that later changes have no effect. Its dtype is that
        of the computation.
    mode : aesara.compile.mode.Mode or str, optional
        As in :func:`~simple_rnn.numerics.compile_function`.
    loss : callable
        ``loss(y_, y_hypo)`` returns a symbolic scalar from the targets and the outputs, both
        symbolic of shape (num_samples,). The article's is :func:`sum_of_squares`.

    Returns
    -------
    TrainModel
        ``train_model()`` runs one epoch and returns ``[cost]``, as in the article.

    Raises
    ------
    TypeError
        If the data is not of a floating-point dtype.

    Notes
    -----
    Source: the article's ``train_model``. There the data comes in through ``givens``; here it
    stands in shared variables, whose type carries its shape, and Aesara need not compute with
    shapes.
    """
    x_t, y_, s0 = (
        aesara.shared(array, name=name, shape=array.shape)
        for name, array in (("x_t", dataset.x), ("y_", dataset.y), ("s0", dataset.s0))
    )
    y_t = net.state_update(x_t, s0)
    y_hypo = y_t[-1]
    cost = loss(y_, y_hypo)
    train_op = optimizer.minimize(cost)
    return TrainModel(net, compile_function([], [cost], updates=train_op, mode=mode))


def compile_predict(net: simpleRNN, mode: Any = None) -> Callable[[Any], np.ndarray]:
    """Compile the network's answer to sequences of any length and number.

    Parameters
    ----------
    net : simpleRNN
        The network. The answer uses the weights that it has at the time of the call.
    mode : aesara.compile.mode.Mode or str, optional
        As in :func:`~simple_rnn.numerics.compile_function`.

    Returns
    -------
    callable
        ``predict(x)`` takes time-major ``x`` of shape (seq_len, num_samples), an array or nested
        lists, and returns an ndarray of shape (num_samples,): about the number of ones in each
        sequence, once the network is trained. It raises ValueError if ``x`` is not two-dimensional.
    """
    dtype = net.w_x.dtype
    x_t = at.matrix("x_t", dtype=dtype)
    y_t = net.state_update(x_t, at.zeros_like(x_t[0]))
    function = compile_function([x_t], y_t[-1], mode=mode)

    def predict(x: Any) -> np.ndarray:
        """Return the answer to each sequence of time-major ``x``."""
        x = np.asarray(x, dtype=dtype)
        if x.ndim != 2 or x.shape[0] == 0:
            raise ValueError(
                f"x has shape {x.shape}; expected (seq_len, num_samples), with at least one step."
                " Make a single sequence a column with np.reshape(x, (-1, 1))"
            )
        return function(x)

    return predict


def compile_cost(dataset: CountingDataset, mode: Any = None) -> Callable[[Any, Any], np.ndarray]:
    """Compile the cost on a dataset as a function of the two weights, for many pairs at once.

    Parameters
    ----------
    dataset : CountingDataset
        The sequences, time-major; copied.
    mode : aesara.compile.mode.Mode or str, optional
        As in :func:`~simple_rnn.numerics.compile_function`.

    Returns
    -------
    callable
        ``cost(w_x, w_rec)`` takes two arrays of weights that broadcast against each other and
        returns the cost of each pair, float64, of their common shape. All pairs of a block go
        through one scan.
    """
    w_x, w_rec = (at.vector(name, dtype="float64") for name in ("w_x", "w_rec"))
    x_t, y_, s0 = (
        aesara.shared(array.astype("float64"), name=name, shape=array.shape)
        for name, array in (("x_t", dataset.x), ("y_", dataset.y), ("s0", dataset.s0))
    )
    # A row a sample, a column a pair of weights: each step computes all pairs at once. Down the
    # columns, C and NumPy add in the same order.
    s0 = at.alloc(s0[:, np.newaxis], s0.shape[0], w_x.shape[0])
    y_t = unfold(x_t[:, :, np.newaxis], s0, w_x, w_rec)
    errors = y_[:, np.newaxis] - y_t[-1]
    function = compile_function([w_x, w_rec], at.square(errors).sum(axis=0), mode=mode)

    def cost(w_x: Any, w_rec: Any) -> np.ndarray:
        """Return the cost of each pair of weights."""
        pairs = np.broadcast_arrays(np.asarray(w_x, float), np.asarray(w_rec, float))
        w_x, w_rec = (weights.ravel() for weights in pairs)
        costs = np.empty(w_x.shape)
        for start in range(0, costs.size, COST_BLOCK):
            block = slice(start, start + COST_BLOCK)
            costs[block] = function(w_x[block], w_rec[block])
        return costs.reshape(pairs[0].shape)

    return cost


@dataclass(frozen=True, eq=False)
class History:
    """What a training run went through.

    Parameters
    ----------
    costs : ndarray of shape (n_epochs,), of the dtype of the data
        ``costs[k]`` is the cost of epoch ``k + 1``, before its update: the cost at ``weights[k]``.
    weights : ndarray of shape (n_epochs + 1, 2), of the dtype of the network
        ``weights[k]`` is ``(w_x, w_rec)`` after ``k`` updates; the first row is the initial
        weights, the last one the final weights.
    seconds : float
        How long the run took, without the compilation.
    """

    costs: np.ndarray
    weights: np.ndarray
    seconds: float

    @property
    def initial_weights(self) -> np.ndarray:
        """``(w_x, w_rec)`` before the first epoch."""
        return self.weights[0]

    @property
    def final_weights(self) -> np.ndarray:
        """``(w_x, w_rec)`` after the last epoch."""
        return self.weights[-1]

    def lines(self, report_every: int = REPORT_EVERY) -> list[str]:
        """Return the report of the run, a line each, in the article's format.

        Parameters
        ----------
        report_every : int
            After how many epochs the cost is reported.

        Returns
        -------
        list of str
            What :func:`train` prints with this ``report_every``.
        """
        return [
            initial_line(self.initial_weights),
            *(
                cost_line(epoch, self.costs[epoch - 1])
                for epoch in range(report_every, len(self.costs) + 1, report_every)
            ),
            final_line(self.final_weights),
        ]

    def plot(self, **options: Any) -> Axes:
        """Draw the loss curve; ``options`` as in :func:`simple_rnn.plotting.loss_curve`."""
        from simple_rnn import plotting

        return plotting.loss_curve(self.costs, **options)


class TrainingDiverged(ArithmeticError):
    """The cost is no longer finite.

    Attributes
    ----------
    epoch : int
        The first epoch whose cost is not finite, counted from 1.
    history : History
        The run up to that epoch, whose cost is the last of ``history.costs``.
    """

    def __init__(self, epoch: int, history: History) -> None:
        super().__init__(
            f"the cost of epoch {epoch} is {history.costs[-1]}: the training diverged."
            " Try a smaller learning rate"
        )
        self.epoch = epoch
        self.history = history


# The article's print statements.
def initial_line(weights: Any) -> str:
    """Return the line that reports the weights before training."""
    return "Initial weights: wx = %8.4f, wRec = %8.4f" % tuple(weights)


def cost_line(epoch: int, cost: float) -> str:
    """Return the line that reports the cost of an epoch."""
    return "epoch[%5d] : cost =%8.4f" % (epoch, cost)


def final_line(weights: Any) -> str:
    """Return the line that reports the weights after training."""
    return "Final weights : wx = %8.4f, wRec = %8.4f" % tuple(weights)


def train(
    train_model: TrainModel,
    n_epochs: int,
    report_every: int = REPORT_EVERY,
    report: Callable[[str], Any] | None = print,
) -> History:
    """Train for ``n_epochs`` epochs and report as the article does.

    Parameters
    ----------
    train_model : TrainModel
        What :func:`compile_train_model` returned. Training goes on from the weights and
        accumulators as they are.
    n_epochs : int
        How many epochs; the article's number is 2001.
    report_every : int
        After how many epochs the cost is reported.
    report : callable or None
        What is called with each line of the report; None for no report.

    Returns
    -------
    History
        The costs and weights of every epoch.

    Raises
    ------
    ValueError
        If ``n_epochs`` or ``report_every`` is not a whole number of at least 1.
    TrainingDiverged
        At the first epoch whose cost is not finite.
    """
    for name, count in (("n_epochs", n_epochs), ("report_every", report_every)):
        if not isinstance(count, (int, np.integer)) or count < 1:
            raise ValueError(f"{name} is {count!r}; expected a whole number of at least 1")
    report = report or (lambda line: None)
    net = train_model.net
    started = time.perf_counter()
    costs, weights = [], [net.weights]

    def history() -> History:
        return History(np.array(costs), np.array(weights), time.perf_counter() - started)

    report(initial_line(weights[0]))
    for epoch in range(1, n_epochs + 1):
        # A cost that overflows is reported below, once.
        with np.errstate(over="ignore", invalid="ignore"):
            (cost,) = train_model()
        costs.append(cost)
        weights.append(net.weights)
        if not np.isfinite(cost):
            raise TrainingDiverged(epoch, history())
        if epoch % report_every == 0:
            report(cost_line(epoch, cost))
    report(final_line(weights[-1]))
    return history()
