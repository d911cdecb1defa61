"""The precompiled headers: made once, really used, and never in the way."""

import shutil
import subprocess
import sys

import aesara
import pytest
from aesara.link.c.exceptions import CompileError
from conftest import run_python

from simple_rnn._aesara import compiler
from simple_rnn.numerics import ROUNDING_FLAGS

COMPILE = """
from simple_rnn import compile_function
import aesara.tensor as at
x = at.vector("x", dtype="float32")
print(compile_function([x], at.exp(x) + 1)([0]))
"""

pytestmark = pytest.mark.skipif(not aesara.config.cxx, reason="no C++ compiler here")


def compile_in(folder, cxx=aesara.config.cxx):
    result = run_python("-c", COMPILE, flags=f"base_compiledir={folder},cxx={cxx}")
    assert result.returncode == 0, result.stderr
    assert result.stdout == "[2.]\n"
    return sorted(folder.rglob("*.gch"))


@pytest.mark.skipif(sys.platform != "linux", reason="g++ is clang++ elsewhere")
def test_g_plus_plus_takes_the_precompiled_headers(tmp_path):
    (headers,) = compile_in(tmp_path)
    made = headers.stat()
    assert compile_in(tmp_path) == [headers]
    assert headers.stat().st_mtime_ns == made.st_mtime_ns, "made anew though there"

    # The command that compiled a module, once more: -H prints a ! before what is precompiled.
    (module,) = tmp_path.rglob("tmp*/mod.cpp")
    flags = f"{ROUNDING_FLAGS} {compiler.MODULE_FLAGS}"
    with aesara.config.change_flags(gcc__cxxflags=f"{flags} -I{headers.parent}"):
        command = compiler.module_command()
    answer = subprocess.run(
        [*command, "-H", "-o", tmp_path / "module.so", module],
        check=True,
        capture_output=True,
        text=True,
    )
    assert answer.stderr.splitlines()[0] == f"! {headers}"


@pytest.mark.skipif(not shutil.which("clang++"), reason="no clang++ here")
def test_clang_goes_without(tmp_path):
    assert compile_in(tmp_path, cxx="clang++") == []


def test_a_path_with_a_space_goes_without(tmp_path):
    folder = tmp_path / "with a space"
    folder.mkdir()
    assert compile_in(folder) == []


@pytest.mark.parametrize("fault", ["compiler", "disk"])
def test_headers_that_cannot_be_made_are_gone_without(fault, tmp_path, monkeypatch):
    def fails(command, folder):
        (folder / "Python.h.gch").write_bytes(b"half")
        if fault == "disk":
            raise OSError("No space left on device")
        raise CompileError("an unusual compiler")

    monkeypatch.setattr(compiler, "_precompile", fails)
    folder = compiler._precompiled_headers.__wrapped__(aesara.config.cxx, "-g0", tmp_path)
    assert list(folder.iterdir()) == []
