"""How Aesara is asked to compute: IEEE float32, in the order in which it is written.

The article's RMSProp run passes a stage in which the last bit of a float32 decides the third
printed digit. Left to itself, Aesara gives other digits on another processor or compiler, for
three reasons, and :func:`compile_function` removes each of them:

- A C compiler may contract ``a * b + c`` into one fused multiply-add, which rounds once where the
  source rounds twice. Whether it does, and which of two products it fuses, depends on the processor
  and the compiler. Here it may not (``-ffp-contract=off``).
- Aesara rewrites products and quotients into algebraically equal ones (``local_mul_canonizer``),
  drops the brackets from nested sums and products (``local_add_mul_fusion``) and makes one sum of a
  sum of sums (``local_op_of_op``), and each form rounds in its own way. Here these rewrites are
  left out.
- Without a C compiler Aesara computes in Python, and there a fused group of operations does not
  round as the operations do one by one. Here they are not fused in that case.

Nothing stays changed: the flags, and that no garbage is collected, hold for the time of a
compilation (in the whole process: compile in one thread at a time), and the rest is a mode that is
passed to it. What these settings leave open is the order in which an update is
written down; :mod:`simple_rnn.optimizers` chooses it.

What else this module does changes no bit of a result, only the time:

- To compile: constants are folded in Python (:func:`folding_in_python`), the headers are read once
  (:mod:`simple_rnn._compiler`), and Python collects no garbage meanwhile.
- To compute: arrays are kept from one call to the next, a gradient through a scan is made leaner
  (:mod:`simple_rnn._rewrites`), and nothing in a scan is computed in place.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from typing import Any, Callable

import aesara
from aesara.compile.mode import Mode, predefined_modes
from aesara.graph.basic import Apply
from aesara.graph.fg import FunctionGraph
from aesara.graph.rewriting.basic import GraphRewriter
from aesara.link.vm import VMLinker
from aesara.scan.op import Scan
from aesara.scan.utils import compress_outs, scan_can_remove_outs

from simple_rnn import _compiler
from simple_rnn._checks import show
from simple_rnn._rewrites import one_increment, sums_after_scan

__all__ = ["compile_function", "folding_in_python"]


def folding_in_python() -> AbstractContextManager[None]:
    """Return a context in which Aesara folds constants in Python.

    While a graph is built and rewritten, what depends on constants alone is computed and put in its
    place. In C, Aesara compiles a module for each kind of such a node, runs it once and throws it
    away: more than half of all that it compiles for a training.
    """
    return aesara.config.change_flags(cxx="")


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


class _Rewriter(GraphRewriter):
    """Aesara's rewrites, behind our own, and with every scan brought to one mode."""

    def __init__(self, rewriter: GraphRewriter, in_c: bool) -> None:
        self.rewriter = rewriter
        self.in_c = in_c
        self.scan_mode = None  # set once it is made

    def add_requirements(self, fgraph: FunctionGraph) -> None:
        self.rewriter.add_requirements(fgraph)

    def apply(self, fgraph: FunctionGraph) -> Any:
        # Done first: what Aesara's rewrites make of a scan takes its mode over.
        for node in fgraph.toposort():
            fgraph.replace_all(one_increment(node))
            if isinstance(node.op, Scan) and node.op.mode is not self.scan_mode:
                # NumPy, which sums where there is no compiler, does not add from left to right.
                if self.in_c:
                    fgraph.replace_all(sums_after_scan(fgraph, node))
                self._rebuild(fgraph, node)
        with folding_in_python():
            return self.rewriter.apply(fgraph)

    def _rebuild(self, fgraph: FunctionGraph, node: Apply) -> None:
        """Replace a scan by one in our mode, without the outputs that nothing uses."""
        unused = [i for i, output in enumerate(node.outputs) if not fgraph.clients[output]]
        _, unused = scan_can_remove_outs(node.op, unused)
        *inner, inputs, kept = compress_outs(node.op, unused, node.inputs)
        # A scan compiles its inner graph by itself, in the mode that was the default when it was
        # built. The user's graph keeps its own.
        scan = Scan(
            *inner,
            mode=self.scan_mode,
            truncate_gradient=node.op.truncate_gradient,
            name=node.op.name,
            allow_gc=False,
        )
        outputs = scan(*inputs, return_list=True)
        pairs = [(old, outputs[kept[i]]) for i, old in enumerate(node.outputs) if i in kept]
        fgraph.replace_all(pairs)


@cache
def _mode(in_c: bool) -> Mode:
    """Return the mode that rounds every operation once, in the written order."""
    # allow_gc=False keeps the arrays between two operations for the next call. At 100 steps of
    # 10,000 samples, half of an epoch goes into fresh memory otherwise.
    linker = VMLinker(allow_gc=False, use_cloop=in_c)
    reordering = ["local_mul_canonizer", "local_add_mul_fusion", "local_op_of_op"]
    if not in_c:
        reordering.append("fusion")
    # It merges a slice of a slice by arithmetic on their bounds, and then hundreds of constants are
    # folded one by one: two thirds of the time of all rewriting, to save a few views.
    slow = "local_subtensor_merge"
    aesaras = Mode(linker, "fast_run").excluding(*reordering, slow)
    outer = _Rewriter(aesaras.optimizer, in_c)
    # A C compiler vectorises no loop that may read what it has just written. At 100 steps of 10,000
    # samples, a backward step takes three times as long in place as into another array.
    inner = _Rewriter(aesaras.excluding("inplace_elemwise_optimizer").optimizer, in_c)
    outer.scan_mode = inner.scan_mode = Mode(linker, inner)
    return Mode(linker, outer)


def compile_function(
    inputs: list,
    outputs: Any = None,
    mode: Mode | str | None = None,
    updates: Any = None,
    givens: Any = None,
    **kwargs: Any,
) -> Callable:
    """Compile a graph as ``aesara.function`` does, but so that every operation rounds as written.

    The article's program needs no other change than ``theano`` to ``aesara`` and
    ``theano.function`` to ``compile_function`` to print the article's digits.

    Parameters
    ----------
    inputs, outputs, updates, givens
        As for ``aesara.function``.
    mode : aesara.compile.mode.Mode or str, optional
        None, the default, stands for the mode described above, for the graph and for every scan in
        it. Anything else is passed on to Aesara as it is, and the digits are then that mode's.
    **kwargs
        Passed on to ``aesara.function``.

    Returns
    -------
    aesara.compile.function.types.Function
        The compiled function.

    Raises
    ------
    ValueError
        If ``mode`` is none that Aesara knows.
    OSError
        If the C++ compiler or the compile cache fails.

    Examples
    --------
    >>> import aesara.tensor as at
    >>> x = at.scalar("x", dtype="float32")
    >>> print(compile_function([x], x * x + x)(3))
    12.0
    """
    names = (*predefined_modes, "DebugMode", "NanGuardMode")
    if not isinstance(mode, Mode) and mode not in (None, *names):
        expected = f"None, an aesara.compile.mode.Mode or one of {', '.join(map(repr, names))}"
        raise ValueError(f"mode is {show(mode)}; expected {expected}")
    if mode is None:
        mode = _mode(in_c=bool(aesara.config.cxx))
    with _compiler.compiling(), _no_garbage_collection():
        return aesara.function(inputs, outputs, mode, updates, givens, **kwargs)
