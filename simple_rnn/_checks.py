"""What the package asks of a value that a user hands in, and says where it is something else.

These checks stand where values come in, before any work is done, and nowhere behind. Each message
names the argument, shows what it was, and says what is expected and how to get there. A number or
an array that is not as it should be is a ``ValueError``; where it cannot be one at all because of
its dtype, or an object is of another kind, it is a ``TypeError``.
"""

from __future__ import annotations

import operator
import os
import reprlib
from numbers import Real
from typing import Any, Callable

import numpy as np

__all__ = [
    "ABOVE_0",
    "check_callable",
    "check_fits_in_memory",
    "check_instance",
    "float_array",
    "real_number",
    "show",
    "survives",
    "whole_number",
]

_short = reprlib.Repr()
_short.maxstring = _short.maxother = 70


def show(value: Any) -> str:
    """Return the ``repr`` of a value on one line, shortened where it is long."""
    return " ".join(_short.repr(value).split())


def whole_number(
    name: str, value: Any, minimum: int = 1, maximum: float = np.inf, expected: str = ""
) -> int:
    """Return ``value``, a whole number from ``minimum`` to ``maximum``, as an int."""
    try:
        # To Python True is an int, but it is no count.
        number = None if isinstance(value, (bool, np.bool_)) else operator.index(value)
    except TypeError:
        number = None
    if number is None or not minimum <= number <= maximum:
        bounds = f"of at least {minimum}" if maximum == np.inf else f"from {minimum} to {maximum}"
        raise ValueError(
            f"{name} is {show(value)}; expected {expected or f'a whole number {bounds}'}"
        )
    return number


def real_number(name: str, value: Any, expected: str, holds: Callable[[float], bool]) -> float:
    """Return ``value`` as a float; ``holds`` is true of those that are ``expected``."""
    number = value[()] if isinstance(value, np.ndarray) and value.ndim == 0 else value
    try:
        number = (
            np.nan if isinstance(number, bool) or not isinstance(number, Real) else float(number)
        )
    except OverflowError:  # an int beyond the largest float
        number = np.nan
    if np.isnan(number) or not holds(number):
        raise ValueError(f"{name} is {show(value)}; expected {expected}")
    return number


# For real_number: what is expected of a learning rate, and whether it holds.
ABOVE_0 = ("a finite number above 0", lambda number: 0 < number < np.inf)


def survives(name: str, value: float, dtype: str) -> None:
    """Raise ValueError unless ``value`` is finite and above 0 when it is rounded to a dtype."""
    with np.errstate(over="ignore", under="ignore"):
        rounded = np.asarray(value).astype(dtype)
    if not 0 < rounded < np.inf:
        raise ValueError(
            f"{name} is {value}, which is {rounded} in {dtype}; expected a finite number above 0"
            " there too"
        )


def float_array(name: str, value: Any, dtype: str | None = None, finite: bool = True) -> np.ndarray:
    """Return ``value``, an array or nested lists of real numbers, as an array of floats.

    Parameters
    ----------
    name : str
        What the user calls it.
    value : Any
        What the user handed in.
    dtype : str, optional
        None stands for the dtype that it has, and float32 where that is another than float32 or
        float64.
    finite : bool
        Whether NaN and infinity are refused.
    """
    try:
        array = np.asarray(value)
    except ValueError:
        raise ValueError(
            f"{name} is {show(value)}; expected an array, or nested lists with rows of one length"
        ) from None
    if array.dtype.kind not in "biuf":
        raise TypeError(
            f"{name} is {show(value)}, of dtype {array.dtype}; expected real numbers."
            f" np.asarray({name}, dtype='float32') says what in it is none"
        )
    if dtype is None:
        dtype = array.dtype if array.dtype in ("float32", "float64") else "float32"
    with np.errstate(over="ignore"):  # it is said below
        floats = array.astype(dtype, copy=False)
    if finite and not np.isfinite(floats).all():
        index = tuple(np.argwhere(~np.isfinite(floats))[0])
        place = f"{name}[{', '.join(map(str, index))}]" if index else name
        raise ValueError(
            f"{place} is {array[index]}; expected numbers that are finite in {floats.dtype}."
            f" np.argwhere(~np.isfinite({name})) finds all that are not"
        )
    return floats


def check_instance(name: str, value: Any, kind: type, expected: str) -> None:
    """Raise TypeError unless ``value`` is an instance of ``kind``, which is ``expected``."""
    if not isinstance(value, kind):
        raise TypeError(f"{name} is {show(value)}; expected {expected}")


def check_callable(name: str, value: Any, expected: str) -> None:
    """Raise TypeError unless ``value`` can be called."""
    if not callable(value):
        raise TypeError(f"{name} is {show(value)}; expected {expected}")


def check_fits_in_memory(what: str, num_bytes: int, remedy: str) -> None:
    """Raise ValueError if ``num_bytes`` are more than the machine's whole memory.

    Asking for the memory would not tell: a system grants what nobody has written to yet.
    """
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if num_bytes > memory:
        raise ValueError(
            f"{what} needs {num_bytes:,} bytes, and this machine has {memory:,} in all; {remedy}"
        )
