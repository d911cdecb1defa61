"""The task: count the ones in a binary sequence.

A sample is a sequence of zeros and ones; its target is their sum. The network has to find this out
from examples, without being told to add. The answer is known: both weights 1.

The arrays are **time-major**: ``x[t]`` holds step ``t`` of every sample, because ``scan`` walks
along the leading axis. The article transposes its data for the same reason::

    one row a sample (batch-major)         one row a time step (time-major)
        sample 1:  x_1  x_2  x_3  ...          time 1:  sample 1, sample 2, ...
        sample 2:  x_1  x_2  x_3  ...          time 2:  sample 1, sample 2, ...
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["CountingDataset", "make_counting_dataset"]


# Not compared: == of arrays is an array.
@dataclass(frozen=True, eq=False)
class CountingDataset:
    """Binary sequences, how many ones each holds, and the state to start from.

    Parameters
    ----------
    x : ndarray of shape (seq_len, num_samples), float32 or float64
        The sequences, time-major, each entry 0 or 1.
    y : ndarray of shape (num_samples,), float32 or float64
        The number of ones in each sequence.
    s0 : ndarray of shape (num_samples,), float32 or float64
        The state before the first step.

    Raises
    ------
    ValueError
        If the shapes do not belong together.
    """

    x: np.ndarray
    y: np.ndarray
    s0: np.ndarray

    def __post_init__(self) -> None:
        """Check that the three arrays describe the same samples."""
        if self.x.ndim != 2 or 0 in self.x.shape:
            raise ValueError(
                f"x has shape {self.x.shape}; expected (seq_len, num_samples), both at least 1"
            )
        for name, array in (("y", self.y), ("s0", self.s0)):
            if array.shape != (self.x.shape[1],):
                raise ValueError(
                    f"{name} has shape {array.shape} where x has shape {self.x.shape}, which is"
                    f" (seq_len, num_samples); expected {(self.x.shape[1],)}. If x has one row a"
                    " sample, pass x.T: the data is time-major"
                )


def legacy_generator(rng: np.random.RandomState | None) -> Any:
    """Return ``rng``, or numpy's global generator for None.

    Parameters
    ----------
    rng : numpy.random.RandomState or None
        The article's numbers come from this kind of generator; a ``numpy.random.Generator`` draws
        others from the same seed, and is refused.

    Returns
    -------
    numpy.random.RandomState or module
        Something with ``rand`` and ``uniform``.

    Raises
    ------
    TypeError
        If ``rng`` is anything else.
    """
    if rng is None:
        return np.random
    if not isinstance(rng, np.random.RandomState):
        raise TypeError(
            f"rng is {rng!r}; expected a numpy.random.RandomState, whose draws are the article's:"
            " for example numpy.random.RandomState(1)"
        )
    return rng


def check_dtype(dtype: str) -> None:
    """Raise ValueError if ``dtype`` is neither float32 nor float64."""
    if dtype not in ("float32", "float64"):
        raise ValueError(f"dtype is {dtype!r}; expected 'float32' or 'float64'")


def make_counting_dataset(
    num_samples: int = 20,
    seq_len: int = 10,
    rng: np.random.RandomState | None = None,
    dtype: str = "float32",
) -> CountingDataset:
    """Draw random binary sequences and count their ones, exactly as the article does.

    Parameters
    ----------
    num_samples : int
        How many sequences.
    seq_len : int
        Their length, in steps.
    rng : numpy.random.RandomState, optional
        Where the numbers come from; None stands for numpy's global generator, which the article
        uses (``numpy.random.seed(1)``). Each sample takes one ``rand(seq_len)``, rounded.
    dtype : str
        Of all arrays: the article's float32, or float64.

    Returns
    -------
    CountingDataset
        ``s0`` is zero.

    Raises
    ------
    ValueError
        If a size is not a whole number of at least 1, or ``dtype`` is another.
    TypeError
        If ``rng`` is not a ``RandomState``.

    Examples
    --------
    >>> dataset = make_counting_dataset(num_samples=3, seq_len=4, rng=np.random.RandomState(1))
    >>> dataset.x
    array([[0., 0., 0.],
           [1., 0., 1.],
           [0., 0., 0.],
           [0., 0., 1.]], dtype=float32)
    >>> dataset.y
    array([1., 0., 2.], dtype=float32)

    Notes
    -----
    Source: the article's section on the details of the simple RNN code.
    """
    for name, size in (("num_samples", num_samples), ("seq_len", seq_len)):
        if not isinstance(size, (int, np.integer)) or size < 1:
            raise ValueError(f"{name} is {size!r}; expected a whole number of at least 1")
    check_dtype(dtype)
    draw = legacy_generator(rng).rand
    samples = np.array([np.around(draw(seq_len)) for _ in range(num_samples)], dtype=dtype)
    return CountingDataset(
        # A copy in the order in which scan reads it, not a transposed view.
        x=np.ascontiguousarray(samples.T),
        y=samples.sum(axis=1),
        s0=np.zeros(num_samples, dtype=dtype),
    )
