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


@pytest.mark.parametrize("size", [0, -1, 2.5, "3", None])
@pytest.mark.parametrize("name", ["num_samples", "seq_len"])
def test_a_bad_size_is_named(name, size):
    with pytest.raises(ValueError, match=f"{name} is {size!r}; expected a whole number"):
        make_counting_dataset(**{name: size})


def test_a_dataset_that_is_not_time_major_is_refused():
    rows = np.zeros((20, 10), dtype=np.float32)
    with pytest.raises(ValueError, match=r"y has shape \(20,\).*pass x\.T"):
        CountingDataset(x=rows, y=np.zeros(20), s0=np.zeros(20))


def test_another_kind_of_generator_is_refused():
    with pytest.raises(TypeError, match=r"rng is .*expected a numpy\.random\.RandomState"):
        make_counting_dataset(rng=np.random.default_rng(1))
