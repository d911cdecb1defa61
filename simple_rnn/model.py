"""The network: one unit, one weight in, one weight back.

At each step the state is the input times ``w_x`` plus the state before times ``w_rec``::

    s_t = x_t * w_x + s_{t-1} * w_rec              t = 1 ... n
    y   = s_n                                      (the output weight is fixed at 1)

Unfolded over time this is a chain, and ``scan`` is what walks along it: it calls :func:`step` once
for each entry of the leading axis of its ``sequences`` and hands the result on to the next call.
"""

from __future__ import annotations

from typing import Any

import aesara
import aesara.tensor as at
import numpy as np
from aesara.tensor.shape import unbroadcast
from aesara.tensor.var import TensorVariable

from simple_rnn._checks import float_array, show, whole_number
from simple_rnn.data import check_dtype, legacy_generator
from simple_rnn.numerics import folding_in_python

__all__ = ["simpleRNN", "step", "unfold"]

# The initial weights are drawn uniformly from [-INITIAL_RANGE, INITIAL_RANGE] (article, simpleRNN).
INITIAL_RANGE = 0.1


def step(
    x_t: TensorVariable, s_tm1: TensorVariable, w_x: TensorVariable, w_rec: TensorVariable
) -> TensorVariable:
    """Return the next state, ``x_t * w_x + s_tm1 * w_rec``: the article's ``inner_fn``."""
    return x_t * w_x + s_tm1 * w_rec


def unfold(
    x_t: TensorVariable, s0: TensorVariable, w_x: TensorVariable, w_rec: TensorVariable
) -> TensorVariable:
    """Apply :func:`step` along the leading axis of ``x_t``, starting from ``s0``.

    Parameters
    ----------
    x_t : symbolic tensor of shape (seq_len, ...)
        The input of each step.
    s0, w_x, w_rec : symbolic tensors
        The state before the first step and the two weights, of the dtype of ``x_t``; each step
        broadcasts the weights against ``x_t[t]`` and must give the shape of ``s0``.

    Returns
    -------
    symbolic tensor of shape (seq_len, ...)
        The state after each step.
    """
    with folding_in_python():
        s_t, _ = aesara.scan(
            fn=step,
            sequences=x_t,
            outputs_info=s0,
            non_sequences=[w_x, w_rec],
            # step sees nothing but its arguments.
            strict=True,
        )
    return s_t


class simpleRNN:
    """The article's network, which counts once both its weights are 1.

    Parameters
    ----------
    slen : int
        The length of the sequences, in steps. Kept as ``len``; nothing depends on it, since
        ``scan`` takes the length from the data.
    nx, nrec : int
        The number of input and of recurrent weights: 1 each.
    rng : numpy.random.RandomState, optional
        Where the initial weights come from: first ``w_x``, then ``w_rec``, both uniform in
        [-0.1, 0.1]. None stands for numpy's global generator, as in the article.
    dtype : str
        The weights' dtype. The article takes ``floatX``, which was float32; as the digits it
        printed are those of float32, this is the default here whatever ``floatX`` is.

    Attributes
    ----------
    len : int
        ``slen``.
    w_x, w_rec : shared variables of shape (1,)
        The weight from the input to the state, and from the state to the next.
    params : list
        ``[w_x, w_rec]``, what an optimizer takes.

    Raises
    ------
    ValueError
        If ``slen`` is not a whole number of at least 1, ``nx`` or ``nrec`` is not 1, or ``dtype``
        is neither float32 nor float64.
    TypeError
        If ``rng`` is not a ``RandomState``.

    Examples
    --------
    >>> net = simpleRNN(10, 1, 1, rng=np.random.RandomState(1))
    >>> x_t = at.matrix("x_t", dtype="float32")
    >>> s0 = at.vector("s0", dtype="float32")
    >>> y_t = net.state_update(x_t, s0)
    >>> y_hypo = y_t[-1]

    Notes
    -----
    Source: the article's class ``simpleRNN``; the model is that of the blog it draws on.
    """

    def __init__(
        self,
        slen: int,
        nx: int,
        nrec: int,
        rng: np.random.RandomState | None = None,
        dtype: str = "float32",
    ) -> None:
        one = "1: this network has one weight of each kind"
        nx, nrec = (whole_number(*count, 1, 1, one) for count in (("nx", nx), ("nrec", nrec)))
        check_dtype(dtype)
        draw = legacy_generator(rng).uniform
        self.len = whole_number("slen", slen)
        # With the shape in their type, all that is computed from the weights has a known shape too.
        self.w_x, self.w_rec = (
            aesara.shared(
                np.asarray(draw(-INITIAL_RANGE, INITIAL_RANGE, count), dtype=dtype),
                name=name,
                shape=(count,),
            )
            for name, count in (("w_x", nx), ("w_rec", nrec))
        )
        self.params = [self.w_x, self.w_rec]

    @property
    def weights(self) -> tuple[float, float]:
        """The present values of ``w_x`` and ``w_rec``; can be set."""
        return tuple(param.get_value(borrow=True)[0] for param in self.params)

    @weights.setter
    def weights(self, values: tuple[float, float]) -> None:
        values = float_array("weights", values, self.w_x.dtype)
        if values.shape != (2,):
            raise ValueError(f"weights has shape {values.shape}; expected (2,): (w_x, w_rec)")
        for param, value in zip(self.params, values):
            param.set_value(np.array([value], dtype=param.dtype))

    def state_update(self, x_t: TensorVariable, s0: TensorVariable) -> TensorVariable:
        """Build the graph of the states over time.

        Parameters
        ----------
        x_t : symbolic matrix of shape (seq_len, num_samples)
            The sequences, time-major. Its dtype, float32 or float64, is that of the computation:
            the weights and ``s0`` are brought to it.
        s0 : symbolic vector of shape (num_samples,)
            The state before the first step.

        Returns
        -------
        symbolic matrix of shape (seq_len, num_samples)
            ``y_t``, the output of every step; ``y_t[-1]`` is the network's answer.

        Raises
        ------
        TypeError
            If ``x_t`` is not of dtype float32 or float64, or one of the two is no tensor.
        ValueError
            If their shapes do not belong together.
        """
        x_t = _tensor("x_t", x_t, ("seq_len", "num_samples"))
        s0 = _tensor("s0", s0, ("num_samples",))
        if x_t.dtype not in ("float32", "float64"):
            raise TypeError(
                f"x_t has dtype {x_t.dtype}; expected float32 or float64, to which the weights are"
                " brought. Convert it with x_t.astype('float32')"
            )
        (_, num_samples), (num_states,) = x_t.type.shape, s0.type.shape
        if None not in (num_samples, num_states) and num_samples != num_states:
            raise ValueError(
                f"s0 has shape ({num_states},) where x_t has shape {x_t.type.shape}, which is"
                f" (seq_len, num_samples); expected ({num_samples},). If x_t has one row a sample,"
                " pass x_t.T: the data is time-major"
            )
        s0, w_x, w_rec = (at.cast(v, x_t.dtype) for v in (s0, self.w_x[0], self.w_rec[0]))
        if s0.type.broadcastable != x_t[0].type.broadcastable:
            # scan takes the type of the state from s0: a known length of 1 must not be part of it
            # where the number of samples is open.
            s0 = unbroadcast(s0, 0)
        return unfold(x_t, s0, w_x, w_rec)


def _tensor(name: str, value: Any, axes: tuple[str, ...]) -> TensorVariable:
    """Return ``value`` as a symbolic tensor with these axes."""
    try:
        tensor = at.as_tensor_variable(value)
    except (NotImplementedError, TypeError, ValueError):  # all that Aesara raises there
        raise TypeError(
            f"{name} is {show(value)}; expected a symbolic tensor or an array of numbers"
        ) from None
    if tensor.ndim != len(axes):
        raise ValueError(
            f"{name} has {tensor.ndim} dimensions; expected {len(axes)}: {', '.join(axes)}"
        )
    return tensor
