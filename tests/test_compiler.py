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
def flags_with(tmp_path):
    """Make a compiler that runs a shell script before each module; return flags to use it."""

    def make(script):
        path = tmp_path / "g++"
        path.write_text(f'#!/bin/sh\ncase "$*" in *mod.cpp*) {script};; esac\nexec {CXX} "$@"\n')
        path.chmod(0o755)
        return f"base_compiledir={tmp_path / 'cache'},cxx={path}"

    return make


def test_compilers_work_side_by_side_and_not_in_silence(tmp_path, flags_with):
    at_work, log = tmp_path / "at_work", tmp_path / "log"
    at_work.mkdir()
    count = f'ls "{at_work}" | wc -l >> "{log}"'
    flags = flags_with(f'touch "{at_work}/$$"; sleep 1; {count}; rm "{at_work}/$$"')
    two = "from simple_rnn._aesara import compiler\ncompiler.COMPILERS = 2\n"
    result = run_python("-c", two + SCAN, flags=flags)
    assert result.stdout == SCAN_PRINTS
    (line,) = result.stderr.splitlines()
    assert line.startswith("Compiling C++ ")
    assert "2" in log.read_text()


def test_four_processes_share_a_cache(tmp_path, flags_with):
    log = tmp_path / "log"
    flags = flags_with(f'echo "$*" | grep -o "[^/]*\\.so" >> "{log}"')
    processes = [start_python("-c", SCAN, flags=flags) for _ in range(4)]
    for result in map(finish, processes):
        assert (result.returncode, result.stdout) == (0, SCAN_PRINTS), result.stderr
    compiled = Counter(log.read_text().split())
    assert set(compiled.values()) == {1}, "compiled twice"
    assert {path.name for path in tmp_path.glob("cache/*/tmp*/*.so")} < set(compiled)


def test_ctrl_c_ends_the_compilers(tmp_path, flags_with):
    log = tmp_path / "log"
    program = f"""
import os
try:
{indent(SCAN, "    ")}
except KeyboardInterrupt:
    compilers = open({str(log)!r}).read().split()
    print("at work:", [pid for pid in compilers if os.path.exists("/proc/" + pid)])
"""
    flags = flags_with(f'echo $$ >> "{log}"; sleep 2')
    process = start_python("-c", program, flags=flags)
    while not log.exists():
        assert process.poll() is None
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGINT)  # not to the compilers, as a terminal would
    assert finish(process).stdout == "at work: []\n"
    assert not list(tmp_path.glob("cache/*/tmp*"))


@pytest.mark.skipif(sys.platform != "linux" or "clang" in CXX, reason="only g++ takes them")
def test_g_plus_plus_takes_the_precompiled_headers(tmp_path, flags_with):
    log = tmp_path / "log"
    # -H prints a ! before what is precompiled.
    run_python("-c", SCAN, flags=flags_with(f'{CXX} -H "$@" 2>> "{log}"'))
    (headers,) = tmp_path.rglob("*.gch/*")
    assert f"! {headers}\n" in log.read_text()
