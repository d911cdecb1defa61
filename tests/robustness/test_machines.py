"""What a newcomer's machine may lack, each for real: the digits come out, or one line says why."""

import os
import signal
import time

import aesara
import pytest
from conftest import ROOT, finish, run_python, start_python

SCRIPT = ROOT / "scripts" / "reproduce.py"
# A small graph, compiled as the large ones are.
TINY = """
from simple_rnn import compile_function
import aesara.tensor as T
x = T.vector("x", dtype="float32")
print(compile_function([x], x + x * x)([0.5]))
"""

needs_compiler = pytest.mark.skipif(not aesara.config.cxx, reason="no C++ compiler here")


def executable(path, script):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("broken", [False, True], ids=["none on the PATH", "fails even at -v"])
def test_without_a_compiler_the_digits_are_the_same(tmp_path, broken):
    executable(tmp_path / "bin" / ("g++" if broken else "other"), "exit 1")
    result = run_python(SCRIPT, "--condition", "rprop", PATH=str(tmp_path / "bin"))
    assert result.returncode == 0, result.stderr
    assert result.stdout.endswith("\n2 of 2 published lines reproduced (source blog)\n")
    slower = "Aesara computes in Python, to the same digits but slower"
    assert result.stderr == f"No C++ compiler found: {slower}.\n"


@needs_compiler
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("echo 'g++: fatal error: cannot execute cc1plus' >&2", "cannot execute cc1plus"),
        (None, "No such file or directory: '/nonexistent/g++'"),
    ],
    ids=["a part is missing", "not there"],
)
def test_a_compiler_that_fails_is_one_line(tmp_path, fault, reason):
    cxx = "/nonexistent/g++"
    if fault is not None:
        # It knows its version, as one that lacks a part does.
        version = f'-v | -E | -dump* | --version) exec {aesara.config.cxx} "$@";;'
        script = f"for a; do case $a in {version} esac; done\n{fault}\nexit 1"
        cxx = executable(tmp_path / "bin" / "g++", script)
    result = run_python(SCRIPT, flags=f"base_compiledir={tmp_path / 'cache'},cxx={cxx}")
    assert result.returncode == 1
    (line,) = (line for line in result.stderr.splitlines() if "rror: " in line)
    assert line.startswith(f"reproduce.py: error: Aesara could not compile with {cxx} into ")
    assert reason in line
    assert "compute in Python, to the same digits but slower (AESARA_FLAGS=cxx=)" in line
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("flags", "remedy"),
    [
        ("floatX=float8", "'floatX'. Valid options are"),
        ("compiledir=/dev/null/x", "correct what AESARA_FLAGS or .aesararc says, or give it a"),
    ],
)
def test_flags_with_which_aesara_does_not_start_are_one_line(flags, remedy):
    result = run_python(SCRIPT, flags=flags)
    assert (result.returncode, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith("reproduce.py: error: Aesara does not start: ")
    assert remedy in line


@needs_compiler
def test_a_home_folder_with_spaces_and_accents_is_compiled_in(tmp_path):
    home = tmp_path / "réseau récurrent"
    home.mkdir()
    result = run_python("-c", TINY, HOME=str(home), PYTHONPATH=str(ROOT))
    assert (result.returncode, result.stdout) == (0, "[0.75]\n"), result.stderr
    assert (home / ".aesara").is_dir()


@needs_compiler
def test_ctrl_c_while_the_compiler_works_is_status_130(tmp_path):
    process = start_python(SCRIPT, flags=f"base_compiledir={tmp_path}")
    deadline = time.monotonic() + 120
    while not any(tmp_path.rglob("*.cpp")):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does, to the compiler too
    result = finish(process)
    assert result.returncode == 130, result.stderr
    assert result.stderr.endswith("Interrupted.\n")
    assert "Traceback" not in result.stderr
