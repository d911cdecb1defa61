"""The network: one unit, one weight in, one weight back.

At each step the state is the input times ``w_x`` plus the state before times ``w_rec``::

    s_t = x_t * w_x + s_{t-1} * w_rec              t = 1 ... n
    y   = s_n                                      (the output weight is fixed at 1)

Unfolded over time this is a chain, and ``scan`` walks along it. It builds the graph of this loop::

    s = s0
    for row in x_t:                                one row per time step, all samples at once
        s = step(row, s, w_x, w_rec)

and returns all states. (As in the article, ``x_t`` is one row of the data inside ``step``, and the
whole matrix outside.)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import aesara
import aesara.tensor as at
import numpy as np
from aesara.compile.sharedvalue import SharedVariable
from aesara.tensor.var import TensorVariable

from simple_rnn._aesara.graphs import as_scan_inputs, shared_array
from simple_rnn._checks import (
    check_dtype,
    check_instance,
    float_array,
    legacy_generator,
    show,
    whole_number,
)

__all__ = ["parameter", "simpleRNN"]

# The initial weights are drawn uniformly from [-INITIAL_RANGE, INITIAL_RANGE] (article, simpleRNN).
INITIAL_RANGE = 0.1


def parameter(values: Any, name: str, dtype: str = "float32") -> SharedVariable:
    """Return a shared variable to train, for a network of one's own.

    It has the dtype of the computation, so that each step gives a state of the same dtype, as
    ``scan`` asks. And its shape is part of its type: only so does Aesara broadcast a length of 1.

    Parameters
    ----------
    values : array or nested lists of real numbers
        The initial values.
    name : str
        The name in graphs and messages.
    dtype : str
        That of the data: float32, or float64.

    Returns
    -------
    shared variable
        With a copy of the values. It belongs into the network's ``params``.
    """
    check_instance("name", name, str, "a string: parameter(values, name)")
    variable = shared_array(float_array(name, values, dtype), name)
    variable.tag.is_parameter = True  # for the check that params has it
    return variable


class simpleRNN:
    """The article's network: with both weights equal to 1 it counts the ones.

    Constructor and methods have the article's signatures, so that its program runs unchanged.

    Parameters
    ----------
    slen : int
        The length of the sequences, in steps. Kept as ``len`` and not used: ``scan`` takes the
        length from the data.
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
    weights : tuple of float
        The values of ``w_x`` and ``w_rec``. To set them: ``net.weights = 1, 1``.

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

    The smallest change is a subclass with its own ``step``. A network with other weights has its
    own ``params``, each from :func:`parameter`, and its own ``state_update``. All that trains this
    network trains it, too.
    """

    def __init__(
        self,
        slen: int,
        nx: int,
        nrec: int,
        rng: np.random.RandomState | None = None,
        dtype: str = "float32",
    ) -> None:
        if (nx, nrec) != (1, 1):
            raise ValueError(
                f"nx is {show(nx)} and nrec is {show(nrec)}; expected 1 and 1: this network has one"
                " weight of each kind; another network is a subclass with params of its own"
            )
        check_dtype(dtype)
        rng = legacy_generator(rng)
        self.len = whole_number("slen", slen)
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
        x_t : symbolic matrix of shape (seq_len, num_samples)
            The sequences, time-major. Its dtype, float32 or float64, is that of the computation:
            the weights and ``s0`` are cast to it.
        s0 : symbolic vector of shape (num_samples,)
            The state before the first step.

        Returns
        -------
        symbolic matrix of shape (seq_len, num_samples)
            ``y_t``, the output of every step; ``y_t[-1]`` is the network's answer.

        Raises
        ------
        TypeError
            If ``x_t`` is not of dtype float32 or float64.
        ValueError
            If the shapes do not fit together.
        """
        x_t, s0 = as_scan_inputs(x_t, s0)
        # As in the article each weight is a vector, of one entry.
        w_x = at.cast(self.w_x[0], x_t.dtype)
        w_rec = at.cast(self.w_rec[0], x_t.dtype)
        # What scan returns beside the states, updates of random numbers, is empty here.
        y_t, _ = aesara.scan(
            fn=self.step,
            sequences=x_t,  # step gets one row of it after the other
            outputs_info=s0,  # the state before the first step; then what step returned
            non_sequences=[w_x, w_rec],  # the same at every step
        )
        return y_t

    def __setattr__(self, name: str, value: Any) -> None:
        """Refuse to replace a parameter: graphs and optimizers hold the variable."""
        old = vars(self).get(name)
        if any(old is p for p in vars(self).get("params", ())):
            raise AttributeError(
                f"{name} is a parameter already; {show(value)} in its place would not be trained."
                f" To set its value: {name}.set_value(np.array(values, {old.dtype!r})), of shape"
                f" {old.get_value().shape}, or net.weights = ... for all"
            )
        super().__setattr__(name, value)

    def __repr__(self) -> str:
        """Return the parameters, on one line."""
        values = [(p, p.get_value(borrow=True)) for p in self.params]
        shown = (f"{p} = {v.item():.6g}" if v.size == 1 else f"{p} {v.shape}" for p, v in values)
        return f"<{type(self).__name__}: {', '.join(shown)}>"

    @property
    def weights(self) -> tuple[float, ...]:
        """All entries of the parameters, one after the other."""
        return tuple([w for p in self.params for w in p.get_value(borrow=True).flat])

    @weights.setter
    def weights(self, values: Sequence[float]) -> None:
        values = float_array("weights", values, self.params[0].dtype)
        shape = (len(self.weights),)
        if values.shape != shape:
            names = ", ".join(map(str, self.params))
            raise ValueError(f"weights has shape {values.shape}; expected {shape}: ({names})")
        first = 0
        for p in self.params:
            new = p.get_value()
            new.flat = values[first : first + new.size]
            p.set_value(new)
            first += new.size
