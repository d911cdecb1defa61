"""How numbers are rounded: the same digits on every processor and with every compiler.

In the article's RMSProp run the last bit of a float32 decides all digits from line 200 on
(``scripts/check_evidence.py``). Two things can change that bit:

- A C compiler may turn ``a * b + c`` into one fused multiply-add, which rounds once where the
  source rounds twice. Whether it does, and which of two products it fuses, depends on the processor
  and the compiler. Here it is forbidden. (Flags of yours for x87 registers are not undone.)
- Aesara rewrites sums and products into algebraically equal ones, each of which rounds in its own
  way. It does so on every machine alike, and its numerical stability depends on it (the gradient of
  a cross-entropy, for example), so it may. Only the updates of the optimizers are kept from it, by
  :func:`as_written`: the article's digits come from one way to write them.

The order of additions is left open: in C they go from left to right, in NumPy (without a compiler)
in pairs, and in a matrix product as the processor's BLAS has it. So are ``exp``, ``tanh`` and their
like, whose last bits differ between NumPy and C. No printed digit depends on either.
"""

from __future__ import annotations

from typing import Any, Callable

import aesara
from aesara.compile.mode import Mode
from aesara.compile.sharedvalue import SharedVariable
from aesara.graph.basic import Constant, io_toposort
from aesara.tensor.var import TensorVariable

from simple_rnn._aesara.compiler import compiling
from simple_rnn._aesara.graphs import updates_in_type
from simple_rnn._aesara.mode import as_it_stands, exact_mode

__all__ = ["as_written", "compile_function"]

Updates = list[tuple[SharedVariable, TensorVariable]]

# For g++ and clang++; they come after the user's own flags, and so win.
ROUNDING_FLAGS = "-fno-fast-math -ffp-contract=off"


def as_written(updates: Updates, gradients: list[TensorVariable]) -> Updates:
    """Return updates that are computed in the order in which they are written.

    Parameters
    ----------
    updates : list of (shared variable, symbolic expression)
        What ``minimize`` is about to return.
    gradients : list of symbolic tensors
        Where the updates begin: how the gradients are computed is left to Aesara.

    Returns
    -------
    list of (shared variable, symbolic expression)
        The same formulas. Behind each number and operation stands an identity, which Aesara's
        rewrites of sums and products do not see through.
    """
    kept = {gradient: gradient for gradient in gradients}

    def keep(variable: TensorVariable) -> TensorVariable:
        is_float = "float" in getattr(variable, "dtype", "")
        return as_it_stands(variable) if is_float else variable

    for node in io_toposort(gradients, [new for _, new in updates]):
        numbers = [v for v in node.inputs if isinstance(v, Constant)]
        anew = node
        if numbers != node.inputs:  # what is computed from numbers alone is another number
            kept.update((number, keep(number)) for number in numbers)
            anew = node.clone_with_new_inputs([kept.get(v, v) for v in node.inputs])
        kept.update(zip(node.outputs, map(keep, anew.outputs)))
    return [(variable, kept.get(new, new)) for variable, new in updates]


def compile_function(
    inputs: list,
    outputs: Any = None,
    mode: Mode | str | None = None,
    updates: Any = None,
    givens: Any = None,
    **kwargs: Any,
) -> Callable:
    """Compile a graph as ``aesara.function`` does, to the same digits on every machine.

    A scan whose steps go entry by entry becomes a loop in C. With the optimizers of this package
    the article's program prints the article's digits, once ``theano`` is replaced by ``aesara``,
    ``theano.function`` by ``compile_function``, and ``aesara.config.floatX`` is set to
    ``"float32"``, which is not Aesara's default (``scripts/article_program.py``).

    Parameters
    ----------
    inputs, outputs, updates, givens
        As for ``aesara.function``. New values are converted to the dtype of their variable.
    mode : aesara.compile.mode.Mode or str, optional
        None, the default, stands for the package's own mode, for the graph and for every scan in
        it. Anything else is passed on to Aesara as it is, and the digits are then that mode's.
    **kwargs
        Passed on to ``aesara.function``.

    Returns
    -------
    aesara.compile.function.types.Function
        The compiled function.

    Raises
    ------
    OSError
        If the C++ compiler or the compile cache fails.
    TypeError, ValueError
        If a new value is a float where its variable holds whole numbers, or an accumulator has no
        update.

    Examples
    --------
    >>> import aesara.tensor as T
    >>> x = T.scalar("x", dtype="float32")
    >>> print(compile_function([x], x * x + x)(3))
    12.0
    """
    updates = updates_in_type(updates)
    with compiling(ROUNDING_FLAGS):
        if mode is None:
            mode = exact_mode()
        return aesara.function(inputs, outputs, mode, updates, givens, **kwargs)
