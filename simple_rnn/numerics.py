"""How Aesara is asked to compute: IEEE float32, in the order in which it is written.

The article's RMSProp run passes a stage in which the last bit of a float32 decides the third
printed digit. Left to itself, Aesara gives other digits on another processor or compiler, for
three reasons, and :func:`compile_function` removes each of them:

- A C compiler may contract ``a * b + c`` into one fused multiply-add, which rounds once where the
  source rounds twice. Whether it does, and which of two products it fuses, depends on the processor
  and the compiler. Here it may not (``-ffp-contract=off``).
- Aesara rewrites products and quotients into algebraically equal ones (``local_mul_canonizer``)
  and drops the brackets from nested sums and products (``local_add_mul_fusion``), and each form
  rounds in its own way. Here these rewrites are left out.
- Without a C compiler Aesara computes in Python, and there a fused group of operations does not
  round as the operations do one by one. Here they are not fused in that case.

Nothing global changes: the flags hold inside a context around the compilation, and the rest is a
mode that is passed to it. What these settings leave open is the order in which an update is
written down; :mod:`simple_rnn.optimizers` chooses it.

Two more settings change no digit, only the time: constants are folded in Python, and arrays are
kept from one call to the next.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Callable

import aesara
from aesara.compile.mode import Mode
from aesara.graph.fg import FunctionGraph
from aesara.graph.rewriting.basic import GraphRewriter
from aesara.link.vm import VMLinker
from aesara.scan.op import Scan

__all__ = ["CXXFLAGS", "compile_function"]

# No fused multiply-add in place of a product and a sum, whatever flags the user has (g++, clang++).
# And no debug information: it takes a sixth of the compiler's time.
CXXFLAGS = "-fno-fast-math -ffp-contract=off -g0"


class _Rewriter(GraphRewriter):
    """Aesara's rewrites, with every scan brought to one mode and constants folded in Python."""

    def __init__(self, rewriter: GraphRewriter) -> None:
        self.rewriter = rewriter
        self.scan_mode = None

    def add_requirements(self, fgraph: FunctionGraph) -> None:
        self.rewriter.add_requirements(fgraph)

    def apply(self, fgraph: FunctionGraph) -> Any:
        # A scan compiles its inner graph by itself, in the mode that was the default when it was
        # built. Done first: what the rewrites make of a scan takes its mode over.
        for node in fgraph.toposort():
            if isinstance(node.op, Scan) and node.op.mode_instance is not self.scan_mode:
                scan = node.op.clone()  # the user's graph keeps its own
                scan.mode = scan.mode_instance = self.scan_mode
                scan.allow_gc = False
                new = scan.make_node(*node.inputs)
                fgraph.replace_all(list(zip(node.outputs, new.outputs)), reason="one mode")
        # While a graph is rewritten, what depends on constants alone is computed and put in its
        # place. In C, Aesara compiles a module for each kind of such a node, runs it once and
        # throws it away: more than half of all that it compiles for a training.
        with aesara.config.change_flags(cxx=""):
            return self.rewriter.apply(fgraph)


@cache
def _mode(in_c: bool) -> Mode:
    """Return the mode that rounds every operation once, in the written order."""
    # allow_gc=False keeps the arrays between two operations for the next call. At 100 steps of
    # 10,000 samples, half of an epoch goes into fresh memory otherwise.
    linker = VMLinker(allow_gc=False, use_cloop=in_c)
    reordering = ["local_mul_canonizer", "local_add_mul_fusion"]
    excluded = reordering if in_c else [*reordering, "fusion"]
    rewriter = _Rewriter(Mode(linker, "fast_run").excluding(*excluded).optimizer)
    mode = Mode(linker, rewriter)
    rewriter.scan_mode = mode
    return mode


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

    Examples
    --------
    >>> import aesara.tensor as at
    >>> x = at.scalar("x", dtype="float32")
    >>> print(compile_function([x], x * x + x)(3))
    12.0
    """
    if mode is None:
        mode = _mode(in_c=bool(aesara.config.cxx))
    # Behind a user's own flags, so that these win.
    flags = f"{aesara.config.gcc__cxxflags} {CXXFLAGS}".lstrip()
    with aesara.config.change_flags(gcc__cxxflags=flags):
        return aesara.function(inputs, outputs, mode, updates, givens, **kwargs)
