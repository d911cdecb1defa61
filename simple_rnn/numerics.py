"""How Aesara is asked to compute: IEEE float32, in the order in which it is written.

The article's RMSProp run passes a stage in which the last bit of a float32 decides the third
printed digit. Left to itself, Aesara gives other digits on another processor or compiler, for
three reasons, and :func:`compile_function` removes each of them:

- A C compiler may contract ``a * b + c`` into one fused multiply-add, which rounds once where the
  source rounds twice. Whether it does, and which of two products it fuses, depends on the processor
  and the compiler. Here it may not (``-ffp-contract=off``).
- Aesara rewrites products and quotients into algebraically equal ones (``local_mul_canonizer``), of
  which each rounds in its own way. Here that rewrite is left out.
- Without a C compiler Aesara computes in Python, and there a fused group of operations does not
  round as the operations do one by one. Here they are not fused in that case.

Nothing global changes: the flag holds inside a context around the compilation, and the rest is a
mode that is passed to it. What these settings leave open is the order in which an update is
written down; :mod:`simple_rnn.optimizers` chooses it.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Callable

import aesara
from aesara.compile.mode import Mode
from aesara.graph.fg import FunctionGraph
from aesara.graph.rewriting.basic import GraphRewriter
from aesara.link.vm import VMLinker

__all__ = ["IEEE_CXXFLAGS", "compile_function", "ieee_mode"]

# No fused multiply-add in place of a product and a sum (g++ and clang++). And no debug information,
# which changes nothing in the code and takes a sixth of the time that g++ takes.
IEEE_CXXFLAGS = "-ffp-contract=off -g0"


class _FoldInPython(GraphRewriter):
    """A rewriter as it is, but for constants, which it evaluates in Python.

    While a graph is rewritten, what depends on constants alone is computed once and put in its
    place. Aesara compiles a C module for each kind of such a node, runs it once and throws it
    away: more than half of all it compiles for a training.
    """

    def __init__(self, rewriter: GraphRewriter) -> None:
        self.rewriter = rewriter

    def add_requirements(self, fgraph: FunctionGraph) -> None:
        self.rewriter.add_requirements(fgraph)

    def apply(self, fgraph: FunctionGraph) -> Any:
        with aesara.config.change_flags(cxx=""):
            return self.rewriter.apply(fgraph)


def ieee_mode() -> Mode:
    """Return the Aesara mode that rounds every operation once, in the written order.

    Returns
    -------
    aesara.compile.mode.Mode
        Aesara's ``fast_run`` rewrites without those that change how a result rounds; computed in C
        where there is a compiler (``aesara.config.cxx``), otherwise in Python.
    """
    return _ieee_mode(in_c=bool(aesara.config.cxx))


@cache
def _ieee_mode(in_c: bool) -> Mode:
    # allow_gc=False keeps the arrays between two operations for the next call. At 100 steps of
    # 10,000 samples, half of an epoch goes into getting fresh memory otherwise.
    linker = VMLinker(allow_gc=False, use_cloop=in_c)
    mode = Mode(linker, "fast_run").excluding("local_mul_canonizer")
    if in_c:
        return Mode(linker, _FoldInPython(mode.optimizer))
    return mode.excluding("fusion")


def compile_function(
    inputs: list,
    outputs: Any = None,
    mode: Mode | str | None = None,
    updates: Any = None,
    givens: Any = None,
    **kwargs: Any,
) -> Callable:
    """Compile a graph as ``aesara.function`` does, but to the same digits on every machine.

    The article's program needs no other change than ``theano`` to ``aesara`` and
    ``theano.function`` to ``compile_function`` to print the article's digits.

    Parameters
    ----------
    inputs, outputs, updates, givens
        As for ``aesara.function``.
    mode : aesara.compile.mode.Mode or str, optional
        How to compile. None, the default, stands for :func:`ieee_mode`; anything else is passed on,
        and the digits are then that mode's.
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
    # Behind a user's own flags, so that it wins over them.
    flags = f"{aesara.config.gcc__cxxflags} {IEEE_CXXFLAGS}".lstrip()
    with aesara.config.change_flags(gcc__cxxflags=flags):
        return aesara.function(
            inputs,
            outputs,
            mode=ieee_mode() if mode is None else mode,
            updates=updates,
            givens=givens,
            **kwargs,
        )
