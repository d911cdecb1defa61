"""Other compilers, flags and Pythons: all 44 lines, every cost and weight bit for bit."""

import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import aesara
import pytest
from conftest import ROOT, python_of, run_python

REPRODUCE = Path("scripts", "reproduce.py")
FAST = "-march=native -ffp-contract=fast -ffast-math"

pytestmark = pytest.mark.skipif(not aesara.config.cxx, reason="no C++ compiler here")


def assert_reproduced(result, record, histories):
    assert result.returncode == 0, result.stderr
    *_, of_blog, of_article = result.stdout.splitlines()
    assert of_blog == "2 of 2 published lines reproduced (source blog)"
    assert of_article == "44 of 44 published lines reproduced"
    conditions = json.loads(record.read_text(encoding="utf-8"))["conditions"]
    for name, history in histories.items():
        assert conditions[name]["costs"] == history.costs.tolist()
        assert conditions[name]["final_weights"] == history.final_weights.tolist()


@pytest.mark.parametrize(
    ("compiler", "flags"),
    [
        ("g++", FAST),
        ("g++", "-mfpmath=387"),
        ("g++-11", ""),
        ("clang++", ""),
        ("clang++", FAST),
    ],
)
def test_compilers_and_flags(tmp_path, histories, compiler, flags):
    if not shutil.which(compiler):
        pytest.skip(f"no {compiler} here")
    if "387" in flags and platform.machine() != "x86_64":
        pytest.skip("x87 registers are for x86-64")
    record = tmp_path / "record.json"
    all_flags = f"cxx={compiler},gcc__cxxflags={flags},base_compiledir={tmp_path / 'cache'}"
    result = run_python(REPRODUCE, "--output", record, flags=all_flags)
    assert_reproduced(result, record, histories)


@pytest.mark.parametrize("minor", sorted({*range(9, 16)} - {sys.version_info[1]}))
def test_other_pythons_in_an_environment_of_the_user(tmp_path, histories, minor):
    def run(*command):
        return subprocess.run(command, cwd=clone, env=environment, capture_output=True, text=True)

    clone, python = tmp_path / "clone", tmp_path / "venv" / "bin" / "python"
    for folder in ("scripts", "simple_rnn"):
        shutil.copytree(ROOT / folder, clone / folder)
    for file in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / file, clone)
    environment = dict(os.environ, AESARA_FLAGS=f"base_compiledir={tmp_path / 'cache'}")
    made = run(python_of(minor), "-m", "venv", tmp_path / "venv")
    assert made.returncode == 0, made.stderr
    pip = [python, "-m", "pip", "install", "--quiet", "--constraint", "scripts/constraints.txt"]
    installed = run(*pip, ".")
    if "No matching distribution" in installed.stderr:
        pytest.skip("pip can reach no package registry")
    assert installed.returncode == 0, installed.stderr
    record = tmp_path / "record.json"
    assert_reproduced(run(python, REPRODUCE, "--output", record), record, histories)


@pytest.mark.parametrize("compiler", ["g++", "clang++"])
def test_a_compiler_that_fails_says_why_and_what_helps(tmp_path, compiler):
    if not shutil.which(compiler):
        pytest.skip(f"no {compiler} here")
    flags = f"cxx={compiler},gcc__cxxflags=-std=none,base_compiledir={tmp_path}"
    result = run_python(REPRODUCE, "--condition", "rmsprop", flags=flags)
    assert result.returncode == 1
    *_, line = result.stderr.splitlines()
    assert f"Aesara could not compile with {compiler} into {tmp_path}" in line
    assert "-std=none" in line
    assert "or compute in Python, to the same digits but slower (AESARA_FLAGS=cxx=)" in line
