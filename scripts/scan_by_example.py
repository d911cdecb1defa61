"""What ``scan`` does, in the article's two examples.

    scripts/in_venv python scripts/scan_by_example.py

``scan`` is a loop inside a symbolic graph. It calls ``fn`` once for each step, with, in this order:
the entry of each of the ``sequences`` at that step, what ``fn`` returned the step before (at the
first step: ``outputs_info``), and the ``non_sequences``, which stay the same. Its result holds what
``fn`` returned at every step.
"""

from __future__ import annotations

import _console  # before Aesara
import aesara
import aesara.tensor as T
import numpy as np


def double_again_and_again() -> None:
    """Run the first example: a loop without a sequence."""
    print("1. A loop without a sequence: double the value before, n times\n")
    a = T.iscalar("a")
    n = T.iscalar("n")
    result, updates = aesara.scan(
        fn=lambda prior, nonseq: prior * 2,
        sequences=None,
        outputs_info=a,  # the value before the first step --> prior
        non_sequences=a,  # a value that stays the same --> nonseq (not used here)
        n_steps=n,
    )
    myfun1 = aesara.function(inputs=[a, n], outputs=result, updates=updates)
    values = myfun1(5, 3)
    for step, (prior, value) in enumerate(zip([5, *values], values), start=1):
        print(f"   step {step}:  {prior} * 2 = {value}")
    print(f"\n   myfun1(5, 3) = {values}\n")


def walk_along_a_sequence() -> None:
    """Run the second example: a loop over a sequence, as in a recurrent network."""
    print("2. A loop over a sequence of vectors, as in a recurrent network: seq + prior * 2\n")
    v = T.matrix("v", dtype="float32")
    s0 = T.vector("s0", dtype="float32")
    result, updates = aesara.scan(
        fn=lambda seq, prior: seq + prior * 2,
        sequences=v,  # one row per step --> seq
        outputs_info=s0,  # the state before the first step --> prior
        non_sequences=None,
    )
    myfun2 = aesara.function(inputs=[v, s0], outputs=result, updates=updates)
    sequence = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], dtype=np.float32)
    start = np.array([0.5, 0.5], dtype=np.float32)
    states = myfun2(sequence, start)
    for step, (seq, prior, state) in enumerate(zip(sequence, [start, *states], states), start=1):
        print(f"   step {step}:  {seq} + {prior} * 2 = {state}")
    rows = " ".join(str(state) for state in states)
    print(f"\n   myfun2({sequence.tolist()}, {start.tolist()}) = [{rows}]  ({states.dtype})")


def main(arguments: list[str] | None = None) -> None:
    """Run both examples and print what each step computes."""
    _console.option_parser(__doc__).parse_args(arguments)
    # Two tiny graphs that run once: Python is fast enough, and nothing has to be compiled first.
    with aesara.config.change_flags(cxx="", mode="FAST_COMPILE"):
        double_again_and_again()
        walk_along_a_sequence()


if __name__ == "__main__":
    main()
