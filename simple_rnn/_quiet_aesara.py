"""Imports Aesara without the warnings that its import gives and nobody need act on.

While it is imported, Aesara looks for a BLAS library and for a C++ compiler. Where there is no
BLAS, numpy.distutils warns three times and Aesara logs once; this package multiplies no matrices.
Where there is no compiler, Aesara logs that too; this package gives the same digits without, only
slower. Other warnings come from what Aesara calls in setuptools. Nothing stays changed.

What nobody could work with is said here in a sentence, before Aesara comes to it from deep inside a
compilation: a flag that it cannot train a scan with (ImportError), and a machine that gives it no
place for what it compiles (OSError).
"""

import logging
import os
import tempfile
import warnings

# Flags that break Aesara 2.9.4 where a graph holds a scan and its gradient, each with the value
# that does not. (That of warn_float64: the updates round once, from float64.)
_WORKING = {
    "check_input": True,
    "compute_test_value": "off",
    "cycle_detection": "regular",
    "print_global_stats": False,
    "warn_float64": "ignore",
}


def _worth_knowing(record: logging.LogRecord) -> bool:
    message = record.getMessage()
    return "BLAS" not in message and "g++ not" not in message


def _refuse_flags() -> None:
    """Raise ImportError if a flag of the user's is one that cannot work."""
    for name, working in _WORKING.items():
        value = getattr(aesara.config, name)
        if value != working:
            raise ImportError(
                f"Aesara's flag {name} is {value!r}, with which it cannot train a scan;"
                f" set AESARA_FLAGS={name}={working}, which wins over .aesararc"
            )


def _try_cache() -> None:
    """Raise OSError if what is compiled cannot be kept anywhere."""
    try:
        with tempfile.TemporaryFile(dir=aesara.config.compiledir) as file:
            file.write(bytes(4096))  # a full disk may still take an empty file
    except (OSError, ValueError) as error:
        raise OSError(
            f"Aesara cannot keep what it compiles: {str(error).rstrip('.')}; set"
            " AESARA_FLAGS=base_compiledir=FOLDER to a folder with room that can be written to, on"
            " which no number depends"
        ) from None


if os.path.expanduser("~") == "~":
    raise OSError(
        "this user has no home folder, and Aesara does not start without; set HOME to a folder that"
        " can be written to, on which no number depends"
    )
_loggers = [logging.getLogger(name) for name in ("aesara.tensor.blas", "aesara.configdefaults")]
for _logger in _loggers:
    _logger.addFilter(_worth_knowing)
try:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import aesara
except ValueError as error:
    raise ImportError(
        f"Aesara does not start: {str(error).rstrip('.')};"
        " correct what AESARA_FLAGS or .aesararc says"
    ) from None
finally:
    for _logger in _loggers:
        _logger.removeFilter(_worth_knowing)
_refuse_flags()
if aesara.config.cxx:
    _try_cache()
