"""How the C++ compiler is called: side by side, with which flags, and what a user hears of it.

Aesara compiles a C module for each kind of operation in a graph, one after the other, in silence.
Here as many compilers as there are cores work at once, before Aesara links the graph: it then finds
all modules in its compile cache. Where that fails, for whatever reason, Aesara compiles as ever.

All modules include the same headers, and reading these takes half of a compiler's time. They are
precompiled into the compile cache, beside the first modules: where ``-I`` leads g++ to a folder
that holds ``Python.h.gch``, it takes from there what ``#include <Python.h>`` and its neighbours
would bring. g++ checks by itself whether that suits a module, and else reads the headers. clang has
another way, and does without.

After two seconds the logger ``simple_rnn`` warns once that the compiler is at work. Python prints
that on stderr, in a notebook too; ``logging.getLogger("simple_rnn").setLevel("ERROR")`` silences
it. Where the compiler or the cache fails, :func:`compiling` says so in a sentence.
"""

from __future__ import annotations

import gc
import hashlib
import logging
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import Any

import aesara
import aesara.tensor as T
import numpy as np
from aesara.compile.compilelock import lock_ctx
from aesara.graph.basic import Apply
from aesara.graph.fg import FunctionGraph
from aesara.link.c.basic import CLinker, get_module_cache
from aesara.link.c.cmodule import (
    dlimport,
    get_gcc_shared_library_arg,
    get_module_hash,
    std_include_dirs,
    std_lib_dirs,
    std_libs,
)
from aesara.link.c.exceptions import CompileError
from aesara.link.vm import VMLinker

from simple_rnn._aesara.graphs import LOCK

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

# A compiler takes up to 150 MB. macOS does not say which cores a process may use.
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
COMPILERS = min(CORES, 8)

_logger = logging.getLogger("simple_rnn")
_silent_until = 0.0  # by time.monotonic(); set by each call of compile_function


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
    except (CompileError, ImportError, OSError) as error:
        if not aesara.config.cxx:
            raise  # no compiler failed
        # The line that says why, and nothing of the graph, which Aesara adds.
        lines = str(error).partition("\nApply node")[0].splitlines()
        why = [line for line in lines if "error: " in line]
        reason = next(iter(why or lines), "it does not say why")
        raise OSError(
            f"Aesara could not compile with {aesara.config.cxx} into {aesara.config.compiledir}:"
            f" {reason}; mend that, or compute in Python, to the same digits but slower"
            " (AESARA_FLAGS=cxx=)"
        ) from None


def _all_flags(flags: str) -> str:
    """Return the user's flags, then ours, which win; from now on two seconds are silent."""
    global _silent_until
    _silent_until = time.monotonic() + 2
    # Aesara takes the flags apart at every space.
    headers = "" if " " in str(_headers_folder()) else f" -I{_headers_folder()}"
    return f"{aesara.config.gcc__cxxflags} {flags} {MODULE_FLAGS}{headers}".lstrip()


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


class SideBySideLinker(VMLinker):
    """Aesara's linker, after compilers side by side have made the graph's modules.

    A scan that is no loop in C links its step by itself, through here again.
    """

    def make_all(self, *args: Any, **kwargs: Any) -> Any:
        if aesara.config.cxx:
            # What fails here fails again below, where Aesara says why, or it works there.
            with suppress(Exception):
                _compile_side_by_side(self.schedule(self.fgraph))
        return super().make_all(*args, **kwargs)


class _Module(CLinker):
    """The C module of one node. A compiler makes it in a folder, and Aesara's cache takes it."""

    def __init__(self, node: Apply) -> None:
        super().__init__()
        node.op.prepare_node(node, None, None, "c")
        self.accept(FunctionGraph(node.inputs, node.outputs))
        self.key = self.cmodule_key()

    def start(self, folder: Path, pool: ThreadPoolExecutor) -> None:
        """Have a compiler make the module in ``folder``."""
        folder.mkdir()
        Path(folder, "__init__.py").touch()
        Path(folder, "mod.cpp").write_text(self.get_src_code() + "\n", encoding="utf-8")
        libraries = [f"-L{path}" for path in (*self.lib_dirs(), *std_lib_dirs())]
        libraries += [f"-l{name}" for name in (*self.libraries(), *std_libs())]
        self.library = f"{self.get_dynamic_module().code_hash}.so"
        files = ["-o", folder / self.library, folder / "mod.cpp"]
        self.folder = folder
        self.made = pool.submit(_run, [*module_command(self), *files, *libraries])

    def compile_cmodule(self, location: str) -> ModuleType:
        """Return the module, made and moved to ``location``; Aesara's cache calls this."""
        _wait_with_a_sign_of_life(self.made)
        os.rename(self.folder, location)
        return dlimport(os.path.join(location, self.library))


def _compile_side_by_side(nodes: Iterable[Apply]) -> None:
    """Compile the modules of the nodes that the cache lacks, and put them there."""
    cache = get_module_cache()
    missing = {}
    for node in nodes:
        # Not every node has C code.
        with suppress(Exception):
            module = _Module(node)
            if module.key is not None and module.key not in cache.entry_from_key:
                missing[get_module_hash(module.get_src_code(), module.key)] = module
    if not missing:
        return
    # The longest first, so that no core is idle at the end.
    modules = sorted(missing.items(), key=lambda item: -len(item[1].get_src_code()))
    # Another process with the same cache waits here, and then finds the modules made.
    with lock_ctx(), tempfile.TemporaryDirectory(dir=aesara.config.compiledir) as folder:
        cache.refresh(cleanup=False)
        pool = ThreadPoolExecutor(COMPILERS)
        try:
            _precompile_headers(Path(folder), pool)
            for code_hash, module in modules:
                if code_hash not in cache.module_hash_to_key_data:
                    module.start(Path(folder, code_hash), pool)
            for _, module in modules:
                cache.module_from_key(module.key, module)
        finally:
            # At Ctrl-C no other compiler is started, and those at work are waited for.
            pool.shutdown(cancel_futures=True)


def _wait_with_a_sign_of_life(work: Future) -> None:
    """Wait for a compiler; say so, once in a call of compile_function, after two seconds."""
    global _silent_until
    if wait([work], timeout=max(0, _silent_until - time.monotonic())).not_done:
        _silent_until = threading.TIMEOUT_MAX
        message = "Compiling C++ for a new formula, which takes some seconds; it is kept in %s"
        _logger.warning(message, aesara.config.compiledir)
    work.result()


def module_command(linker: CLinker) -> list[str]:
    """Return the command by which Aesara compiles a module, but for files and libraries."""
    includes = [f"-I{path}" for path in (*linker.header_dirs(), *std_include_dirs())]
    flags = [get_gcc_shared_library_arg(), "-g", *linker.compile_args()]
    return [aesara.config.cxx, *flags, *includes, "-fvisibility=hidden"]


def _headers_folder() -> Path:
    """Return the folder of the precompiled headers, which Aesara keeps modules by the name of."""
    # g++ finds out by itself if the command is another, but not if a header is.
    versions = repr([HEADERS, sys.version, np.__version__, aesara.__version__])
    name = hashlib.sha256(versions.encode()).hexdigest()[:16]
    return Path(aesara.config.compiledir, f"headers_{name}")


def _precompile_headers(folder: Path, pool: ThreadPoolExecutor) -> None:
    """Have a compiler precompile the headers if they are not there."""
    x = T.vector("x", dtype="float32")
    command = module_command(CLinker().accept(FunctionGraph([x], [x + x], clone=False)))
    # g++ looks through all files in a folder of this name for one that suits its flags.
    name = hashlib.sha256(repr(command).encode()).hexdigest()[:16]
    precompiled = _headers_folder() / "Python.h.gch" / name
    is_clang = sys.platform == "darwin" or "clang" in aesara.config.cxx
    if is_clang or f"-I{_headers_folder()}" not in command or precompiled.exists():
        return
    precompiled.parent.mkdir(parents=True, exist_ok=True)
    source = folder / "headers.h"
    source.write_text(HEADERS, encoding="utf-8")
    made = folder / "headers.gch"
    pool.submit(_run, [*command, "-x", "c++-header", "-o", made, source], made, precompiled)


def _run(command: list, *rename: Path) -> None:
    """Run a compiler, in a thread of the pool, and rename what it made."""
    subprocess.run(command, capture_output=True, check=True)
    if rename:
        os.replace(*rename)
