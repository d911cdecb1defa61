"""The task: count the ones in a binary sequence.

A sample is a sequence of zeros and ones; its target is their sum. The network has to learn this
from examples, without being told to add. The answer is known: both weights 1.

The arrays are **time-major**: ``x[t]`` holds step ``t`` of every sample, because ``scan`` walks
along the leading axis. The article transposes its data for the same reason::

    one row per sample (batch-major)       one row per time step (time-major)
        sample 1:  x_1  x_2  x_3  ...          time 1:  sample 1, sample 2, ...
        sample 2:  x_1  x_2  x_3  ...          time 2:  sample 1, sample 2, ...
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simple_rnn._checks import check_dtype, float_array, legacy_generator, whole_number

__all__ = ["CountingDataset", "make_counting_dataset"]


# eq=False: comparing arrays with == gives an array.
@dataclass(frozen=True, eq=False)
class CountingDataset:
    """Binary sequences, the number of ones in each, and the state to start from.

    A float32 or float64 ``x`` stays as it is; nested lists, integers and booleans become float32.
    ``y`` and ``s0`` get the dtype of ``x``, which is that of the computation.

    Parameters
    ----------
    x : ndarray of shape (seq_len, num_samples), float32 or float64
        The sequences, time-major. In the counting task each entry is 0 or 1; the network takes any
        finite numbers.
    y : ndarray of shape (num_samples,)
        The target of each sequence: the number of its ones.
    s0 : ndarray of shape (num_samples,), optional
        The state before the first step; None stands for zeros.

    Raises
    ------
    ValueError
        If the shapes do not fit together, or a number is NaN or infinite.
    TypeError
        If an array does not hold real numbers.

    Examples
    --------
    The samples of another dataset in two parts, to train and to test::

        data = make_counting_dataset(100, 10)
        seen = CountingDataset(data.x[:, :80], data.y[:80])
        unseen = CountingDataset(data.x[:, 80:], data.y[80:])
    """

    x: np.ndarray
    y: np.ndarray
    s0: np.ndarray | None = None

    def __post_init__(self) -> None:
        """Convert the three arrays, and check that they describe the same samples."""
        x = float_array("x", self.x)
        y = float_array("y", self.y, x.dtype)
        s0 = np.zeros_like(y) if self.s0 is None else float_array("s0", self.s0, x.dtype)
        for name, array in (("x", x), ("y", y), ("s0", s0)):
            # The way to set an attribute of a frozen dataclass.
            object.__setattr__(self, name, array)
        check_time_major("x", self.x)
        num_samples = self.x.shape[1]
        for name, array in (("y", self.y), ("s0", self.s0)):
            if array.shape != (num_samples,):
                remedy = ""
                if array.shape == self.x.shape[:1]:
                    remedy = ". If x has one row per sample, pass x.T: time comes first"
                elif array.shape == self.x.shape:
                    remedy = ". A target at every step is in the notebook's section 11"
                raise ValueError(
                    f"{name} has shape {array.shape} where x has shape {self.x.shape}, which is"
                    f" (seq_len, num_samples); expected ({num_samples},), one entry per column of"
                    f" x{remedy}"
                )
        # With as many steps as samples the shapes cannot tell which axis is time; the counts can.
        counts_columns = np.array_equal(self.x.sum(axis=0), self.y)
        counts_rows = np.array_equal(self.x.sum(axis=1), self.y)
        if counts_rows and not counts_columns:
            raise ValueError(
                "y holds the sums of the rows of x; expected those of its columns, along which time"
                " runs. x has one row per sample: pass x.T"
            )

    def __repr__(self) -> str:
        """Return the sizes and the dtype, on one line."""
        steps, samples = self.x.shape
        return f"<CountingDataset: {samples} sequences of {steps} steps, {self.x.dtype}>"


def check_time_major(name: str, array: np.ndarray) -> None:
    """Raise ValueError unless ``array`` is of shape (seq_len, num_samples) and not empty."""
    if array.ndim != 2 or 0 in array.shape:
        remedy = ""
        if array.ndim == 1:
            remedy = ". A single sequence is a column: np.reshape(sequence, (-1, 1))"
        elif array.ndim == 3:
            remedy = (
                ". For several numbers at a step, compile functions of your own, to train and to"
                " predict: compile_function, as in the notebook's section 11"
            )
        raise ValueError(
            f"{name} has shape {array.shape}; expected (seq_len, num_samples), both at least 1"
            f"{remedy}"
        )


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
        The dtype of all arrays: the article's float32, or float64.

    Returns
    -------
    CountingDataset
        With ``s0`` zero.

    Raises
    ------
    ValueError
        If a size is not a whole number of at least 1, or ``dtype`` is neither float32 nor float64.
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
    num_samples = whole_number("num_samples", num_samples)
    seq_len = whole_number("seq_len", seq_len)
    check_dtype(dtype)
    rng = legacy_generator(rng)
    x = np.empty((seq_len, num_samples), dtype=dtype)
    for sample in range(num_samples):
        x[:, sample] = np.around(rng.rand(seq_len))
    return CountingDataset(x, y=x.sum(axis=0), s0=np.zeros(num_samples, dtype=dtype))
