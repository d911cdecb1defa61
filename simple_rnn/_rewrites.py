"""Two rewrites of a gradient through ``scan`` that save time and change no bit of a result.

The gradient of a weight that a scan uses at every step comes from a second scan, back through time,
which Aesara builds for the general case. Where the case is a simpler one, so can the graph be:

- :func:`sums_after_scan`: at each step that scan sums over the samples and adds the sum to what it
  has, ``total = total + sum(g_t * x_t)``. Nothing else in it depends on ``total``. So the products
  and sums can wait until the scan is over and then take three operations for all steps, where they
  took three for each. Every product and every sum over the samples is rounded as before, and the
  sums are added up in the order of the steps.
- :func:`one_increment`: the gradient with respect to the last output, ``y_t[-1]``, is put into an
  array of zeros of the size of ``y_t``, which is added to an array of zeros of the size of all
  states. It can be put into the second at once.
"""

from __future__ import annotations

import aesara.tensor as at
from aesara.graph.basic import Apply, Variable
from aesara.graph.fg import FunctionGraph
from aesara.scalar.basic import Add
from aesara.scan.utils import ScanArgs
from aesara.tensor.elemwise import DimShuffle, Elemwise
from aesara.tensor.exceptions import NotScalarConstantError
from aesara.tensor.math import Sum
from aesara.tensor.subtensor import IncSubtensor, Subtensor, get_idx_list, inc_subtensor

__all__ = ["one_increment", "sums_after_scan"]

Replacements = list[tuple[Variable, Variable]]  # for FunctionGraph.replace_all


def sums_after_scan(fgraph: FunctionGraph, scan: Apply) -> Replacements:
    """Return the totals of a scan, each with what to compute in its place.

    Parameters
    ----------
    fgraph : FunctionGraph
        The graph to rewrite.
    scan : Apply
        A node of it whose op is a ``Scan``; it stays as it is.

    Returns
    -------
    list of (Variable, Variable)
        None of the scan's outputs that held these totals is in use any more.
    """
    args = ScanArgs.from_node(scan)
    # Inner variables, each with the outer variable that holds its values at all steps. aesara.scan
    # has cut the sequences to the number of steps.
    over_time = dict(zip(args.inner_in_seqs, args.outer_in_seqs))
    # A state that is read before the places that are written to has its final value.
    for inners, taps, written, states in zip(
        args.inner_in_mit_mot,
        args.mit_mot_in_slices,
        args.mit_mot_out_slices,
        args.outer_out_mit_mot,
    ):
        for inner, tap in zip(inners, taps):
            if tap < min(written):
                over_time[inner] = states[tap : tap + args.n_steps]

    replacements = []
    for total, new_total, start, totals in zip(
        args.inner_in_sit_sot,
        args.inner_out_sit_sot,
        args.outer_in_sit_sot,
        args.outer_out_sit_sot,
    ):
        last = _only_use_is_last(fgraph, totals)
        term = _added(new_total, total)
        if args.as_while or last is None or term is None or not _is_zero(start):
            continue
        terms = _at_all_steps(term, over_time)
        if terms is not None:
            # No wider accumulator: the scan rounded after each step. Where time is the only axis it
            # is not named: Aesara replaces such a sum by one with an accumulator of its choice.
            axis = None if terms.ndim == 1 else 0
            replacements.append((last, at.sum(terms, axis=axis, acc_dtype=terms.dtype)))
    return replacements


def one_increment(node: Apply) -> Replacements:
    """Return the output of an increment of zeros by an increment of zeros, with a single one.

    Parameters
    ----------
    node : Apply
        Any node.

    Returns
    -------
    list of (Variable, Variable)
        Empty where the node is nothing of the kind.
    """
    inner = node.inputs[1].owner if _increments_zeros(node) else None
    if inner is None or not _increments_zeros(inner):
        return []
    # Without the array that is incremented, the inputs are as get_idx_list expects them.
    (into,) = get_idx_list(node.inputs[1:], node.op.idx_list)
    (at_index,) = get_idx_list(inner.inputs[1:], inner.op.idx_list)
    # Counted from the end, where both arrays end, a place has the same number in both.
    to_the_end = isinstance(into, slice) and into.stop is None and into.step is None
    index = None if isinstance(at_index, slice) else _constant(at_index)
    if not to_the_end or index is None or index >= 0:
        return []
    return [(node.outputs[0], inc_subtensor(node.inputs[0][index], inner.inputs[1]))]


def _increments_zeros(node: Apply | None) -> bool:
    return (
        node is not None
        and isinstance(node.op, IncSubtensor)
        and not node.op.set_instead_of_inc
        and len(node.op.idx_list) == 1
        and _is_zero(node.inputs[0])
    )


def _at_all_steps(var: Variable, over_time: dict[Variable, Variable]) -> Variable | None:
    """Return the values of an inner variable at all steps, time first; None if it cannot be had."""
    if var in over_time or var.owner is None:
        return over_time.get(var)
    inputs = [_at_all_steps(v, over_time) for v in var.owner.inputs]
    if None in inputs:
        return None
    op = var.owner.op
    if isinstance(op, Elemwise):
        return op(*inputs)
    if isinstance(op, DimShuffle):
        return inputs[0].dimshuffle(0, *(d if d == "x" else d + 1 for d in op.new_order))
    if isinstance(op, Sum):
        axes = range(inputs[0].ndim - 1) if op.axis is None else op.axis
        axes = [axis + 1 for axis in axes]
        return inputs[0].sum(axis=axes, dtype=op.dtype, acc_dtype=op.acc_dtype)
    return None


def _added(new_total: Variable, total: Variable) -> Variable | None:
    """Return ``term`` where ``new_total`` is ``term + total`` or ``total + term``."""
    node = new_total.owner
    if node is None or not (isinstance(node.op, Elemwise) and isinstance(node.op.scalar_op, Add)):
        return None
    terms = [v for v in node.inputs if v is not total]
    return terms[0] if len(node.inputs) == 2 and len(terms) == 1 else None


def _only_use_is_last(fgraph: FunctionGraph, totals: Variable) -> Variable | None:
    """Return ``totals[-1]`` where that is all that the graph uses ``totals`` for."""
    if len(fgraph.clients[totals]) != 1:
        return None
    ((client, _),) = fgraph.clients[totals]
    if not isinstance(client, Apply) or not isinstance(client.op, Subtensor):
        return None
    indices = get_idx_list(client.inputs, client.op.idx_list)
    return client.outputs[0] if [_constant(i) for i in indices] == [-1] else None


def _is_zero(var: Variable) -> bool:
    return _constant(var) == 0


def _constant(var: Variable | slice) -> object:
    """Return the value of a constant, or the one value of all entries; None if there is none."""
    try:
        return at.get_scalar_constant_value(var)
    except NotScalarConstantError:
        return None
