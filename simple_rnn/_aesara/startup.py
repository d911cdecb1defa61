"""Imports Aesara: quickly, on every Python, and without warnings that nobody need act on.

While it is imported, Aesara looks for a BLAS library, which takes most of the time and warns where
there is none. This package multiplies no matrices, so the search is left out, unless the user's
AESARA_FLAGS name a library. (A matrix product in a graph of the user's then goes through NumPy.)
Aesara also logs a warning where there is no C++ compiler; this package gives the same digits
without one, only slower. The environment, the warnings and the logging are restored at the end.

On Python 3.12 and later Aesara does not start otherwise: its search goes through
``numpy.distutils``, which is gone there. Nor does the C code of its ``scan`` compile there; Aesara
has the same loop in Python. What NumPy 2 needs besides is in ``numpy_2``.
"""

import logging
import os
import sys
import warnings

from simple_rnn._aesara.numpy_2 import adapt_aesara, restore_names


def import_aesara() -> None:
    """Import Aesara; raise ImportError if its flags or its cache keep it from starting."""
    if "aesara" not in sys.modules:
        # An import of the user's that failed, for want of what is done here, leaves parts behind.
        for name in [name for name in sys.modules if name.startswith("aesara.")]:
            del sys.modules[name]
    restore_names()
    flags, disabled = os.environ.get("AESARA_FLAGS"), logging.root.manager.disable
    if "blas__ldflags" not in (flags or ""):
        os.environ["AESARA_FLAGS"] = f"{flags},blas__ldflags=" if flags else "blas__ldflags="
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import aesara
            from aesara.link.c.op import COp
            from aesara.tensor.blas import BatchedDot
    except ValueError as error:
        raise ImportError(
            f"Aesara does not start: {str(error).rstrip('.')}; correct what AESARA_FLAGS or"
            " .aesararc says, or give it a folder that can be written to for what it compiles"
            " (AESARA_FLAGS=base_compiledir=FOLDER)"
        ) from None
    finally:
        logging.disable(disabled)
        if flags is None:
            os.environ.pop("AESARA_FLAGS", None)
        else:
            os.environ["AESARA_FLAGS"] = flags

    if sys.version_info >= (3, 12):
        # Aesara tries to compile it and stops where that fails, but goes on where it is not found.
        sys.modules.setdefault("aesara.scan.scan_perform_ext", None)
    adapt_aesara()
    if not aesara.config.blas__ldflags:
        BatchedDot.c_code = COp.c_code  # it would not link; so NumPy computes it


import_aesara()
