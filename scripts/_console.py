"""What the scripts share: how they start and end.

A script imports this module before any package. It imports simple_rnn, which has to come before
Aesara, and from then on what a newcomer may meet is explained in a line or two: a package that is
missing, a compiler that fails, Ctrl-C.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any


def say(message: str) -> None:
    """Print to stderr, which leaves stdout to the results."""
    print(message, file=sys.stderr, flush=True)


def explain(kind: type, error: BaseException, trace: Any) -> None:
    """End the script with a line in place of a trace-back where the fault is not its own."""
    if issubclass(kind, KeyboardInterrupt):
        say("Interrupted.")
        sys.exit(130)
    if not issubclass(kind, (ImportError, OSError)):
        sys.__excepthook__(kind, error, trace)
        return
    say(f"{Path(sys.argv[0]).name}: error: {error}.")
    if issubclass(kind, ModuleNotFoundError):
        say("Call it by scripts/in_venv python, which brings all that it needs.")


sys.excepthook = explain

import simple_rnn  # noqa: E402, F401

sys.excepthook = explain  # again: Aesara has put its own there


def option_parser(doc: str | None) -> argparse.ArgumentParser:
    """Return a parser whose help is the docstring of the script."""
    raw = argparse.RawDescriptionHelpFormatter
    return argparse.ArgumentParser(description=doc, formatter_class=raw)


def short(rate: float) -> str:
    """Return a learning rate as the article writes it: 1e-5, not 1e-05."""
    return f"{rate:g}".replace("e-0", "e-")
