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

from simple_rnn._aesara.graphs import trying_out

__all__ = ["check_network", "check_output", "check_rng", "float_arrays"]


def check_rng(rng: np.random.RandomState | None) -> Any:
    """Return ``rng``, or numpy's global generator for None."""
    if rng is None:
        return np.random
    if not isinstance(rng, np.random.RandomState):
        # A numpy.random.Generator draws other numbers from the same seed.
        raise TypeError(f"rng is {rng!r}; expected np.random.RandomState(1), as in the article")
    return rng


def float_arrays(**arrays: Any) -> list[np.ndarray]:
    """Return arrays of the first one's dtype, float32 unless it is float64; all finite."""
    dtype, checked = None, []
    for name, value in arrays.items():
        array = np.asarray(value)
        if array.dtype.kind not in "biuf":
            raise TypeError(f"{name} is {reprlib.repr(value)}; expected real numbers")
        is_list = isinstance(value, (list, tuple))  # whose numbers are not meant to be float64
        dtype = dtype or ("float64" if array.dtype == "float64" and not is_list else "float32")
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
            f"state_update returned {y_t!r}; expected a symbolic matrix, one row per step (scan"
            " returns two things: y_t, _ = aesara.scan(...))"
        )


def check_network(net: Any, x_t: SharedVariable, s0: SharedVariable, dataset: Any) -> None:
    """Try a network out on the data: errors name their line, shapes fit, all is trained."""
    with trying_out():
        y_t = net.state_update(x_t, s0)
    check_output(y_t)
    y, at_every_step = dataset.y, dataset.has_target_at_every_step
    # There is no value where the network has a variable that nothing is put into; Aesara says so.
    tried = getattr(y_t.tag, "test_value", None)
    if tried is not None:
        with_target = tried.shape if at_every_step else tried.shape[1:]
        expected = y.shape if at_every_step else (len(dataset.x), *y.shape)
        if with_target != y.shape:
            raise ValueError(
                f"state_update returned shape {tried.shape} where y has {y.shape}; expected"
                f" {expected}, one row per step"
            )
    known = {x_t, s0, *net.params}
    others = [v for v in ancestors([y_t]) if isinstance(v, SharedVariable) and v not in known]
    fixed = [v for v in others if "float" in getattr(v, "dtype", "")]  # not a random generator
    if fixed:
        warnings.warn(f"{fixed} is not in net.params, and so is not trained", stacklevel=3)
