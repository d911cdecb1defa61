"""A scan as one loop in C.

Aesara runs a scan by calling a compiled function once per step. What surrounds the call (finding
the step's part of each input, putting the results where they belong) takes one or two
microseconds; the step itself, for the article's 20 samples, some ten nanoseconds. So wherever a
step consists of operations that go sample by sample, the package puts one operation in the place of
the whole scan: :class:`ScanLoop`, which holds the loop over time. Nobody has to ask for it, and no
bit of a result changes.

What comes out
--------------
For the article's scan, ``s_t = x_t * w_x + s_tm1 * w_rec``, the C is in essence ::

    for (first = 0; first < samples; first += 512) {        // 1
        m = min(512, samples - first);
        for (j = 0; j < m; ++j) s[0][j] = s0[j];
        for (t = 0; t < n; ++t)
            for (j = 0; j < m; ++j)                         // 2
                s[t + 1][j] = x[t][j] * w_x + s[t][j] * w_rec;
    }

with ``x``, ``s`` and ``s0`` advanced to sample ``first``. The gradient goes back through time.
Aesara builds it as another scan, whose state ``g`` is the gradient of the cost with respect to the
state, and which also sums up the gradients of the two weights. It becomes ::

    for (first = 0; first < samples; first += 512) {
        m = min(512, samples - first);
        for (j = 0; j < m; ++j) g[j] = 0 + dcost[j];        // 3
        for (t = 0; t < n; ++t) {
            for (j = 0; j < m; ++j) {
                gx[t % 8][j] = g[j] * x[n - 1 - t][j];      // 4
                gs[t % 8][j] = g[j] * s[n - 1 - t][j];
                g[j] = g[j] * w_rec + 0;
            }
            if (t % 8 == 7 || t == n - 1)                   // 5
                for (j = 0; j < m; ++j)
                    for (k = 0; k <= t % 8; ++k) {
                        sums_x[t - t % 8 + k] += gx[k][j];
                        sums_s[t - t % 8 + k] += gs[k][j];
                    }
        }
    }
    for (t = 0; t < n; ++t) {                               // 6
        dw_x = (float)sums_x[t] + dw_x;
        dw_rec = (float)sums_s[t] + dw_rec;
    }

1. The samples come in blocks, and time runs inside a block: its state is still in the processor's
   nearest cache when the next step reads it.
2. No sample depends on another. The compiler is told so (``ivdep``) and computes 8 or 16 at once.
   Where the samples of an array are not neighbours in memory, as in a transposed matrix, a second
   version of this loop steps over what lies between.
3. The gradient of the cost reaches the last state first. Aesara adds it to an array of zeros as
   large as all states; here only the sum is left. ``0 +`` is no idle step: it makes 0.0 of -0.0.
4. To read ``x`` and ``s`` backwards takes no copy. And nobody asks for ``g`` at all steps: each
   step overwrites the one before it.
5. A step sums in float64, from left to right. Each addition has to wait for the one before it, four
   cycles; so the sums of eight steps are taken side by side. This is where most of the time goes.
6. Each sum is rounded to float32 and added to the total, in the order of the steps.

The arithmetic is what Aesara itself makes of a step (its rewrites, its C code for each operation),
and every operation rounds once. What does not fit stays a scan: a step that multiplies matrices,
looks several steps back, stops early (``until``) or draws random numbers, and its gradient;
gradients that are truncated; totals that are used before the end; states known to differ in shape.
A shape that is not known before the call may turn out not to fit either: two states of different
lengths, say. Then the loop runs in Python, see :meth:`ScanLoop.compute`.

Which scans are replaced, and how, is in :mod:`simple_rnn._aesara.scan_rewrites`.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Callable

import aesara
import aesara.tensor as T
import numpy as np
from aesara.compile.mode import Mode
from aesara.graph.basic import Apply, Variable
from aesara.graph.fg import FunctionGraph
from aesara.graph.type import Type
from aesara.link.c.op import COp
from aesara.link.c.type import generic
from aesara.scalar.basic import Composite
from aesara.tensor.elemwise import Elemwise
from aesara.tensor.shape import Shape_i

# The same for each loop. A state is a matrix, rows of columns; a vector is one row of samples.
SUPPORT = r"""
// So many columns at a time: what a step leaves is still in the cache when the next one needs it.
const npy_intp BLOCK = 512;
// So many steps at a time, where there is something to sum.
const npy_intp SIDE_BY_SIDE = 8;

// Where an array has its entry for step t, row i and column j.
template <typename T>
struct Entries {
    T *first;
    npy_intp time, row, column;  // how far from one to the next; 0 where all share one entry

    T *at(npy_intp t, npy_intp i, npy_intp j) const {
        return first + t * time + i * row + j * column;
    }
};

// Find the entries of an array; false where it does not fit. Its last axes are rows and columns, or
// fewer. An axis known to have one entry is shared by all rows or columns; any other must have the
// length in shape, which is -1 as long as it is not known. With over_time there is one more axis in
// front, of which step t takes the place start + t * by.
template <typename T>
bool find(Entries<T> &entries, PyArrayObject *array, bool over_time, npy_intp start, npy_intp by,
          npy_intp n_steps, bool one_row, bool one_column, npy_intp *shape) {
    const npy_intp *dims = PyArray_DIMS(array), *strides = PyArray_STRIDES(array);
    const npy_intp size = sizeof(T);
    entries = {(T *)PyArray_DATA(array), 0, 0, 0};
    if (over_time && n_steps > 0) {
        const npy_intp end = start + (n_steps - 1) * by;
        if (std::min(start, end) < 0 || std::max(start, end) >= dims[0]) return false;
        entries.first += start * (strides[0] / size);
        entries.time = by * (strides[0] / size);
    }
    const bool one[] = {one_row, one_column};
    npy_intp *const next[] = {&entries.row, &entries.column};
    for (int axis = 0; axis < 2; ++axis) {
        const int k = PyArray_NDIM(array) - 2 + axis;
        if (k < over_time || one[axis]) continue;
        if (shape[axis] < 0) shape[axis] = dims[k];
        if (dims[k] != shape[axis]) return false;
        // The stride of an axis of one entry may be anything.
        *next[axis] = dims[k] == 1 ? 1 : strides[k] / size;
    }
    return true;
}

// Make an array of this shape for a result, if none is left from the call before.
inline bool provide(PyArrayObject *&array, int ndim, npy_intp *shape, int typenum) {
    if (array != NULL && PyArray_NDIM(array) == ndim && PyArray_ISCARRAY(array)
        && PyArray_CompareLists(PyArray_DIMS(array), shape, ndim)) return true;
    Py_XDECREF(array);
    array = (PyArrayObject *)PyArray_SimpleNew(ndim, shape, typenum);
    return array != NULL;
}

// The total over all steps of sums over all samples.
template <typename T>
struct Total {
    double *sums;        // of each step
    T (*terms)[BLOCK];   // of the last SIDE_BY_SIDE steps

    explicit Total(npy_intp n_steps)
        : sums((double *)PyMem_Calloc(n_steps + 1, sizeof(double))),
          terms((T (*)[BLOCK])PyMem_Malloc(SIDE_BY_SIDE * sizeof(*terms))) {}
    ~Total() { PyMem_Free(sums); PyMem_Free(terms); }

    T *row(npy_intp t) { return terms[t % SIDE_BY_SIDE]; }

    // Once there are terms of enough steps up to t, add them to the sums of their steps. A function
    // of its own: inlined, it would run out of registers.
    __attribute__((noinline)) void add(npy_intp t, npy_intp n_steps, npy_intp columns) {
        const npy_intp rows = t % SIDE_BY_SIDE + 1;
        if (rows < SIDE_BY_SIDE && t < n_steps - 1) return;
        // Unrolled, so that the compiler holds each sum in a register: three times as fast.
        double sum[SIDE_BY_SIDE];
        const T *row[SIDE_BY_SIDE];
        #pragma GCC unroll 8
        for (npy_intp k = 0; k < SIDE_BY_SIDE; ++k) {
            const npy_intp r = std::min(k, rows - 1);  // beyond the last row: that one again
            sum[k] = sums[t + 1 - rows + r];
            row[k] = terms[r];
        }
        for (npy_intp j = 0; j < columns; ++j) {
            #pragma GCC unroll 8
            for (npy_intp k = 0; k < SIDE_BY_SIDE; ++k) sum[k] += row[k][j];
        }
        #pragma GCC unroll 8
        for (npy_intp k = 0; k < SIDE_BY_SIDE; ++k)
            if (k < rows) sums[t + 1 - rows + k] = sum[k];
    }

    T from(T total, npy_intp n_steps) const {
        for (npy_intp t = 0; t < n_steps; ++t) total = (T)sums[t] + total;
        return total;
    }
};
"""


@dataclass(eq=False, repr=False)
class ScanLoop(COp):
    """A loop over time in C.

    A node's inputs are the number of steps, the arrays that the steps read, where each state starts
    and where each total starts; its outputs are the states, the other results and the totals. Only
    where there is a compiler is there such a node.

    Parameters
    ----------
    step : Composite
        What a step computes for one sample: from its entries of the arrays and the states, the
        states after it, the other results, and the terms of the totals.
    before, after : tuple of TensorType
        What the arrays and the states are in a step; what the states and the other results are
        after it.
    places : tuple of (int, int) or None
        For each array and each state's start: ``(start, by)`` where step ``t`` takes the place
        ``start + t * by`` of the leading axis, None where no axis is the time's.
    from_zero : tuple of bool
        For each state, whether it starts from ``0 + start``, the gradient of the last step.
    kept : tuple of str
        For each state and each other result, which steps of it: ``"all"`` (and a state's start
        before them), the ``"last"`` one, or ``"none"``.
    """

    step: Composite
    before: tuple
    after: tuple
    places: tuple
    from_zero: tuple
    kept: tuple
    __props__ = ("step", "before", "after", "places", "from_zero", "kept")
    params_type = generic  # of what the C code calls where arrays do not fit

    def __post_init__(self) -> None:
        self.n_states = len(self.from_zero)
        self.n_arrays = len(self.places) - self.n_states
        self.least_steps = int("last" in self.kept or any(self.from_zero))

    def __str__(self) -> str:
        return f"ScanLoop{{{self.step}}}"

    def make_node(self, n_steps: Variable, *inputs: Variable) -> Apply:
        """Return the node with these inputs."""
        outputs = [
            T.TensorType(t.dtype, (None,) * (kept == "all") + t.shape)()
            for t, kept in zip(self.after, self.kept)
        ]
        totals = [start.type() for start in inputs[len(self.places) :]]
        return Apply(self, [T.cast(n_steps, "int64"), *inputs], outputs + totals)

    def infer_shape(self, fgraph: FunctionGraph, node: Apply, shapes: list) -> list:
        """Return the shape of each output."""
        inferred = []
        for k, (out, kept) in enumerate(zip(node.outputs, self.kept)):
            shape = [Shape_i(axis)(out) for axis in range(out.ndim)]
            if kept == "all":
                shape[0] = node.inputs[0] + int(k < self.n_states)
            inferred.append(tuple(shape))
        return inferred + shapes[1 + len(self.places) :]

    def get_params(self, node: Apply) -> Callable:
        """Return what the C code calls where arrays do not fit."""
        return self.compute

    def perform(self, node: Apply, inputs: list, output_storage: list, compute: Callable) -> None:
        """Compute in Python."""
        for storage, value in zip(output_storage, compute(*inputs)):
            storage[0] = value

    @np.errstate(all="ignore")
    def compute(self, n_steps: np.ndarray, *inputs: np.ndarray) -> tuple:
        """Return the outputs for arrays of whatever shapes, step by step."""
        if n_steps < self.least_steps:
            raise IndexError(f"a scan of {n_steps} steps has no last one")

        def read(k: int, t: int) -> np.ndarray:
            array, place = inputs[k], self.places[k]
            array = array if place is None else array[place[0] + t * place[1]]
            return array.reshape(last_axes(array.shape, self.before[k].ndim))

        starts = [read(k, 0) for k in range(self.n_arrays, len(self.places))]
        pairs = zip(starts, self.from_zero)
        states = [(0 + s).astype(s.dtype) if from_zero else s for s, from_zero in pairs]
        results = [[state] for state in states] + [[] for _ in self.after[self.n_states :]]
        totals = inputs[len(self.places) :]
        for t in range(n_steps):
            computed = self._whole_step(*[read(k, t) for k in range(self.n_arrays)], *states)
            # A state keeps its shape, as in Aesara.
            states = [np.broadcast_to(new, old.shape) for new, old in zip(computed, states)]
            for result, new in zip(results, states + computed[self.n_states :]):
                result.append(new)
            terms = computed[len(results) :]
            sums = [term.sum(dtype="float64").astype(term.dtype) for term in terms]
            totals = [sum_t + total for sum_t, total in zip(sums, totals)]
        for k, (result, kept) in enumerate(zip(results, self.kept)):
            if kept != "all":
                results[k] = result[-1]
            elif not result:
                results[k] = np.empty((0,) * (1 + self.after[k].ndim))
        dtypes = [each.dtype for each in (*self.after, *totals)]
        return tuple(map(np.array, [*results, *totals], dtypes))

    @cached_property
    def _whole_step(self) -> Callable:
        """A step on whole arrays, which needs no compiler."""
        inputs = [T.TensorType(t.dtype, (None,) * t.ndim)() for t in self.before]
        values = dict(zip(self.step.fgraph.inputs, inputs))
        for node in self.step.fgraph.toposort():
            outputs = Elemwise(node.op)(*map(values.get, node.inputs), return_list=True)
            values.update(zip(node.outputs, outputs))
        outputs = [values[out] for out in self.step.fgraph.outputs]
        for k, t in enumerate(self.after):  # with that many axes, the last ones
            outputs[k] = T.shape_padleft(outputs[k], 2)[(0,) * (outputs[k].ndim + 2 - t.ndim)]
        return aesara.function(inputs, outputs, Mode("py", None), on_unused_input="ignore")

    def c_headers(self, **kwargs: Any) -> list[str]:
        """Return the headers that the code needs."""
        return ["<algorithm>"]

    def c_header_dirs(self, **kwargs: Any) -> list[str]:
        """Return the folders of headers that the step's operations need."""
        return self.step.c_header_dirs(**kwargs)

    def c_support_code(self, **kwargs: Any) -> str:
        """Return the C++ above and the functions that the step's operations need."""
        return SUPPORT + self.step.c_support_code(**kwargs)

    def c_support_code_apply(self, node: Apply, name: str) -> str:
        """Return the functions that the step's operations need for this node."""
        return self.step.c_support_code_apply(node, name)

    def c_code_cache_version(self) -> tuple:
        """Return the version of the code; empty where one of the step's operations has none."""
        version = self.step.c_code_cache_version()
        return version and (11, version)

    def c_code(self, node: Apply, name: str, inputs: list, outputs: list, sub: dict) -> str:
        """Return the loop."""
        n_steps, *arrays = inputs
        fail = f"{{ {sub['fail']} }}"
        code = _Code(fail)
        # Of results that are the same, a Composite computes but one.
        computed = self.step.fgraph.outputs
        new = [f"r{computed.index(result)}_new" for result in computed]
        for k, (array, t, place) in enumerate(zip(arrays, self.before, self.places)):
            if k < self.n_arrays:
                code.array(f"a{k}", array, t, place)
            else:
                code.find(f"start{k - self.n_arrays}", array, t, place, n_steps="1")
        for k in range(len(self.places), len(arrays)):
            code.find(f"start{k - self.n_arrays}", arrays[k], node.inputs[1 + k].type, None, "1")
        for k, (t, kept) in enumerate(zip(self.after, self.kept)):
            code.result(f"r{k}", new[k], outputs[k], t, kept, k < self.n_states)
        for k, from_zero in enumerate(self.from_zero):
            code.state(f"r{k}", f"start{k}", self.after[k], self.kept[k], from_zero)
        for k in range(len(self.after), len(outputs)):
            start = f"start{self.n_states + k - len(self.after)}"
            code.total(f"r{k}", new[k], outputs[k], node.outputs[k].type, start)

        def samples(entries: list[str]) -> str:
            step = self.step.c_code(None, name, entries, new, {**sub, "id": ""})
            return f"""
                #pragma GCC ivdep
                for (npy_intp j = 0; j < m; ++j) {{
                    {code["declare"]}
                    {step}
                    {code["write"]}
                }}"""

        return f"""
        {{
            struct Step {{
                // A function of its own, or the compiler would take what stands behind the checks
                // below for rarely needed, and not vectorise it.
                static __attribute__((noinline)) void compute(npy_intp m, {code["parameter"]}) {{
                    if ({code["neighbours"] or "true"}) {{
                        {samples(code.contiguous)}
                    }} else {{
                        {samples(code.strided)}
                    }}
                }}
            }};
            const npy_intp n = *(npy_int64 *)PyArray_DATA({n_steps});
            npy_intp shape[] = {{-1, -1}};  // rows, columns
            bool fits = n >= {self.least_steps};
            {code["find"]}
            if (fits) {{
                // Where all share one entry, the length is 1.
                for (npy_intp &length : shape) length = std::abs(length);
                {code["provide"]}
                for (npy_intp i = 0; i < shape[0]; ++i)
                for (npy_intp first = 0; first < shape[1]; first += BLOCK) {{
                    const npy_intp m = std::min(BLOCK, shape[1] - first);
                    {code["begin"]}
                    for (npy_intp t = 0; t < n; ++t) {{
                        Step::compute(m, {code["argument"]});
                        {code["sum"]}
                    }}
                }}
                {code["finish"]}
            }} else {{
                PyObject *computed = PyObject_CallFunctionObjArgs({sub["params"]},
                    {", ".join(inputs)}, NULL);
                if (computed == NULL) {fail}
                PyArrayObject **outputs[] = {{&{", &".join(outputs)}}};
                for (npy_intp k = 0; k < PyTuple_GET_SIZE(computed); ++k) {{
                    Py_XDECREF(*outputs[k]);
                    Py_INCREF(*outputs[k] = (PyArrayObject *)PyTuple_GET_ITEM(computed, k));
                }}
                Py_DECREF(computed);
            }}
        }}
        """


class _Code:
    """The lines of a loop by where they stand in it, added for one array after another.

    In C, ``{name}`` says where an array has its entries. Inside a step, it points to those of this
    step and block (or is the one entry for all columns), ``{name}_before`` to those of the state
    before, and ``{name}_new`` is what the step computes for a sample.
    """

    def __init__(self, fail: str) -> None:
        self.fail = fail
        self.lines = defaultdict(list)
        # A sample's entries of the arrays and states, where samples are neighbours in memory, and
        # elsewhere.
        self.contiguous, self.strided = [], []

    def __getitem__(self, where: str) -> str:
        between = {"parameter": ", ", "argument": ", ", "neighbours": " && "}
        return between.get(where, "\n").join(self.lines[where])

    def add(self, **lines: str) -> None:
        """Add a line to each of these places."""
        for where, line in lines.items():
            self.lines[where].append(line)

    def find(self, name: str, array: str, t: Type, place: tuple | None, n_steps: str) -> None:
        """Find the entries of an array."""
        start, by = place or (0, 0)
        one = [length == 1 for length in last_axes(t.shape, 2)]
        over_time, *one = (str(flag).lower() for flag in (place is not None, *one))
        self.add(
            find=f"""
            Entries<{_ctype(t)}> {name};
            fits = fits && find({name}, {array}, {over_time}, {start}, {by}, {n_steps},
                                {", ".join(one)}, shape);"""
        )

    def array(self, name: str, array: str, t: Type, place: tuple | None) -> None:
        """Add an array that the steps read."""
        self.find(name, array, t, place, n_steps="n")
        if last_axes(t.shape, 1) == (1,):
            self.add(parameter=f"{_ctype(t)} {name}", argument=f"*{name}.at(t, i, 0)")
            self.contiguous.append(name)
            self.strided.append(name)
        else:
            self.add(
                parameter=f"const {_ctype(t)} *{name}, npy_intp {name}_next",
                argument=f"{name}.at(t, i, first), {name}.column",
                neighbours=f"{name}_next == 1",
            )
            self.contiguous.append(f"{name}[j]")
            self.strided.append(f"{name}[j * {name}_next]")

    def result(self, name: str, new: str, array: str, t: Type, kept: str, state: bool) -> None:
        """Add a result of each step."""
        ctype, typenum = t.dtype_specs()[1:]
        over_time = kept == "all"
        dims = [f"n + {int(state)}"] * over_time + ["shape[0]", "shape[1]"][2 - t.ndim :]
        self.add(
            provide=f"""
            npy_intp {name}_dims[] = {{{", ".join([*dims, "0"])}}};
            if (!provide({array}, {len(dims)}, {name}_dims, {typenum})) {self.fail}
            const Entries<{ctype}> {name} = {{({ctype} *)PyArray_DATA({array}),
                {"shape[0] * shape[1]" if over_time else "0"}, shape[1], 1}};""",
            parameter=f"{ctype} *{name}",
            argument=f"{name}.at({'t + 1' if state else 't'}, i, first)",
            declare=f"{ctype} {name}_new;",
            write=f"{name}[j] = {new};",
        )

    def state(self, name: str, start: str, t: Type, kept: str, from_zero: bool) -> None:
        """Add what makes a state of a result: the next step reads it."""
        copied = f"{'0 + ' * from_zero}*{start}.at(0, i, first + j)"
        self.add(begin=f"for (npy_intp j = 0; j < m; ++j) *{name}.at(0, i, first + j) = {copied};")
        before = name  # overwritten: the compiler has to see that it is the same place
        if kept == "all":
            before = f"{name}_before"
            self.add(parameter=f"const {_ctype(t)} *{before}", argument=f"{name}.at(t, i, first)")
        self.contiguous.append(f"{before}[j]")
        self.strided.append(f"{before}[j]")

    def total(self, name: str, new: str, array: str, t: Type, start: str) -> None:
        """Add a total over all steps and samples."""
        ctype, typenum = t.dtype_specs()[1:]
        self.add(
            provide=f"""
            Total<{ctype}> {name}(n);
            if ({name}.terms == NULL || {name}.sums == NULL) {{ PyErr_NoMemory(); {self.fail} }}
            npy_intp {name}_dims[] = {{1, 1}};
            if (!provide({array}, {t.ndim}, {name}_dims, {typenum})) {self.fail}""",
            parameter=f"{ctype} *{name}",
            argument=f"{name}.row(t)",
            declare=f"{ctype} {name}_new;",
            write=f"{name}[j] = {new};",
            sum=f"{name}.add(t, n, m);",
            finish=f"*({ctype} *)PyArray_DATA({array}) = {name}.from(*{start}.first, n);",
        )


def _ctype(t: Type) -> str:
    """Return the name of a type's dtype in C."""
    return t.dtype_specs()[1]


def last_axes(shape: tuple, ndim: int) -> tuple:
    """Return the last axes of a shape, with axes of length 1 in front where it has fewer."""
    return (1, 1, *shape)[2 + len(shape) - ndim :]
