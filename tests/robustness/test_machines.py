"""Broken and bare machines, each for real: the digits come out, or one line says why not."""

import json
import os
import re
import shutil
import signal
import subprocess
import time

import aesara
import pytest
from conftest import ROOT, finish, run_python, start_python

SCRIPTS = sorted(path for path in (ROOT / "scripts").glob("*.py") if path.name[0] != "_")
SCRIPT = ROOT / "scripts" / "reproduce.py"
SCAN = ROOT / "scripts" / "scan_by_example.py"
FIGURES = ROOT / "scripts" / "make_figures.py"
# Long enough: it passes the stage where the last bit of a float32 decides.
SHORT = ("--condition", "rmsprop", "--epochs", "300")
# A small graph, compiled as the large ones are.
TINY = """
from simple_rnn import compile_function
import aesara.tensor as at
x = at.vector("x", dtype="float32")
print(compile_function([x], x + x * x)([0.5]))
"""
TINY_PRINTS = "[0.75]\n"

needs_compiler = pytest.mark.skipif(not aesara.config.cxx, reason="no C++ compiler here")


def mounted(folder, size, then=":"):
    """The start of a command that sees a small file system at ``folder``."""
    mount = ["unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", folder]
    if not shutil.which("unshare") or subprocess.run(mount, check=False).returncode:
        pytest.skip("mounting is not allowed here")
    script = f'mount -t tmpfs -o size={size} tmpfs "$1" && (cd "$1" && {then}); shift; exec "$@"'
    return ["unshare", "-m", "bash", "-c", script, "-", folder]


def executable(path, script):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def run(tmp_path, *options, script=SCRIPT, python=(), **environment):
    """Run the reproduction; return the process and the record that it wrote."""
    output = tmp_path / "record.json"
    result = run_python(*python, script, "--output", output, *options, **environment)
    # Neither a trace-back nor anything half-written.
    assert "Traceback" not in result.stderr
    assert not list(tmp_path.glob(".record*"))
    record = json.loads(output.read_text()) if output.exists() else None
    return result, record


def assert_digits(result, record, histories):
    """Every cost is the same to the bit."""
    assert result.returncode == 0, result.stderr
    for name, of_condition in record["conditions"].items():
        costs = of_condition["costs"]
        assert costs == histories[name].costs[: len(costs)].tolist()


def assert_one_line(result, message):
    """A script said it in one line with its name, and printed no other error."""
    assert result.returncode == 1, result.stderr
    (line,) = (line for line in result.stderr.splitlines() if "rror" in line)
    assert re.search(r"^\w+\.py: error: .*\.$", line)
    assert message in line


def assert_tiny_prints(flags, **options):
    result = run_python("-c", TINY, flags=flags, **options)
    assert (result.returncode, result.stdout) == (0, TINY_PRINTS), result.stderr


# The compiler.


@pytest.mark.parametrize("broken", [False, True], ids=["none on the PATH", "fails even at -v"])
def test_without_a_compiler(tmp_path, histories, broken):
    executable(tmp_path / "bin" / ("g++" if broken else "other"), "exit 1")
    result, record = run(tmp_path, *SHORT, PATH=str(tmp_path / "bin"))
    assert_digits(result, record, histories)
    assert result.stderr.startswith("No C++ compiler found: Aesara computes in Python, to the same")


def test_without_a_compiler_no_cache_is_needed(tmp_path, histories):
    (tmp_path / "file").touch()
    flags = f"cxx=,base_compiledir={tmp_path / 'file'}"
    result, record = run(tmp_path, *SHORT, flags=flags)
    assert_digits(result, record, histories)


@needs_compiler
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("echo 'g++: fatal error: cannot execute cc1plus' >&2", "cannot execute cc1plus"),
        ("", "it ends with status 1"),
        (None, "No such file or directory: '/nonexistent/g++'"),
    ],
    ids=["error", "silent", "not there"],
)
def test_a_broken_compiler_is_said_in_one_line(tmp_path, fault, reason):
    cxx = "/nonexistent/g++"
    if fault is not None:
        # It knows its version, as one that lacks a part does.
        version = f'-v | -E | -dump* | --version) exec {aesara.config.cxx} "$@";;'
        script = f"for a; do case $a in {version} esac; done\n{fault}\nexit 1"
        cxx = executable(tmp_path / "bin" / "g++", script)
    flags = f"base_compiledir={tmp_path / 'cache'},cxx={cxx}"
    result, record = run(tmp_path, *SHORT, flags=flags)
    assert_one_line(result, f"Aesara could not compile with {cxx} into {tmp_path / 'cache'}")
    assert reason in result.stderr
    assert "compute in Python, to the same digits but slower (AESARA_FLAGS=cxx=)" in result.stderr
    assert record is None
    result = run_python("-c", TINY, flags=flags)
    assert result.stderr.splitlines()[-1].startswith(
        f"OSError: Aesara could not compile with {cxx}"
    )
    assert "aesara/link" not in result.stderr


# The compile cache.


@needs_compiler
def test_a_disk_that_fills_up_is_said_in_one_line(tmp_path):
    result = run_python("-c", TINY, prefix=mounted(tmp_path, "100k"), HOME=str(tmp_path))
    *_, last = result.stderr.splitlines()
    assert last.startswith("OSError: Aesara could not compile with ")
    assert "No space left on device; mend that, remove this folder or take another" in last


@needs_compiler
def test_first_runs_share_an_empty_cache(tmp_path):
    flags = f"base_compiledir={tmp_path}"
    processes = [start_python("-c", TINY, flags=flags) for _ in range(4)]
    for result in [finish(process) for process in processes]:
        assert (result.returncode, result.stdout, result.stderr) == (0, TINY_PRINTS, "")


@needs_compiler
def test_a_damaged_cache(tmp_path):
    flags = f"base_compiledir={tmp_path}"
    assert_tiny_prints(flags)
    # What a process that was killed leaves is mended.
    (folder,) = tmp_path.iterdir()
    (folder / ".lock").write_text("a process that is dead")
    for path in folder.glob("tmp*/key.pkl"):
        os.truncate(path, path.stat().st_size // 2)
    assert_tiny_prints(flags)
    # What a disk did is not; the message says what to remove.
    for path in folder.glob("tmp*/*.so"):
        path.write_bytes(bytes(100))
    result = run_python("-c", TINY, flags=flags)
    *_, last = result.stderr.splitlines()
    assert last.startswith("OSError: Aesara could not compile with ")
    assert "remove this folder" in last
    shutil.rmtree(folder)
    assert_tiny_prints(flags)


# The user's settings.


@pytest.mark.parametrize(
    "flags",
    [
        "mode=DebugMode,warn__ignore_bug_before=all",
        "optimizer=fast_compile,linker=vm,allow_gc=False,scan__allow_gc=True",
        "optimizer_excluding=inplace:fusion,floatX=float16,cast_policy=numpy+floatX",
        "gcc__cxxflags=-O2 -march=native -ffast-math -ffp-contract=fast",
    ],
)
def test_flags_that_change_no_digit(tmp_path, histories, flags):
    result, record = run(tmp_path, *SHORT, flags=flags)
    assert_digits(result, record, histories)


def test_an_aesararc_changes_no_digit(tmp_path, histories):
    settings = "floatX=float64\nmode=FAST_COMPILE\noptimizer=None\nlinker=py\n"
    cache = f"base_compiledir={aesara.config.base_compiledir}\n"
    (tmp_path / ".aesararc").write_text(f"[global]\n{settings}{cache}", encoding="utf-8")
    result, record = run(tmp_path, *SHORT, HOME=str(tmp_path))
    assert_digits(result, record, histories)
    assert record["environment"]["flags"]["floatX"] == "float64", "it was not read"


@pytest.mark.parametrize(
    ("flag", "remedy"),
    [
        ("floatX=float8", "'floatX'. Valid options are"),
        ("compiledir=/dev/null/x", "Check the permissions; correct what AESARA_FLAGS or .aesararc"),
    ],
)
def test_flags_with_which_aesara_does_not_start(flag, remedy):
    result = run_python(SCAN, flags=flag)
    assert_one_line(result, remedy)
    assert result.stdout == ""


PLAIN = {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_help_in_the_plainest_locale_and_without_docstrings(script):
    result = run_python("-OO", script, "--help", PYTHONCOERCECLOCALE="0", **PLAIN)
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize("option", [["-O"], ["-OO"], ["-W", "error"], ["-B", "-s"]], ids=" ".join)
def test_how_python_is_started(tmp_path, histories, option):
    result, record = run(tmp_path, *SHORT, python=option, PYTHONCOERCECLOCALE="0", **PLAIN)
    assert_digits(result, record, histories)


@needs_compiler
def test_spaces_and_accents_in_every_path(tmp_path, histories):
    here = tmp_path / "réseau récurrent"
    for name in ("scripts", "simple_rnn"):
        shutil.copytree(ROOT / name, here / "the clone" / name)
    environment = {"HOME": str(here), "PYTHONPATH": str(here / "the clone")}
    assert_tiny_prints("", cwd=here, **environment)
    assert (here / ".aesara").is_dir()
    script = here / "the clone" / "scripts" / "reproduce.py"
    flags = f"base_compiledir={aesara.config.base_compiledir}"
    result, record = run(here, *SHORT, script=script, cwd=here, flags=flags, **environment)
    assert_digits(result, record, histories)


# What becomes of the output.


def test_nobody_reads_on():
    with start_python(SCRIPT, *SHORT) as process:
        assert process.stdout.readline().startswith("Condition 2.")
        process.stdout.close()
        stderr = process.stderr.read()
    assert process.returncode == 141
    assert "rror" not in stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_nowhere_to_print_to():
    result = run_python(SCAN, prefix=["bash", "-c", '"$@" >/dev/full', "-"])
    assert_one_line(result, "No space left on device")


@pytest.mark.parametrize("closed", [">&-", "2>&-"])
def test_closed_streams(tmp_path, histories, closed):
    prefix = ["bash", "-c", f'"$@" {closed}', "-"]
    result, record = run(tmp_path, *SHORT, prefix=prefix)
    assert_digits(result, record, histories)


def test_a_record_that_finds_no_room(tmp_path):
    output = tmp_path / "record.json"
    prefix = mounted(tmp_path, "64k", "head -c 1M /dev/zero >full 2>&-")
    result = run_python(SCRIPT, *SHORT, "--output", output, prefix=prefix)
    assert_one_line(result, f"{output} could not be written: ")
    assert "what was printed holds" in result.stderr


# Ctrl-C.


def interrupt(process, until):
    """Press Ctrl-C once ``until()`` is true; return the finished process."""
    deadline = time.monotonic() + 120
    while not until():
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)
    return finish(process)


def assert_interrupted(result):
    assert result.returncode == 130, result.stderr
    assert result.stderr.endswith("Interrupted.\n")
    assert "Traceback" not in result.stderr


@needs_compiler
def test_interrupted_while_compiling(tmp_path):
    flags = f"base_compiledir={tmp_path}"
    process = start_python("-c", TINY, flags=flags)
    result = interrupt(process, lambda: any(tmp_path.glob("*/headers*/*/headers.h")))
    assert "KeyboardInterrupt" in result.stderr
    assert not any(path for folder in tmp_path.glob("*/headers*") for path in folder.iterdir())
    assert_tiny_prints(flags)


def test_interrupted_while_training(tmp_path):
    (tmp_path / "record.json").write_text("old")
    options = ["--epochs", "100000000", "--output", tmp_path / "record.json"]
    process = start_python(SCRIPT, *options)
    assert_interrupted(interrupt(process, lambda: "epoch[  200]" in process.stdout.readline()))
    assert os.listdir(tmp_path) == ["record.json"]
    assert (tmp_path / "record.json").read_text() == "old"


def test_interrupted_while_drawing(tmp_path):
    options = ["--only", "cost_surface", "--output-dir", tmp_path / "figures"]
    process = start_python(FIGURES, *options)
    assert_interrupted(interrupt(process, lambda: any(tmp_path.rglob("*.csv"))))
    assert not list(tmp_path.rglob(".*")), "half a file"
