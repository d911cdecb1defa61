"""What a training run leaves behind: its history, or where it diverged.

The lines of its report are the article's print statements.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable

import numpy as np

from simple_rnn import plotting
from simple_rnn._checks import whole_number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "REPORT_EVERY",
    "History",
    "TrainingDiverged",
    "cost_line",
    "final_line",
    "initial_line",
    "recorded",
    "weights_line",
]

# How often the article prints the cost, in epochs.
REPORT_EVERY = 100


def initial_line(weights: Any) -> str:
    """Return the line that reports the weights before training."""
    return "Initial weights: " + _listed(weights)


def weights_line(weights: Any) -> str:
    """Return the line that reports the weights from which a training goes on."""
    return "Weights        : " + _listed(weights)


def cost_line(epoch: int, cost: float) -> str:
    """Return the line that reports the cost of an epoch."""
    return "epoch[%5d] : cost =%8.4f" % (epoch, cost)


def final_line(weights: Any) -> str:
    """Return the line that reports the weights after training."""
    return "Final weights : " + _listed(weights)


def _listed(weights: Any) -> str:
    """Return the article's two weights as it prints them; of another network, the first ones."""
    if len(weights) == 2:
        return "wx = %8.4f, wRec = %8.4f" % tuple(weights)
    shown = ", ".join("%.4f" % weight for weight in weights[:4])
    return shown if len(weights) <= 4 else f"{shown}, ... ({len(weights)} numbers)"


@dataclass(frozen=True, eq=False)
class History:
    """The costs and the weights of a training run.

    Parameters
    ----------
    costs : ndarray of shape (n_epochs,), of the dtype of the data
        ``costs[k]`` is the cost of epoch ``k + 1``, before its update: the cost at ``weights[k]``.
    weights : ndarray of shape (n_epochs + 1, 2), of the dtype of the network
        ``weights[k]`` is ``(w_x, w_rec)`` after ``k`` updates; the first row is the initial
        weights, the last one the final weights. A network with other parameters has more columns:
        all entries of its ``params``.
    seconds : float
        How long the run took, without the compilation and without the time between two calls of
        :func:`~simple_rnn.train`.
    """

    costs: np.ndarray
    weights: np.ndarray
    seconds: float

    def __repr__(self) -> str:
        """Return the number of epochs, the first cost and the last, on one line."""
        costs = ", cost from %.6g to %.6g" % tuple(self.costs[[0, -1]]) if len(self.costs) else ""
        return f"<History: {len(self.costs)} epochs{costs}>"

    @property
    def initial_weights(self) -> np.ndarray:
        """``(w_x, w_rec)`` before the first epoch."""
        return self.weights[0]

    @property
    def final_weights(self) -> np.ndarray:
        """``(w_x, w_rec)`` after the last epoch."""
        return self.weights[-1]

    def lines(self, report_every: int = REPORT_EVERY) -> list[str]:
        """Return the report of the run in the article's format.

        Parameters
        ----------
        report_every : int
            After how many epochs the cost is reported.

        Returns
        -------
        list of str
            The lines that :func:`~simple_rnn.train` prints for a run that came to its end.
        """
        report_every = whole_number("report_every", report_every)
        reported = range(report_every, len(self.costs) + 1, report_every)
        return [
            initial_line(self.initial_weights),
            *(cost_line(epoch, self.costs[epoch - 1]) for epoch in reported),
            final_line(self.final_weights),
        ]

    def plot(self, **options: Any) -> Axes:
        """Draw the loss curve; ``options`` as in :func:`simple_rnn.plotting.loss_curve`.

        Several histories, each with a ``label``, make one picture with a legend. The costs on
        other data join it by ``plotting.loss_curve(cost(*history.weights.T), label="unseen")``,
        with ``cost = compile_cost(unseen)``: for the article's two weights. With a network of one's
        own, train in pieces (:func:`~simple_rnn.train`, Examples).
        """
        return plotting.loss_curve(self.costs, **options)


@contextmanager
def recorded(train_model: Any) -> Iterator[Callable[[Any], None]]:
    """Record a run; yields a function that takes the cost of each epoch.

    However the run ends, by Ctrl-C or by an error too, ``train_model.history`` is its history. The
    run goes on with the history that is there if the network still has the weights at its end; else
    a new one begins.
    """
    net, epochs, started = train_model.net, [], time.perf_counter()
    if not _ends_at(train_model.history, net.weights):
        if train_model.history is not None:
            train_model.restart()
        # Of float32, so that the dtype of the costs to come is that of all.
        train_model.history = History(np.array([], "float32"), np.array([net.weights]), 0.0)
    before = train_model.history

    def record(cost: Any) -> None:
        # Both at once, so that no interruption comes between them.
        epochs.append((cost, net.weights))

    try:
        # A cost that overflows is in the history; NumPy need not warn of it too.
        with np.errstate(over="ignore", invalid="ignore"):
            yield record
    finally:
        if epochs:
            costs, weights = zip(*epochs)
            train_model.history = History(
                np.concatenate([before.costs, costs]),
                np.concatenate([before.weights, weights]),
                before.seconds + time.perf_counter() - started,
            )


def _ends_at(history: History | None, weights: tuple[float, ...]) -> bool:
    """Return whether a history has epochs, has not diverged and ends at these weights."""
    return (
        history is not None
        and len(history.costs) > 0
        and bool(np.isfinite(history.costs[-1]))
        and tuple(history.final_weights) == weights
    )


class TrainingDiverged(ArithmeticError):
    """The cost is no longer finite.

    Attributes
    ----------
    epoch : int
        The first epoch whose cost is not finite, counted from the beginning of the run, from 1.
    history : History
        The run up to that epoch, whose cost is the last of ``history.costs``.
    last_finite_cost : float or None
        The cost of the epoch before; None where there is none.
    last_finite_weights : ndarray of shape (2,), or None
        ``(w_x, w_rec)`` that had this cost; of another network, all its weights.
    """

    def __init__(self, epoch: int, history: History) -> None:
        # These two arguments exactly, so that another process can send it back (pickle).
        super().__init__(epoch, history)
        self.epoch = epoch
        self.history = history
        self.last_finite_cost = self.last_finite_weights = None
        if epoch > 1:
            self.last_finite_cost = float(history.costs[epoch - 2])
            self.last_finite_weights = history.weights[epoch - 2]

    def __str__(self) -> str:
        """Say when, from where, and what to do."""
        before = ""
        if self.last_finite_cost is not None:
            before = f" (the one before: {self.last_finite_cost:.6g}"
            if len(self.last_finite_weights) == 2:
                before += " at wx = %.4f, wRec = %.4f" % tuple(self.last_finite_weights)
            before += ")"
        said = "the training diverged; start again from new weights with a smaller learning rate"
        if self.epoch == 1 and not np.isfinite(self.history.weights[0]).all():
            said = "the run began with weights that are not finite: set train_model.net.weights"
        elif self.epoch == 1:
            said = "before any update, the loss is not finite with these weights and this data"
        elif np.isnan(self.history.weights[self.epoch - 1]).any():
            said += ", or with a loss whose gradient is finite there"
        return f"the cost of epoch {self.epoch} is {self.history.costs[-1]}{before}: {said}"
