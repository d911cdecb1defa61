"""How the C++ compiler is called: its flags, and the headers that it need not read each time.

Aesara compiles a module for each kind of node. All of them include the same headers, those of
Python, NumPy and C++, and reading these takes half of the compiler's time. Here they are
precompiled once, into Aesara's compile cache: where ``-I`` leads g++ to a folder that holds
``Python.h.gch``, it takes that for everything that ``#include <Python.h>`` and its neighbours would
bring. g++ checks by itself whether the precompiled headers suit a module, and else reads the
headers as ever. clang has another way, and goes without.

Where the compiler or the cache fails, :func:`compiling` says so in a sentence.
"""

from __future__ import annotations

import gc
import hashlib
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import aesara
import aesara.tensor as at
import numpy as np
from aesara.graph.fg import FunctionGraph
from aesara.link.c.basic import CLinker
from aesara.link.c.cmodule import get_gcc_shared_library_arg, std_include_dirs
from aesara.link.c.exceptions import CompileError

from simple_rnn._aesara.graphs import LOCK

__all__ = ["compiling"]

# Debug information takes a sixth of the compiler's time. clang stops at a narrowing initializer in
# Aesara's own code if it is not told to let it pass; g++ lets it pass anyway.
MODULE_FLAGS = "-g0 -Wno-c++11-narrowing"

# What the modules of a graph of tensors include.
HEADERS = """\
#include <Python.h>
#include <iostream>
#include "aesara_mod_helper.h"
#include <math.h>
#include <numpy/arrayobject.h>
#include <numpy/arrayscalars.h>
#include <vector>
#include <algorithm>
"""


@contextmanager
def compiling(flags: str) -> Iterator[None]:
    """Add ``flags`` to the user's while Aesara compiles; OSError with a remedy where that fails."""
    try:
        with (
            LOCK,
            aesara.config.change_flags(gcc__cxxflags=_all_flags(flags)),
            _no_garbage_collection(),
        ):
            yield
    except (CompileError, ImportError, OSError, UnicodeError) as error:
        if not aesara.config.cxx:
            raise  # no compiler failed
        # The line that says why, and nothing of the graph, which Aesara adds.
        lines = str(error).partition("\nApply node")[0].splitlines()
        why = [line for line in lines if re.search("No space left| error: ", line)]
        reason = next(iter(why or lines), type(error).__name__)
        remedy = "remove this folder or take another (AESARA_FLAGS=base_compiledir=FOLDER)"
        of_compiler = isinstance(error, CompileError) or aesara.config.cxx in reason
        if of_compiler and "No space left" not in reason:
            remedy = "take another compiler (AESARA_FLAGS=cxx=NAME)"
        raise OSError(
            f"Aesara could not compile with {aesara.config.cxx} into {aesara.config.compiledir}:"
            f" {reason}; mend that, {remedy}, or compute in Python, to the same digits but slower"
            " (AESARA_FLAGS=cxx=)"
        ) from None


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Keep Python from looking for garbage: a graph is a million objects, few of them garbage."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _all_flags(flags: str) -> str:
    """Return what ``gcc__cxxflags`` has to be: the user's flags, then ours, which win."""
    ours = f"{aesara.config.gcc__cxxflags} {flags} {MODULE_FLAGS}".lstrip()
    if not aesara.config.cxx:
        return ours
    compiledir = Path(aesara.config.compiledir)
    folder = _precompiled_headers(aesara.config.cxx, ours, compiledir)
    # Named even where it could not be made: Aesara keeps what it compiled by these flags.
    return ours if folder is None else f"{ours} -I{folder}"


@cache
def _precompiled_headers(cxx: str, flags: str, compiledir: Path) -> Path | None:
    """Return the folder of the precompiled headers, made if it is not there; None for no such."""
    # Aesara takes the flags apart at every space.
    if " " in str(compiledir):
        return None
    with aesara.config.change_flags(gcc__cxxflags=flags):
        command = module_command()
    # g++ would find out by itself if the command were another, but not if a header were.
    made_from = [*command, HEADERS, sys.version, np.__version__, aesara.__version__]
    folder = compiledir / f"headers_{hashlib.sha256(repr(made_from).encode()).hexdigest()[:16]}"
    if not (folder / "Python.h.gch").exists():
        try:
            if "__clang__" in _run([*command, "-dM", "-E", "-x", "c++", "-"]):
                return None  # clang takes no precompiled header from where -I leads
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=folder) as beside:
                _precompile(command, Path(beside))
                os.replace(Path(beside, "Python.h.gch"), folder / "Python.h.gch")
        except (OSError, CompileError):
            # A full disk, an unusual compiler: then without, if it compiles at all.
            with tempfile.TemporaryDirectory(dir=compiledir) as beside:
                module = ["-x", "c++", "-o", Path(beside, "module.so")]
                _run([*command, *module, "-"], "#include <Python.h>\n")
    return folder


def module_command() -> list[str]:
    """Return the command by which Aesara compiles a module, but for the files."""
    x = at.vector("x", dtype="float32")
    linker = CLinker().accept(FunctionGraph([x], [x + x], clone=False))
    includes = [f"-I{path}" for path in (*linker.header_dirs(), *std_include_dirs())]
    flags = [get_gcc_shared_library_arg(), "-g", *linker.compile_args()]
    return [aesara.config.cxx, *flags, *includes, "-fvisibility=hidden"]


def _precompile(command: list[str], folder: Path) -> None:
    """Precompile the headers into ``folder``, and try whether the compiler can use them."""
    source, gch = folder / "headers.h", folder / "Python.h.gch"
    source.write_text(HEADERS, encoding="utf-8")
    make = ["-x", "c++-header", "-o", gch]
    use = ["-x", "c++", "-fsyntax-only", f"-I{folder}"]
    for step in (make, use):
        _run([*command, *step, source])


def _run(command: list, source: str = "") -> str:
    """Run the compiler and return what it prints; raise CompileError with it if it fails."""
    answer = subprocess.run(
        command, input=source, capture_output=True, encoding="utf-8", errors="replace", check=False
    )
    if answer.returncode:
        raise CompileError(answer.stderr or f"it ends with status {answer.returncode}")
    return answer.stdout
