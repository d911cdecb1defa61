"""The C++ compilers: side by side, never in the way, and not in silence."""

import os
import shlex
import signal
import sys
import time
from collections import Counter
from textwrap import indent

import aesara
import pytest
from conftest import finish, run_python, start_python

# Some modules, and some more for the step of a scan that is no loop in C. While it builds a scan,
# Aesara would compile what is constant.
SCAN = """
from simple_rnn import compile_function
import aesara, aesara.tensor as T, numpy as np
x = T.matrix("x", dtype="float64")
with aesara.config.change_flags(cxx=""):
    h_t, _ = aesara.scan(lambda x_t, h, W: T.dot(h, W) + x_t, x, np.zeros(2), np.eye(2))
print(compile_function([x], [h_t[-1], T.sqrt(x).sum()])(np.ones((4, 2))))
"""
SCAN_PRINTS = "[array([4., 4.]), array(8.)]\n"

CXX = shlex.quote(aesara.config.cxx)

pytestmark = pytest.mark.skipif(not aesara.config.cxx, reason="no C++ compiler here")


@pytest.fixture
def cache(tmp_path):
    folder = tmp_path / "cache"
    folder.mkdir()
    return folder


@pytest.fixture
def compiler_after(tmp_path):
    """Make a compiler that runs a shell script before it compiles a module."""

    def make(script):
        path = tmp_path / "g++"
        path.write_text(f'#!/bin/sh\ncase "$*" in *mod.cpp*) {script};; esac\nexec {CXX} "$@"\n')
        path.chmod(0o755)
        return path

    return make


def flags_of(cache, cxx=aesara.config.cxx):
    return f"base_compiledir={cache},cxx={cxx}"


def compile_in(cache, program=SCAN, **options):
    """Run a program with a compile cache; return what it says on stderr."""
    result = run_python("-c", program, flags=flags_of(cache, **options))
    assert (result.returncode, result.stdout) == (0, SCAN_PRINTS), result.stderr
    return result.stderr


def test_compilers_work_side_by_side_and_not_in_silence(cache, tmp_path, compiler_after):
    at_work, log = tmp_path / "at_work", tmp_path / "log"
    at_work.mkdir()
    count = f'ls "{at_work}" | wc -l >> "{log}"'
    cxx = compiler_after(f'touch "{at_work}/$$"; sleep 1; {count}; rm "{at_work}/$$"')
    two = "from simple_rnn._aesara import compiler\ncompiler.COMPILERS = 2\n"
    (line,) = compile_in(cache, two + SCAN, cxx=cxx).splitlines()
    assert line.startswith("Compiling C++ ")
    assert "2" in log.read_text()
    assert compile_in(cache, two + SCAN, cxx=cxx) == ""


def test_where_that_fails_aesara_compiles_as_ever(cache):
    failing = "from simple_rnn._aesara import compiler\ncompiler._run = None\n"
    compile_in(cache, failing + SCAN)


def test_four_processes_share_a_cache(cache, tmp_path, compiler_after):
    log = tmp_path / "log"
    flags = flags_of(cache, compiler_after(f'echo "$*" | grep -o "[^/]*\\.so" >> "{log}"'))
    processes = [start_python("-c", SCAN, flags=flags) for _ in range(4)]
    for result in map(finish, processes):
        assert (result.returncode, result.stdout) == (0, SCAN_PRINTS), result.stderr
    compiled = Counter(log.read_text().split())
    assert set(compiled.values()) == {1}, "compiled twice"
    assert {path.name for path in cache.glob("*/tmp*/*.so")} < set(compiled)


def test_ctrl_c_ends_the_compilers(cache, tmp_path, compiler_after):
    log = tmp_path / "log"
    cxx = compiler_after(f'echo $$ >> "{log}"; sleep 2')
    program = f"""
import os
try:
{indent(SCAN, "    ")}
except KeyboardInterrupt:
    compilers = open({str(log)!r}).read().split()
    print("at work:", [pid for pid in compilers if os.path.exists("/proc/" + pid)])
"""
    process = start_python("-c", program, flags=flags_of(cache, cxx))
    while not log.exists():
        assert process.poll() is None
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGINT)  # not to the compilers, as a terminal would
    assert finish(process).stdout == "at work: []\n"
    assert not list(cache.glob("*/tmp*"))


@pytest.mark.skipif(sys.platform != "linux" or "clang" in CXX, reason="only g++ takes them")
def test_g_plus_plus_takes_the_precompiled_headers(cache, tmp_path, compiler_after):
    log = tmp_path / "log"
    # -H prints a ! before what is precompiled.
    cxx = compiler_after(f'{CXX} -H "$@" 2>> "{log}"')
    compile_in(cache, cxx=cxx)
    (headers,) = cache.rglob("*.gch/*")
    made = headers.stat().st_mtime_ns
    compile_in(cache, SCAN.replace("sqrt", "square"), cxx=cxx)
    assert headers.stat().st_mtime_ns == made, "made anew though there"
    assert f"! {headers}\n" in log.read_text()
