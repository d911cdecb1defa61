"""Two rewrites of a gradient through ``scan`` that save time and change no bit of a result.

The gradient of a weight that a scan uses at every step comes from a second scan, back through time,
which Aesara builds for the general case. Where the case is a simpler one, so can the graph be:

- :func:`sums_after_scan`: at each step that scan sums over the samples and adds the sum to what it
  has, ``total = total + sum(g_t * x_t)``. Nothing else in it depends on ``total``. So the products
  and sums can wait until the scan is over and then take three operations for all steps, where they
  took three for each, and fewer with :class:`SumsOfProducts`. Every product and every sum over the
  samples is rounded as before, and the sums are added up in the order of the steps.
- :func:`one_increment`: the gradient with respect to the last output, ``y_t[-1]``, is put into an
  array of zeros of the size of ``y_t``, which is added to an array of zeros of the size of all
  states. It can be put into the second at once.
"""

from __future__ import annotations

from typing import Any

import aesara.tensor as at
import numpy as np
from aesara.graph.basic import Apply, Variable
from aesara.graph.fg import FunctionGraph
from aesara.link.c.op import COp
from aesara.scalar.basic import Add, Mul
from aesara.scan.utils import ScanArgs
from aesara.tensor.elemwise import DimShuffle, Elemwise
from aesara.tensor.exceptions import NotScalarConstantError
from aesara.tensor.math import Sum
from aesara.tensor.subtensor import IncSubtensor, Subtensor, get_idx_list, inc_subtensor

__all__ = ["SumsOfProducts", "one_increment", "sums_after_scan"]

Replacements = list[tuple[Variable, Variable]]  # for FunctionGraph.replace_all


class SumsOfProducts(COp):
    """``(a * b).sum(axis=1)`` of two matrices, without an array for the products.

    As in Aesara's own operations each product is rounded to the dtype, the products of a row are
    added in float64 from left to right, and their sum is rounded at the end. But each addition has
    to wait for the one before, so here eight rows are added up side by side.
    """

    __props__ = ()

    def make_node(self, a: Variable, b: Variable) -> Apply:
        """Return the node that computes the sums of two matrices of one dtype."""
        return Apply(self, [a, b], [at.TensorType(a.dtype, shape=a.type.shape[:1])()])

    def infer_shape(self, fgraph: FunctionGraph, node: Apply, shapes: list) -> list:
        """Return the shape of the sums: a number for each row."""
        return [shapes[0][:1]]

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        """Compute in Python, as C does; cumsum adds from left to right, sum does not."""
        a, b = inputs
        sums = np.cumsum(a * b, axis=1, dtype="float64")[:, -1:].sum(axis=1)
        output_storage[0][0] = sums.astype(a.dtype)

    def c_code_cache_version(self) -> tuple[int, ...]:
        """Return the version of the code below."""
        return (1,)

    def c_code(self, node: Apply, name: str, inputs: list, outputs: list, sub: dict) -> str:
        """Return C code that computes the sums."""
        (a, b), (sums,) = inputs, outputs
        ctype, typenum = node.inputs[0].type.dtype_specs()[1:]
        return f"""
        {{
            const npy_intp rows = PyArray_DIM({a}, 0), columns = PyArray_DIM({a}, 1);
            if (PyArray_DIM({b}, 0) != rows || PyArray_DIM({b}, 1) != columns) {{
                PyErr_SetString(PyExc_ValueError, "SumsOfProducts: the shapes differ");
                {sub["fail"]}
            }}
            if ({sums} == NULL || PyArray_DIM({sums}, 0) != rows) {{
                Py_XDECREF({sums});
                {sums} = (PyArrayObject*)PyArray_SimpleNew(1, &rows, {typenum});
                if ({sums} == NULL) {{ {sub["fail"]} }}
            }}
            const npy_intp a_step = PyArray_STRIDE({a}, 1), b_step = PyArray_STRIDE({b}, 1);
            for (npy_intp first = 0; first < rows; first += 8) {{
                const char *a_row[8], *b_row[8];
                double sum[8] = {{0}};
                for (int k = 0; k < 8; ++k) {{  // beyond the last row: that one again
                    const npy_intp row = std::min(first + k, rows - 1);
                    a_row[k] = PyArray_BYTES({a}) + row * PyArray_STRIDE({a}, 0);
                    b_row[k] = PyArray_BYTES({b}) + row * PyArray_STRIDE({b}, 0);
                }}
                for (npy_intp i = 0; i < columns; ++i) {{
                    for (int k = 0; k < 8; ++k) {{
                        const {ctype} product = *(const {ctype}*)(a_row[k] + i * a_step)
                            * *(const {ctype}*)(b_row[k] + i * b_step);
                        sum[k] += product;
                    }}
                }}
                for (int k = 0; k < 8 && first + k < rows; ++k)
                    *({ctype}*)PyArray_GETPTR1({sums}, first + k) = sum[k];
            }}
        }}
        """

    def c_headers(self, **kwargs: Any) -> list[str]:
        """Return the headers that the code needs."""
        return ["<algorithm>"]


sums_of_products = SumsOfProducts()


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
        factors = inputs[0].owner.inputs if _is_elemwise(inputs[0].owner, Mul) else ()
        alike = len({(factor.type.dtype, factor.type.broadcastable) for factor in factors}) == 1
        if len(factors) == 2 and alike and inputs[0].ndim == 2 and op.acc_dtype == "float64":
            return sums_of_products(*factors)
        axes = range(inputs[0].ndim - 1) if op.axis is None else op.axis
        axes = [axis + 1 for axis in axes]
        return inputs[0].sum(axis=axes, dtype=op.dtype, acc_dtype=op.acc_dtype)
    return None


def _added(new_total: Variable, total: Variable) -> Variable | None:
    """Return ``term`` where ``new_total`` is ``term + total`` or ``total + term``."""
    node = new_total.owner
    if not _is_elemwise(node, Add):
        return None
    terms = [v for v in node.inputs if v is not total]
    return terms[0] if len(node.inputs) == 2 and len(terms) == 1 else None


def _is_elemwise(node: Apply | None, scalar_op: type) -> bool:
    """Return whether a node is this operation entry by entry."""
    return (
        node is not None
        and isinstance(node.op, Elemwise)
        and isinstance(node.op.scalar_op, scalar_op)
    )


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
