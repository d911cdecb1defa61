"""The mode in which everything is compiled: Aesara's rewrites, and scans as loops in C.

All of Aesara's rewrites that serve numerical stability are in use. This differs, and saves time:

- A scan of elementwise operations becomes one loop in C (:mod:`simple_rnn._aesara.scan_loop`).
- Constants are folded in Python, not in C.
- Arrays are kept from one call to the next.

What :data:`as_it_stands` marks is computed as it is written. And a fault is mended: Aesara stops
at some powers, ``g**2`` for example.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import aesara
from aesara.compile.mode import Mode
from aesara.graph.basic import Apply
from aesara.graph.fg import FunctionGraph
from aesara.graph.rewriting.basic import GraphRewriter, in2out, node_rewriter
from aesara.scalar.basic import Identity, same_out
from aesara.scan.op import Scan
from aesara.tensor.elemwise import Elemwise
from aesara.tensor.math import pow as T_pow
from aesara.tensor.rewriting.math import local_pow_specialize, local_pow_specialize_device

from simple_rnn._aesara.compiler import SideBySideLinker
from simple_rnn._aesara.graphs import folding_in_python
from simple_rnn._aesara.scan_rewrites import loop_in_place_of, read_through_views


class _Rewriter(GraphRewriter):
    """Aesara's rewrites, after scans have become loops in C or been brought to one mode."""

    def __init__(self, in_c: bool, of_scan: bool) -> None:
        self.in_c = in_c
        self.of_scan = of_scan
        rewrites = _rewrites(in_c)
        # A loop in C fuses operations by itself, and fills no arrays.
        of_step = rewrites.excluding("fusion", "inplace", "local_fill_to_alloc")
        self.step_rewriter = of_step.optimizer
        if of_scan:
            # A C compiler vectorises no loop that may read what it has just written. At 100 steps
            # of 10,000 samples, a backward step takes three times as long in place.
            rewrites = rewrites.excluding("inplace_elemwise_optimizer")
        self.rewriter = rewrites.optimizer

    def __reduce__(self) -> Any:
        # For a copy or a pickle of a compiled function: Aesara's rewrites cannot be pickled.
        return _rewriter, (self.in_c, self.of_scan)

    def add_requirements(self, fgraph: FunctionGraph) -> None:
        self.rewriter.add_requirements(fgraph)

    def apply(self, fgraph: FunctionGraph) -> Any:
        with folding_in_python():
            # Must run first: scans that Aesara rewrites inherit their mode. From the last scan to
            # the first: a gradient's loop uses less of the scan before it.
            for node in reversed(fgraph.toposort()):
                if self._is_old_scan(node) and node in fgraph.apply_nodes:
                    scan = self._in_scan_mode(fgraph, node)
                    if self.in_c:
                        fgraph.replace_all(loop_in_place_of(fgraph, scan, self.step_rewriter))
            result = self.rewriter.apply(fgraph)
        if self.in_c:
            read_through_views(fgraph)
        return result

    def _is_old_scan(self, node: Apply) -> bool:
        """Return whether a node is a scan in another mode than ours."""
        if not isinstance(node.op, Scan):
            return False
        rewriter = getattr(node.op.mode, "provided_optimizer", None)
        return rewriter is not _rewriter(self.in_c, of_scan=True)

    def _in_scan_mode(self, fgraph: FunctionGraph, node: Apply) -> Apply:
        """Replace a scan by one in our mode."""
        # A scan compiles its inner graph by itself, in the mode that was the default when it was
        # built. The user's graph keeps its own.
        scan = Scan(
            node.op.inner_inputs,
            node.op.inner_outputs,
            node.op.info,
            mode=_mode(self.in_c, of_scan=True),
            truncate_gradient=node.op.truncate_gradient,
            name=node.op.name,
            allow_gc=False,
        )
        new = scan.make_node(*node.inputs)
        fgraph.replace_all(zip(node.outputs, new.outputs))
        return new


# Aesara's rewrites of powers, which stop at some.
_OF_POWERS = (local_pow_specialize, local_pow_specialize_device)


@node_rewriter([T_pow])
def _power(fgraph: FunctionGraph, node: Apply) -> Any:
    """Write a power as Aesara does: x**2 as a square, x**0.5 as a root.

    Aesara's own rewrites stop where more has become known of the shape of x since the power was
    written. This one writes the power anew first.
    """
    anew = T_pow.make_node(*node.inputs)
    for rewrite in _OF_POWERS:
        written = rewrite.transform(fgraph, anew)
        if written:
            return written
    return None


class _OneValue(Identity):
    """The identity of a number; Aesara takes its own out of a graph at once."""

    nfunc_spec = ("positive", 1, 1)  # what computes it in NumPy


class _AsItStands(Elemwise):
    """The identity of a tensor, which Aesara's rewrites of sums and products do not see through."""

    def do_constant_folding(self, fgraph: FunctionGraph, node: Apply) -> bool:
        """Return False: of a constant it has to stay, too."""
        return False


as_it_stands = _AsItStands(_OneValue(same_out, name="as_it_stands"))


@node_rewriter([_AsItStands])
def _take_out(fgraph: FunctionGraph, node: Apply) -> Any:
    """Take :data:`as_it_stands` out of the graph, when nothing regroups any more."""
    return node.inputs


@cache
def _rewrites(in_c: bool) -> Mode:
    """Return Aesara's own rewrites for speed, without those that are left out."""
    # It merges a slice of a slice by arithmetic on their bounds, and then hundreds of constants are
    # folded one by one: two thirds of the time of all rewriting, to save a few views.
    left_out = ["local_subtensor_merge"]
    # It drops the brackets of nested sums and products, at the end, and serves no stability.
    left_out += ["local_add_mul_fusion"]
    left_out += [rewrite.__name__ for rewrite in _OF_POWERS]
    if not in_c:
        # In Python a fused group of operations does not round as the operations do one by one.
        left_out += ["fusion"]
    return (
        Mode(optimizer="fast_run")
        .excluding(*left_out)
        .register(
            # Before Aesara's other rewrites of this kind, once the constants are folded.
            (in2out(_power, name="power"), 1.99),
            # Just before operations are fused: nothing is regrouped from there on.
            (in2out(_take_out, name="take_out"), 48.5),
        )
    )


@cache
def _rewriter(in_c: bool, of_scan: bool) -> _Rewriter:
    """Return the one rewriter of each kind."""
    return _Rewriter(in_c, of_scan)


def _mode(in_c: bool, of_scan: bool) -> Mode:
    """Return the mode of a function or of the scans in it."""
    # allow_gc=False keeps the arrays between two operations for the next call. At 100 steps of
    # 10,000 samples, half of an epoch goes into fresh memory otherwise.
    # c_thunks is said, because while a graph is rewritten Aesara is told that there is no compiler.
    linker = SideBySideLinker(allow_gc=False, use_cloop=in_c, c_thunks=in_c)
    return Mode(linker, _rewriter(in_c, of_scan))


def exact_mode() -> Mode:
    """Return the mode, for computing in C where there is a compiler, else in Python."""
    return _mode(in_c=bool(aesara.config.cxx), of_scan=False)
