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

from simple_rnn._checks import check_fits_in_memory, check_instance, float_array, show, whole_number

__all__ = ["CountingDataset", "make_counting_dataset"]


# Not compared: == of arrays is an array.
@dataclass(frozen=True, eq=False)
class CountingDataset:
    """Binary sequences, how many ones each holds, and the state to start from.

    float32 and float64 stay as they are; nested lists, and integers and booleans, which become
    float32, are converted.

    Parameters
    ----------
    x : ndarray of shape (seq_len, num_samples), float32 or float64
        The sequences, time-major. In the counting task each entry is 0 or 1; the network takes any
        finite numbers, and so does this.
    y : ndarray of shape (num_samples,), float32 or float64
        The target of each sequence: the number of its ones.
    s0 : ndarray of shape (num_samples,), float32 or float64
        The state before the first step.

    Raises
    ------
    ValueError
        If the shapes do not belong together, or a number is NaN or infinite.
    TypeError
        If something else than real numbers is among them.
    """

    x: np.ndarray
    y: np.ndarray
    s0: np.ndarray

    def __post_init__(self) -> None:
        """Check that the three arrays describe the same samples."""
        for name in ("x", "y", "s0"):
            # The way to set an attribute of a frozen dataclass.
            object.__setattr__(self, name, float_array(name, getattr(self, name)))
        x = time_major("x", self.x)
        for name, array in (("y", self.y), ("s0", self.s0)):
            if array.shape != (x.shape[1],):
                raise ValueError(
                    f"{name} has shape {array.shape} where x has shape {x.shape}, which is"
                    f" (seq_len, num_samples); expected {(x.shape[1],)}, one for each sample along"
                    " axis 1 of x. If x has one row a sample, pass x.T: the data is time-major"
                )
        # With as many steps as samples the shapes do not tell, but the counts may.
        binary = np.isin(x, (0, 1)).all()
        per_column, per_row = (binary and np.array_equal(x.sum(axis), self.y) for axis in (0, 1))
        if per_row and not per_column:
            raise ValueError(
                "y holds the sums of the rows of x, axis 1; expected those of its columns, axis 0,"
                " where the time runs. x has one row a sample: pass x.T"
            )


def time_major(name: str, array: np.ndarray) -> np.ndarray:
    """Return ``array``, which has to be of shape (seq_len, num_samples) and hold something."""
    if array.ndim != 2 or 0 in array.shape:
        raise ValueError(
            f"{name} has shape {array.shape}; expected (seq_len, num_samples), both at least 1."
            f" Make a single sequence a column with np.reshape({name}, (-1, 1))"
        )
    return array


def check_sizes(num_samples: Any, seq_len: Any, dtype: str = "float32") -> tuple[int, int]:
    """Return both sizes, if they are whole numbers and such data fits into memory."""
    num_samples = whole_number("num_samples", num_samples)
    seq_len = whole_number("seq_len", seq_len)
    check_fits_in_memory(
        f"the data alone, num_samples * seq_len = {num_samples} * {seq_len} numbers,",
        num_samples * seq_len * np.dtype(dtype).itemsize,
        "take fewer samples or shorter sequences",
    )
    return num_samples, seq_len


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
    expected = (
        "a numpy.random.RandomState, whose draws are the article's: for example"
        " numpy.random.RandomState(1)"
    )
    check_instance("rng", rng, np.random.RandomState, expected)
    return rng


def check_dtype(dtype: str) -> None:
    """Raise ValueError if ``dtype`` is neither float32 nor float64."""
    if dtype not in ("float32", "float64"):
        raise ValueError(f"dtype is {show(dtype)}; expected 'float32' or 'float64'")


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
        If a size is not a whole number of at least 1, the data does not fit into the machine's
        memory, or ``dtype`` is another.
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
    check_dtype(dtype)
    num_samples, seq_len = check_sizes(num_samples, seq_len, dtype)
    draw = legacy_generator(rng).rand
    # In the order in which scan reads it.
    x = np.empty((seq_len, num_samples), dtype=dtype)
    for sample in range(num_samples):
        x[:, sample] = np.around(draw(seq_len))
    return CountingDataset(x, y=x.sum(axis=0), s0=np.zeros(num_samples, dtype=dtype))
