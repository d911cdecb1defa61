"""What a training run leaves behind: its history, or where it diverged.

The lines of its report are the article's print statements.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from simple_rnn import plotting

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["History", "TrainingDiverged"]

# The names of the article's weights, in the network; it prints them as wx and wRec.
WEIGHTS = ("w_x", "w_rec")


def initial_line(weights: Any, names: Sequence[str] = WEIGHTS) -> str:
    """Return the line that reports the weights before training."""
    return "Initial weights: " + _listed(weights, names)


def cost_line(epoch: int, cost: float) -> str:
    """Return the line that reports the cost of an epoch."""
    return "epoch[%5d] : cost =%8.4f" % (epoch, cost)


def final_line(weights: Any, names: Sequence[str] = WEIGHTS) -> str:
    """Return the line that reports the weights after training."""
    return "Final weights : " + _listed(weights, names)


def _listed(weights: Any, names: Sequence[str]) -> str:
    """Return the article's two weights as it prints them; of another network, the first ones."""
    if tuple(names) == WEIGHTS and len(weights) == len(WEIGHTS):
        return "wx = %8.4f, wRec = %8.4f" % tuple(weights)
    shown = ", ".join("%.4f" % weight for weight in weights[:4])
    return shown if len(weights) <= 4 else f"{shown}, ... ({len(weights)} numbers)"


@dataclass(eq=False)
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
    names : sequence of str
        The names of the network's parameters.
    """

    costs: np.ndarray
    weights: np.ndarray
    names: Sequence[str] = WEIGHTS

    REPORT_EVERY = 100  # how often the article prints the cost, in epochs

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
        """Return the report of the run in the article's format, as :func:`~simple_rnn.train` does.

        Parameters
        ----------
        report_every : int
            After how many epochs the cost is reported.

        Returns
        -------
        list of str
            The initial weights, the costs, the final weights.
        """
        reported = range(report_every, len(self.costs) + 1, report_every)
        return [
            initial_line(self.initial_weights, self.names),
            *(cost_line(epoch, self.costs[epoch - 1]) for epoch in reported),
            final_line(self.final_weights, self.names),
        ]

    def plot(self, **options: Any) -> Axes:
        """Draw the loss curve; ``options`` as in :func:`simple_rnn.plotting.loss_curve`.

        Several histories, each with a ``label``, make one picture with a legend.
        """
        return plotting.loss_curve(self.costs, **options)


class TrainingDiverged(ArithmeticError):
    """The cost is no longer finite.

    Attributes
    ----------
    epoch : int
        The first epoch whose cost is not finite, counted from 1.
    history : History
        The run up to that epoch, whose cost is the last of ``history.costs``. One epoch before,
        the cost was ``history.costs[epoch - 2]`` at ``history.weights[epoch - 2]``.
    """

    def __init__(self, history: History) -> None:
        super().__init__(history)
        self.epoch = len(history.costs)
        self.history = history

    def __str__(self) -> str:
        """Say when, and what to do."""
        cost = self.history.costs[self.epoch - 1]
        weights = self.history.weights[self.epoch - 1]
        if not np.isfinite(weights).all():
            why = "the weights are not finite: an infinite gradient, or too large a learning rate?"
        elif np.isnan(cost) or self.epoch == 1:
            why = "the loss is not finite at these weights: the logarithm of 0, or a division by 0?"
        else:
            why = "the steps are too large; start again from new weights with a smaller rate"
        return f"the cost of epoch {self.epoch} is {cost}: {why}"
