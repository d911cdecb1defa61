"""What Aesara needs to know of shapes and types while a graph is built."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import aesara
import aesara.tensor as at
import numpy as np
from aesara.compile.sharedvalue import SharedVariable
from aesara.tensor.shape import unbroadcast
from aesara.tensor.var import TensorVariable

__all__ = ["as_scan_inputs", "folding_in_python", "shared_array"]


@contextmanager
def folding_in_python() -> Iterator[None]:
    """Have Aesara compute in Python what depends on constants alone, while a graph is built.

    In C it compiles a module for each such operation, runs it once and throws it away.
    """
    with aesara.config.change_flags(cxx=""):
        yield


def shared_array(values: np.ndarray, name: str) -> SharedVariable:
    """Return a shared variable with a copy of ``values``, whose shape is part of its type.

    All that is computed from it then has a known shape too, and Aesara need not compute with shapes
    at every call.
    """
    return aesara.shared(values, name=name, shape=values.shape)


def as_scan_inputs(x_t: Any, s0: Any) -> tuple[TensorVariable, TensorVariable]:
    """Return the sequences and the initial state as tensors over which ``scan`` can walk.

    Parameters
    ----------
    x_t : symbolic matrix or ndarray of shape (seq_len, num_samples), float32 or float64
        The sequences, time-major.
    s0 : symbolic vector or ndarray of shape (num_samples,)
        The state before the first step; cast to the dtype of ``x_t``.

    Raises
    ------
    TypeError
        If ``x_t`` is not of dtype float32 or float64.
    ValueError
        If the dimensions do not fit together.
    """
    x_t, s0 = at.as_tensor_variable(x_t), at.as_tensor_variable(s0)
    if x_t.ndim != 2 or s0.ndim != 1:
        raise ValueError(
            f"x_t has {x_t.ndim} dimensions and s0 has {s0.ndim}; expected 2, (seq_len,"
            " num_samples), and 1, (num_samples,)"
        )
    if x_t.dtype not in ("float32", "float64"):
        raise TypeError(
            f"x_t has dtype {x_t.dtype}; expected float32 or float64, the dtype of the computation:"
            " x_t.astype('float32')"
        )
    num_samples, num_states = x_t.type.shape[1], s0.type.shape[0]
    if None not in (num_samples, num_states) and num_samples != num_states:
        raise ValueError(
            f"s0 has shape {s0.type.shape} where x_t has shape {x_t.type.shape}, which is"
            f" (seq_len, num_samples); expected ({num_samples},). If x_t has one row per sample,"
            " pass x_t.T: the data is time-major"
        )
    s0 = at.cast(s0, x_t.dtype)
    # scan wants one type for the initial state and all later ones. If s0 is known to have length 1
    # and the width of x_t is not known, the 1 has to be forgotten.
    if s0.type.broadcastable != x_t[0].type.broadcastable:
        s0 = unbroadcast(s0, 0)
    return x_t, s0
