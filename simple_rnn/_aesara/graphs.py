"""What is set in Aesara while a graph is built, and the types of shared variables."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from traceback import walk_tb
from typing import Any

import aesara
import aesara.tensor as T
import numpy as np
from aesara.compile.sharedvalue import SharedVariable
from aesara.graph.basic import Variable, ancestors

# Aesara's configuration is that of the whole process: only one thread at a time may change it, and
# none may compile meanwhile.
LOCK = threading.RLock()


# From Python 3.11 on it is printed below the errors of a user's own formulas.
HINT = (
    "In formulas write T.switch for if and np.where, T.maximum for max, T.tanh for math.tanh, and"
    " x.sum() for np.sum(x). Give the data and the parameters one dtype; put what is float64 among"
    " float32, like np.sqrt(2), T.arange(3) and random whole numbers, into T.cast(..., 'float32')."
    " More: scripts/walkthrough.ipynb, 'not' and 'but'."
)


@contextmanager
def aesara_flags(**flags: Any) -> Iterator[None]:
    """Change settings of Aesara for a while, in one thread at a time."""
    with LOCK, aesara.config.change_flags(**flags):
        yield


@contextmanager
def building_graph(dtype: str) -> Iterator[None]:
    """Give plain numbers and T.zeros this dtype, and errors of your own formulas a hint."""
    try:
        with aesara_flags(floatX=dtype):
            yield
    except (AttributeError, IndexError, TypeError, ValueError) as error:
        *_, (frame, _) = walk_tb(error.__traceback__)
        is_ours = frame.f_globals.get("__name__", "").startswith("simple_rnn")
        if not is_ours and hasattr(error, "add_note"):
            error.add_note(HINT)
        raise


def folding_in_python() -> Any:
    """Have Aesara compute in Python what depends on constants alone, while a graph is built.

    In C it compiles a module for each such operation, runs it once and throws it away.
    """
    return aesara_flags(cxx="")


def trying_out() -> Any:
    """Have Aesara compute each operation when it is written, where its inputs have values."""
    # Without rewrites: fused operations are slow in Python.
    return aesara_flags(cxx="", optimizer="None", compute_test_value="ignore")


def shared_array(values: np.ndarray, name: str) -> SharedVariable:
    """Return a shared variable with a copy of ``values``, whose shape is part of its type.

    All that is computed from it then has a known shape too, and Aesara need not compute with shapes
    at every call.
    """
    return aesara.shared(values, name=name, shape=values.shape)


def all_entries(params: Sequence[SharedVariable]) -> np.ndarray:
    """Return the values of all parameters in one vector, one after the other."""
    return np.concatenate([p.get_value(borrow=True) for p in params], axis=None)


def list_of_updates(updates: Any) -> list:
    """Return updates as a list of pairs, (variable, new value)."""
    return list(updates.items() if isinstance(updates, dict) else updates or ())


def updates_in_type(updates: Any) -> list:
    """Return updates, each in the type of its variable; no accumulator may be left out."""
    pairs = list_of_updates(updates)
    used = ancestors([new for _, new in pairs if isinstance(new, Variable)])
    accumulators = [v for v in used if getattr(v.tag, "is_accumulator", False)]
    missing = [v for v in accumulators if v not in dict(pairs)]
    if missing:
        raise ValueError(f"there is no update of {missing}; expected one of each accumulator")
    return [(variable, _in_type(variable, new)) for variable, new in pairs]


def _in_type(variable: SharedVariable, new: Any) -> Variable:
    """Return a new value in the type of its variable."""
    if not isinstance(getattr(variable, "type", None), T.TensorType):
        return new  # of a random generator, for example
    is_float = "float" in variable.dtype
    new = T.as_tensor_variable(new)
    # A float is rounded; a whole number would wrap around.
    if not np.can_cast(new.dtype, variable.dtype, "same_kind" if is_float else "safe"):
        raise TypeError(
            f"the update of {variable} is {new.dtype}; expected {variable.dtype}, as it is itself:"
            " aesara.shared(0.0) makes a float"
        )
    return variable.type.filter_variable(T.cast(new, variable.dtype))
