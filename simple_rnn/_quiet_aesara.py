"""Imports Aesara without the warnings that its import gives and nobody can act on.

While it is imported, Aesara looks for a BLAS library; where there is none, numpy.distutils warns
three times and Aesara logs once. This package multiplies no matrices: nothing depends on the
outcome. Other warnings come from what Aesara calls in setuptools. What Aesara logs besides, such
as that there is no C++ compiler, is let through, and nothing stays changed.
"""

import logging
import warnings


def _drop(record: logging.LogRecord) -> bool:
    return False


_blas_logger = logging.getLogger("aesara.tensor.blas")
_blas_logger.addFilter(_drop)
try:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import aesara  # noqa: F401
finally:
    _blas_logger.removeFilter(_drop)
