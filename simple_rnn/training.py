"""Training: from a network, an optimizer and a dataset to a history of costs.

:func:`compile_train_model` compiles one epoch, and :func:`train` is the article's loop around it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import TYPE_CHECKING, Any, Callable

import aesara.tensor as at
import numpy as np
from aesara.compile.sharedvalue import SharedVariable

from simple_rnn._aesara.calls import bare_call
from simple_rnn._aesara.graphs import shared_array
from simple_rnn._checks import check_instance, float_array, whole_number
from simple_rnn._interrupts import ctrl_c_between_epochs
from simple_rnn._own_parts import (
    answers_of,
    answers_to,
    check_network,
    check_optimizer,
    check_updates,
)
from simple_rnn.data import CountingDataset, check_time_major
from simple_rnn.history import (
    REPORT_EVERY,
    History,
    TrainingDiverged,
    cost_line,
    final_line,
    initial_line,
    recorded,
    weights_line,
)
from simple_rnn.model import simpleRNN
from simple_rnn.numerics import compile_function
from simple_rnn.optimizers import Optimizer

if TYPE_CHECKING:
    from aesara.tensor.var import TensorVariable

    Loss = Callable[[TensorVariable, TensorVariable], TensorVariable]

__all__ = [
    "TrainModel",
    "compile_predict",
    "compile_train_model",
    "mean_of_squares",
    "sum_of_squares",
    "train",
]


def sum_of_squares(y_: TensorVariable, y_hypo: TensorVariable) -> TensorVariable:
    """Return the sum of the squared errors, ``sum((y_ - y_hypo)^2)``: the article's loss."""
    return at.square(y_ - y_hypo).sum()


def mean_of_squares(y_: TensorVariable, y_hypo: TensorVariable) -> TensorVariable:
    """Return the mean of the squared errors: the source blog's loss."""
    return at.square(y_ - y_hypo).mean()


def compile_train_model(
    net: simpleRNN,
    optimizer: Optimizer,
    dataset: CountingDataset,
    loss: Loss = sum_of_squares,
) -> TrainModel:
    """Compile one epoch of training on the whole dataset.

    The loss compares the last output of each sequence, ``y_t[-1]``, with its target. The first
    compilation on a machine takes some seconds, and of a network of several units up to a minute,
    most of it in the C++ compiler; the results are kept in Aesara's compile cache.

    Parameters
    ----------
    net : simpleRNN
        The network to train, or one of your own (:class:`~simple_rnn.simpleRNN`, Notes).
    optimizer : Optimizer
        Any object whose ``minimize(loss)`` returns updates of ``net.params``. A new value of
        another dtype than its variable, or of a shape that is not known, is converted.
    dataset : CountingDataset
        The sequences, time-major; copied, so that later changes have no effect. Its dtype is that
        of the computation.
    loss : callable
        ``loss(y_, y_hypo)`` returns a symbolic scalar from the targets and the outputs, both
        symbolic of shape (num_samples,). The article's is the sum of squares, the default. In a
        penalty the weights are ``net.w_x.sum()`` and ``net.w_rec.sum()``; ``net.weights`` are
        numbers, which the gradient does not see.

    Returns
    -------
    TrainModel
        ``train_model()`` runs one epoch and returns ``[cost]``, as in the article.

    Raises
    ------
    TypeError
        If one of the arguments is of another kind, the network's answers are not a matrix, or an
        update does not fit its variable.
    ValueError
        If the network does not fit the data, the loss is not a scalar, or does not depend on the
        optimizer's parameters, or one of these or of its accumulators has no update.

    Notes
    -----
    Source: the article's ``train_model``. The article passes the data through ``givens``; here the
    graph is built on shared variables of known shape, so that Aesara need not compute shapes at
    every epoch.
    """
    check_network(net)
    check_optimizer(optimizer)
    check_instance(
        "dataset", dataset, CountingDataset, "make_counting_dataset() or CountingDataset(x, y)"
    )
    check_instance("loss", loss, Callable, "a function loss(y_, y_hypo), like sum_of_squares")
    # The article's names: y_ for the targets, y_hypo for the network's answers, train_op for the
    # updates.
    x_t = shared_array(dataset.x, name="x_t")
    y_ = shared_array(dataset.y, name="y_")
    s0 = shared_array(dataset.s0, name="s0")
    y_t = answers_of(net, x_t, s0)  # net.state_update(x_t, s0), and whether it fits the data
    y_hypo = y_t[-1]
    cost = loss(y_, y_hypo)
    train_op = check_updates(optimizer.minimize(cost), optimizer)
    function = compile_function(inputs=[], outputs=[cost], updates=train_op)
    return TrainModel(net, function, updated=[variable for variable, _ in train_op])


@dataclass(eq=False)
class TrainModel:
    """One compiled epoch of training; calling it runs the epoch.

    An epoch takes all samples at once and updates the weights of ``net`` once. A call returns
    ``[cost]``, the cost before this update, as a 0-d array.

    The function :func:`train` keeps the history, and begins new runs. A loop of one's own does
    neither: where it sets ``net.weights``, it has to call :meth:`restart` too.

    Attributes
    ----------
    net : simpleRNN
        The network that is trained.
    function : callable
        The compiled epoch.
    updated : sequence of shared variables
        What an epoch changes: the weights, and what the optimizer keeps from epoch to epoch.
    history : History or None
        The run so far, up to its end or to where it was interrupted or diverged.
    """

    net: simpleRNN
    function: Callable[[], list[np.ndarray]]
    updated: Sequence[SharedVariable] = ()
    history: History | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        """Prepare the call, and remember what the optimizer starts with."""
        self._epoch = bare_call(self.function)  # the same without what Aesara does around a call
        self._at_first = {v: v.get_value() for v in self.updated if v not in self.net.params}

    def __call__(self) -> list[np.ndarray]:
        """Run one epoch and return ``[cost]``."""
        return self._epoch()

    def restart(self) -> None:
        """Begin a new run: no history, and the optimizer's accumulators as when compiled.

        The weights stay as they are.
        """
        for variable, value in self._at_first.items():
            variable.set_value(value)
        self.history = None

    def __reduce__(self) -> Any:
        """Refuse a copy and a pickle: Aesara can make neither of a compiled function like this."""
        raise TypeError(
            "a TrainModel cannot be pickled or copied; save_state(train_model, path) keeps a"
            " training, compile_train_model(...) makes another one"
        )

    def __repr__(self) -> str:
        """Return what is trained and for how many epochs so far, on one line."""
        n_epochs = 0 if self.history is None else len(self.history.costs)
        return f"<TrainModel: {self.net}, {n_epochs} epochs so far>"


def train(
    train_model: TrainModel,
    n_epochs: int,
    report_every: int = REPORT_EVERY,
    report: Callable[[str], Any] | None = print,
) -> History:
    """Train for ``n_epochs`` epochs and report as the article does.

    Another call goes on with the run, equal to the bit, and its epochs count on. A new run begins,
    with epoch 1 and with the optimizer's accumulators as at first, where the network has other
    weights than at the end of ``train_model.history`` (because ``net.weights`` was set, or
    ``train_model()`` was called), and after a divergence.

    Ctrl-C takes effect between two epochs. The history up to there is ``train_model.history``. A
    second Ctrl-C, a second later, does not wait for the end of the epoch.

    Parameters
    ----------
    train_model : TrainModel
        What :func:`compile_train_model` returned.
    n_epochs : int
        How many more epochs; the article's number is 2001.
    report_every : int
        After how many epochs the cost is reported.
    report : callable or None
        What is called with each line of the report; None for no report.

    Returns
    -------
    History
        The costs and weights of every epoch of the run, those of earlier calls too;
        ``train_model.history`` is the same.

    Raises
    ------
    TypeError
        If ``train_model`` is not what :func:`compile_train_model` returned.
    ValueError
        If ``n_epochs`` or ``report_every`` is not a whole number of at least 1.
    TrainingDiverged
        At the first epoch whose cost is not finite.

    Examples
    --------
    From several initial weights::

        for start in [(0, 0), (0.5, 0.5), (0.1, -0.1)]:
            net.weights = start
            train(train_model, 2001).plot(label=f"from {start}")

    In pieces, to watch the cost on data that the network is not trained on::

        predict = compile_predict(net)
        for _ in range(20):
            train(train_model, 100, report=None)
            print(np.square(predict(unseen.x) - unseen.y).sum())
    """
    check_instance("train_model", train_model, TrainModel, "what compile_train_model(...) returns")
    n_epochs = whole_number("n_epochs", n_epochs)
    report_every = whole_number("report_every", report_every)
    report = report or _no_report

    # recorded begins a run or goes on with it, and keeps the history however the loop ends; Ctrl-C
    # waits for the end of an epoch.
    with ctrl_c_between_epochs() as deliver_ctrl_c, recorded(train_model) as record:
        done = len(train_model.history.costs)
        first_line = weights_line if done else initial_line
        report(first_line(train_model.net.weights))
        for epoch in range(done + 1, done + n_epochs + 1):
            (cost,) = train_model()
            record(cost)
            if not isfinite(cost):
                break
            if epoch % report_every == 0:
                report(cost_line(epoch, cost))
            deliver_ctrl_c()

    history = train_model.history
    if not isfinite(cost):
        raise TrainingDiverged(epoch, history)
    report(final_line(history.final_weights))
    return history


def _no_report(line: str) -> None:
    """Take a line of the report and print nothing."""


def compile_predict(net: simpleRNN) -> Callable[[Any], np.ndarray]:
    """Compile the network's answer to sequences of any length and number.

    Parameters
    ----------
    net : simpleRNN
        The network. The answer uses the weights that it has at the time of the call.

    Returns
    -------
    callable
        ``predict(x)`` takes time-major ``x`` of shape (seq_len, num_samples), an array or nested
        lists, and returns an ndarray of shape (num_samples,): about the number of ones in each
        sequence, once the network is trained. It raises ValueError if ``x`` is not two-dimensional
        or not finite, and TypeError if it does not hold real numbers.
    """
    check_network(net)
    dtype = net.params[0].dtype
    x_t = at.matrix("x_t", dtype=dtype)
    y_t = answers_of(net, x_t, s0=at.zeros_like(x_t[0]))
    function = compile_function(inputs=[x_t], outputs=y_t[-1])

    def predict(x: Any) -> np.ndarray:
        """Return the answer to each sequence of time-major ``x``."""
        x = float_array("x", x, dtype)
        check_time_major("x", x)
        return answers_to(function, x)

    return predict
