"""Optimizers: from a loss to the updates of the parameters.

An optimizer is created from the parameters and a learning rate; its ``minimize(loss)`` returns a
list of ``(shared variable, new expression)`` pairs, which ``compile_function(updates=...)`` takes.
(Here ``loss`` is the symbolic scalar that a loss function returned.) Any object with such a
``minimize`` works wherever these do. A new one is a small subclass of :class:`Optimizer`::

    import aesara.tensor as T
    from simple_rnn.optimizers import Optimizer

    class SignDescent(Optimizer):
        def minimize(self, loss):
            return [(p, p - self.learning_rate * T.sgn(g))
                    for p, g in zip(self.params, self.gradients(loss))]

The order of operations matters here. Each update below can be written in several mathematically
equal ways. These give the digits that the article printed (figures/README.md, "Why these digits").
Aesara would rewrite them; :func:`~simple_rnn.numerics.as_written` prevents it. Your own optimizer
need not do this.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial, reduce
from numbers import Real
from operator import add
from typing import Any, Union

import aesara
import aesara.tensor as T
import numpy as np
from aesara.compile.sharedvalue import SharedVariable
from aesara.graph.basic import Variable, ancestors
from aesara.tensor.var import TensorVariable

from simple_rnn._aesara.graphs import folding_in_python, shared_array
from simple_rnn.numerics import Updates, as_written

__all__ = [
    "GradientDescentOptimizer",
    "Optimizer",
    "RMSPropOptimizer",
    "RpropOptimizer",
    "accumulator",
    "constant_like",
]

FLOATS = ("float32", "float64")
Rate = Union[float, TensorVariable]  # a number, or a symbolic scalar


def constant_like(param: SharedVariable, value: float | TensorVariable) -> TensorVariable:
    """Return ``value``, a number or a symbolic scalar, in the parameter's dtype.

    Where Aesara's ``floatX`` is float64, a plain 0.01 becomes a float64, and then all that is
    computed from it does. (While :func:`~simple_rnn.compile_train_model` builds a graph, ``floatX``
    is the dtype of the data, so that plain numbers do no harm.)
    """
    if isinstance(value, Variable):
        return T.cast(value, param.dtype)
    return T.constant(np.asarray(value, dtype=param.dtype))


def accumulator(param: SharedVariable, name: str, start: float = 0.0) -> SharedVariable:
    """Return a new shared variable of the parameter's shape and dtype, each entry ``start``."""
    variable = shared_array(np.full_like(param.get_value(borrow=True), start), f"{name}_{param}")
    variable.tag.is_accumulator = True  # compile_function checks that it has an update
    return variable


class Optimizer:
    """The base of the optimizers: holds the parameters and takes the gradients.

    Parameters
    ----------
    params : sequence of shared variables
        The variables to train, for example ``net.params``: of any shapes, float32 or float64.
    learning_rate : float or symbolic scalar
        The step size, above 0; 0.001 by default. A shared variable can be given another value
        between two updates, without compiling again: ``rate = aesara.shared(0.001)``, then
        ``rate.set_value(1e-4)``.

    Raises
    ------
    TypeError
        If ``params`` holds anything but shared variables of these dtypes.
    ValueError
        If ``learning_rate`` is not a number above 0.
    """

    def __init__(self, params: Sequence[SharedVariable], learning_rate: Rate = 0.001) -> None:
        self.params = list(params)
        for p in self.params:
            if not isinstance(p, SharedVariable) or p.dtype not in FLOATS:
                raise TypeError(
                    f"params holds {p!r}; expected shared variables of floats, as from"
                    " parameter(values, name)"
                )
        self._learning_rate = check_hyperparameter("learning_rate", learning_rate)

    @property
    def learning_rate(self) -> Rate:
        """The step size. It cannot be changed, because compiled functions contain its value."""
        return self._learning_rate

    @folding_in_python()  # for speed alone
    def gradients(self, loss: TensorVariable) -> list[TensorVariable]:
        """Return the gradient of the scalar ``loss`` with respect to each parameter.

        Parameters
        ----------
        loss : symbolic scalar
            What to minimize.

        Returns
        -------
        list of symbolic tensors
            Each has the shape and dtype of its parameter.

        Raises
        ------
        ValueError
            If ``loss`` is not a symbolic scalar, or does not depend on one of the parameters.
        """
        if getattr(loss, "ndim", None) != 0 or loss.dtype not in FLOATS:
            raise ValueError(f"loss is {loss!r}; expected a symbolic scalar of floats: loss.sum()")
        found = set(ancestors([loss]))
        missing = [p for p in self.params if p not in found]
        if missing:
            raise ValueError(f"loss does not depend on {missing}; expected the network's params")
        gradients = aesara.grad(loss, self.params)
        # If the loss has another dtype than the parameter, the gradient may have it too.
        return [T.cast(g, p.dtype) for p, g in zip(self.params, gradients)]

    def minimize(self, loss: TensorVariable) -> Updates:
        """Return the updates of one training step.

        Nothing is computed here. At each call, the compiled function computes all new values from
        the old ones, and then stores them together.

        Parameters
        ----------
        loss : symbolic scalar
            What to minimize.

        Returns
        -------
        list of (shared variable, symbolic expression)
            For ``compile_function(updates=...)``; of each parameter's own shape and dtype.
        """
        raise NotImplementedError(f"{type(self).__name__} has to define minimize(loss)")


class GradientDescentOptimizer(Optimizer):
    """Gradient descent: ``p <- p - learning_rate * g``.

    Parameters
    ----------
    params : sequence of shared variables
        The variables to train.
    learning_rate : float or symbolic scalar
        The step size; the article's is 1e-5, with the summed squared error as the loss.

    Notes
    -----
    The article's digits need a step that is rounded to float32 once, at its end. With two
    roundings, after the product and after the difference, two printed costs differ. So
    ``p - learning_rate * g`` is computed in float64 and then rounded. (A processor that fuses
    product and difference into one operation does the same, except in rare ties.)
    """

    def __init__(self, params: Sequence[SharedVariable], learning_rate: Rate = 1e-5) -> None:
        super().__init__(params, learning_rate)

    def minimize(self, loss: TensorVariable) -> Updates:
        """Return the formulas of one step; see :meth:`Optimizer.minimize`."""
        updates = []
        gradients = self.gradients(loss)
        for p, g in zip(self.params, gradients):
            # In float32 first, as in the article's program.
            learning_rate = constant_like(p, self.learning_rate)
            p64, lr64, g64 = (T.cast(v, "float64") for v in (p, learning_rate, g))
            updates.append((p, T.cast(p64 - lr64 * g64, p.dtype)))
        return as_written(updates, gradients)


class RMSPropOptimizer(Optimizer):
    """The RMSProp that the article probably used: centred, Nesterov's step, rescaled gradient.

    With the parameters ``p``, their gradients ``g`` and all accumulators zero at the start::

        n  = sqrt(||g||)                           a root of the norm over all parameters together
        g <- g / max(1, n / rescale)               or 0.1 p where n is NaN or infinite
        s <- 0.9 s + 0.1 g^2                       running mean of the square
        a <- 0.9 a + 0.1 g                         running mean
        r  = max(sqrt(max(s - a^2, 0)), 1e-4)      running standard deviation, with the new s and a
        d  = learning_rate * (g / r)
        p <- p + momentum^2 m - (1 + momentum) d   with the old m
        m <- momentum m - d

    Parameters
    ----------
    params : sequence of shared variables
        The variables to train.
    learning_rate : float or symbolic scalar
        The step size; the article's is 0.001.

    Examples
    --------
    ``minimize`` takes the momentum, as Kastner's code does. ``compile_train_model`` calls
    ``minimize(loss)``; to change the momentum there::

        class WithMomentum(RMSPropOptimizer):
            def minimize(self, loss):
                return super().minimize(loss, momentum=0.9)

    Notes
    -----
    The article leaves its optimizer out and points to a web site. This form is public code by Kyle
    Kastner ("RMSProp with nesterov momentum and gradient rescaling", BSD 3-clause). There is good
    evidence that the article's author used it in a public program (figures/README.md, "Why these
    digits"). To take the root of a norm is unusual; it is kept. Other libraries use the name
    RMSProp for another method. In this one

    - the mean is subtracted;
    - the root has a floor instead of an added epsilon;
    - the momentum is Nesterov's;
    - the gradient is rescaled as a whole where ``n`` exceeds ``rescale``.

    It goes back to Graves (2013, arXiv:1308.0850, eq. 38 to 45). His version has heavy-ball
    momentum, a decay of 0.95, an epsilon inside the root, and no rescaling. In the article's run
    neither the floor nor the guard against a negative variance ever acts.
    """

    DECAY = 0.9  # of both running means
    FLOOR = 1e-4  # the smallest standard deviation
    FALLBACK = 0.1  # this share of the parameter replaces a gradient that is not finite

    def minimize(
        self, loss: TensorVariable, momentum: float = 0.5, rescale: float = 5.0
    ) -> Updates:
        """Return the formulas of one step; see :meth:`Optimizer.minimize`.

        Parameters
        ----------
        loss : symbolic scalar
            What to minimize.
        momentum : float or symbolic scalar
            The share of the last step that the next one keeps, at least 0 and below 1.
        rescale : float or symbolic scalar
            The square root of the gradient's norm above which the gradient is scaled down; infinity
            for never.

        Returns
        -------
        list of (shared variable, symbolic expression)
            Updates of the parameters and of the accumulators. Each call of ``minimize`` makes new
            accumulators; they keep their values from epoch to epoch.
        """
        rescale = check_hyperparameter("rescale", rescale)
        gradients = self.gradients(loss)
        # Not sum(): that starts from the integer 0, which may change the dtype.
        squared_norm = reduce(add, (T.sum(T.square(g)) for g in gradients))
        # Computed in float64 and rounded once, below: so it gives the article's digits.
        n64 = T.sqrt(T.sqrt(T.cast(squared_norm, "float64")))
        not_finite = T.or_(T.isnan(n64), T.isinf(n64))

        updates = []
        for p, g in zip(self.params, gradients):
            c = partial(constant_like, p)  # c(2) is the constant 2 in the dtype of p
            s, a, m = (accumulator(p, name) for name in ("s", "a", "m"))

            n = T.cast(n64, p.dtype)
            rescaled = g / T.maximum(c(1), n / c(rescale))
            g = T.switch(not_finite, c(self.FALLBACK) * p, rescaled)
            s_new = c(self.DECAY) * s + c(1 - self.DECAY) * T.square(g)
            a_new = c(self.DECAY) * a + c(1 - self.DECAY) * g
            # Rounding can make the variance negative, and its root NaN.
            variance = T.maximum(s_new - T.square(a_new), c(0))
            r = T.maximum(T.sqrt(variance), c(self.FLOOR))
            d = c(self.learning_rate) * (g / r)
            p_new = p + c(momentum**2) * m - c(1 + momentum) * d
            m_new = c(momentum) * m - d
            updates += [(s, s_new), (a, a_new), (m, m_new), (p, p_new)]
        # Counts the updates whose gradient was not finite; train reads it, and warns.
        n_not_finite = shared_array(np.zeros(1, "int64"), "n_not_finite")
        n_not_finite.tag.counts_not_finite = True
        updates += [(n_not_finite, n_not_finite + not_finite)]
        return as_written(updates, gradients)


class RpropOptimizer(Optimizer):
    """Rprop, the blog's optimizer: only the sign of the gradient counts.

    Each entry of a parameter has its own step, which grows while the sign of its gradient
    stays the same. With ``sgn`` zero and ``delta`` one at the start::

        delta <- eta_plus delta      where sgn(g) = sgn
                 eta_minus delta     elsewhere, and at the first update (unless g is 0)
        sgn   <- sgn(g)
        p     <- p - learning_rate * delta * sgn(g)

    Parameters
    ----------
    params : sequence of shared variables
        The variables to train.
    learning_rate : float or symbolic scalar
        The first step is ``eta_minus`` times this; the blog's is 0.001.

    Notes
    -----
    Source: Roelants, "How to implement a recurrent neural network", part 1, which follows
    Riedmiller and Braun, "A direct adaptive method for faster backpropagation learning: the RPROP
    algorithm", 1993. Two differences: the step has no bounds, and a change of sign does not undo
    the last step.
    """

    def minimize(
        self, loss: TensorVariable, eta_plus: float = 1.2, eta_minus: float = 0.5
    ) -> Updates:
        """Return the formulas of one step; see :meth:`Optimizer.minimize`.

        Parameters
        ----------
        loss : symbolic scalar
            What to minimize. Multiplying it by a positive number changes nothing.
        eta_plus : float or symbolic scalar
            The factor by which a step grows; the blog's is 1.2.
        eta_minus : float or symbolic scalar
            The factor by which it shrinks; the blog's is 0.5.

        Returns
        -------
        list of (shared variable, symbolic expression)
            Updates of the parameters, the steps and the signs.
        """
        updates = []
        gradients = self.gradients(loss)
        for p, g in zip(self.params, gradients):
            c = partial(constant_like, p)
            delta, sgn = accumulator(p, "delta", start=1.0), accumulator(p, "sgn")
            sgn_new = T.sgn(g)
            delta_new = T.switch(T.eq(sgn_new, sgn), c(eta_plus), c(eta_minus)) * delta
            p_new = p - c(self.learning_rate) * delta_new * sgn_new
            updates += [(delta, delta_new), (sgn, sgn_new), (p, p_new)]
        return as_written(updates, gradients)


def check_hyperparameter(name: str, value: Any) -> float | TensorVariable:
    """Return a number above 0, or a symbolic scalar, whose value may change."""
    if isinstance(value, Variable) and value.ndim == 0:
        return value
    if not isinstance(value, Real) or not value > 0:
        raise ValueError(f"{name} is {value!r}; expected a number above 0")
    return float(value)
