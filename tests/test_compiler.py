"""The C++ compilers: side by side, never in the way, and not in silence."""

import logging
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import Future
from textwrap import indent
from threading import Timer

import aesara
import pytest
from conftest import finish, run_python, start_python

from simple_rnn._aesara import compiler
from simple_rnn.numerics import ROUNDING_FLAGS

CLANG = shutil.which("clang++") or shutil.which("clang++-14")

# One module.
SMALL = """
from simple_rnn import compile_function
import aesara.tensor as T
x = T.vector("x", dtype="float32")
print(compile_function([x], T.exp(x) + 1)([0]))
"""

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

pytestmark = pytest.mark.skipif(not aesara.config.cxx, reason="no C++ compiler here")


@pytest.fixture
def cache(tmp_path):
    folder = tmp_path / "cache"
    folder.mkdir()
    return folder


@pytest.fixture
def slow_compiler(tmp_path):
    """Make a compiler that runs a shell script before it compiles a module."""

    def make(script):
        path = tmp_path / "g++"
        cxx = shlex.quote(aesara.config.cxx)
        path.write_text(f'#!/bin/sh\ncase "$*" in *mod.cpp*) {script};; esac\nexec {cxx} "$@"\n')
        path.chmod(0o755)
        return path

    return make


def flags_of(cache, cxx=aesara.config.cxx):
    return f"base_compiledir={cache},cxx={cxx}"


def compile_in(cache, program=SMALL, prints="[2.]\n", **options):
    """Run a program with a compile cache; return what it says on stderr."""
    result = run_python("-c", program, flags=flags_of(cache, **options))
    assert (result.returncode, result.stdout) == (0, prints), result.stderr
    return result.stderr


def modules_in(cache):
    return sorted(path.name for path in cache.glob("*/tmp*/*.so"))


# Side by side.


def test_all_modules_are_compiled_side_by_side(cache, tmp_path, slow_compiler):
    # Each compiler waits for another one; Aesara's own compilers, one after the other, tell.
    count = f'[ $(ls "{tmp_path}/at_work" | wc -l) -gt 1 ]'
    wait = f"n=0; until {count}; do sleep 0.05; n=$((n+1)); [ $n -lt 1200 ] || exit 1; done"
    (tmp_path / "at_work").mkdir()
    cxx = slow_compiler(f'touch "{tmp_path}/at_work/$$"; {wait}')
    program = f"""
from simple_rnn._aesara import compiler
compiler.COMPILERS = 2
from aesara.link.c.cmodule import GCC_compiler
aesaras, one_by_one = GCC_compiler.compile_str, []
def compile_str(name, *args, **kwargs):
    one_by_one.append(name)
    return aesaras(name, *args, **kwargs)
GCC_compiler.compile_str = staticmethod(compile_str)
{SCAN}
print(one_by_one)
"""
    prints = SCAN_PRINTS + "['cutils_ext', 'lazylinker_ext']\n"
    compile_in(cache, program, prints, cxx=cxx)
    assert len(modules_in(cache)) > 4


def test_where_that_fails_aesara_compiles_as_ever(cache):
    failing = """
from simple_rnn._aesara import compiler
def fails(command, *rename):
    raise OSError("too many processes")
compiler._run = fails
"""
    compile_in(cache, failing + SCAN, SCAN_PRINTS)


def test_four_processes_share_a_cache(cache, tmp_path, slow_compiler):
    log = tmp_path / "log"
    flags = flags_of(cache, slow_compiler(f'echo "$*" | grep -o "[^/]*\\.so" >> "{log}"'))
    processes = [start_python("-c", SCAN, flags=flags) for _ in range(4)]
    for result in map(finish, processes):
        assert (result.returncode, result.stdout) == (0, SCAN_PRINTS), result.stderr
    compiled = Counter(log.read_text().split())
    assert set(compiled.values()) == {1}, "compiled twice"
    assert set(modules_in(cache)) < set(compiled)


def test_ctrl_c_ends_the_compilers(cache, tmp_path, slow_compiler):
    log = tmp_path / "log"
    cxx = slow_compiler(f'echo $$ >> "{log}"; sleep 3')
    program = f"""
import os
try:
{indent(SCAN, "    ")}
except KeyboardInterrupt:
    compilers = open({str(log)!r}).read().split()
    print("at work:", [pid for pid in compilers if os.path.exists("/proc/" + pid)])
"""
    process = start_python("-c", program, flags=flags_of(cache, cxx))
    deadline = time.monotonic() + 120
    while not log.exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(0.5)  # until as many are at work as may be
    os.kill(process.pid, signal.SIGINT)  # not to the compilers, as a terminal would
    assert finish(process).stdout == "at work: []\n"
    assert len(log.read_text().split()) <= compiler.COMPILERS
    assert not list(cache.glob("*/tmp*"))
    compile_in(cache, SCAN, SCAN_PRINTS)


# The sign of life.


def test_a_compiler_that_takes_long_is_one_line_on_stderr(cache, slow_compiler):
    cxx = slow_compiler("sleep 3")
    (line,) = compile_in(cache, cxx=cxx).splitlines()
    assert line.startswith("Compiling C++: ")
    assert str(cache) in line
    assert compile_in(cache, cxx=cxx) == ""


def test_the_sign_of_life_comes_once_and_only_after_a_while(caplog, monkeypatch):
    monkeypatch.setattr(compiler, "_silent_until", time.monotonic() + 0.2)
    fast, *slow = [Future() for _ in range(3)]
    fast.set_result(None)
    compiler._wait_with_a_sign_of_life(fast)
    assert caplog.record_tuples == []
    for work in slow:
        Timer(0.4, work.set_result, [None]).start()
        compiler._wait_with_a_sign_of_life(work)
        ((logger, level, _),) = caplog.record_tuples
        assert (logger, level) == ("simple_rnn", logging.WARNING)


# The precompiled headers.


@pytest.mark.skipif(sys.platform != "linux", reason="g++ is clang++ elsewhere")
def test_g_plus_plus_takes_the_precompiled_headers(cache, tmp_path):
    compile_in(cache)
    (headers,) = cache.rglob("*.gch/*")
    made = headers.stat()
    compile_in(cache, SMALL.replace("exp", "tanh"), "[1.]\n")
    assert headers.stat().st_mtime_ns == made.st_mtime_ns, "made anew though there"

    # The command that compiled a module, once more: -H prints a ! before what is precompiled.
    module, _ = cache.rglob("tmp*/mod.cpp")
    flags = f"{ROUNDING_FLAGS} {compiler.MODULE_FLAGS}"
    x = aesara.tensor.vector(dtype="float32")
    with aesara.config.change_flags(gcc__cxxflags=f"{flags} -I{headers.parents[1]}"):
        command = compiler.module_command(compiler._Module((x + x).owner))
    answer = subprocess.run(
        [*command, "-H", "-o", tmp_path / "module.so", module],
        check=True,
        capture_output=True,
        text=True,
    )
    assert answer.stderr.splitlines()[0] == f"! {headers}"


@pytest.mark.skipif(not CLANG, reason="no clang++ here")
def test_clang_does_without_them(cache):
    compile_in(cache, cxx=CLANG)
    assert not list(cache.rglob("*.gch/*"))


def test_a_cache_with_a_space_does_without_them(tmp_path):
    cache = tmp_path / "with a space"
    cache.mkdir()
    compile_in(cache)
    assert len(modules_in(cache)) == 1
    assert not list(cache.rglob("*.gch/*"))
