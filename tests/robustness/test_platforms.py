"""Other compilers, flags and Pythons: all 44 lines, every cost and weight bit for bit."""

import json
import os
import shutil
import subprocess
import sys

import aesara
import pytest
from conftest import ROOT, python_of, run_python

REPRODUCE = ROOT / "scripts" / "reproduce.py"
FAST = "-march=native -ffp-contract=fast -ffast-math"
CLANG = shutil.which("clang++") or shutil.which("clang++-14") or "clang++"

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


@pytest.mark.parametrize("compiler", ["g++", CLANG])
def test_compilers_and_flags(tmp_path, histories, compiler):
    if not shutil.which(compiler):
        pytest.skip(f"no {compiler} here")
    record = tmp_path / "record.json"
    all_flags = f"cxx={compiler},gcc__cxxflags={FAST},base_compiledir={tmp_path / 'cache'}"
    result = run_python(REPRODUCE, "--output", record, flags=all_flags)
    assert_reproduced(result, record, histories)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The package as pip builds it, from a copy: that leaves files beside the sources."""
    clone = tmp_path_factory.mktemp("parent") / "clone"
    shutil.copytree(ROOT, clone, ignore=shutil.ignore_patterns(".*", "figures"))
    built = run_python("-m", "pip", "wheel", "--no-deps", ".", cwd=clone)
    if "No matching distribution" in built.stderr:
        pytest.skip("pip can reach no package registry")
    assert built.returncode == 0, built.stderr
    return next(clone.glob("*.whl"))


@pytest.mark.parametrize("minor", sorted({*range(9, 16)} - {sys.version_info[1]}))
def test_other_pythons_in_an_environment_of_the_user(tmp_path, histories, wheel, minor):
    # As run_python has it: not the tests' own package, and their compile cache.
    environment = {**os.environ, "AESARA_FLAGS": "", "PYTHONPATH": ""}

    def run(*command):
        result = subprocess.run(command, env=environment, capture_output=True, text=True)
        assert result.returncode == 0, result.stderr
        return result

    python, record = tmp_path / "venv" / "bin" / "python", tmp_path / "record.json"
    run(python_of(minor), "-m", "venv", tmp_path / "venv")
    # Byte code is left to the modules that are imported.
    pip = [python, "-m", "pip", "install", "--quiet", "--no-compile"]
    run(*pip, "--constraint", ROOT / "scripts" / "constraints.txt", wheel)
    assert_reproduced(run(python, REPRODUCE, "--output", record), record, histories)
