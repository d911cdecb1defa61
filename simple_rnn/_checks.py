"""What the package asks of a value that a user hands in.

A value is checked once, where it comes in. A message names the argument, shows its value, and says
what is expected.
"""

from __future__ import annotations

import reprlib
from typing import Any

import numpy as np
from aesara.graph.basic import ancestors
from aesara.tensor.var import TensorVariable

__all__ = ["check_answers", "check_rng", "float_arrays", "show"]

_short = reprlib.Repr()
_short.maxstring = _short.maxother = 70


def show(value: Any) -> str:
    """Return the ``repr`` of a value on one line, shortened where it is long."""
    return " ".join(_short.repr(value).split())


def check_rng(rng: np.random.RandomState | None) -> Any:
    """Return ``rng``, or numpy's global generator for None."""
    if rng is None:
        return np.random
    if not isinstance(rng, np.random.RandomState):
        # A numpy.random.Generator draws other numbers from the same seed.
        raise TypeError(f"rng is {show(rng)}; expected np.random.RandomState(1), as in the article")
    return rng


def float_arrays(**arrays: Any) -> list[np.ndarray]:
    """Return arrays of the first one's dtype, float32 unless it is float64; all finite."""
    dtype, checked = None, []
    for name, value in arrays.items():
        array = np.asarray(value)
        if array.dtype.kind not in "biuf":
            raise TypeError(f"{name} is {show(value)}; expected real numbers in rows of one length")
        dtype = dtype or ("float64" if array.dtype == "float64" else "float32")
        with np.errstate(over="ignore"):  # the message below says more
            floats = array.astype(dtype, copy=False)
        if not np.isfinite(floats).all():
            place = tuple(int(i) for i in np.argwhere(~np.isfinite(floats))[0])
            raise ValueError(f"{name} holds {array[place]} at {place}; expected finite numbers")
        checked.append(floats)
    return checked


def check_answers(y_t: Any, params: list) -> None:
    """Raise an error unless ``y_t`` is symbolic, computed from parameters that are all listed."""
    if not isinstance(y_t, TensorVariable):
        raise TypeError(
            f"state_update returned {show(y_t)}; expected a symbolic matrix: scan returns two"
            " things, h, _ = aesara.scan(...)"
        )
    used = (v for v in ancestors([y_t]) if getattr(v.tag, "is_parameter", False))
    missing = [v for v in used if v not in params]
    if missing:
        raise ValueError(f"net.params is {params}; expected {missing} in it too")
