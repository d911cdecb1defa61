"""What the tests share: one run of each condition, and scripts as real processes."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from simple_rnn import article, train

ROOT = Path(__file__).resolve().parents[1]


def start_python(*arguments, flags="", cwd=ROOT, **environment) -> subprocess.Popen:
    """Start Python in a session of its own, with ``flags`` as its ``AESARA_FLAGS``."""
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=cwd,
        env={**os.environ, "AESARA_FLAGS": flags, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A shell that starts the tests in the background makes all below them deaf to Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def finish(process):
    """Wait for a process; return it with its status and what it printed."""
    stdout, stderr = process.communicate(timeout=900)
    return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)


def run_python(*arguments, **options):
    """Run Python in a process of its own; arguments as for ``start_python``."""
    return finish(start_python(*arguments, **options))


def python_of(minor: int) -> str:
    """A Python 3.minor of this machine that can make an environment; skips where there is none."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    for python in [shutil.which(f"python3.{minor}"), *pyenv.glob(f"3.{minor}.*/bin/python")]:
        # A pyenv shim may stand on the PATH and still not run.
        command = [python, "-c", "import ensurepip"]
        if python and not subprocess.run(command, capture_output=True, check=False).returncode:
            return str(python)
    return pytest.skip(f"no Python 3.{minor} with venv here")


def pinned() -> dict[str, str]:
    """The versions in scripts/constraints.txt, by name."""
    lines = (ROOT / "scripts" / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [Requirement(line) for line in lines if not line.startswith("#")]
    here = [pin for pin in pins if pin.marker is None or pin.marker.evaluate()]
    return {pin.name: str(pin.specifier).lstrip("=") for pin in here}


def drawn_with_pinned_versions() -> bool:
    """Whether what draws the pictures is what scripts/constraints.txt pins, up to Python 3.13."""
    drawing, pins = ("matplotlib", "numpy", "pillow"), pinned()
    return sys.version_info < (3, 14) and all(version(name) == pins[name] for name in drawing)


def changed_figures(folder: Path) -> list[str]:
    """The names of the files in ``folder`` that are not, byte for byte, those of figures/.

    Pictures count where the pinned versions have drawn them.
    """
    pattern = "*" if drawn_with_pinned_versions() else "*.csv"
    files = {path.name: path.read_bytes() for path in folder.glob(pattern)}
    return [name for name in files if files[name] != (ROOT / "figures" / name).read_bytes()]


@pytest.fixture(scope="session")
def train_models():
    """The compiled training of each condition, run to its end."""
    return {name: article.build(condition) for name, condition in article.CONDITIONS.items()}


@pytest.fixture(scope="session")
def histories(train_models):
    """The published runs."""
    return {
        name: train(train_model, article.CONDITIONS[name].n_epochs, report=None)
        for name, train_model in train_models.items()
    }
