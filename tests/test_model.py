"""simple_rnn.model: the initial weights, and the states over time."""

import aesara.tensor as T
import numpy as np
import pytest

from simple_rnn import compile_function, simpleRNN


def test_the_states_start_at_s0():
    net = simpleRNN(3, 1, 1)
    net.weights = (1, 0.5)
    x_t, s0 = T.fmatrix("x_t"), T.fvector("s0")
    x = np.array([[0, 0], [0, 1], [0, 0]], dtype=np.float32)
    states = compile_function([x_t, s0], net.state_update(x_t, s0))(x, np.float32([8, -4]))
    np.testing.assert_array_equal(states, [[4, -2], [2, 0], [1, 0]])


def test_initial_weights_are_the_article_s():
    np.random.seed(1)
    np.random.rand(20, 10)  # the data comes first; the stream is that of twenty rand(10)
    net = simpleRNN(10, 1, 1)
    assert net.params == [net.w_x, net.w_rec]
    assert ["%.7f" % weight for weight in net.weights] == ["0.0900352", "0.0113306"]


def test_dtypes():
    net = simpleRNN(10, 1, 1)
    assert {param.dtype for param in net.params} == {"float32"}
    # The weights are brought to the dtype of x_t.
    assert net.state_update(T.dmatrix(), T.dvector()).dtype == "float64"
    with pytest.raises(TypeError, match="x_t is int32; expected float32 or float64"):
        net.state_update(T.imatrix(), T.ivector())


def test_the_weights_are_saved_and_set(tmp_path):
    net, other = (simpleRNN(10, 1, 1, rng=np.random.RandomState(seed)) for seed in (1, 2))
    np.save(tmp_path / "weights.npy", net.weights)
    other.weights = np.load(tmp_path / "weights.npy")
    assert other.weights == net.weights
    assert other.w_x.dtype == "float32"
    with pytest.raises(ValueError, match=r"weights has shape \(3,\); expected \(2,\)"):
        net.weights = 1, 1, 1


def test_more_than_one_weight_of_a_kind_is_refused():
    with pytest.raises(ValueError, match="nx is 8, nrec 1; expected 1"):
        simpleRNN(10, 8, 1)
