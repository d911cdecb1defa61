"""Imports Aesara without the messages of its search for a BLAS library.

While it is imported, Aesara looks for a BLAS library, and where there is none numpy.distutils warns
three times and Aesara once. This package multiplies no matrices: nothing it does depends on the
outcome. Everything else that Aesara has to say is let through, and nothing stays changed.
"""

import logging
import warnings


def _drop(record: logging.LogRecord) -> bool:
    return False


_blas_logger = logging.getLogger("aesara.tensor.blas")
_blas_logger.addFilter(_drop)
try:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"numpy\.distutils")
        import aesara  # noqa: F401
finally:
    _blas_logger.removeFilter(_drop)
