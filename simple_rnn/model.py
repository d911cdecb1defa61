"""The network: one unit, one weight in, one weight back.

At each step the state is the input times ``w_x`` plus the state before times ``w_rec``::

    s_t = x_t * w_x + s_{t-1} * w_rec              t = 1 ... n
    y   = s_n                                      (the output weight is fixed at 1)

Unfolded over time this is a chain, and ``scan`` walks along it. It builds the graph of this loop::

    s = s0
    for row in x_t:                                one row per time step, all samples at once
        s = step(row, s, w_x, w_rec)

and returns all states; nothing is computed before the graph is compiled. ``s_tm1`` is the state at
t minus 1. In ``step``, ``x_t`` is one row (the article's ``xv``); elsewhere it is the whole matrix.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import aesara
import aesara.tensor as T
import numpy as np
from aesara.compile.sharedvalue import SharedVariable
from aesara.tensor.var import TensorVariable
from numpy.random import RandomState

from simple_rnn._aesara.graphs import all_entries, shared_array
from simple_rnn._checks import check_rng

__all__ = ["parameter", "simpleRNN"]

# The initial weights are drawn uniformly from [-INITIAL_RANGE, INITIAL_RANGE] (article, simpleRNN).
INITIAL_RANGE = 0.1


class simpleRNN:
    """The article's network: with both weights equal to 1 it counts the ones.

    Constructor and methods have the article's signatures, so it can replace the article's class.

    Parameters
    ----------
    slen : int
        The length of the sequences, in steps. Kept as ``len`` and not used: ``scan`` takes the
        length from the data.
    nx, nrec : int
        The number of input and of recurrent weights: 1 each.
    rng : numpy.random.RandomState, optional
        Where the initial weights come from: first ``w_x``, then ``w_rec``, both uniform in
        [-0.1, 0.1]. None means numpy's global generator, as in the article.
    dtype : str
        The weights' dtype: float32, as in the article, or float64.

    Attributes
    ----------
    len : int
        ``slen``.
    w_x, w_rec : shared variables of shape (1,), as in the article
        The weight from the input to the state, and from the state to the next.
    params : list
        ``[w_x, w_rec]``, to be passed to an optimizer.
    weights : tuple of numbers
        The values of ``w_x`` and ``w_rec``. To set them: ``net.weights = 1, 1``.

    Raises
    ------
    ValueError
        If ``nx`` or ``nrec`` is not 1.
    TypeError
        If ``rng`` is not a ``RandomState``.

    Examples
    --------
    >>> net = simpleRNN(10, 1, 1, rng=np.random.RandomState(1))
    >>> x_t = T.matrix("x_t", dtype="float32")
    >>> s0 = T.vector("s0", dtype="float32")
    >>> y_t = net.state_update(x_t, s0)
    >>> y_hypo = y_t[-1]

    Notes
    -----
    Source: the article's class ``simpleRNN``, which follows the blog.

    To change the formula, write a subclass with another ``step``. A network with other parameters
    also needs its own ``__init__``, which sets ``params``, each from :func:`parameter`, and its own
    ``state_update``. ``compile_train_model`` and ``train`` work with it unchanged.
    """

    def __init__(
        self, slen: int, nx: int, nrec: int, rng: RandomState | None = None, dtype: str = "float32"
    ) -> None:
        if (nx, nrec) != (1, 1):
            raise ValueError(f"nx is {nx}, nrec {nrec}; expected 1 (for more, write a subclass)")
        rng = check_rng(rng)
        self.len = slen
        self.w_x = parameter(rng.uniform(-INITIAL_RANGE, INITIAL_RANGE, nx), "w_x", dtype)
        self.w_rec = parameter(rng.uniform(-INITIAL_RANGE, INITIAL_RANGE, nrec), "w_rec", dtype)
        self.params = [self.w_x, self.w_rec]

    @staticmethod
    def step(
        x_t: TensorVariable, s_tm1: TensorVariable, w_x: TensorVariable, w_rec: TensorVariable
    ) -> TensorVariable:
        """Return the next state, ``x_t * w_x + s_tm1 * w_rec``: the article's ``inner_fn``."""
        return x_t * w_x + s_tm1 * w_rec

    def state_update(self, x_t: TensorVariable, s0: TensorVariable) -> TensorVariable:
        """Build the graph of the states over time; nothing is computed yet.

        Parameters
        ----------
        x_t : symbolic matrix of shape (seq_len, num_samples), float32 or float64
            The sequences, time-major. The weights are cast to its dtype.
        s0 : symbolic vector of shape (num_samples,), of the dtype of ``x_t``
            The state before the first step.

        Returns
        -------
        symbolic matrix of shape (seq_len, num_samples)
            ``y_t``, the output of every step; ``y_t[-1]`` is the network's answer.

        Raises
        ------
        TypeError
            If ``x_t`` has another dtype: cast to whole numbers, the weights would be 0.
        ValueError
            If ``step`` returns updates, as random numbers do.
        """
        if x_t.dtype not in ("float32", "float64"):
            raise TypeError(f"x_t is {x_t.dtype}; expected float32 or float64")
        # Each weight is a vector with one entry, as in the article; [0] is this entry.
        w_x = T.cast(self.w_x[0], x_t.dtype)
        w_rec = T.cast(self.w_rec[0], x_t.dtype)
        y_t, updates = aesara.scan(
            fn=self.step,
            sequences=x_t,  # step gets one row at a time
            outputs_info=s0,  # the state before the first step
            non_sequences=[w_x, w_rec],  # the same at every step
        )
        if updates:  # of variables that step changes, which nobody would carry out
            raise ValueError(
                "step draws random numbers, or has updates; draw them before, as a sequence of scan"
            )
        return y_t

    @property
    def weights(self) -> tuple[float, ...]:
        """All entries of the parameters, one after the other."""
        return tuple(all_entries(self.params))

    @weights.setter
    def weights(self, values: Sequence[float]) -> None:
        shape = np.shape(self.weights)
        if np.shape(values) != shape:
            raise ValueError(f"weights has shape {np.shape(values)}; expected {shape}")
        start = 0
        for p in self.params:  # each takes as many values as it has entries
            new = p.get_value()
            new.flat = values[start : start + new.size]
            p.set_value(new)
            start += new.size

    def __repr__(self) -> str:
        """Return the class and the names of its parameters."""
        return f"<{type(self).__name__}: {', '.join(map(str, self.params))}>"


def parameter(values: Any, name: str, dtype: str = "float32") -> SharedVariable:
    """Return a shared variable that can be trained, for your own network.

    Give it the dtype of your data, because in ``scan`` a state must keep its dtype. Its shape is
    part of its type, so an axis of length 1 broadcasts as in NumPy.

    Parameters
    ----------
    values : array or nested lists of real numbers
        The initial values.
    name : str
        Shown in graphs and messages.
    dtype : str
        float32 or float64, the same as the data's.

    Returns
    -------
    shared variable
        It holds a copy of the values. Put it into the network's ``params``.
    """
    return shared_array(np.asarray(values, dtype), name)
