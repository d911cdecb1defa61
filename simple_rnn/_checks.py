"""What the package asks of a value that a user hands in.

A value is checked once, where it comes in. A message names the argument, shows its value, and says
what is expected.
"""

from __future__ import annotations

import reprlib
import warnings
from typing import Any

import numpy as np
from aesara.compile.sharedvalue import SharedVariable
from aesara.graph.basic import ancestors
from aesara.tensor.var import TensorVariable

__all__ = ["check_output", "check_rng", "check_states", "float_arrays", "show"]

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


def check_output(y_t: Any) -> None:
    """Raise an error unless ``state_update`` returned a symbolic array with rows."""
    if not isinstance(y_t, TensorVariable) or y_t.ndim < 2:
        raise TypeError(
            f"state_update returned {show(y_t)}; expected a symbolic matrix, one row per step (scan"
            " returns two things: y_t, _ = aesara.scan(...))"
        )


def check_states(y_t: Any, x: np.ndarray, y: np.ndarray, known: list) -> None:
    """Check what ``state_update`` returned for the data: that it fits, and what it is made of."""
    check_output(y_t)
    at_every_step = y.shape[:2] == x.shape[:2]
    expected = y.shape if at_every_step else (len(x), *y.shape)
    # There is no value where the network has a variable that nothing is put into; Aesara says so.
    tried = getattr(y_t.tag, "test_value", None)
    shape = expected if tried is None else tried.shape
    if shape != expected and (at_every_step or shape[1:] != y.shape):
        remedy = "for several classes y is one-hot; one answer for all steps is y_t[np.newaxis]"
        if shape[2:] == (1,):
            remedy = "is it y_t[:, :, 0]?"
        elif y.shape[1:] == (1,):
            remedy = "is y to be y[:, 0]?"
        elif y.shape[:2] == x.shape[1::-1]:
            remedy = "is y to be y.T, time first?"
        raise ValueError(
            f"state_update returned shape {shape} where y has {y.shape}; expected {expected}, one"
            f" row per step ({remedy})"
        )
    shared = [v for v in ancestors([y_t]) if isinstance(v, SharedVariable)]
    others = [v for v in shared if v not in known]
    missing = [v for v in others if getattr(v.tag, "is_parameter", False)]
    if missing:
        raise ValueError(f"net.params lacks {missing}; expected all parameters in it")
    fixed = [v for v in others if "float" in getattr(v, "dtype", "")]  # not a random generator
    if fixed:
        warnings.warn(f"{fixed} is not in net.params, and so is not trained", stacklevel=3)
