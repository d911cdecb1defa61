"""Training: from a network, an optimizer and a dataset to a history of costs.

:func:`compile_train_model` compiles one epoch, and :func:`train` is the article's loop around it.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Callable

import aesara.tensor as T
import numpy as np
from aesara.compile.sharedvalue import SharedVariable
from aesara.tensor.var import TensorVariable

from simple_rnn._aesara import graphs
from simple_rnn._aesara.calls import bare_call
from simple_rnn._checks import check_network, check_output
from simple_rnn.data import CountingDataset
from simple_rnn.history import History, TrainingDiverged, cost_line, final_line, initial_line
from simple_rnn.model import simpleRNN
from simple_rnn.numerics import compile_function
from simple_rnn.optimizers import Optimizer

__all__ = ["compile_predict", "compile_train_model", "mean_of_squares", "sum_of_squares", "train"]

Loss = Callable[[TensorVariable, TensorVariable], TensorVariable]


def sum_of_squares(y_: TensorVariable, y_hypo: TensorVariable) -> TensorVariable:
    """Return the sum of the squared errors, ``sum((y_ - y_hypo)^2)``: the article's loss."""
    return T.square(y_ - y_hypo).sum()


def mean_of_squares(y_: TensorVariable, y_hypo: TensorVariable) -> TensorVariable:
    """Return the mean of the squared errors: the source blog's loss."""
    return T.square(y_ - y_hypo).mean()


def compile_train_model(
    net: simpleRNN,
    optimizer: Optimizer,
    dataset: CountingDataset,
    loss: Loss = sum_of_squares,
) -> TrainModel:
    """Compile one epoch of training on the whole dataset.

    The loss compares the last output of each sequence, ``y_t[-1]``, with its target; where there
    are targets at every step, it compares the outputs of every step, ``y_t``.

    Parameters
    ----------
    net : simpleRNN
        The network to train, or your own (:class:`~simple_rnn.simpleRNN`, Notes). Its
        ``state_update`` is called twice, first to try it out on the data.
    optimizer : Optimizer
        Any object whose ``minimize(loss)`` returns updates of ``net.params``.
    dataset : CountingDataset
        The sequences, time-major; copied, so that later changes have no effect. The computation
        uses its dtype.
    loss : callable
        ``loss(y_, y_hypo)`` returns a symbolic scalar from the targets and the outputs, both
        symbolic and of one shape. They are passed by these names. The default is the article's
        sum of squares.

    Returns
    -------
    TrainModel
        ``train_model()`` runs one epoch and returns ``[cost]``, as in the article.

    Raises
    ------
    TypeError
        If ``optimizer`` is a class, the loss has arguments of other names, the network's answers
        are not symbolic, or an update does not fit its variable.
    ValueError
        If the network does not fit the data, the loss is not a scalar, or ``minimize`` returns no
        update of a parameter, or of an accumulator that it uses.

    Warns
    -----
    UserWarning
        If the network uses a shared variable of floats that is not in its ``params``.

    Notes
    -----
    Source: the article's ``train_model``. The article puts the data in place of symbolic variables
    when it compiles (``givens``); here the graph is built on shared variables of known shape, so
    that Aesara need not compute shapes at every epoch.
    """
    if isinstance(optimizer, type):
        name = optimizer.__name__
        raise TypeError(f"optimizer is the class {name}; expected an object: {name}(net.params)")
    x_t = graphs.shared_array(dataset.x, name="x_t")
    y_ = graphs.shared_array(dataset.y, name="y_")  # the article's name for the targets
    s0 = graphs.shared_array(dataset.s0, name="s0")
    with graphs.building_graph(x_t.dtype):
        check_network(net, x_t, s0, dataset)
        # Built anew, because Aesara may find no gradient of a graph that was run on the data.
        with graphs.folding_in_python():
            y_t = net.state_update(x_t, s0)
        # The outputs that have a target: those of every step, or the last of each sequence.
        y_hypo = y_t if dataset.has_target_at_every_step else y_t[-1]
        cost = loss(y_=y_, y_hypo=y_hypo)
        train_op = graphs.list_of_updates(optimizer.minimize(cost))
        updated = [variable for variable, _ in train_op]
        # An optimizer may be given a part of net.params.
        missing = [p for p in getattr(optimizer, "params", []) if p not in updated]
        if missing:
            raise ValueError(f"minimize returned no update of {missing}; expected (p, new value)")
        function = compile_function(inputs=[], outputs=[cost], updates=train_op)
    return TrainModel(net, function, updated)


@dataclass(eq=False)
class TrainModel:
    """One compiled epoch of training; calling it runs the epoch.

    An epoch takes all samples at once and updates the weights of ``net`` once. A call returns
    ``[cost]``, the cost before this update, as a 0-d array.

    Attributes
    ----------
    net : simpleRNN
        The network that is trained.
    function : callable
        The compiled epoch.
    updated : sequence of shared variables
        What an epoch changes: the weights, and what the optimizer keeps from epoch to epoch.
    history : History or None
        The history of the last call of :func:`train`, even if that was interrupted.
    """

    net: simpleRNN
    function: Callable[[], list[np.ndarray]]
    updated: Sequence[SharedVariable]
    history: History | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        """Prepare the call, and save the optimizer's initial values."""
        self._epoch = bare_call(self.function)  # the function, called with less overhead
        self._initial = {v: v.get_value() for v in self.updated if v not in self.net.params}

    def __call__(self) -> list[np.ndarray]:
        """Run one epoch and return ``[cost]``."""
        return self._epoch()

    def restart(self) -> None:
        """Reset the optimizer's accumulators; keep the weights."""
        for variable, value in self._initial.items():
            variable.set_value(value)

    def gradients_not_finite(self) -> int:
        """Return how often RMSProp replaced a gradient whose square was not finite."""
        counters = [v for v in self.updated if getattr(v.tag, "counts_not_finite", False)]
        return sum(counter.get_value().item() for counter in counters)

    def __reduce__(self) -> Any:
        """Refuse to be copied or pickled: a copy would train the weights of the original."""
        raise TypeError("a TrainModel cannot be copied; compile another and set its net.weights")


def train(
    train_model: TrainModel,
    n_epochs: int,
    report_every: int = History.REPORT_EVERY,
    report: Callable[[str], Any] | None = print,
) -> History:
    """Train for ``n_epochs`` epochs and report as the article does.

    The weights and the optimizer's accumulators live in shared variables, and a second call
    continues from there: 25 epochs and then 35 give the same numbers as 60 at once. To start again,
    set ``net.weights`` and call ``train_model.restart()``. Ctrl-C raises KeyboardInterrupt;
    ``train_model.history`` holds the epochs until then.

    Parameters
    ----------
    train_model : TrainModel
        What :func:`compile_train_model` returned.
    n_epochs : int
        How many epochs; the article's number is 2001.
    report_every : int
        After how many epochs the cost is reported.
    report : callable or None
        Called with each line of the report; None prints nothing.

    Returns
    -------
    History
        The costs and weights of every epoch of this call.

    Raises
    ------
    TrainingDiverged
        At the first epoch whose cost is not finite.

    Warns
    -----
    RuntimeWarning
        If RMSProp replaced a gradient that was not finite, else if no weight changed.

    Examples
    --------
    Train from several starting points::

        for start in [(0, 0), (0.5, 0.5), (0.1, -0.1)]:
            net.weights = start
            train_model.restart()
            train(train_model, 2001).plot(label=f"from {start}")

    Train in pieces, and watch the cost on unseen data::

        unseen, predict = make_counting_dataset(100, 10), compile_predict(net)
        for _ in range(20):
            train(train_model, 100, report=None)
            print(np.square(predict(unseen.x) - unseen.y).sum())
    """
    params = train_model.net.params
    names = [p.name for p in params]
    report = report or (lambda line: None)
    not_finite_before = train_model.gradients_not_finite()
    costs, weights = [], [graphs.all_entries(params)]
    report(initial_line(weights[0], names))
    try:
        for epoch in range(1, n_epochs + 1):
            (cost,) = train_model()
            weights.append(graphs.all_entries(params))
            costs.append(cost)
            if not isfinite(cost):
                break
            if epoch % report_every == 0:
                report(cost_line(epoch, cost))
    finally:
        # Ctrl-C may come between two lines and leave one row of weights too many.
        history = History(np.array(costs), np.array(weights[: len(costs) + 1]), names)
        train_model.history = history

    if costs and not isfinite(costs[-1]):
        raise TrainingDiverged(history)
    not_finite = train_model.gradients_not_finite() - not_finite_before
    trouble = None
    if not_finite:
        trouble = (
            f"the gradient, or its square, was not finite at {not_finite} of {len(costs)} epochs;"
            " the optimizer replaced it. Does the loss take the logarithm or the root of 0?"
        )
    elif costs and costs[-1] != 0 and (history.weights == weights[0]).all():
        trouble = (
            "no weight changed: the training has converged, the learning rate is too small, or the"
            " loss has the gradient 0 everywhere, as T.round, a comparison or an accuracy"
        )
    if trouble:
        warnings.warn(trouble, RuntimeWarning, stacklevel=2)
    report(final_line(history.final_weights, names))
    return history


def compile_predict(
    net: simpleRNN, ndim: int = 2, every_step: bool = False
) -> Callable[[Any], np.ndarray]:
    """Compile the network's answer to sequences of any length and number.

    Parameters
    ----------
    net : simpleRNN
        The network. Each call uses its current weights, and computes in their dtype.
    ndim : int
        The number of axes of ``x``: 3 where your own network takes several numbers per step.
    every_step : bool
        Whether to return the answer at every step, of shape (seq_len, num_samples).

    Returns
    -------
    callable
        ``predict(x)`` takes an array or nested lists, time-major: (seq_len, num_samples). It
        returns an ndarray: the last row of the outputs, ``y_t[-1]``, or all of them. For the
        article's network, once it is trained, this is about the number of ones in each sequence.
        The state starts at zero.
    """
    dtype = net.params[0].dtype
    x_t = T.tensor(dtype, (None,) * ndim, name="x_t")
    with graphs.building_graph(dtype):
        s0 = T.zeros((x_t.shape[1],), dtype)
        with graphs.folding_in_python():
            y_t = net.state_update(x_t, s0)
        check_output(y_t)
        function = compile_function(inputs=[x_t], outputs=y_t if every_step else y_t[-1])

    def predict(x: Any) -> np.ndarray:
        """Return the answer to each sequence of time-major ``x``."""
        x = np.asarray(x, dtype)
        if x.ndim != ndim:
            raise ValueError(
                f"x has shape {x.shape}; expected {ndim} axes, time and samples (one sequence is"
                " x[:, np.newaxis]; with several numbers per step: compile_predict(net, ndim=3))"
            )
        return function(x)

    return predict
