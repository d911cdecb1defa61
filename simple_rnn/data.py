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

from simple_rnn._checks import check_rng, float_arrays

__all__ = ["CountingDataset", "make_counting_dataset"]


# eq=False: comparing arrays with == gives an array.
@dataclass(eq=False)
class CountingDataset:
    """Binary sequences, the number of ones in each, and the state to start from.

    A float32 or float64 ``x`` stays as it is; nested lists, integers and booleans become float32.
    ``y`` and ``s0`` get the dtype of ``x``, which is that of the computation.

    Parameters
    ----------
    x : ndarray of shape (seq_len, num_samples), float32 or float64
        The sequences, time-major. In the counting task each entry is 0 or 1; the network takes any
        finite numbers. Your own network may have several numbers per step: (seq_len, num_samples,
        n_inputs).
    y : ndarray of shape (num_samples,)
        The target of each sequence: the number of its ones. It may be several numbers,
        (num_samples, n_outputs), or there may be a target at every step, (seq_len, num_samples).
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
        zeros = np.zeros(np.shape(self.x)[1:2]) if self.s0 is None else self.s0
        x, y, s0 = float_arrays(x=self.x, y=self.y, s0=zeros)
        if x.ndim < 2 or 0 in x.shape:
            raise ValueError(
                f"x has shape {x.shape}; expected (seq_len, num_samples), both at least 1: a single"
                " sequence is a column, np.reshape(sequence, (-1, 1))"
            )
        self.x, self.y, self.s0 = x, y, s0
        num_samples = x.shape[1:2]
        y_fits = y.shape[:1] == num_samples or self.has_target_at_every_step
        for name, array, fits in (("y", y, y_fits), ("s0", s0, s0.shape == num_samples)):
            if not fits:
                raise ValueError(
                    f"{name} has shape {array.shape} where x has shape {x.shape}; expected one"
                    " entry per column of x. Time comes first: is it np.swapaxes(x, 0, 1)?"
                )
        # With as many steps as samples the shapes cannot tell which axis is time; the counts can.
        if np.array_equal(x.sum(axis=1), y) and not np.array_equal(x.sum(axis=0), y):
            raise ValueError(
                "y holds the sums of the rows of x; time runs down the columns: pass x.T"
            )

    @property
    def has_target_at_every_step(self) -> bool:
        """Whether ``y`` holds a target for each step, not only for each sequence."""
        return self.y.shape[:2] == self.x.shape[:2]

    def __repr__(self) -> str:
        """Return the sizes and the dtype, on one line."""
        return f"<CountingDataset: x {self.x.shape}, y {self.y.shape}, {self.x.dtype}>"


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
        If a size is 0.
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
    rng = check_rng(rng)
    x = np.empty((seq_len, num_samples), dtype=dtype)
    for sample in range(num_samples):
        x[:, sample] = np.around(rng.rand(seq_len))
    return CountingDataset(x, y=x.sum(axis=0))
