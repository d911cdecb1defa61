"""simple_rnn.data: the article's draws, and the shapes and dtypes of a dataset."""

import dataclasses

import numpy as np
import pytest

from simple_rnn import CountingDataset, make_counting_dataset


def test_the_article_s_draws_in_its_own_words():
    # The article's program, with its loop.
    np.random.seed(seed=1)
    num_samples, seq_len = 20, 10
    trX = np.zeros((num_samples, seq_len))
    for row_idx in range(num_samples):
        trX[row_idx, :] = np.around(np.random.rand(seq_len)).astype(int)
    trY = np.sum(trX, axis=1)
    next_draw = np.random.uniform(-0.1, 0.1, 1)

    rng = np.random.RandomState(1)
    dataset = make_counting_dataset(rng=rng)

    np.testing.assert_array_equal(dataset.x, trX.T)
    np.testing.assert_array_equal(dataset.y, trY)
    np.testing.assert_array_equal(dataset.s0, np.zeros(20))
    assert rng.uniform(-0.1, 0.1, 1) == next_draw


def test_without_rng_the_global_generator_is_used():
    np.random.seed(1)
    dataset = make_counting_dataset()
    expected = make_counting_dataset(rng=np.random.RandomState(1))
    np.testing.assert_array_equal(dataset.x, expected.x)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("num_samples", "seq_len"), [(1, 1), (1, 7), (7, 1), (7, 5)])
def test_time_major_and_counted(num_samples, seq_len, dtype):
    rng = np.random.RandomState(2)
    dataset = make_counting_dataset(num_samples, seq_len, rng, dtype)
    assert dataset.x.shape == (seq_len, num_samples)
    assert dataset.y.shape == dataset.s0.shape == (num_samples,)
    assert {a.dtype for a in dataclasses.astuple(dataset)} == {np.dtype(dtype)}
    assert set(np.unique(dataset.x)) <= {0, 1}
    np.testing.assert_array_equal(dataset.y, dataset.x.sum(axis=0))


def test_lists_integers_and_booleans_become_float32_and_the_rest_follows_x():
    dataset = CountingDataset([[0, 1, 1], [True, False, True]], np.array([1, 1, 2]), np.zeros(3))
    assert [a.dtype for a in dataclasses.astuple(dataset)] == ["float32"] * 3
    np.testing.assert_array_equal(dataset.x, [[0, 1, 1], [1, 0, 1]])


def test_without_s0_the_states_start_at_zero():
    dataset = CountingDataset(np.array([[0.0, 1], [1, 1]]), [1, 2])
    assert [a.dtype for a in dataclasses.astuple(dataset)] == ["float64"] * 3
    assert dataset.s0.tolist() == [0, 0]


def test_data_that_is_not_of_the_counting_task():
    # Neither binary sequences nor counts, and as many steps as samples.
    CountingDataset([[0.5, -1], [1, 3]], y=[7, 8], s0=[1, 2])
    # The sums of the rows are those of the columns.
    CountingDataset([[0, 1], [1, 1]], y=[1, 2], s0=[0, 0])


X = make_counting_dataset(rng=np.random.RandomState(1)).x
Y = X.sum(axis=0)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: CountingDataset(X.T, Y), "y has shape (20,) where x has shape (20, 10)"),
        (lambda: CountingDataset(X[:, :10].T, X[:, :10].sum(axis=0)), "pass x.T"),
        (lambda: CountingDataset(X, Y[1:]), "expected one entry per column of x"),
        (lambda: CountingDataset(X, Y[np.newaxis]), "y has shape (1, 20)"),
        (lambda: CountingDataset(X, Y, [0.0]), "s0 has shape (1,)"),
        (lambda: CountingDataset(X[:, 0], Y), "np.reshape(sequence, (-1, 1))"),
        (lambda: CountingDataset(X[:0], Y), "x has shape (0, 20)"),
        (lambda: CountingDataset(X, np.where(Y[3] == Y, np.nan, Y)), "y holds nan at "),
        (lambda: CountingDataset(X.astype(complex), Y), "expected real numbers"),
        (lambda: make_counting_dataset(rng=np.random.default_rng(1)), "np.random.RandomState(1)"),
    ],
)
def test_what_does_not_fit_is_named(make, said):
    with pytest.raises((TypeError, ValueError)) as info:
        make()
    assert said in str(info.value)
