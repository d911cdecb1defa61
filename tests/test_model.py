import aesara
import aesara.tensor as at
import numpy as np
import pytest

from simple_rnn import compile_function, numpy_reference, simpleRNN


@pytest.fixture(scope="module", params=["float32", "float64"])
def network(request):
    """A network and its compiled states, cost and gradients, for any size."""
    dtype = request.param
    net = simpleRNN(10, 1, 1, rng=np.random.RandomState(0), dtype=dtype)
    x_t = at.matrix("x_t", dtype=dtype)
    y_ = at.vector("y_", dtype=dtype)
    s0 = at.vector("s0", dtype=dtype)
    y_t = net.state_update(x_t, s0)
    loss = ((y_ - y_t[-1]) ** 2).sum()
    outputs = [y_t, loss, *aesara.grad(loss, net.params)]
    return net, compile_function([x_t, y_, s0], outputs)


@pytest.mark.parametrize("seed", range(30))
def test_states_cost_and_gradients_are_those_of_numpy(network, seed):
    net, evaluate = network
    dtype = net.w_x.dtype
    rng = np.random.RandomState(seed)
    # Sizes of 1 are what trips over broadcasting: make sure that each occurs.
    seq_len, num_samples = ((1, 1), (1, 9), (9, 1))[seed] if seed < 3 else rng.randint(1, 15, 2)
    X = rng.randint(0, 2, (num_samples, seq_len)).astype(dtype)
    t = X.sum(axis=1)
    for param, weight in zip(net.params, rng.uniform(-1.2, 1.2, 2)):
        param.set_value(np.array([weight], dtype=dtype))
    wx, wRec = (float(weight) for weight in net.weights)

    y_t, loss, wx_grad, wRec_grad = evaluate(X.T, t, np.zeros(num_samples, dtype=dtype))

    S = numpy_reference.forward_states(X, wx, wRec)
    grad_out = numpy_reference.output_gradient(S[:, -1], t)
    gradients, _ = numpy_reference.backward_gradient(X, S, grad_out, wRec)
    tolerance = {"float32": 2e-5, "float64": 1e-12}[dtype]
    np.testing.assert_allclose(y_t.T, S[:, 1:], rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(loss, numpy_reference.cost(S[:, -1], t), rtol=tolerance)
    scale = np.abs(gradients).max() + 1
    np.testing.assert_allclose(
        np.ravel([wx_grad, wRec_grad]) / scale, gradients / scale, atol=tolerance
    )
    assert {a.dtype.name for a in (y_t, loss, wx_grad, wRec_grad)} == {dtype}


def test_the_state_starts_at_s0(network):
    net, evaluate = network
    net.w_x.set_value(np.array([1], dtype=net.w_x.dtype))
    net.w_rec.set_value(np.array([0.5], dtype=net.w_x.dtype))
    x = np.zeros((3, 2), dtype=net.w_x.dtype)
    y_t, *_ = evaluate(x, x[0], np.array([8, -4], dtype=net.w_x.dtype))
    np.testing.assert_array_equal(y_t, [[4, -2], [2, -1], [1, -0.5]])


def test_the_weights_are_brought_to_the_dtype_of_x_t():
    net = simpleRNN(3, 1, 1, rng=np.random.RandomState(0))
    y_t = net.state_update(at.matrix(dtype="float64"), at.vector(dtype="float32"))
    assert (net.w_x.dtype, y_t.dtype) == ("float32", "float64")


def test_initial_weights_are_the_article_s():
    rng = np.random.RandomState(1)
    rng.rand(20, 10)  # the data comes first; the stream is the same as that of twenty rand(10)
    net = simpleRNN(10, 1, 1, rng=rng)
    assert net.len == 10
    assert ["%.7f" % weight for weight in net.weights] == ["0.0900352", "0.0113306"]


def test_without_rng_the_global_generator_is_used():
    np.random.seed(5)
    net = simpleRNN(10, 1, 1)
    assert net.weights == simpleRNN(10, 1, 1, rng=np.random.RandomState(5)).weights


@pytest.mark.parametrize("floatX", ["float32", "float64"])
def test_the_dtype_of_the_weights_does_not_depend_on_floatx(floatX):
    with aesara.config.change_flags(floatX=floatX):
        net = simpleRNN(10, 1, 1)
    assert {param.dtype for param in net.params} == {"float32"}
    assert {param.get_value().shape for param in net.params} == {(1,)}


def test_a_state_of_one_sample_with_a_known_length():
    net = simpleRNN(3, 1, 1, rng=np.random.RandomState(0))
    x_t = at.matrix("x_t", dtype="float32")
    y_t = net.state_update(x_t, np.zeros(1, dtype=np.float32))
    w_x, w_rec = (float(weight) for weight in net.weights)
    states = compile_function([x_t], y_t)(np.ones((2, 1), dtype=np.float32))
    np.testing.assert_allclose(states, [[w_x], [w_x + w_x * w_rec]], rtol=1e-6)
