"""simple_rnn.data: the article's draws, and the shapes and dtypes of a dataset."""

import dataclasses

import numpy as np
import pytest

from simple_rnn import CountingDataset, make_counting_dataset


def test_the_article_s_draws_in_its_own_words():
    # The article's program, with its loop and with NumPy's global generator.
    np.random.seed(seed=1)
    num_samples, seq_len = 20, 10
    trX = np.zeros((num_samples, seq_len))
    for row_idx in range(num_samples):
        trX[row_idx, :] = np.around(np.random.rand(seq_len)).astype(int)
    trY = np.sum(trX, axis=1)
    next_draw = np.random.uniform(-0.1, 0.1, 1)

    np.random.seed(1)
    dataset = make_counting_dataset()

    np.testing.assert_array_equal(dataset.x, trX.T)
    np.testing.assert_array_equal(dataset.y, trY)
    np.testing.assert_array_equal(dataset.s0, np.zeros(20))
    assert np.random.uniform(-0.1, 0.1, 1) == next_draw


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_all_arrays_get_the_dtype_of_x(dtype):
    x = [[0, 1.0, 1], [True, False, True]]
    dataset = CountingDataset(x if dtype == "float32" else np.array(x, dtype), np.array([1, 1, 2]))
    assert [a.dtype for a in dataclasses.astuple(dataset)] == [dtype] * 3
    assert dataset.x.tolist() == x
    assert dataset.s0.tolist() == [0, 0, 0]


X = make_counting_dataset(rng=np.random.RandomState(1)).x
Y = X.sum(axis=0)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: CountingDataset(X.T, Y), "y has shape (20,) where x has shape (20, 10)"),
        (lambda: CountingDataset(X[:, :10].T, X[:, :10].sum(axis=0)), "pass x.T"),
        (lambda: CountingDataset(X, Y, [0.0]), "s0 has shape (1,)"),
        (lambda: CountingDataset(X[:, 0], Y), "np.reshape(sequence, (-1, 1))"),
        (lambda: CountingDataset(X, np.where(Y[3] == Y, np.nan, Y)), "y holds nan at "),
        (lambda: CountingDataset(X.astype(complex), Y), "expected real numbers"),
        (lambda: make_counting_dataset(rng=np.random.default_rng(1)), "np.random.RandomState(1)"),
    ],
)
def test_what_does_not_fit_is_named(make, said):
    with pytest.raises((TypeError, ValueError)) as info:
        make()
    assert said in str(info.value)
