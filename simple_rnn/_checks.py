"""What the package asks of a value that a user hands in.

A value is checked once, where it comes in, before any work is done. Each message names the
argument, shows its value, and says what is expected. A number or a shape that is wrong is a
``ValueError``; an object or a dtype of another kind is a ``TypeError``.
"""

from __future__ import annotations

import operator
import reprlib
from numbers import Real
from typing import Any

import numpy as np
from aesara.graph.basic import Constant, Variable, graph_inputs
from aesara.tensor.type import TensorType

__all__ = [
    "check_dtype",
    "check_instance",
    "check_replaced",
    "float_array",
    "legacy_generator",
    "positive_number",
    "show",
    "whole_number",
]

_short = reprlib.Repr()
_short.maxstring = _short.maxother = 70


def show(value: Any) -> str:
    """Return the ``repr`` of a value on one line, shortened where it is long."""
    return " ".join(_short.repr(value).split())


def check_instance(name: str, value: Any, kind: type | tuple[type, ...], expected: str) -> None:
    """Raise TypeError unless ``value`` is an instance of ``kind``, which is ``expected``."""
    if not isinstance(value, kind):
        raise TypeError(f"{name} is {show(value)}; expected {expected}")


def check_dtype(dtype: Any) -> None:
    """Raise ValueError if ``dtype`` is neither float32 nor float64."""
    if dtype not in ("float32", "float64", np.float32, np.float64):
        raise ValueError(f"dtype is {show(dtype)}; expected 'float32' or 'float64'")


def check_replaced(updates: Any, givens: Any) -> None:
    """Raise TypeError if a value has another dtype than the variable that it replaces."""
    for what, pairs in (("updates", updates), ("givens", givens)):
        for variable, value in dict(pairs or {}).items():
            # A number has no dtype, and the state of random numbers has none either.
            dtype, expected = (getattr(v, "dtype", None) for v in (value, variable))
            if None not in (dtype, expected) and dtype != expected:
                raise TypeError(
                    f"{what} replaces {variable}, of dtype {expected}, by a value of dtype"
                    f" {dtype}{_computed_from(value)}; expected {expected}. Plain numbers, T.matrix"
                    " and T.vector take their dtype from aesara.config.floatX: first set it to"
                    " 'float32', as for the article. aesara.shared(0.1) is float64, and a whole"
                    " number, int64, makes float64: aesara.shared(np.float32(0.1)), or"
                    " constant_like(param, value)"
                )


def _computed_from(value: Any) -> str:
    """Return which variables make a value float64: those of float64, and whole numbers."""
    if not isinstance(value, Variable) or value.dtype != "float64":
        return ""
    tensors = [v for v in graph_inputs([value]) if isinstance(v.type, TensorType)]
    named = [v for v in tensors if not isinstance(v, Constant)]
    wide = [v for v in named if v.dtype == "float64" or (v.dtype == "int64" and v.ndim == 0)]
    names = dict.fromkeys(f"{v} ({v.dtype})" for v in wide)
    return f", computed from {', '.join(names)}" if names else ""


def whole_number(name: str, value: Any, minimum: int = 1) -> int:
    """Return ``value`` as an int; ValueError unless it is a whole number from ``minimum`` on."""
    try:
        # To Python True is an int, but it is no count.
        number = None if isinstance(value, bool) else operator.index(value)
    except TypeError:
        number = None
    if number is None or number < minimum:
        raise ValueError(f"{name} is {show(value)}; expected a whole number of at least {minimum}")
    return number


def positive_number(name: str, value: Any) -> float:
    """Return ``value`` as a float; ValueError unless it is finite and above 0."""
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 < value < np.inf:
        raise ValueError(f"{name} is {show(value)}; expected a finite number above 0")
    return float(value)


def float_array(name: str, value: Any, dtype: str | None = None, finite: bool = True) -> np.ndarray:
    """Return an array or nested lists of real numbers as an array of floats.

    Parameters
    ----------
    name : str
        The name of the argument.
    value : Any
        What the user handed in.
    dtype : str, optional
        None keeps float32 and float64, and turns any other dtype into float32.
    finite : bool
        Whether NaN and infinity are refused.
    """
    try:
        array = np.asarray(value)
    except ValueError:
        raise ValueError(f"{name} is {show(value)}; expected rows of one length") from None
    if array.dtype.kind not in "biuf":
        raise TypeError(
            f"{name} is {show(value)}, of dtype {array.dtype}; expected real numbers, for example"
            " what .astype('float32') returns"
        )
    if dtype is None:
        dtype = array.dtype if array.dtype in ("float32", "float64") else "float32"
    with np.errstate(over="ignore"):  # the message below says more
        floats = array.astype(dtype, copy=False)
    if finite and not np.isfinite(floats).all():
        index = tuple(int(i) for i in np.argwhere(~np.isfinite(floats))[0])
        raise ValueError(
            f"{name} holds {array[index]} at index {index}; expected numbers that are finite in"
            f" {floats.dtype}"
        )
    return floats


def legacy_generator(rng: np.random.RandomState | None) -> Any:
    """Return ``rng``, or numpy's global generator for None.

    The article draws from this kind of generator; a ``numpy.random.Generator`` draws other numbers
    from the same seed, and is refused with a TypeError.
    """
    if rng is None:
        return np.random
    expected = "a numpy.random.RandomState, whose draws are the article's: RandomState(1)"
    check_instance("rng", rng, np.random.RandomState, expected)
    return rng
