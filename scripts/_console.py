"""What the scripts share: how they start and end, their options, and the files they write.

A script imports this module first. It imports Aesara and the package in its turn, and ends the
script with one line where they are missing or Ctrl-C comes meanwhile.
"""

from __future__ import annotations

import argparse
import atexit
import gc
import json
import os
import platform
import reprlib
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Callable, NoReturn


def say(message: str) -> None:
    """Print to stderr, which leaves stdout to the results."""
    print(message, file=sys.stderr, flush=True)


def refuse(reason: object) -> NoReturn:
    """Say why nothing was done, and end with status 2, as for a wrong option."""
    say(f"{Path(sys.argv[0]).name}: error: {reason}")
    sys.exit(2)


@contextmanager
def failures_in_one_line() -> Iterator[None]:
    """End the script with one line in place of a trace-back where the fault is not its own.

    Exit status: 130 if it was interrupted by Ctrl-C; 141 if nobody reads its output any more
    (``| head``); 1 if a package is missing, Aesara does not start, or a file cannot be written.
    """
    try:
        yield
    except KeyboardInterrupt:
        say("Interrupted.")
        sys.exit(130)
    except (ImportError, OSError) as error:
        # Python flushes stdout again at the end. What could not be written goes nowhere then.
        with suppress(OSError):
            sys.stdout.flush()
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        if isinstance(error, BrokenPipeError):
            sys.exit(141)
        say(f"{Path(sys.argv[0]).name}: error: {error}.")
        if isinstance(error, ModuleNotFoundError):
            say("Call it by scripts/in_venv python, which brings all that it needs.")
        sys.exit(1)


def run_main(main: Callable[[], int | None]) -> NoReturn:
    """Run a script's ``main`` and exit with the status that it returns."""
    with open(os.devnull, "w", encoding="utf-8") as nowhere, failures_in_one_line():
        # They are None where they are closed (``2>&-``), which not all that prints is ready for.
        sys.stdout, sys.stderr = sys.stdout or nowhere, sys.stderr or nowhere
        status = main()
        sys.stdout.flush()
    sys.exit(status)


def ensure_compile_cache() -> None:
    """Have Aesara keep what it compiles in a temporary folder if it cannot in the home folder.

    A place that the user chose, by AESARA_FLAGS or in a settings file, stays.
    """
    home, flags = os.path.expanduser("~"), os.environ.get("AESARA_FLAGS", "")
    settings = os.environ.get("AESARARC", os.path.join(home, ".aesararc"))
    if "compiledir" in flags or os.path.exists(settings):
        return
    cache = os.path.join(home, ".aesara")
    if os.access(cache if os.path.exists(cache) else home, os.W_OK | os.X_OK):
        return
    folder = tempfile.TemporaryDirectory()
    atexit.register(folder.cleanup)
    os.environ["AESARA_FLAGS"] = f"{flags},base_compiledir={folder.name}".lstrip(",")
    os.environ.setdefault("HOME", folder.name)  # for a user who has no home folder
    say(
        f"{cache} cannot be written to. Aesara keeps what it compiles in a temporary folder:"
        " each run compiles anew, which takes some seconds, and the digits are the same."
        " AESARA_FLAGS=base_compiledir=FOLDER names another place.\n"
    )


with failures_in_one_line():
    ensure_compile_cache()
    import simple_rnn

    # simple_rnn comes before aesara, whose import is slow and noisy otherwise.
    # isort: split
    import aesara
    import numpy as np

    from simple_rnn import saving
    from simple_rnn.numerics import ROUNDING_FLAGS

# At its end Python would look through a million objects, those of the graphs, for garbage: half a
# second of the two that reproduce.py takes.
atexit.register(gc.freeze)


@contextmanager
def progress(message: str) -> Iterator[None]:
    """Say on stderr what is going on, and add a dot every second.

    Parameters
    ----------
    message : str
        What is being done, in a word or two; stands at the head of the line.
    """
    done = threading.Event()

    def show_dots() -> None:
        while not done.wait(1.0):
            print(".", end="", file=sys.stderr, flush=True)

    thread = threading.Thread(target=show_dots, daemon=True)
    print(message, end=" ", file=sys.stderr, flush=True)
    started, ending = time.perf_counter(), "stopped"
    thread.start()
    try:
        yield
        ending = f"{time.perf_counter() - started:.1f} s"
    finally:
        done.set()
        thread.join()
        say(f" {ending}")


def short(rate: float) -> str:
    """Return a learning rate as the article writes it: 1e-5, not 1e-05."""
    return f"{rate:g}".replace("e-0", "e-")


def option_parser(doc: str | None) -> argparse.ArgumentParser:
    """Return a parser whose help is the docstring of the script; ``python -OO`` drops that."""
    description, _, epilog = (doc or "").partition("\n\n")
    raw = argparse.RawDescriptionHelpFormatter
    return argparse.ArgumentParser(description=description, epilog=epilog, formatter_class=raw)


def at_least(minimum: int, maximum: float = float("inf")) -> Callable[[str], int]:
    """Return an argparse type for whole numbers from ``minimum`` to ``maximum``."""
    expected = f"a whole number of at least {minimum}"
    if maximum < float("inf"):
        expected = f"a whole number from {minimum} to {maximum}"

    def parse(text: str) -> int:
        with suppress(ValueError):
            if minimum <= int(text) <= maximum:
                return int(text)
        raise argparse.ArgumentTypeError(f"{reprlib.repr(text)} given, {expected} expected")

    return parse


def positive(text: str) -> float:
    """Argparse type: a number that is finite and above 0."""
    with suppress(ValueError):
        if 0 < float(text) < float("inf"):
            return float(text)
    message = f"{reprlib.repr(text)} given, a finite number above 0 expected"
    raise argparse.ArgumentTypeError(message)


# Whether a file can be written is found out before a run, not after it.


def output_file(text: str) -> Path:
    """Argparse type: a file that can be written."""
    path = Path(text)
    if path.exists() and not path.is_file():
        raise argparse.ArgumentTypeError(f"{text!r} is not a file; the name of a file is expected")
    _check_writable(path.parent, text)
    return path


def output_folder(text: str) -> Path:
    """Argparse type: a folder that can be written to, or made in the one above it."""
    path = Path(text)
    _check_writable(path if path.exists() else path.parent, text)
    return path


def _check_writable(folder: Path, text: str) -> None:
    try:
        # Tried, because asking for permissions does not tell: root has them all.
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        message = f"{text!r} cannot be written to: {error.strerror}; choose another place"
        raise argparse.ArgumentTypeError(message) from None


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a path beside ``path`` to write to, then put it in its place; OSError with a remedy."""
    try:
        with saving.replacing(path) as beside:
            yield beside
    except OSError as error:
        raise OSError(f"{path} could not be written: {error}; what was printed holds") from None


def write_json(path: Path, record: dict[str, Any]) -> None:
    """Write ``record`` to a file."""
    with replacing(path) as beside:
        beside.write_text(json.dumps(record, indent=1, allow_nan=False) + "\n", encoding="utf-8")


def environment() -> dict[str, Any]:
    """Return what the digits and the duration of a run might depend on, for its record."""
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "aesara": aesara.__version__,
        "simple_rnn": simple_rnn.__version__,
        "compiler": _compiler_version(aesara.config.cxx),
        "flags": {
            "floatX": aesara.config.floatX,
            "cxx": Path(aesara.config.cxx).name,
            "gcc__cxxflags": f"{aesara.config.gcc__cxxflags} {ROUNDING_FLAGS}".strip(),
        },
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": os.cpu_count(),
    }


def _compiler_version(compiler: str) -> str | None:
    if not compiler:
        return None
    answer = subprocess.run([compiler, "--version"], capture_output=True, text=True, check=False)
    return answer.stdout.partition("\n")[0] or None


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:  # not Linux
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
