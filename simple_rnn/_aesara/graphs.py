"""What is set in Aesara while a graph is built, and the types of shared variables."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import aesara
import aesara.tensor as T
import numpy as np
from aesara.compile.sharedvalue import SharedVariable
from aesara.tensor.var import TensorVariable

__all__ = ["LOCK", "aesara_flags", "folding_in_python", "in_type_of", "shared_array"]

# Aesara's configuration is that of the whole process: only one thread at a time may change it, and
# none may compile meanwhile.
LOCK = threading.RLock()


@contextmanager
def aesara_flags(**flags: Any) -> Iterator[None]:
    """Change settings of Aesara for a while, in one thread at a time."""
    with LOCK, aesara.config.change_flags(**flags):
        yield


def folding_in_python() -> Any:
    """Have Aesara compute in Python what depends on constants alone, while a graph is built.

    In C it compiles a module for each such operation, runs it once and throws it away.
    """
    return aesara_flags(cxx="")


def shared_array(values: np.ndarray, name: str) -> SharedVariable:
    """Return a shared variable with a copy of ``values``, whose shape is part of its type.

    All that is computed from it then has a known shape too, and Aesara need not compute with shapes
    at every call.
    """
    return aesara.shared(values, name=name, shape=values.shape)


def in_type_of(variable: SharedVariable, new: Any) -> TensorVariable:
    """Return a new value in the type of the variable that it updates."""
    new = T.as_tensor_variable(new)
    if not np.can_cast(new.dtype, variable.dtype, "same_kind"):
        raise TypeError(
            f"the update of {variable} is {new.dtype}; expected {variable.dtype}, as it is itself:"
            " aesara.shared(0.0) makes a float"
        )
    return variable.type.filter_variable(T.cast(new, variable.dtype))
