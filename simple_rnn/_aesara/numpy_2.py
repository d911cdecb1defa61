"""What Aesara, which was written for NumPy 1, needs to run with NumPy 2.

Python 3.13 and later have only NumPy 2. Three things stand in Aesara's way there:

- It reads names that NumPy no longer has, one while it is imported, the others whenever they are
  needed; so they are put back and stay.
- Its C code uses names that NumPy and Python no longer have. The code gets the new names on its way
  to the compiler. One operation, ``x[indices]`` increased, goes through NumPy instead.
- It keeps a Python float in float64 if it differs from its float32. NumPy 2 finds no difference,
  because it rounds the float before it compares. So 0.1 in a float64 graph would become a float32,
  and nothing would say so. Where there is no C++ compiler, ``1 / x`` would be rounded likewise.

With NumPy 1 nothing is changed.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np

NUMPY_2 = np.lib.NumpyVersion(np.__version__) >= "2.0.0"

# Patterns in Aesara's C code, and what stands for them today.
C_NAMES = {
    r"\bNPY_MAXDIMS\b": "NPY_RAVEL_AXIS",
    r"\bPyArray_MoveInto\b": "PyArray_CopyInto",
    r"\bPyArray_DESCR\((\w+)\)->elsize\b": r"PyArray_ITEMSIZE(\1)",
    r"\bPyInt_(AsLong|Check|FromLong)\b": r"PyLong_\1",
    r"\bdefined\(NPY_PY3K\)": "1",
}


def restore_names() -> None:
    """Give NumPy 2 the names that Aesara reads; to be called before Aesara is imported."""
    if NUMPY_2:
        vars(np).update(
            AxisError=np.exceptions.AxisError,
            ComplexWarning=np.exceptions.ComplexWarning,
            MAXDIMS=-(2**31),  # stands for all axes: NPY_RAVEL_AXIS in C
            cast=_Cast(),
            obj2sctype=_obj2sctype,
            sctype2char=lambda kind: np.dtype(kind).char,
        )


class _Cast:
    """What ``numpy.cast`` was: ``cast[kind](value)`` is the value in that type."""

    def __getitem__(self, kind: Any) -> type:
        return np.dtype(getattr(kind, "dtype", kind)).type


def _obj2sctype(kind: Any) -> type | None:
    """Return the type of NumPy's scalars for ``kind``, or None if there is no such type."""
    try:
        return np.dtype(kind).type
    except TypeError:
        return None


def adapt_aesara() -> None:
    """Adapt Aesara to NumPy 2; to be called once it is imported."""
    if not NUMPY_2:
        return
    from aesara.configdefaults import config
    from aesara.link.c.cmodule import GCC_compiler
    from aesara.link.c.op import COp
    from aesara.scalar.basic import NumpyAutocaster, Reciprocal
    from aesara.tensor.subtensor import AdvancedIncSubtensor1

    autocast, compile_str = NumpyAutocaster.__call__, GCC_compiler.compile_str

    def autocast_exactly(self: NumpyAutocaster, x: Any) -> np.ndarray:
        takes_float64 = config.floatX == "float64" == self.dtypes[-1]
        if takes_float64 and type(x) is float and np.float32(x).item() != x:
            return np.asarray(x)
        return autocast(self, x)

    def compile_with_new_names(module_name: str, src_code: str, **options: Any) -> Any:
        for old, new in C_NAMES.items():
            src_code = re.sub(old, new, src_code)
        return compile_str(module_name, src_code, **options)

    NumpyAutocaster.__call__ = autocast_exactly
    Reciprocal.impl = lambda self, x: np.float64(1) / x
    GCC_compiler.compile_str = staticmethod(compile_with_new_names)
    # Its C code walks through NumPy's iterators, which are others now; NumPy itself does not.
    AdvancedIncSubtensor1.c_code = COp.c_code
    np.core = np._core  # the public one warns at each use
