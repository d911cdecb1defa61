"""Broken and bare machines, each for real: the digits come out, or a sentence says why not."""

import functools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import aesara
import pytest
from conftest import ROOT, finish, run_python, start_python

SCRIPTS = ROOT / "scripts"
SCRIPT = str(SCRIPTS / "reproduce.py")
SCAN = str(SCRIPTS / "scan_by_example.py")
FIGURES = str(SCRIPTS / "make_figures.py")
BENCHMARK = str(SCRIPTS / "benchmark.py")
# For what need not reach the end: it passes the stage where the last bit of a float32 decides.
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


@functools.cache
def may_mount():
    """Whether a file system can be mounted that only one process sees."""
    command = ["unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", ROOT / "tests"]
    return bool(shutil.which("unshare")) and not subprocess.run(command, check=False).returncode


def mounted(folder, size, then=":"):
    """What starts a process that sees a small file system at ``folder``."""
    if not may_mount():
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
    """Every cost is the same to the bit, and a whole run says so."""
    assert result.returncode == 0, result.stderr
    for name, of_condition in record["conditions"].items():
        costs = of_condition["costs"]
        assert costs == histories[name].costs[: len(costs)].tolist()
        if len(costs) == 2001:
            assert re.search("(44 of 44|22 of 22) published lines reproduced\n$", result.stdout)


def assert_one_sentence(result, sentence):
    """A script said it in a line with its name, and nothing else of the kind."""
    assert result.returncode == 1, result.stderr
    (line,) = (line for line in result.stderr.splitlines() if "rror" in line)
    assert re.search(r"^\w+\.py: error: .*\.$", line)
    assert sentence in line


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
        ("echo '/bin/ld: final link failed: No space left on device' >&2", "No space left on"),
        ("", "it ends with status 1"),
        (None, "No such file or directory: '/nonexistent/g++'"),
        ("-fnonsense", "unrecognized command-line option"),
    ],
    ids=["error", "disk", "silent", "not there", "user's flag"],
)
def test_a_broken_compiler_is_a_sentence(tmp_path, fault, reason):
    cxx, flags = "/nonexistent/g++", f"base_compiledir={tmp_path / 'cache'}"
    if fault == "-fnonsense":
        if sys.platform == "darwin":
            pytest.skip("clang says it in other words")
        cxx, flags = aesara.config.cxx, f"{flags},gcc__cxxflags={fault}"
    elif fault is not None:
        # It knows its version, as one that lacks a part does.
        version = f'-v | -E | -dump* | --version) exec {aesara.config.cxx} "$@";;'
        script = f"for a; do case $a in {version} esac; done\n{fault}\nexit 1"
        cxx = executable(tmp_path / "bin" / "g++", script)
    result, record = run(tmp_path, *SHORT, flags=f"{flags},cxx={cxx}")
    assert_one_sentence(result, f"Aesara could not compile with {cxx} into {tmp_path / 'cache'}")
    assert reason in result.stderr
    assert "compute in Python, to the same digits but slower (AESARA_FLAGS=cxx=)" in result.stderr
    assert record is None
    assert result.stdout == "Condition 2. RMSProp, learning rate = 0.001\n\n"


@needs_compiler
def test_the_package_says_it_in_a_sentence_too(tmp_path):
    flags = f"base_compiledir={tmp_path},cxx=/nonexistent/g++"
    result = run_python("-c", TINY, flags=flags)
    *_, last = result.stderr.splitlines()
    assert last.startswith("OSError: Aesara could not compile with /nonexistent/g++ into")
    assert "aesara/link" not in result.stderr


# The compile cache.


@needs_compiler
def test_no_place_for_a_cache(tmp_path, histories):
    (tmp_path / "file").touch()
    (tmp_path / "tmp").mkdir()
    result, record = run(tmp_path, HOME=str(tmp_path / "file"), TMPDIR=str(tmp_path / "tmp"))
    assert_digits(result, record, histories)
    said, _ = result.stderr.split("\n", 1)
    assert said.startswith("Aesara cannot keep what it compiles: Unable to create the compiledir")
    assert "set AESARA_FLAGS=base_compiledir=FOLDER to a folder with room" in said
    assert said.endswith("compiling takes tens of seconds each time, and the digits are the same.")
    assert not list((tmp_path / "tmp").iterdir())


@needs_compiler
def test_no_place_for_a_cache_nor_for_those_of_other_processes(tmp_path):
    (tmp_path / "file").touch()
    script = str(ROOT / "scripts" / "learning_rate_study.py")
    options = ["--optimizer", "gd", "--rate", "1e-5", "--seeds", "2", "--epochs", "2"]
    result = run_python(
        script, *options, "--processes", "2", cwd=tmp_path, HOME=str(tmp_path / "file")
    )
    assert result.returncode == 0, result.stderr
    assert result.stderr.count("Aesara cannot keep what it compiles") == 1
    assert "Traceback" not in result.stderr
    assert result.stdout.startswith("2 runs, 0 of them diverged")


@needs_compiler
@pytest.mark.parametrize(
    ("then", "why"),
    [
        ("mkdir .aesara && mount -o remount,ro .", "Unable to create the compiledir"),
        ("head -c 1M /dev/zero >full 2>&-", "No space left on device"),
    ],
    ids=["read-only", "full"],
)
def test_a_disk_that_takes_nothing(tmp_path, then, why):
    options = {"prefix": mounted(tmp_path, "64k", then), "HOME": str(tmp_path)}
    result = run_python(SCAN, **options)
    assert result.returncode == 0
    assert "myfun1(5, 3) = [10 20 40]" in result.stdout
    assert result.stderr.startswith("Aesara cannot keep what it compiles: ")
    assert why in result.stderr
    result = run_python("-c", "import simple_rnn", **options)
    *_, last = result.stderr.splitlines()
    assert last.startswith("OSError: Aesara cannot keep what it compiles: ")
    assert "set AESARA_FLAGS=base_compiledir=FOLDER to a folder with room" in last
    assert why in last


@needs_compiler
def test_a_disk_that_fills_up_is_a_sentence(tmp_path):
    result = run_python("-c", TINY, prefix=mounted(tmp_path, "100k"), HOME=str(tmp_path))
    *_, last = result.stderr.splitlines()
    assert last.startswith("OSError: Aesara could not compile with ")
    assert "No space left on device; mend that, remove this folder or take another" in last
    assert "aesara/link" not in result.stderr


def test_no_home(tmp_path, histories):
    result, record = run(tmp_path, *SHORT, HOME=None)
    assert_digits(result, record, histories)


def test_a_user_whom_the_system_does_not_know():
    prefix = ["unshare", "--user", "--map-user=4242"]
    if not shutil.which("unshare") or subprocess.run([*prefix, "true"], check=False).returncode:
        pytest.skip("another user cannot be made here")
    result = run_python(SCAN, prefix=prefix, HOME=None)
    assert result.returncode == 0, result.stderr
    assert "myfun1(5, 3) = [10 20 40]" in result.stdout
    assert result.stderr.startswith("this user has no home folder, and Aesara does not start")
    result = run_python("-c", "import simple_rnn", prefix=prefix, HOME=None)
    assert result.stderr.splitlines()[-1].startswith("OSError: this user has no home folder")


@pytest.fixture(scope="module")
def first_runs(tmp_path_factory):
    """Two whole first runs at once in one empty cache, and a copy of what they left there."""
    folder = tmp_path_factory.mktemp("first_runs")
    flags = f"base_compiledir={folder / 'cache'}"
    records = [folder / "1.json", folder / "2.json"]
    both = [start_python(SCRIPT, "--output", record, flags=flags) for record in records]
    results = [finish(process) for process in both]
    shutil.copytree(folder / "cache", folder / "copy")
    return folder, results


@needs_compiler
def test_two_first_runs_share_an_empty_cache(first_runs, histories):
    folder, results = first_runs
    for result, record in zip(results, ["1.json", "2.json"]):
        assert_digits(result, json.loads((folder / record).read_text()), histories)


@needs_compiler
@pytest.mark.parametrize("number", [4, 8])
def test_more_first_runs_share_an_empty_cache(tmp_path, number):
    flags = f"base_compiledir={tmp_path}"
    processes = [start_python("-c", TINY, flags=flags) for _ in range(number)]
    for result in [finish(process) for process in processes]:
        assert (result.returncode, result.stdout, result.stderr) == (0, TINY_PRINTS, "")


def halve(path):
    os.truncate(path, path.stat().st_size // 2)


def zero(path):
    path.write_bytes(bytes(path.stat().st_size))


@pytest.fixture
def cache(first_runs):
    """The cache that the first runs filled, at the same place, where its keys expect it."""
    folder = first_runs[0]
    shutil.rmtree(folder / "cache")
    shutil.copytree(folder / "copy", folder / "cache")
    return folder / "cache"


@needs_compiler
@pytest.mark.parametrize(
    ("pattern", "damage"),
    [
        ("lazylinker_ext/*.so", halve),
        ("cutils_ext/*.so", halve),
        ("tmp*/*.so", halve),
        ("tmp*/*.so", lambda path: os.truncate(path, 0)),
        ("tmp*/key.pkl", halve),
        ("tmp*/key.pkl", zero),
        (".lock", lambda path: path.write_text("a process that is dead")),
    ],
)
def test_a_damaged_cache_is_mended(cache, tmp_path, histories, pattern, damage):
    for path in sorted(cache.glob(f"*/{pattern}"))[:3]:
        damage(path)
    result, record = run(tmp_path, *SHORT, flags=f"base_compiledir={cache}")
    assert_digits(result, record, histories)


@needs_compiler
def test_a_cache_damaged_beyond_that_is_a_sentence(cache, tmp_path, histories):
    for path in cache.glob("*/tmp*/*.so"):
        with path.open("r+b") as file:
            file.write(bytes(100))
    flags = f"base_compiledir={cache}"
    result, _ = run(tmp_path, *SHORT, flags=flags)
    assert_one_sentence(result, "mend that, remove this folder or take another")
    assert str(cache) in result.stderr


# The user's settings.


@pytest.mark.parametrize(
    "flags",
    [
        "mode=FAST_COMPILE,exception_verbosity=high",
        "mode=DebugMode,warn__ignore_bug_before=all",
        "optimizer=None,linker=py",
        "optimizer=fast_compile,linker=vm,allow_gc=False,scan__allow_gc=True",
        "linker=c|py,on_unused_input=ignore,optimizer_excluding=inplace:fusion,floatX=float16",
        "optimizer=unsafe,linker=cvm_nogc,on_opt_error=raise,cast_policy=numpy+floatX",
    ],
)
def test_flags_that_change_no_digit(tmp_path, histories, flags):
    result, record = run(tmp_path, *SHORT, flags=flags)
    assert_digits(result, record, histories)


@needs_compiler
def test_compiler_flags_that_change_no_digit(tmp_path, histories):
    fast = "-O2 -march=native -ffast-math -ffp-contract=fast"
    result, record = run(tmp_path, "--condition", "rmsprop", flags=f"gcc__cxxflags={fast}")
    assert_digits(result, record, histories)


@pytest.mark.parametrize("variable", ["AESARARC", "HOME"])
def test_an_aesararc_changes_no_digit(tmp_path, histories, variable):
    path = tmp_path / ".aesararc"
    settings = "floatX=float64\nmode=FAST_COMPILE\noptimizer=None\nlinker=py\n"
    cache = f"base_compiledir={aesara.config.base_compiledir}\n"
    path.write_text(f"[global]\n{settings}{cache}\n[blas]\nldflags=\n", encoding="utf-8")
    place = {"AESARARC": str(path)} if variable == "AESARARC" else {"HOME": str(tmp_path)}
    result, record = run(tmp_path, **place)
    assert_digits(result, record, histories)
    assert record["environment"]["flags"]["floatX"] == "float64", "it was not read"


@pytest.mark.parametrize(
    ("flag", "remedy"),
    [
        ("warn_float64=raise", "set AESARA_FLAGS=warn_float64=ignore, which wins over .aesararc"),
        ("compute_test_value=raise", "set AESARA_FLAGS=compute_test_value=off, which wins over"),
        ("check_input=False", "set AESARA_FLAGS=check_input=True, which wins over"),
        ("cycle_detection=fast", "set AESARA_FLAGS=cycle_detection=regular, which wins over"),
        ("print_global_stats=True", "set AESARA_FLAGS=print_global_stats=False, which wins over"),
        ("floatX=float8", "'floatX'. Valid options are"),
        ("compiledir=/dev/null/x", "Check the permissions; correct what AESARA_FLAGS or .aesararc"),
    ],
)
def test_flags_that_cannot_work_are_a_sentence(tmp_path, flag, remedy):
    result, record = run(tmp_path, flags=flag)
    assert_one_sentence(result, remedy)
    assert (result.stdout, record) == ("", None)


PLAIN = {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}


def test_the_plainest_locale(tmp_path, histories):
    result, record = run(tmp_path, PYTHONCOERCECLOCALE="0", **PLAIN)
    assert_digits(result, record, histories)


@pytest.mark.parametrize("script", [SCRIPT, SCAN, FIGURES, BENCHMARK])
def test_help_in_the_plainest_locale(script):
    result = run_python(script, "--help", PYTHONCOERCECLOCALE="0", **PLAIN)
    assert (result.returncode, result.stderr) == (0, "")


@needs_compiler
def test_spaces_and_accents_in_every_path(tmp_path, histories):
    here = tmp_path / "réseau récurrent"
    for name in ("home", "tmp"):
        (here / name).mkdir(parents=True)
    for name in ("scripts", "simple_rnn"):
        shutil.copytree(ROOT / name, here / "the clone" / name)
    variables = {"HOME": here / "home", "TMPDIR": here / "tmp", "PYTHONPATH": here / "the clone"}
    environment = {name: str(path) for name, path in variables.items()}
    script = str(here / "the clone" / "scripts" / "reproduce.py")
    result = run_python("-c", TINY, cwd=here, **environment)
    assert (result.returncode, result.stdout) == (0, TINY_PRINTS), result.stderr
    assert (here / "home" / ".aesara").is_dir()
    flags = f"base_compiledir={aesara.config.base_compiledir}"
    result, record = run(here, script=script, cwd=here, flags=flags, **environment)
    assert_digits(result, record, histories)


@pytest.mark.parametrize("option", [["-O"], ["-OO"], ["-I"], ["-W", "error"], ["-B", "-s"]])
def test_how_python_is_started(tmp_path, histories, option):
    result, record = run(tmp_path, *SHORT, python=option)
    assert_digits(result, record, histories)


@pytest.mark.parametrize("option", ["-OO", "-I"])
@pytest.mark.parametrize("script", [SCAN, FIGURES, BENCHMARK])
def test_how_python_is_started_for_the_other_scripts(script, option):
    result = run_python(option, script, *([] if script == SCAN else ["--help"]))
    assert (result.returncode, result.stderr) == (0, "")


def test_without_its_packages_a_script_says_how_it_is_called():
    result = run_python("-S", SCRIPT)
    assert_one_sentence(result, "No module named 'simple_rnn'")
    assert "scripts/in_venv python" in result.stderr


def test_a_folder_for_temporary_files_that_is_not_there(tmp_path, histories):
    result, record = run(tmp_path, *SHORT, TMPDIR=str(tmp_path / "nowhere"))
    assert_digits(result, record, histories)


# What becomes of the output.


def test_nobody_reads_on():
    with start_python(SCRIPT, *SHORT) as process:
        assert process.stdout.readline().startswith("Condition 2.")
        process.stdout.close()
        stderr = process.stderr.read()
    assert process.returncode == 141
    assert "Traceback" not in stderr
    assert "rror" not in stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_nowhere_to_print_to():
    result = run_python(SCAN, prefix=["bash", "-c", '"$@" >/dev/full', "-"])
    assert_one_sentence(result, "No space left on device")


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_closed_streams(tmp_path, histories, closed):
    prefix = ["bash", "-c", f'"$@" {closed}', "-"]
    result, record = run(tmp_path, *SHORT, prefix=prefix)
    assert_digits(result, record, histories)


def test_a_record_that_finds_no_room(tmp_path):
    output = tmp_path / "record.json"
    prefix = mounted(tmp_path, "64k", "head -c 1M /dev/zero >full 2>&-")
    result = run_python(SCRIPT, *SHORT, "--output", output, prefix=prefix)
    assert_one_sentence(result, f"{output} could not be written: ")
    assert "what was printed holds" in result.stderr


# Ctrl-C.


def interrupt(process, until):
    """Press Ctrl-C once ``until`` is true; return the finished process."""
    deadline = time.monotonic() + 120
    while not until():
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)
    result = finish(process)
    assert result.returncode == 130, result.stderr
    assert result.stderr.endswith("Interrupted.\n")
    assert "Traceback" not in result.stderr
    return result


def reads(stream, text):
    """A condition for ``interrupt``: the stream has said ``text``."""

    def until():
        said = ""
        while text not in said:
            said += stream.read(1) or pytest.fail(f"only said {said!r}")
        return True

    return until


@needs_compiler
def test_interrupted_while_compiling(tmp_path):
    flags = f"base_compiledir={tmp_path / 'cache'}"
    process = start_python(SCRIPT, "--output", tmp_path / "record.json", flags=flags)
    interrupt(process, lambda: any(tmp_path.glob("cache/*/tmp*/mod.cpp")))
    assert os.listdir(tmp_path) == ["cache"]
    result = run_python("-c", TINY, flags=flags)
    assert (result.returncode, result.stdout) == (0, TINY_PRINTS), result.stderr


@needs_compiler
def test_interrupted_while_the_headers_are_precompiled(tmp_path):
    flags = f"base_compiledir={tmp_path}"
    process = start_python("-c", TINY, flags=flags)
    while not any(tmp_path.glob("*/headers*/*/headers.h")):
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)
    assert "KeyboardInterrupt" in finish(process).stderr
    assert not any(path for folder in tmp_path.glob("*/headers*") for path in folder.iterdir())
    result = run_python("-c", TINY, flags=flags)
    assert (result.returncode, result.stdout) == (0, TINY_PRINTS), result.stderr


def test_interrupted_while_training(tmp_path):
    (tmp_path / "record.json").write_text("old")
    options = ["--epochs", "100000000", "--output", tmp_path / "record.json"]
    process = start_python(SCRIPT, *options)
    interrupt(process, reads(process.stdout, "epoch[  200]"))
    assert os.listdir(tmp_path) == ["record.json"]
    assert (tmp_path / "record.json").read_text() == "old"


@pytest.mark.parametrize("is_new", [False, True])
def test_interrupted_while_drawing(tmp_path, is_new):
    folder = tmp_path / "figures"
    if not is_new:
        folder.mkdir()
        (folder / "SRNmodel2.png").write_text("old")
    process = start_python(FIGURES, "--only", "cost_surface", "--output-dir", folder)
    interrupt(process, lambda: any(folder.glob(".new-*/*.csv")))
    if is_new:
        assert not folder.exists()
    else:
        assert os.listdir(folder) == ["SRNmodel2.png"]


def test_interrupted_while_measuring(tmp_path):
    process = start_python(BENCHMARK, "--quick", "--output-dir", tmp_path)
    interrupt(process, reads(process.stderr, "Compiling and timing"))
    assert os.listdir(tmp_path) == []


def test_interrupted_while_showing_scan():
    process = start_python("-u", SCAN)
    interrupt(process, reads(process.stdout, "1. A loop"))
