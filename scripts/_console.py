"""What the scripts share: their start and their end, signs of life, and records of a run."""

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
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, NoReturn

# Beyond these a number becomes 0 or infinity in float32, in which the networks are trained.
FLOAT32_MIN, FLOAT32_MAX = 1e-45, 3.4e38


def run_main(main: Callable[[], int | None]) -> NoReturn:
    """Run a script's ``main`` and exit with its status, in a sentence where it was not to be.

    Interrupted by Ctrl-C: status 130. Nobody reads the output any more (``| head``): 141, in
    silence. The machine refuses something, or Aesara does not start: 1. Anything else is a fault of
    the script's and keeps its trace-back.
    """
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        # They are None where they are closed (``2>&-``), which not all that prints is ready for.
        sys.stdout, sys.stderr = sys.stdout or nowhere, sys.stderr or nowhere
        try:
            status = main()
            sys.stdout.flush()
        except KeyboardInterrupt:
            say("Interrupted.")
            status = 130
        except (ImportError, OSError) as error:
            # What could not be written would be tried again at the very end.
            os.dup2(nowhere.fileno(), 1)
            if isinstance(error, BrokenPipeError):
                sys.exit(141)
            say(f"{Path(sys.argv[0]).name}: error: {error}.")
            if isinstance(error, ModuleNotFoundError):
                say("Call it by scripts/in_venv python, which brings all that it needs.")
            status = 1
        sys.exit(status)


def start_aesara() -> None:
    """Import Aesara quickly and quietly.

    Its search for a BLAS library takes most of the time of the import, and nothing here multiplies
    matrices. A script owns its process and may switch the search off; what a user sets in
    AESARA_FLAGS wins. Only where nothing can be written to the compile cache, a temporary one
    takes its place.
    """
    flags = os.environ.get("AESARA_FLAGS", "")
    if "blas__ldflags" not in flags:
        os.environ["AESARA_FLAGS"] = f"{flags},blas__ldflags=".lstrip(",")
    try:
        import simple_rnn
    except OSError as error:
        folder = tempfile.TemporaryDirectory()
        atexit.register(folder.cleanup)
        say(
            f"{error}. This run keeps it in a temporary folder: compiling takes tens of seconds"
            " each time, and the digits are the same.\n"
        )
        if os.path.expanduser("~") == "~":
            os.environ["HOME"] = folder.name
        else:
            import aesara

            # Which Aesara lets nobody set after its import, though it has not used it yet.
            type(aesara.config).compiledir.val = folder.name
            # And for the processes that this one starts.
            os.environ["AESARA_FLAGS"] += f",base_compiledir={folder.name}"
        import simple_rnn  # noqa: F401

    # At its end Python would look through a million objects, those of the graphs, for garbage.
    atexit.register(gc.freeze)


def refuse(reason: object) -> NoReturn:
    """Say why nothing was done, and end with status 2, as for a wrong option."""
    say(f"{Path(sys.argv[0]).name}: error: {reason}")
    sys.exit(2)


def say(message: str) -> None:
    """Print to stderr, which leaves stdout to the results."""
    print(message, file=sys.stderr, flush=True)


@contextmanager
def alive(message: str) -> Iterator[None]:
    """Say on stderr what is going on, then show every second that it still is.

    Parameters
    ----------
    message : str
        What is being done, in a word or two; stands at the head of the line.
    """
    terminal = sys.stderr.isatty()
    started = time.perf_counter()
    done = threading.Event()

    def show() -> None:
        while not done.wait(1.0):
            seconds = time.perf_counter() - started
            sys.stderr.write(f"\r{message} {seconds:.0f} s " if terminal else ".")
            sys.stderr.flush()

    sys.stderr.write(f"{message} ")
    sys.stderr.flush()
    thread = threading.Thread(target=show, daemon=True)
    thread.start()
    ending = "stopped"
    try:
        yield
        ending = f"{time.perf_counter() - started:.1f} s"
    finally:
        done.set()
        thread.join()
        sys.stderr.write(f"\r{message} {ending} \n" if terminal else f" {ending}\n")


def option_parser(doc: str | None) -> argparse.ArgumentParser:
    """Return a parser whose help is the docstring of the script; ``python -OO`` drops that."""
    description, _, epilog = (doc or "").partition("\n\n")
    raw = argparse.RawDescriptionHelpFormatter
    return argparse.ArgumentParser(description=description, epilog=epilog, formatter_class=raw)


def at_least(minimum: int, maximum: float = float("inf")) -> Callable[[str], int]:
    """Return an argparse type for whole numbers from ``minimum`` to ``maximum``."""

    def parse(text: str) -> int:
        expected = f"a whole number of at least {minimum}"
        if maximum < float("inf"):
            expected = f"a whole number from {minimum} to {maximum:.0f}"
        try:
            number = int(text)
        except ValueError:
            number = None
        if number is None or not minimum <= number <= maximum:
            raise argparse.ArgumentTypeError(f"{reprlib.repr(text)} given, {expected} expected")
        return number

    return parse


def positive(text: str) -> float:
    """Argparse type: a number that is finite and above 0, in float32 too."""
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not FLOAT32_MIN <= number <= FLOAT32_MAX:
        message = f"{reprlib.repr(text)} given, a finite number above 0 expected"
        raise argparse.ArgumentTypeError(message)
    return number


def output_file(text: str) -> Path:
    """Argparse type: a file that can be written, found out before the run and not after."""
    path = Path(text)
    try:
        if path.exists() and not path.is_file():
            message = f"{text!r} is not a file; the name of a file is expected"
            raise argparse.ArgumentTypeError(message)
        if not path.parent.is_dir():
            message = f"the folder of {text!r} does not exist; make it first"
            raise argparse.ArgumentTypeError(message)
        # Done, because asking for permissions does not tell: root has them all, even where no file
        # can be made.
        _beside(path).touch(exist_ok=False)
        _beside(path).unlink()
    except OSError as error:
        message = f"{text!r} cannot be written: {error.strerror}; choose another place"
        raise argparse.ArgumentTypeError(message) from None
    return path


def output_folder(text: str) -> Path:
    """Argparse type: a folder that can be written to, or made."""
    path = Path(text)
    try:
        if not path.parent.is_dir():
            message = f"the folder above {text!r} does not exist; make it first"
            raise argparse.ArgumentTypeError(message)
        if path.is_dir():
            with tempfile.TemporaryFile(dir=path):
                pass
        else:
            path.mkdir()
            path.rmdir()  # made again once there is something to write
    except FileExistsError:
        message = f"{text!r} is a file; the name of a folder is expected"
        raise argparse.ArgumentTypeError(message) from None
    except OSError as error:
        message = f"{text!r} cannot be written to: {error.strerror}; choose another place"
        raise argparse.ArgumentTypeError(message) from None
    return path


def _beside(path: Path) -> Path:
    """Return the name of the file that is written first and then put in the place of ``path``."""
    return path.with_name(f".{path.name}.{os.getpid()}")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a path beside ``path`` to write to, then put it in its place: no half file is there."""
    beside = _beside(path)
    try:
        yield beside
        os.replace(beside, path)
    except OSError as error:
        raise OSError(f"{path} could not be written: {error}; what was printed holds") from None
    finally:
        beside.unlink(missing_ok=True)


def write_json(path: Path, record: dict[str, Any]) -> None:
    """Write ``record`` to a file."""
    with replacing(path) as beside:
        beside.write_text(json.dumps(record, indent=1, allow_nan=False) + "\n", encoding="utf-8")


def environment() -> dict[str, Any]:
    """Return what the digits and the duration of a run might depend on, for its record."""
    import aesara
    import numpy as np

    import simple_rnn
    from simple_rnn._compiler import CXXFLAGS

    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "aesara": aesara.__version__,
        "simple_rnn": simple_rnn.__version__,
        "compiler": _compiler_version(aesara.config.cxx),
        "flags": {
            "floatX": aesara.config.floatX,
            "cxx": Path(aesara.config.cxx).name,
            "gcc__cxxflags": f"{aesara.config.gcc__cxxflags} {CXXFLAGS}".strip(),
        },
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": os.cpu_count(),
    }


def _compiler_version(compiler: str) -> str | None:
    if not compiler:
        return None
    answer = subprocess.run([compiler, "--version"], capture_output=True, text=True, check=False)
    return next(iter(answer.stdout.splitlines()), None)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:  # not Linux
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
