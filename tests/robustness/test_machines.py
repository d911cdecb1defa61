"""What a newcomer's machine may lack, each for real: the digits come out, or one line says why."""

import aesara
import pytest
from conftest import ROOT, run_python

SCRIPT = ROOT / "scripts" / "reproduce.py"

needs_compiler = pytest.mark.skipif(not aesara.config.cxx, reason="no C++ compiler here")


def test_without_a_compiler_the_digits_are_the_same(tmp_path):
    result = run_python(SCRIPT, "--condition", "rprop", PATH=str(tmp_path))
    assert result.returncode == 0, result.stderr
    assert result.stdout.endswith("\n2 of 2 published lines reproduced (source blog)\n")
    slower = "Aesara computes in Python, to the same digits but slower"
    assert result.stderr == f"No C++ compiler found: {slower}.\n"


@needs_compiler
@pytest.mark.parametrize(
    ("cxx", "flags", "reason"),
    [
        pytest.param(aesara.config.cxx, "-std=none", "-std=none", id="refuses a flag"),
        pytest.param("/nonexistent/g++", "", "No such file or directory", id="not there"),
    ],
)
def test_a_compiler_that_fails_is_one_line(tmp_path, cxx, flags, reason):
    all_flags = f"cxx={cxx},gcc__cxxflags={flags},base_compiledir={tmp_path}"
    result = run_python(SCRIPT, "--condition", "rprop", flags=all_flags)
    assert result.returncode == 1
    *_, line = result.stderr.splitlines()
    assert line.startswith(f"reproduce.py: error: Aesara could not compile with {cxx} into ")
    assert reason in line
    assert "compute in Python, to the same digits but slower (AESARA_FLAGS=cxx=)" in line
    assert "Traceback" not in result.stderr


def test_flags_with_which_aesara_does_not_start_are_one_line():
    result = run_python(SCRIPT, flags="compiledir=/dev/null/x")
    assert (result.returncode, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith("reproduce.py: error: Aesara does not start: ")
    assert "correct what AESARA_FLAGS or .aesararc says, or give it a folder" in line


@needs_compiler
def test_a_home_folder_with_spaces_and_accents_is_compiled_in(tmp_path):
    home = tmp_path / "réseau récurrent"
    home.mkdir()
    program = "from simple_rnn import *; compile_cost(make_counting_dataset())(1, 1)"
    result = run_python("-c", program, HOME=str(home))
    assert result.returncode == 0, result.stderr
    assert (home / ".aesara").is_dir()
