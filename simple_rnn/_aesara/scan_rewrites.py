"""Where a scan can be one loop in C, and what of the graph around it the loop takes in.

:func:`loop_in_place_of` looks at a scan as ``aesara.scan`` and ``aesara.grad`` build it, before
Aesara's rewrites, which make it faster as a scan and harder to read. It sorts what the scan works
on into

- arrays that the steps read: sequences, which have an entry for each step, and the others;
- states, each of which a step computes from those before. In a gradient's scan the state is the
  gradient with respect to the forward scan's state, and what each state gives to the cost directly
  is a sequence that is added to it;
- other results of the steps;
- totals, to which each step adds a sum over the samples. Only their last value is looked at.

When Aesara has simplified the rest of the graph, :func:`read_through_views` lets the loops read
``x[::-1]`` or ``w[0]`` from ``x`` and ``w``. At the article's size, a node more in the graph takes
as long as ten steps.
"""

from __future__ import annotations

from contextlib import suppress
from typing import NamedTuple

import aesara.tensor as T
import numpy as np
from aesara.graph.basic import Apply, Constant, Variable, ancestors
from aesara.graph.fg import FunctionGraph
from aesara.graph.rewriting.basic import GraphRewriter
from aesara.graph.utils import InconsistencyError
from aesara.scalar.basic import Add, Composite, ScalarVariable, get_scalar_type, identity
from aesara.scan.op import Scan
from aesara.scan.utils import ScanArgs, compress_outs, scan_can_remove_outs
from aesara.tensor.basic import Alloc, AllocEmpty
from aesara.tensor.elemwise import DimShuffle, Elemwise
from aesara.tensor.exceptions import NotScalarConstantError
from aesara.tensor.math import Sum
from aesara.tensor.shape import SpecifyShape, Unbroadcast
from aesara.tensor.subtensor import IncSubtensor, Subtensor, get_idx_list

from simple_rnn._aesara.scan_loop import ScanLoop, last_axes

Replacements = list[tuple[Variable, Variable]]  # for FunctionGraph.replace_all

# Those for which C has a type of the same size.
DTYPES = {"bool", "float32", "float64"} | {f"{s}int{n}" for s in ("", "u") for n in (8, 16, 32, 64)}


class _Array(NamedTuple):
    """What the steps read."""

    inner: Variable  # in a step
    outer: Variable
    place: tuple | None  # where step t finds it, as in ScanLoop


class _State(NamedTuple):
    before: Variable  # in a step
    after: Variable
    start: Variable
    place: tuple | None
    from_zero: bool
    kept: str
    replaced: list[Variable]  # what stands for it in the graph


class _Result(NamedTuple):
    after: Variable
    kept: str
    replaced: list[Variable]


class _Total(NamedTuple):
    term: Variable  # what is summed up, in a step
    start: Variable
    replaced: list[Variable]


def loop_in_place_of(fgraph: FunctionGraph, node: Apply, rewriter: GraphRewriter) -> Replacements:
    """Return the results of a scan, each with that of a loop in C to put in its place.

    Parameters
    ----------
    fgraph : FunctionGraph
        The graph to rewrite.
    node : Apply
        A node of it whose op is a ``Scan`` of Aesara's.
    rewriter : GraphRewriter
        Aesara's rewrites for a step, without those that fuse operations or work in place.

    Returns
    -------
    list of (Variable, Variable)
        Empty where the scan does not fit. Otherwise nothing uses the scan any more.
    """
    info = node.op.info
    taps = zip(info.mit_mot_in_slices, info.mit_mot_out_slices)
    if (
        info.as_while
        or info.n_mit_sot
        or info.n_shared_outs
        or node.op.truncate_gradient != -1
        or any((tuple(read), tuple(written)) != ((0, 1), (1,)) for read, written in taps)
        or node.op.destroy_map  # Aesara has rewritten it
        or _steps_are_counted(node)
    ):
        return []
    # What a step computes, without what nothing uses, and simplified as in a scan.
    unused = [k for k, output in enumerate(node.outputs) if not fgraph.clients[output]]
    _, unused = scan_can_remove_outs(node.op, unused)
    *graph, info, inputs, used = compress_outs(node.op, unused, node.inputs)
    inner = FunctionGraph(*graph, clone=True)
    rewriter.rewrite(inner)
    outputs = [node.outputs[k] for k in used]
    args = ScanArgs(inputs, outputs, inner.inputs, inner.outputs, info, clone=False)

    arrays, states, totals = [], [], []
    for var, sequence in zip(args.inner_in_seqs, args.outer_in_seqs):
        arrays.append(_Array(var, sequence, (0, 1)))
    for var, value in zip(args.inner_in_non_seqs, args.outer_in_non_seqs):
        arrays.append(_Array(var, value, None))
    for var in inner.variables:
        # An array, too: a float32 written into C would be a double there.
        if isinstance(var, Constant) and isinstance(var.type, T.TensorType):
            arrays.append(_Array(var, var, None))
    for (before, added), (after,), buffer, result in zip(
        args.inner_in_mit_mot, args.inner_out_mit_mot, args.outer_in_mit_mot, args.outer_out_mit_mot
    ):
        kept = _kept(fgraph, result, after_start=True)
        start = _only_for_last(buffer, before)
        if start is None:
            arrays.append(_Array(added, buffer, (1, 1)))
            states.append(_State(before, after, buffer, (0, 0), False, *kept))
        else:
            arrays.append(_Array(added, T.constant(np.zeros((), before.dtype)), None))
            states.append(_State(before, after, start, None, True, *kept))
    for before, after, buffer, result in zip(
        args.inner_in_sit_sot, args.inner_out_sit_sot, args.outer_in_sit_sot, args.outer_out_sit_sot
    ):
        start, term, lasts = _start(buffer), _term(inner, before, after), _lasts(fgraph, result)
        if start is None:
            return []
        if term is not None and lasts is not None:
            totals.append(_Total(term, start, lasts))
        else:
            kept = _kept(fgraph, result, after_start=True)
            states.append(_State(before, after, start, None, False, *kept))
    results = [
        _Result(after, *_kept(fgraph, result))
        for after, result in zip(args.inner_out_nit_sot, args.outer_out_nit_sot)
    ]

    arrays = [array for array in arrays if inner.clients.get(array.inner)]
    before = [array.inner for array in arrays] + [state.before for state in states]
    after = [part.after for part in states + results]
    step = _step(inner, before, after + [total.term for total in totals], len(states))
    if step is None:
        return []
    loop = ScanLoop(
        step,
        before=tuple(var.type for var in before),
        after=tuple(var.type for var in after),
        places=tuple(part.place for part in arrays + states),
        from_zero=tuple(state.from_zero for state in states),
        kept=tuple(part.kept for part in states + results),
    )
    inputs = [array.outer for array in arrays] + [part.start for part in states + totals]
    outputs = loop(node.inputs[0], *inputs, return_list=True)
    parts = zip(states + results + totals, outputs)
    return [(old, new) for part, new in parts for old in part.replaced]


def _steps_are_counted(node: Apply) -> bool:
    """Return whether a scan has as many steps as another one took ``until`` it stopped.

    In its gradient, which is such a scan, not every array has as many entries as there are steps.
    """
    owners = [var.owner for var in ancestors([node.inputs[0]]) if var.owner]
    return any(isinstance(owner.op, Scan) and owner.op.info.as_while for owner in owners)


def _step(inner: FunctionGraph, before: list, after: list, n_states: int) -> Composite | None:
    """Return what a step computes for one sample, None where it takes more than one.

    Parameters
    ----------
    inner : FunctionGraph
        What a step computes.
    before, after : list of Variable
        What it computes from, the states at the end; and what of it, the states at the start.
    n_states : int
        How many states there are.

    Returns
    -------
    Composite or None
        An operation on scalars.
    """
    variables = before + after
    if not all(isinstance(var.type, T.TensorType) and var.ndim <= 2 for var in variables):
        return None
    scalars = _scalars(inner, before)
    if not all(var in scalars for var in after):
        return None
    shapes = [last_axes(var.type.shape, 2) for var in variables]
    if any(len({*lengths} - {1, None}) > 1 for lengths in zip(*shapes)):
        return None
    # States and results have an entry for each sample: where several samples shared one, each would
    # change it again.
    shared = [[length == 1 for length in shape] for shape in shapes]
    shared_by_all = [all(axis) for axis in zip(*shared)]
    if not all(s == shared_by_all for s in shared[len(before) - n_states :]):
        return None
    inputs = [scalars[var] for var in before]
    outputs = [scalars[var] for var in after]
    step = Composite(inputs, [identity(out) if out in inputs else out for out in outputs])
    try:
        can_fail = "%(fail)s" in step.c_code_template  # a division of integers
    except NotImplementedError:
        return None  # an operation without C
    fits = all(var.dtype in DTYPES for var in step.fgraph.variables) and not can_fail
    return step if fits else None


def _scalars(inner: FunctionGraph, before: list[Variable]) -> dict[Variable, ScalarVariable]:
    """Return for each variable, as far as there is one, the scalar that is a sample's entry."""
    scalars = {var: get_scalar_type(var.dtype)() for var in before}
    for node in inner.toposort():
        inputs = [scalars.get(var) for var in node.inputs]
        if None in inputs:
            continue
        if isinstance(node.op, Elemwise):
            outputs = node.op.scalar_op.make_node(*inputs).outputs
            scalars.update(zip(node.outputs, outputs))
        elif _keeps_axes(node):
            scalars[node.outputs[0]] = inputs[0]
    return scalars


def _keeps_axes(node: Apply | None) -> bool:
    """Return whether all that a node changes is how many axes of one entry are in front."""
    if node is None or not isinstance(node.op, DimShuffle):
        return False
    # NumPy and the loop match axes from the last one on.
    from_last = [axis if axis == "x" else axis - node.inputs[0].ndim for axis in node.op.new_order]
    ndim = len(from_last)
    return all(axis in ("x", k - ndim) for k, axis in enumerate(from_last))


def _term(inner: FunctionGraph, before: Variable, after: Variable) -> Variable | None:
    """Return ``term`` where a step does nothing else with a total than to add ``sum(term)``."""
    node = after.owner
    if len(inner.clients[before]) != 1 or len(inner.clients[after]) != 1:
        return None
    if any(length != 1 for length in before.type.shape):
        return None
    if node is None or not isinstance(node.op, Elemwise) or not isinstance(node.op.scalar_op, Add):
        return None
    terms = [var for var in node.inputs if var is not before]
    if len(node.inputs) != 2 or len(terms) != 1:
        return None
    (term,) = terms
    while _keeps_axes(term.owner):
        (term,) = term.owner.inputs
    if term.owner is None or not isinstance(term.owner.op, Sum) or term.ndim:
        return None
    op, (term,) = term.owner.op, term.owner.inputs
    return term if op.acc_dtype == "float64" and term.dtype == before.dtype == after.dtype else None


def _kept(
    fgraph: FunctionGraph, result: Variable, after_start: bool = False
) -> tuple[str, list[Variable]]:
    """Return which steps of a result have to be kept, and the variables that look at them."""
    if not fgraph.clients[result]:
        return "none", []
    lasts = _lasts(fgraph, result, after_start)
    return ("all", [result]) if lasts is None else ("last", lasts)


def _lasts(
    fgraph: FunctionGraph, result: Variable, after_start: bool = False
) -> list[Variable] | None:
    """Return the variables that look at a result where each is ``result[-1]``, otherwise None.

    With ``after_start``, each is to be ``result[1:][-1]``: ``aesara.scan`` takes the start away.
    """
    if after_start:
        clients = [client for client, _ in fgraph.clients[result]]
        if [_taken(client) for client in clients] != [slice(1, None, None)]:
            return None
        (result,) = clients[0].outputs
    clients = [client for client, _ in fgraph.clients[result]]
    if not clients or any(_taken(client) != -1 for client in clients):
        return None
    return [client.outputs[0] for client in clients]


def _start(buffer: Variable) -> Variable | None:
    """Return where a state starts, from the array that ``scan`` is given for all its steps."""
    node = buffer.owner
    if node is None:
        return None
    if isinstance(node.op, Alloc):
        return buffer[0]
    if not isinstance(node.op, IncSubtensor) or not node.op.set_instead_of_inc:
        return None
    array, start, *_ = node.inputs
    # Empty, and set as far as the start goes, which has a leading axis of one entry.
    if array.owner is None or not isinstance(array.owner.op, AllocEmpty):
        return None
    while start.owner is not None and isinstance(start.owner.op, Unbroadcast):
        (start,) = start.owner.inputs
    if start.ndim != buffer.ndim or start.type.shape[0] != 1:
        return None
    return start.owner.inputs[0] if _adds_axis(start.owner) else start[0]


def _adds_axis(node: Apply | None) -> bool:
    return _keeps_axes(node) and node.outputs[0].ndim == node.inputs[0].ndim + 1


def _only_for_last(buffer: Variable, state: Variable) -> Variable | None:
    """Return what ``y_t[-1]`` gives where nothing else gives anything to the gradient's buffer.

    ``y_t`` is all states but the start. Aesara puts the gradient into an array of zeros like
    ``y_t``, this one into zeros like all states, and turns it round.
    """
    while buffer.owner is not None and isinstance(buffer.owner.op, SpecifyShape):
        buffer = buffer.owner.inputs[0]
    if _taken(buffer.owner) != slice(None, None, -1):
        return None
    given = buffer.owner.inputs[0]
    for place in (slice(1, None, None), -1):
        node = given.owner
        if node is None or not isinstance(node.op, IncSubtensor) or node.op.set_instead_of_inc:
            return None
        into, given, *_ = node.inputs
        # Without the array in front, the inputs are what a Subtensor has.
        if _constant(into) != 0 or _index(node.inputs[1:], node.op.idx_list) != place:
            return None
    if (given.dtype, given.ndim) != (state.dtype, state.ndim):
        return None
    if given.type == state.type and None not in given.type.shape:
        return given
    # Perhaps one number for all samples.
    return T.broadcast_to(given, [into.shape[axis] for axis in range(1, into.ndim)])


def read_through_views(fgraph: FunctionGraph) -> None:
    """Let each loop of a graph read its arrays from where others only show a part of them.

    This is possible where lengths are known. ``x[::-1]``, for example, is ``x`` read from its last
    place on and backwards. What is not read any more is not computed.
    """
    for node in fgraph.toposort():
        if not isinstance(node.op, ScanLoop):
            continue
        n_steps, *inputs = node.inputs
        places = list(node.op.places)
        for k, place in enumerate(places):
            n = _constant(n_steps) if k < node.op.n_arrays else 1
            inputs[k], places[k] = _behind_views(fgraph, inputs[k], place, n)
        if inputs != node.inputs[1:]:
            loop = ScanLoop(**{**node.op._props_dict(), "places": tuple(places)})
            outputs = loop(n_steps, *inputs, return_list=True)
            # Unless something must overwrite an array before the loop can read it.
            with suppress(InconsistencyError):
                fgraph.replace_all_validate(list(zip(node.outputs, outputs)))


def _behind_views(
    fgraph: FunctionGraph, var: Variable, place: tuple | None, n_steps: int | None
) -> tuple[Variable, tuple | None]:
    """Return an array, and where it is to be read, for a view of it."""
    base, entries = _entries(fgraph, var)
    if place is None:
        if isinstance(entries, int):
            return base, (entries, 0)
        if _keeps_axes(var.owner) and var.owner.inputs[0].ndim <= 2:
            return var.owner.inputs[0], None
    elif isinstance(entries, range) and n_steps:
        start, by = place
        end = start + (n_steps - 1) * by
        if min(start, end) >= 0 and max(start, end) < len(entries):
            return base, (entries[start], by * entries.step)
    return var, place


def _entries(fgraph: FunctionGraph, var: Variable) -> tuple[Variable, range | int | None]:
    """Return an array, and what of its leading axis a view of it shows; None if unknown."""
    node = var.owner
    taken = _taken(node)
    if taken is not None or (node is not None and isinstance(node.op, (SpecifyShape, Unbroadcast))):
        base, entries = _entries(fgraph, node.inputs[0])
        with suppress(IndexError):  # of which Aesara will tell when the function is called
            if isinstance(entries, range):
                return base, entries if taken is None else entries[taken]
    length = _constant(fgraph.shape_feature.shape_of[var][0]) if var.ndim else None
    return var, None if length is None else range(length)


def _taken(node: Apply | None) -> int | slice | None:
    """Return which part of the leading axis a node takes, and nothing else."""
    if not isinstance(node, Apply) or not isinstance(node.op, Subtensor):
        return None
    return _index(node.inputs, node.op.idx_list)


def _index(inputs: list[Variable], idx_list: tuple) -> int | slice | None:
    """Return the one index or slice of a Subtensor with these inputs; None if it is not known."""
    indices = get_idx_list(inputs, idx_list)
    if len(indices) != 1:
        return None
    (index,) = indices
    if not isinstance(index, slice):
        return _constant(index)
    bounds = (index.start, index.stop, index.step)
    constants = [None if bound is None else _constant(bound) for bound in bounds]
    if any(c is None and bound is not None for c, bound in zip(constants, bounds)):
        return None
    return slice(*constants)


def _constant(var: Variable) -> int | float | None:
    """Return the value of a constant, or the one value of all entries; None if there is none."""
    try:
        return T.get_scalar_constant_value(var).item()
    except NotScalarConstantError:
        return None
