"""Optimizers: from a loss to the updates of the parameters.

An optimizer is made with the parameters and a learning rate; its ``minimize(loss)`` returns a list
of ``(shared variable, new expression)`` pairs, which ``aesara.function(updates=...)`` takes.
Whatever has such a ``minimize`` works wherever these do. A new one is a subclass of
:class:`Optimizer`::

    import aesara.tensor as at
    from simple_rnn.optimizers import Optimizer, constant_like

    class SignDescent(Optimizer):
        def minimize(self, loss):
            return [(p, p - constant_like(p, self.learning_rate) * at.sgn(g))
                    for p, g in zip(self.params, self.gradients(loss))]

The order of operations matters here. Each update below is one among several algebraically equal
ways to write it, chosen because it gives the digits that the article printed (README,
"Deviations").
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Callable

import aesara
import aesara.tensor as at
import numpy as np
from aesara.compile.sharedvalue import SharedVariable
from aesara.graph.basic import Variable
from aesara.tensor.var import TensorVariable

from simple_rnn._checks import ABOVE_0, real_number, show, survives
from simple_rnn.numerics import folding_in_python

__all__ = [
    "GradientDescentOptimizer",
    "Optimizer",
    "RMSPropOptimizer",
    "RpropOptimizer",
    "accumulator",
    "constant_like",
]

Updates = list[tuple[SharedVariable, TensorVariable]]


def constant_like(param: SharedVariable, value: float | TensorVariable) -> TensorVariable:
    """Return ``value``, a number or a symbolic scalar, in the parameter's dtype.

    A plain Python number would take the dtype ``floatX``, and a float64 one makes the update of a
    float32 parameter float64, which Aesara refuses.
    """
    if isinstance(value, Variable):
        return at.cast(value, param.dtype)
    return at.constant(np.asarray(value, dtype=param.dtype))


def accumulator(param: SharedVariable, name: str, start: float = 0.0) -> SharedVariable:
    """Return a new shared variable of the parameter's shape and dtype, each entry ``start``."""
    # The static shape too: an update must have the type of the variable that it updates.
    values = np.full_like(param.get_value(borrow=True), start)
    return aesara.shared(values, name=f"{name}_{param}", shape=param.type.shape)


def factor(
    name: str, value: Any, expected: str, holds: Callable[[float], bool]
) -> float | TensorVariable:
    """Return a number as ``real_number`` does, or a symbolic scalar, whose values are not known."""
    if not isinstance(value, Variable):
        return real_number(name, value, f"{expected}, or a symbolic scalar", holds)
    if getattr(value, "ndim", None) != 0:
        raise TypeError(f"{name} is {value} of type {value.type}; expected a symbolic scalar")
    return value


def check_params(params: Any) -> list[SharedVariable]:
    """Return ``params`` as a list, if they are different shared variables that can be trained."""
    several = "a list of shared variables, for example net.params"
    # Iterating over a variable would give its symbolic entries.
    if isinstance(params, Variable) or not hasattr(params, "__iter__"):
        raise TypeError(f"params is {show(params)}; expected {several}")
    params = list(params)
    if not params:
        raise ValueError(f"params is empty; expected {several}")
    for i, param in enumerate(params):
        if not isinstance(param, SharedVariable):
            raise TypeError(
                f"params[{i}] is {show(param)}; expected a shared variable: what"
                " aesara.shared(value) returns"
            )
        dtype = getattr(param, "dtype", None)
        if dtype not in ("float32", "float64"):
            raise TypeError(
                f"params[{i}], {param}, has dtype {dtype}; expected float32 or float64, which a"
                " small step can change: aesara.shared(value.astype('float32'))"
            )
        if param in params[:i]:
            raise ValueError(
                f"params[{i}], {param}, is params[{params.index(param)}] again; expected each once"
            )
    return params


class Optimizer:
    """The base of the optimizers: holds the parameters and takes the gradients.

    Parameters
    ----------
    params : sequence of shared variables
        What to train, for example ``net.params``. Any mixture of shapes and of the dtypes float32
        and float64; each keeps its own.
    learning_rate : float or symbolic scalar
        The step size, above 0. A shared variable can be given another value between two updates,
        without compiling again.

    Raises
    ------
    TypeError
        If ``params`` is something else than several shared variables of these dtypes.
    ValueError
        If one of them occurs twice, or ``learning_rate`` is not a finite number above 0.
    """

    def __init__(
        self, params: Sequence[SharedVariable], learning_rate: float | TensorVariable = 0.01
    ) -> None:
        self.params = check_params(params)
        self.learning_rate = factor("learning_rate", learning_rate, *ABOVE_0)
        if not isinstance(learning_rate, Variable):
            for param in self.params:
                survives("learning_rate", self.learning_rate, param.dtype)

    def gradients(self, loss: TensorVariable) -> list[TensorVariable]:
        """Return the gradient of the scalar ``loss`` with respect to each parameter.

        Parameters
        ----------
        loss : symbolic scalar
            What to minimize.

        Returns
        -------
        list of symbolic tensors
            Each of its parameter's shape and dtype.

        Raises
        ------
        TypeError
            If ``loss`` is not symbolic, or not of dtype float32 or float64.
        ValueError
            If ``loss`` is not a scalar, or does not depend on one of the parameters.
        """
        if not isinstance(loss, TensorVariable):
            raise TypeError(
                f"loss is {show(loss)}; expected a symbolic scalar, for example"
                " at.square(y_ - y_t[-1]).sum()"
            )
        if loss.ndim != 0:
            raise ValueError(
                f"loss has {loss.ndim} dimensions; expected a scalar: loss.sum() or loss.mean()"
            )
        if loss.dtype not in ("float32", "float64"):
            raise TypeError(
                f"loss has dtype {loss.dtype}; expected float32 or float64: build it from data of"
                " that dtype"
            )
        ignored = {"disconnected_inputs": "ignore", "return_disconnected": "None"}
        with folding_in_python():
            gradients = aesara.grad(loss, self.params, **ignored)
        for i, (param, gradient) in enumerate(zip(self.params, gradients)):
            if gradient is None:
                raise ValueError(
                    f"loss does not depend on params[{i}], {param}; expected a loss of all that is"
                    " to be trained. Give the optimizer the parameters of the network that the loss"
                    " is built from"
                )
        # Where the loss is of another dtype than the parameter, so is the gradient at first.
        return [at.cast(g, p.dtype) for p, g in zip(self.params, gradients)]

    def minimize(self, loss: TensorVariable) -> Updates:
        """Return the updates that take one step towards a smaller ``loss``.

        Parameters
        ----------
        loss : symbolic scalar
            What to minimize.

        Returns
        -------
        list of (shared variable, symbolic expression)
            For ``aesara.function(updates=...)``; of each parameter's own shape and dtype.
        """
        raise NotImplementedError(f"{type(self).__name__} has to define minimize(loss)")


class GradientDescentOptimizer(Optimizer):
    """Gradient descent: ``p <- p - learning_rate * g``.

    Parameters
    ----------
    params : sequence of shared variables
        What to train.
    learning_rate : float or symbolic scalar
        The step size; the article's is 1e-5, with the summed squared error as the loss.

    Notes
    -----
    The step is formed in float64 and rounded once to the parameter's dtype, which is what a fused
    multiply-add does on processors that have one.
    """

    def minimize(self, loss: TensorVariable) -> Updates:
        """Return one step of gradient descent; see :meth:`Optimizer.minimize`."""
        updates = []
        for p, g in zip(self.params, self.gradients(loss)):
            learning_rate = constant_like(p, self.learning_rate)
            p64, lr64, g64 = (at.cast(v, "float64") for v in (p, learning_rate, g))
            updates.append((p, at.cast(p64 - lr64 * g64, p.dtype)))
        return updates


class RMSPropOptimizer(Optimizer):
    """The article's RMSProp: centred, with a Nesterov step and a rescaled gradient.

    With the parameters ``p``, their gradients ``g`` and all accumulators zero at the start::

        n  = sqrt(||g||)                           ||g|| over all parameters together
        g <- g / max(1, n / rescale)               or 0.1 p where n is NaN or infinite
        s <- 0.9 s + 0.1 g^2                       running mean of the square
        a <- 0.9 a + 0.1 g                         running mean
        r  = max(sqrt(s - a^2), 1e-4)              running standard deviation
        d  = learning_rate * g / r
        p <- p + momentum^2 m - (1 + momentum) d   with m as it was before
        m <- momentum m - d

    Parameters
    ----------
    params : sequence of shared variables
        What to train.
    learning_rate : float or symbolic scalar
        The step size; the article's is 0.001.

    Notes
    -----
    The article leaves its optimizer out and points to a web site. This form stands in a later
    public program by its author and is confirmed by the article's numbers. How it differs from
    what other libraries call RMSProp: the mean is subtracted (the centred form of Graves, 2013,
    arXiv:1308.0850, eq. 38 to 45), the root has a floor of 1e-4 instead of an added epsilon, the
    momentum is Nesterov's, the accumulators start at zero without correction, and the gradient is
    rescaled as a whole where ``n`` exceeds ``rescale``. That ``n`` is the square root of the norm,
    not the norm, is the author's quirk, and is kept.
    """

    DECAY = 0.9  # of both running means
    FLOOR = 1e-4  # below which the standard deviation is not believed
    FALLBACK = 0.1  # the share of the parameter that stands in for a gradient that is not finite

    def minimize(
        self, loss: TensorVariable, momentum: float = 0.5, rescale: float = 5.0
    ) -> Updates:
        """Return one step of RMSProp.

        Parameters
        ----------
        loss : symbolic scalar
            What to minimize.
        momentum : float or symbolic scalar
            The share of the last step that the next one keeps, in [0, 1).
        rescale : float or symbolic scalar
            The square root of the gradient's norm above which the gradient is scaled down; infinity
            for never.

        Returns
        -------
        list of (shared variable, symbolic expression)
            Updates of the parameters and of the accumulators, which each call makes anew.
        """
        momentum = factor("momentum", momentum, "a number in [0, 1)", lambda n: 0 <= n < 1)
        rescale = factor("rescale", rescale, "a number above 0", lambda n: n > 0)
        gradients = self.gradients(loss)
        sum_of_squares = sum(at.sum(at.square(g)) for g in gradients)
        # In float64 and rounded once, like the step of gradient descent.
        n64 = at.sqrt(at.sqrt(at.cast(sum_of_squares, "float64")))

        updates = []
        for p, g in zip(self.params, gradients):
            c = partial(constant_like, p)
            s, a, m = (accumulator(p, name) for name in ("s", "a", "m"))

            n = at.cast(n64, p.dtype)
            finite = at.invert(at.or_(at.isnan(n), at.isinf(n)))
            g = at.switch(finite, g / at.maximum(c(1), n / c(rescale)), c(self.FALLBACK) * p)
            s_new = c(self.DECAY) * s + c(1 - self.DECAY) * at.square(g)
            a_new = c(self.DECAY) * a + c(1 - self.DECAY) * g
            # Rounding can leave s - a^2 just below zero, where the root would be NaN.
            r = at.maximum(at.sqrt(at.maximum(s_new - at.square(a_new), c(0))), c(self.FLOOR))
            d = c(self.learning_rate) * (g / r)
            p_new = p + c(momentum**2) * m - c(1 + momentum) * d
            m_new = c(momentum) * m - d
            updates += [(s, s_new), (a, a_new), (m, m_new), (p, p_new)]
        return updates


class RpropOptimizer(Optimizer):
    """Rprop, with which the source blog trains: only the sign of the gradient counts.

    Each entry of a parameter has a step of its own, which grows while the sign of its gradient
    stays the same. With ``sgn`` zero and ``delta`` one at the start::

        delta <- eta_plus delta      where sgn(g) = sgn
                 eta_minus delta     elsewhere, the first update included
        sgn   <- sgn(g)
        p     <- p - learning_rate * delta * sgn(g)

    Parameters
    ----------
    params : sequence of shared variables
        What to train.
    learning_rate : float or symbolic scalar
        The step to start from; the blog's is 0.001.

    Notes
    -----
    Source: Roelants, "How to implement a recurrent neural network", part 1, which follows
    Riedmiller and Braun, "A direct adaptive method for faster backpropagation learning: the RPROP
    algorithm", 1993. Unlike there, the step has no bounds, and a change of sign does not take the
    last step back.
    """

    def __init__(
        self, params: Sequence[SharedVariable], learning_rate: float | TensorVariable = 0.001
    ) -> None:
        super().__init__(params, learning_rate)

    def minimize(
        self, loss: TensorVariable, eta_plus: float = 1.2, eta_minus: float = 0.5
    ) -> Updates:
        """Return one step of Rprop.

        Parameters
        ----------
        loss : symbolic scalar
            What to minimize. A positive factor before it changes nothing.
        eta_plus : float or symbolic scalar
            By what a step grows, at least 1; the blog's is 1.2.
        eta_minus : float or symbolic scalar
            By what it shrinks, between 0 and 1; the blog's is 0.5.

        Returns
        -------
        list of (shared variable, symbolic expression)
            Updates of the parameters, the steps and the signs, which each call makes anew.
        """
        grows, shrinks = "a finite number of at least 1", "a number above 0 and below 1"
        eta_plus = factor("eta_plus", eta_plus, grows, lambda n: 1 <= n < np.inf)
        eta_minus = factor("eta_minus", eta_minus, shrinks, lambda n: 0 < n < 1)
        updates = []
        for p, g in zip(self.params, self.gradients(loss)):
            c = partial(constant_like, p)
            delta, sgn = accumulator(p, "delta", start=1.0), accumulator(p, "sgn")
            sgn_new = at.sgn(g)
            delta_new = at.switch(at.eq(sgn_new, sgn), c(eta_plus), c(eta_minus)) * delta
            p_new = p - c(self.learning_rate) * delta_new * sgn_new
            updates += [(delta, delta_new), (sgn, sgn_new), (p, p_new)]
        return updates
