"""The cost over the two weights: the surface that training walks on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Callable

import aesara
import aesara.tensor as at
import numpy as np

from simple_rnn import plotting
from simple_rnn._aesara.graphs import folding_in_python, shared_array
from simple_rnn._checks import check_instance, float_array, show
from simple_rnn._own_parts import calls_step
from simple_rnn.data import CountingDataset
from simple_rnn.history import History
from simple_rnn.model import simpleRNN
from simple_rnn.numerics import compile_function

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["compile_cost", "plot_cost"]

# How many pairs of weights are computed at once: with the article's number of samples, the states
# of so many stay in the processor's cache.
BLOCK_SIZE = 1024


def compile_cost(
    dataset: CountingDataset, net: simpleRNN | None = None
) -> Callable[[Any, Any], np.ndarray]:
    """Compile the cost on a dataset as a function of the two weights, for many pairs at once.

    For a network with other parameters, compare the answers of ``compile_predict(net)`` with the
    targets.

    Parameters
    ----------
    dataset : CountingDataset
        The sequences, time-major; copied.
    net : simpleRNN, optional
        A network with a ``step`` of its own, which computes entry by entry: here it is given all
        pairs of weights at once, in place of those of ``net``. None stands for the article's.

    Returns
    -------
    callable
        ``cost(w_x, w_rec)`` takes two arrays of weights that broadcast against each other and
        returns the cost of each pair, the sum of squared errors, as float64 in their common shape.

    Raises
    ------
    TypeError
        If ``dataset`` is not a :class:`~simple_rnn.CountingDataset`, or ``net`` has a
        ``state_update`` of its own.

    Examples
    --------
    >>> cost = compile_cost(CountingDataset([[1, 0], [1, 1]], y=[2, 1], s0=[0, 0]))
    >>> cost([0, 1], 1)
    array([5., 0.])
    """
    check_instance("dataset", dataset, CountingDataset, "what make_counting_dataset() returns")
    if net is not None and not (isinstance(net, simpleRNN) and calls_step(net)):
        raise TypeError(
            f"net is {show(net)}; expected a network of two weights, whose step may be its own, and"
            " whose state_update is simpleRNN's"
        )
    x_t = shared_array(dataset.x.astype("float64"), name="x_t")
    y_ = shared_array(dataset.y.astype("float64"), name="y_")
    s0 = shared_array(dataset.s0.astype("float64"), name="s0")
    w_x, w_rec = at.dvector("w_x"), at.dvector("w_rec")
    # One row per sample, one column per pair of weights: each step computes all pairs at once.
    with folding_in_python():
        y_t, _ = aesara.scan(
            fn=simpleRNN.step if net is None else net.step,
            sequences=x_t[:, :, np.newaxis],
            outputs_info=at.alloc(s0[:, np.newaxis], s0.shape[0], w_x.shape[0]),
            non_sequences=[w_x, w_rec],
        )
    errors = y_[:, np.newaxis] - y_t[-1]
    # Along the first axis C and NumPy add in the same order, so that both give the same bits.
    function = compile_function([w_x, w_rec], at.square(errors).sum(axis=0))

    def cost(w_x: Any, w_rec: Any) -> np.ndarray:
        """Return the cost of each pair of weights."""
        w_x, w_rec = float_array("w_x", w_x, "float64"), float_array("w_rec", w_rec, "float64")
        try:
            pairs = np.broadcast_arrays(w_x, w_rec)
        except ValueError:
            raise ValueError(
                f"w_x has shape {w_x.shape} and w_rec {w_rec.shape}; expected shapes that broadcast"
                " against each other. w_rec[:, np.newaxis] pairs each with each"
            ) from None
        w_x, w_rec = (weights.ravel() for weights in pairs)
        blocks = (slice(i, i + BLOCK_SIZE) for i in range(0, max(1, w_x.size), BLOCK_SIZE))
        costs = np.concatenate([function(w_x[block], w_rec[block]) for block in blocks])
        return costs.reshape(pairs[0].shape)

    return cost


def plot_cost(
    dataset: CountingDataset,
    histories: Mapping[str, History] | None = None,
    limits: tuple[float, float] = (-0.1, 2.1),
    ax: Axes | None = None,
    net: simpleRNN | None = None,
) -> Axes:
    """Draw the cost on a dataset over the two weights, with the paths that trainings took.

    The cost is that of :func:`compile_cost`, the sum of squared errors, whatever loss the histories
    are of.

    Parameters
    ----------
    dataset : CountingDataset
        The sequences, time-major.
    histories : mapping from name to History, optional
        The trainings: ``{"RMSProp": history}``.
    limits : (float, float)
        The smallest and the largest value of both weights in the picture; the source blog's window
        around the optimum by default.
    ax : matplotlib.axes.Axes, optional
        Where to draw; None stands for a new figure.
    net : simpleRNN, optional
        The network that was trained, if it has a ``step`` of its own.

    Returns
    -------
    matplotlib.axes.Axes
        The Axes drawn on; see :func:`simple_rnn.plotting.cost_surface`.

    Raises
    ------
    TypeError
        If ``histories`` is not a mapping to histories, or ``dataset`` or ``net`` of another kind.
    ValueError
        If ``limits`` are not two finite numbers, the smaller one first, or a history is not of two
        weights.
    """
    histories = {} if histories is None else histories
    check_instance("histories", histories, Mapping, 'a mapping, for example {"RMSProp": history}')
    for name, history in histories.items():
        check_instance(f"histories[{name!r}]", history, History, "what train(...) returns")
        n_weights = history.weights.shape[1]
        if n_weights != 2:
            raise ValueError(
                f"histories[{name!r}] is of a network of {n_weights} weights; expected"
                " two, over which the cost is drawn"
            )
    low_high = float_array("limits", limits, "float64")
    if low_high.shape != (2,) or low_high[0] >= low_high[1]:
        raise ValueError(f"limits is {show(limits)}; expected two numbers, the smaller one first")
    weights = np.linspace(*low_high, 111)
    cost = compile_cost(dataset, net)
    costs = cost(weights, weights[:, np.newaxis])
    paths = {name: history.weights for name, history in histories.items()}
    if ax is None:
        import matplotlib.pyplot as plt

        _, ax = plt.subplots(layout="constrained")
    counting = cost(1, 1) == 0  # else the optimum is somewhere else
    optimum = (1.0, 1.0) if counting else None
    return plotting.cost_surface(weights, weights, costs, paths, ax, optimum)
