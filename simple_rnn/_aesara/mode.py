"""The mode in which everything is compiled: Aesara's rewrites except for some, and scans as loops.

Besides what :mod:`simple_rnn.numerics` asks for, this saves time and changes no bit of a result:

- A scan of elementwise operations becomes one loop in C (:mod:`simple_rnn._aesara.scan_loop`).
- Constants are folded in Python, not in C.
- Arrays are kept from one call to the next.

And it mends a fault: Aesara stops at some powers, ``g**2`` for example.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from aesara.compile.mode import Mode
from aesara.graph.basic import Apply
from aesara.graph.fg import FunctionGraph
from aesara.graph.rewriting.basic import GraphRewriter, in2out, node_rewriter
from aesara.link.vm import VMLinker
from aesara.scan.op import Scan
from aesara.scan.utils import compress_outs, scan_can_remove_outs
from aesara.tensor.math import pow as at_pow
from aesara.tensor.rewriting.math import local_pow_specialize, local_pow_specialize_device

from simple_rnn._aesara.graphs import folding_in_python
from simple_rnn._aesara.scan_rewrites import loop_in_place_of, read_through_views

__all__ = ["mode_without"]


class _Rewriter(GraphRewriter):
    """Aesara's rewrites, after scans have become loops in C or been brought to one mode."""

    def __init__(self, rewriter: GraphRewriter, step_rewriter: GraphRewriter, in_c: bool) -> None:
        self.rewriter = rewriter
        self.step_rewriter = step_rewriter
        self.in_c = in_c
        self.scan_mode = None  # set once it is made

    def add_requirements(self, fgraph: FunctionGraph) -> None:
        self.rewriter.add_requirements(fgraph)

    def apply(self, fgraph: FunctionGraph) -> Any:
        with folding_in_python():
            # Must run first: scans that Aesara rewrites inherit their mode. From the last scan to
            # the first: a gradient's loop uses less of the scan before it.
            for node in reversed(fgraph.toposort()):
                is_old_scan = isinstance(node.op, Scan) and node.op.mode is not self.scan_mode
                if is_old_scan and node in fgraph.apply_nodes:
                    scan = self._in_scan_mode(fgraph, node)
                    if self.in_c:
                        fgraph.replace_all(loop_in_place_of(fgraph, scan, self.step_rewriter))
            result = self.rewriter.apply(fgraph)
        if self.in_c:
            read_through_views(fgraph)
        return result

    def _in_scan_mode(self, fgraph: FunctionGraph, node: Apply) -> Apply:
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
        return outputs[0].owner


# Aesara's rewrites of powers, which stop at some.
_OF_POWERS = (local_pow_specialize, local_pow_specialize_device)


@node_rewriter([at_pow])
def _power(fgraph: FunctionGraph, node: Apply) -> Any:
    """Write a power as Aesara does: x**2 as a square, x**0.5 as a root.

    Aesara's own rewrites stop where more has become known of the shape of x since the power was
    written. This one writes the power anew first.
    """
    anew = at_pow.make_node(*node.inputs)
    for rewrite in _OF_POWERS:
        written = rewrite.transform(fgraph, anew)
        if written:
            return written
    return None


@cache
def mode_without(left_out: tuple[str, ...], in_c: bool) -> Mode:
    """Return the mode: Aesara's own for speed, without the rewrites that are left out."""
    # allow_gc=False keeps the arrays between two operations for the next call. At 100 steps of
    # 10,000 samples, half of an epoch goes into fresh memory otherwise.
    linker = VMLinker(allow_gc=False, use_cloop=in_c)
    # It merges a slice of a slice by arithmetic on their bounds, and then hundreds of constants are
    # folded one by one: two thirds of the time of all rewriting, to save a few views.
    slow = "local_subtensor_merge"
    stop = (rewrite.__name__ for rewrite in _OF_POWERS)
    aesaras = Mode(linker, "fast_run").excluding(*left_out, slow, *stop)
    # Before Aesara's other rewrites of this kind, once the constants are folded.
    aesaras = aesaras.register((in2out(_power, name="power"), 1.99))
    # A loop in C fuses operations by itself, and fills no arrays.
    step_rewriter = aesaras.excluding("fusion", "inplace", "local_fill_to_alloc").optimizer
    outer = _Rewriter(aesaras.optimizer, step_rewriter, in_c)
    # A C compiler vectorises no loop that may read what it has just written. At 100 steps of 10,000
    # samples, a backward step takes three times as long in place as into another array.
    not_in_place = aesaras.excluding("inplace_elemwise_optimizer").optimizer
    inner = _Rewriter(not_in_place, step_rewriter, in_c)
    outer.scan_mode = inner.scan_mode = Mode(linker, inner)
    return Mode(linker, outer)
