import dataclasses

import numpy as np
import pytest

from simple_rnn import make_counting_dataset


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
    dataset = make_counting_dataset(num_samples, seq_len, rng=rng)

    np.testing.assert_array_equal(dataset.x, trX.T)
    np.testing.assert_array_equal(dataset.y, trY)
    np.testing.assert_array_equal(dataset.s0, np.zeros(20))
    assert rng.uniform(-0.1, 0.1, 1) == next_draw


def test_without_rng_the_global_generator_is_used():
    np.random.seed(1)
    dataset = make_counting_dataset()
    expected = make_counting_dataset(rng=np.random.RandomState(1))
    np.testing.assert_array_equal(dataset.x, expected.x)


@pytest.mark.parametrize(("num_samples", "seq_len"), [(1, 1), (1, 7), (7, 1), (20, 10)])
def test_time_major_float32_and_counted(num_samples, seq_len):
    dataset = make_counting_dataset(num_samples, seq_len, rng=np.random.RandomState(2))
    assert dataset.x.shape == (seq_len, num_samples)
    assert dataset.y.shape == dataset.s0.shape == (num_samples,)
    assert {a.dtype for a in dataclasses.astuple(dataset)} == {np.dtype("float32")}
    assert set(np.unique(dataset.x)) <= {0, 1}
    np.testing.assert_array_equal(dataset.y, dataset.x.sum(axis=0))
