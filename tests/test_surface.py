"""simple_rnn.surface: the cost over the two weights."""

import aesara.tensor as T
import numpy as np
import pytest

from simple_rnn import (
    CountingDataset,
    article,
    compile_cost,
    compile_predict,
    numpy_reference,
    plot_cost,
    simpleRNN,
)

DATASET = article.dataset()


@pytest.fixture(scope="module")
def cost():
    return compile_cost(DATASET)


def in_numpy(w_x, w_rec):
    states = numpy_reference.forward_states(DATASET.x.T.astype(float), w_x, w_rec)
    return numpy_reference.cost(states[:, -1], DATASET.y.astype(float))


def test_each_with_each_is_numpy_s_loop_over_the_pairs(cost):
    # More pairs than are computed at once, and no multiple of that number.
    w_x, w_rec = np.linspace(-1, 2, 61), np.linspace(-1, 1.5, 51)
    costs = cost(w_x, w_rec[:, np.newaxis])
    expected = [[in_numpy(wx, wRec) for wx in w_x] for wRec in w_rec]
    np.testing.assert_allclose(costs, expected, rtol=1e-12, atol=1e-12)
    assert (costs.shape, costs.dtype) == ((51, 61), "float64")
    assert costs[40, 40] == 0  # both weights 1


def test_the_states_start_at_s0():
    # (1 * 2 + 3 * 10)^2 + (4 * 10)^2
    dataset = CountingDataset(x=[[1.0, 0.0]], y=[0.0, 0.0], s0=[3.0, 4.0])
    assert compile_cost(dataset)(2, 10) == 32**2 + 40**2


def test_the_surface_with_the_paths_of_histories(cost, histories):
    ax = pytest.importorskip("matplotlib.figure").Figure().subplots()
    assert plot_cost(DATASET, {"RMSProp": histories["rmsprop"]}, limits=(-1, 2), ax=ax) is ax
    w = np.linspace(-1, 2, 111)
    np.testing.assert_array_equal(ax.collections[0].get_array(), cost(w, w[:, np.newaxis]))
    optimum, path, _ = ax.lines
    np.testing.assert_array_equal(path.get_xydata(), histories["rmsprop"].weights)
    assert (optimum.get_label(), path.get_label()) == ("optimum (1, 1)", "RMSProp")


class Bounded(simpleRNN):
    """A network with another step."""

    def step(self, x_t, s_tm1, w_x, w_rec):
        return T.tanh(x_t * w_x + s_tm1 * w_rec)


def test_the_surface_of_another_step():
    net = Bounded(10, 1, 1)
    net.weights = 0.5, -0.25
    expected = np.square(compile_predict(net)(DATASET.x) - DATASET.y).sum()
    assert compile_cost(DATASET, net)(*net.weights) == pytest.approx(expected, rel=1e-5)
    ax = pytest.importorskip("matplotlib.figure").Figure().subplots()
    plot_cost(DATASET, net=net, ax=ax)
    assert len(ax.lines) == 0  # the optimum is somewhere else


class Doubled(simpleRNN):
    """A network with another answer."""

    def state_update(self, x_t, s0):
        return 2 * super().state_update(x_t, s0)


def test_what_has_no_surface_over_two_weights_is_refused():
    with pytest.raises(TypeError, match="expected one whose state_update is that of simpleRNN"):
        compile_cost(DATASET, Doubled(10, 1, 1))
    with pytest.raises(ValueError, match="expected one target for each sequence"):
        compile_cost(CountingDataset(DATASET.x, np.cumsum(DATASET.x, axis=0)))
