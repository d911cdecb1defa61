"""The cost over the two weights: the surface that training walks on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Callable

import aesara
import aesara.tensor as T
import numpy as np

from simple_rnn import plotting
from simple_rnn._aesara.graphs import building_graph, folding_in_python, shared_array
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
        A network with its own ``step``, which computes entry by entry: here it is given all
        pairs of weights at once, in place of those of ``net``. None stands for the article's.

    Returns
    -------
    callable
        ``cost(w_x, w_rec)`` takes two arrays of weights that broadcast against each other and
        returns the cost of each pair, the sum of squared errors, as float64 in their common shape.

    Raises
    ------
    TypeError
        If ``net`` has its own ``state_update``.
    ValueError
        If there is a target at every step.

    Examples
    --------
    >>> cost = compile_cost(CountingDataset([[1, 0], [1, 1]], y=[2, 1], s0=[0, 0]))
    >>> cost([0, 1], 1)
    array([5., 0.])
    """
    if net is not None and type(net).state_update is not simpleRNN.state_update:
        raise TypeError(f"net is {net}; expected one whose state_update is that of simpleRNN")
    if dataset.y.ndim != 1:
        raise ValueError(f"y has shape {dataset.y.shape}; expected one target for each sequence")
    x_t = shared_array(dataset.x.astype("float64"), name="x_t")
    y_ = shared_array(dataset.y.astype("float64"), name="y_")
    s0 = shared_array(dataset.s0.astype("float64"), name="s0")
    w_x, w_rec = T.dvector("w_x"), T.dvector("w_rec")
    # One row per sample, one column per pair of weights: each step computes all pairs at once.
    with building_graph("float64"), folding_in_python():
        y_t, _ = aesara.scan(
            fn=simpleRNN.step if net is None else net.step,
            sequences=x_t[:, :, np.newaxis],
            outputs_info=T.alloc(s0[:, np.newaxis], s0.shape[0], w_x.shape[0]),
            non_sequences=[w_x, w_rec],
        )
    errors = y_[:, np.newaxis] - y_t[-1]
    # Along the first axis C and NumPy add in the same order, so that both give the same bits.
    function = compile_function([w_x, w_rec], T.square(errors).sum(axis=0))

    def cost(w_x: Any, w_rec: Any) -> np.ndarray:
        """Return the cost of each pair of weights."""
        pairs = np.broadcast_arrays(np.asarray(w_x, "float64"), np.asarray(w_rec, "float64"))
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
        The network that was trained, if it has its own ``step``.

    Returns
    -------
    matplotlib.axes.Axes
        The Axes drawn on; see :func:`simple_rnn.plotting.cost_surface`.
    """
    weights = np.linspace(*limits, 111)
    cost = compile_cost(dataset, net)
    costs = cost(weights, weights[:, np.newaxis])
    paths = {name: history.weights for name, history in (histories or {}).items()}
    if ax is None:
        import matplotlib.pyplot as plt

        _, ax = plt.subplots(layout="constrained")
    counting = cost(1, 1) == 0  # else the optimum is somewhere else
    optimum = (1.0, 1.0) if counting else None
    return plotting.cost_surface(weights, weights, costs, paths, ax, optimum)
