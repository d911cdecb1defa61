import numpy as np
import pytest

from simple_rnn import numpy_reference as reference


def test_states_by_hand():
    X = np.array([[1.0, 0.0, 1.0]])
    # 1*2 = 2;  0*2 + 2*3 = 6;  1*2 + 6*3 = 20
    np.testing.assert_array_equal(reference.forward_states(X, wx=2, wRec=3), [[0, 2, 6, 20]])


@pytest.mark.parametrize("weights", [(1.2, 1.2), (0.09, 0.01), (-0.5, 0.7), (1, 0), (0, -1)])
def test_gradients_are_those_of_central_differences(weights):
    rng = np.random.RandomState(4)
    X = np.around(rng.rand(20, 10))
    t = X.sum(axis=1)

    def cost(wx, wRec):
        return reference.cost(reference.forward_states(X, wx, wRec)[:, -1], t)

    wx, wRec = weights
    S = reference.forward_states(X, wx, wRec)
    grad_out = reference.output_gradient(S[:, -1], t)
    gradients, grad_over_time = reference.backward_gradient(X, S, grad_out, wRec)

    step = 1e-5
    numerical = [
        (cost(wx + step, wRec) - cost(wx - step, wRec)) / (2 * step),
        (cost(wx, wRec + step) - cost(wx, wRec - step)) / (2 * step),
    ]
    np.testing.assert_allclose(gradients, numerical, rtol=1e-6, atol=1e-6)
    # The gradient reaches step k multiplied by wRec once for each step on the way.
    powers = float(wRec) ** np.arange(10, -1, -1)
    np.testing.assert_allclose(grad_over_time, grad_out[:, np.newaxis] * powers)
