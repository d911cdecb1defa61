"""How numbers are rounded: every operation once, in the order in which it is written.

The article's RMSProp run passes a stage after which the last bit of a float32 decides the printed
digits from the first on (``scripts/check_evidence.py``). Left to itself, Aesara gives other digits
on another processor or compiler, for three reasons, and :func:`compile_function` removes each:

- A C compiler may contract ``a * b + c`` into one fused multiply-add, which rounds once where the
  source rounds twice. Whether it does, and which of two products it fuses, depends on the processor
  and the compiler. Here it may not.
- Aesara rewrites sums and products into algebraically equal ones, and each form rounds in its own
  way. Here these rewrites are left out.
- Without a C compiler Aesara computes in Python, and there a fused group of operations does not
  round as the operations do one by one. Here they are not fused in that case.

Two things are left open. In which order an update is written is chosen in
:mod:`simple_rnn.optimizers`. And sums are added from left to right in C, in pairs by NumPy (without
a compiler): no printed digit depends on it, but the last bits of a float64 cost may.

Nothing stays changed: the compiler's flags hold while a function is compiled (in the whole process:
compile in one thread at a time), and the rest is a mode that is passed to Aesara. What else the
mode and ``_aesara`` do changes no bit of a result, only the time.
"""

from __future__ import annotations

import platform
from typing import Any, Callable

import aesara
from aesara.compile.mode import Mode

from simple_rnn._aesara.compiler import compiling
from simple_rnn._aesara.mode import mode_without
from simple_rnn._checks import check_instance, check_replaced

__all__ = ["compile_function"]

# For g++ and clang++; they come after the user's own flags, and so win.
ROUNDING_FLAGS = "-fno-fast-math -ffp-contract=off"
if platform.machine() in ("x86_64", "AMD64"):
    ROUNDING_FLAGS += " -mfpmath=sse"  # not in x87 registers, which round to other precisions

# Aesara's names for the rewrites that change how a result is rounded.
REGROUPING_REWRITES = (
    "local_add_canonizer",  # writes sums and differences in another order
    "local_mul_canonizer",  # writes products and quotients in another order
    "local_greedy_distributor",  # multiplies brackets out
    "local_add_mul_fusion",  # drops the brackets of nested sums and products
    "local_op_of_op",  # makes one sum of a sum of sums
    "local_sum_prod_mul_by_scalar",  # takes factors out of sums
    "local_sum_prod_div_dimshuffle",  # takes divisors out of sums
    "local_mul_zero",  # makes 0 of 0 times anything, infinity and NaN included
)


def compile_function(
    inputs: list,
    outputs: Any = None,
    mode: Mode | str | None = None,
    updates: Any = None,
    givens: Any = None,
    **kwargs: Any,
) -> Callable:
    """Compile a graph as ``aesara.function`` does, but so that every operation rounds as written.

    With the optimizers of this package the article's program prints the article's digits, once
    ``theano`` is replaced by ``aesara``, ``theano.function`` by ``compile_function``, and
    ``aesara.config.floatX`` is set to ``"float32"``, which is not Aesara's default
    (``scripts/article_program.py``).

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
    OSError
        If the C++ compiler or the compile cache fails.
    TypeError
        If ``mode`` is no mode, or a value in ``updates`` or ``givens`` has another dtype than what
        it replaces.

    Examples
    --------
    >>> import aesara.tensor as at
    >>> x = at.scalar("x", dtype="float32")
    >>> print(compile_function([x], x * x + x)(3))
    12.0
    """
    expected = "None, or a mode of Aesara's; updates go in by name: updates=..."
    check_instance("mode", mode, (Mode, str, type(None)), expected)
    check_replaced(updates, givens)
    if mode is None:
        in_c = bool(aesara.config.cxx)
        left_out = REGROUPING_REWRITES if in_c else (*REGROUPING_REWRITES, "fusion")
        mode = mode_without(left_out, in_c)
    with compiling(ROUNDING_FLAGS):
        return aesara.function(inputs, outputs, mode, updates, givens, **kwargs)
