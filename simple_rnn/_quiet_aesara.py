"""Imports Aesara without the warnings that its import gives and nobody need act on.

While it is imported, Aesara looks for a BLAS library and for a C++ compiler. Where there is no
BLAS, numpy.distutils warns three times and Aesara logs once; this package multiplies no matrices.
Where there is no compiler, Aesara logs that too; this package gives the same digits without, only
slower. Other warnings come from what Aesara calls in setuptools. Nothing stays changed.
"""

import logging
import warnings


def _worth_knowing(record: logging.LogRecord) -> bool:
    message = record.getMessage()
    return "BLAS" not in message and "g++ not" not in message


_loggers = [logging.getLogger(name) for name in ("aesara.tensor.blas", "aesara.configdefaults")]
for _logger in _loggers:
    _logger.addFilter(_worth_knowing)
try:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import aesara  # noqa: F401
finally:
    for _logger in _loggers:
        _logger.removeFilter(_worth_knowing)
