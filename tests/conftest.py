"""What the tests share: one run of each condition, and scripts as real processes."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# The tests' own process needs no BLAS library either; set before anything imports Aesara.
if "blas__ldflags" not in os.environ.get("AESARA_FLAGS", ""):
    os.environ["AESARA_FLAGS"] = os.environ.get("AESARA_FLAGS", "") + ",blas__ldflags="

from simple_rnn import article, train  # noqa: E402


def run_python(*arguments: str, flags: str = "", cwd: Path = ROOT, **environment: str):
    """Run Python in a process of its own, with ``flags`` as its ``AESARA_FLAGS``."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env={**os.environ, "AESARA_FLAGS": flags, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )


def drawn_with_pinned_versions() -> bool:
    """Whether what draws the pictures is what scripts/constraints.txt pins."""
    lines = (ROOT / "scripts" / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = dict(line.split("==") for line in lines if "==" in line)
    return all(version(name) == pins[name] for name in ("matplotlib", "numpy", "pillow"))


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
