"""How the C++ compiler is called: its flags, and the headers that it need not read each time.

Aesara compiles a module for each kind of node. All of them include the same headers, those of
Python, NumPy and C++, and reading these takes half of the compiler's time. Here they are
precompiled once, into Aesara's compile cache: where ``-I`` leads g++ to a folder that holds
``Python.h.gch``, it takes that for everything that ``#include <Python.h>`` and its neighbours would
bring. g++ checks by itself whether the precompiled headers suit a module, and else reads the
headers as ever; so does a compiler that does not know the kind.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import aesara
import aesara.tensor as at
import numpy as np
from aesara.graph.fg import FunctionGraph
from aesara.link.c.basic import CLinker
from aesara.link.c.cmodule import get_gcc_shared_library_arg, std_include_dirs

__all__ = ["CXXFLAGS", "flags"]

# No fused multiply-add in place of a product and a sum, whatever flags the user has (g++, clang++).
# And no debug information: it takes a sixth of the compiler's time.
CXXFLAGS = "-fno-fast-math -ffp-contract=off -g0"

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


def flags() -> str:
    """Return what ``gcc__cxxflags`` has to be: the user's flags, then ours, which win."""
    ours = f"{aesara.config.gcc__cxxflags} {CXXFLAGS}".lstrip()
    folder = _precompiled_headers(aesara.config.cxx, ours, Path(aesara.config.compiledir))
    # Named even where it could not be made: Aesara keeps what it compiled by these flags.
    return ours if folder is None else f"{ours} -I{folder}"


@cache
def _precompiled_headers(cxx: str, flags: str, compiledir: Path) -> Path | None:
    """Return the folder of the precompiled headers, made if it is not there; None for no such."""
    # Aesara takes the flags apart at every space.
    if not cxx or " " in str(compiledir):
        return None
    with aesara.config.change_flags(gcc__cxxflags=flags):
        command = module_command()
    # g++ would find out by itself if the command were another, but not if a header were.
    made_from = [*command, HEADERS, sys.version, np.__version__, aesara.__version__]
    folder = compiledir / f"headers_{hashlib.sha256(repr(made_from).encode()).hexdigest()[:16]}"
    if not (folder / "Python.h.gch").exists():
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=folder) as beside:
                _precompile(command, Path(beside))
                os.replace(Path(beside, "Python.h.gch"), folder / "Python.h.gch")
        except (OSError, subprocess.CalledProcessError):
            pass  # a full disk, an unusual compiler: then without
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
        arguments = [*command, *step, source]
        subprocess.run(arguments, check=True, stdin=subprocess.DEVNULL, capture_output=True)
