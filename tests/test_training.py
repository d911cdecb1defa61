"""simple_rnn.training: the cost of each epoch, the report, the answers of a trained network."""

import aesara
import aesara.tensor as at
import numpy as np
import pytest

from simple_rnn import (
    CountingDataset,
    GradientDescentOptimizer,
    Optimizer,
    RMSPropOptimizer,
    RpropOptimizer,
    TrainingDiverged,
    article,
    compile_predict,
    compile_train_model,
    numpy_reference,
    parameter,
    simpleRNN,
    train,
)
from simple_rnn.optimizers import constant_like


def fresh(optimizer=RMSPropOptimizer, learning_rate=1e-3):
    """The article's data, and the training of a new network on it."""
    dataset = article.dataset()
    net = simpleRNN(10, 1, 1, rng=np.random.RandomState(2))
    return dataset, compile_train_model(net, optimizer(net.params, learning_rate), dataset)


def cost_in_numpy(x, y, weights):
    states = numpy_reference.forward_states(x.T.astype(float), *map(float, weights))
    return numpy_reference.cost(states[:, -1], y.astype(float))


@pytest.mark.parametrize(("name", "share"), [("gd", 1), ("rmsprop", 1), ("rprop", 1 / 20)])
def test_each_cost_is_the_cost_at_the_weights_before_the_update(histories, name, share):
    history, condition = histories[name], article.CONDITIONS[name]
    x, y = article.dataset().x, article.dataset().y
    expected = [share * cost_in_numpy(x, y, weights) for weights in history.weights[:-1]]
    assert history.weights.shape == (condition.n_epochs + 1, 2)
    assert history.costs.dtype == history.weights.dtype == condition.dtype
    np.testing.assert_allclose(history.costs, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("optimizer", [GradientDescentOptimizer, RMSPropOptimizer])
@pytest.mark.parametrize(
    ("sizes", "dtype"),
    [((1, 1), "float32"), ((1, 6), "float32"), ((6, 1), "float32"), ((5, 4), "float64")],
    ids=str,
)
def test_every_size_and_dtype_learns(optimizer, sizes, dtype):
    x = np.ones(sizes, dtype=dtype)
    dataset = CountingDataset(x, y=x.sum(axis=0), s0=np.zeros_like(x[0]))
    net = simpleRNN(sizes[0], 1, 1, rng=np.random.RandomState(1), dtype=dtype)
    initial = net.weights
    train_model = compile_train_model(net, optimizer(net.params, 1e-3), dataset)
    history = train(train_model, 200, report=None)
    assert history.costs[0] == pytest.approx(cost_in_numpy(x, dataset.y, initial), rel=1e-5)
    assert history.costs[-1] < history.costs[0]
    assert history.costs.dtype == history.weights.dtype == dtype


def test_float32_weights_learn_from_float64_data():
    net = simpleRNN(10, 1, 1, rng=np.random.RandomState(0))
    optimizer = RMSPropOptimizer(net.params, 1e-3)
    train_model = compile_train_model(net, optimizer, article.dataset("float64"))
    history = train(train_model, 50, report=None)
    assert (history.costs.dtype, history.weights.dtype) == ("float64", "float32")
    assert history.costs[-1] < history.costs[0]


def test_the_report_is_the_history_s_lines(capsys):
    _, train_model = fresh()
    history = train(train_model, 7, report_every=3)
    printed = capsys.readouterr().out.splitlines()
    assert printed == history.lines(report_every=3)
    assert len(printed) == 4
    assert train_model.history is history


def equal(one, other):
    """Whether two runs are the same, to the bit."""
    return all(
        getattr(one, name).dtype == getattr(other, name).dtype
        and np.array_equal(getattr(one, name), getattr(other, name))
        for name in ("costs", "weights")
    )


def test_training_goes_on_where_it_stopped():
    whole = train(fresh()[1], 60, report=None)
    _, train_model = fresh()
    first = train(train_model, 25, report=None)
    lines = []
    both = train(train_model, 35, report_every=30, report=lines.append)
    assert train_model.history is both
    assert equal(both, whole)
    assert 0 < first.seconds < both.seconds < 60
    initial, *costs, final = whole.lines(report_every=30)
    weights = "Weights        : wx = %8.4f, wRec = %8.4f" % tuple(first.final_weights)
    assert lines == [weights, *costs, final]
    assert len(weights) == len(initial)


def test_from_other_weights_a_new_run_begins():
    _, train_model = fresh()
    train(train_model, 3, report=None)
    train_model()
    assert len(train(train_model, 2, report=None).costs) == 2
    train_model.net.weights = initial = (0.5, 0.25)
    lines = []
    history = train(train_model, 2, report=lines.append)
    assert (len(history.costs), tuple(history.initial_weights)) == (2, initial)
    assert lines == history.lines()


def test_a_new_run_is_that_of_a_new_train_model():
    _, train_model = fresh()
    initial = train_model.net.weights
    first = train(train_model, 30, report=None)
    # The optimizer starts anew, too: its accumulators hold nothing of the run before.
    train_model.net.weights = initial
    assert equal(train(train_model, 30, report=None), first)


def test_a_new_run_after_a_divergence_has_finite_accumulators():
    rate = aesara.shared(1e-2)
    _, train_model = fresh(MomentumOptimizer, rate)
    initial = train_model.net.weights
    with pytest.raises(TrainingDiverged):
        train(train_model, 2001, report=None)
    rate.set_value(1e-6)
    train_model.net.weights = initial
    history = train(train_model, 10, report=None)
    assert equal(history, train(fresh(MomentumOptimizer, 1e-6)[1], 10, report=None))


def test_the_data_is_copied():
    dataset, train_model = fresh(GradientDescentOptimizer, 1e-12)
    (before,) = train_model()
    dataset.x[:] = 0
    (after,) = train_model()
    assert after == pytest.approx(before)


def test_divergence_ends_the_run_and_keeps_the_history():
    dataset, train_model = fresh(GradientDescentOptimizer, 1e-3)
    lines = []
    with pytest.raises(TrainingDiverged) as info:
        train(train_model, 2001, report_every=1, report=lines.append)
    diverged, history = info.value, info.value.history
    assert train_model.history is history
    assert diverged.epoch == len(history.costs) == len(history.weights) - 1
    assert np.isfinite(history.costs[:-1]).all()
    assert not np.isfinite(history.costs[-1])
    assert lines == history.lines(1)[:-2]
    # The last finite cost is the one that these weights have.
    expected = cost_in_numpy(dataset.x, dataset.y, diverged.last_finite_weights)
    assert diverged.last_finite_cost == pytest.approx(expected, rel=1e-4)


def test_divergence_counts_from_the_beginning_of_the_run_and_ends_it():
    _, train_model = fresh(RMSPropOptimizer, 1e10)
    train(train_model, 1, report=None)
    for epoch in (2, 1):
        with pytest.raises(TrainingDiverged) as info:
            train(train_model, 2001, report=None)
        assert info.value.epoch == epoch
        assert np.isfinite(info.value.history.weights).all()


def test_the_trained_network_counts_in_sequences_of_any_length_and_number(histories, train_models):
    assert len(histories["rmsprop"].costs) == 2001  # trained
    predict = compile_predict(train_models["rmsprop"].net)
    sequence = [0, 1, 1, 0, 0, 0, 0, 1, 0, 0, 1, 1]
    assert predict(np.reshape(sequence, (-1, 1))) == pytest.approx([5], abs=0.02)
    assert predict([[1, 0, 0]]) == pytest.approx([1, 0, 0], abs=0.01)
    assert predict([[False], [True], [True]]) == pytest.approx([2], abs=0.02)


class TanhRNN(simpleRNN):
    """A network of several tanh units with a bias, as a user would write it."""

    def __init__(self, n_units, dtype="float32"):
        rng = np.random.RandomState(1)
        self.W_x = parameter(rng.normal(0, 0.3, n_units), "W_x", dtype)
        self.W_rec = parameter(rng.normal(0, 0.3, (n_units, n_units)), "W_rec", dtype)
        self.b = parameter(np.zeros(n_units), "b", dtype)
        self.W_out = parameter(rng.normal(0, 0.3, n_units), "W_out", dtype)
        self.params = [self.W_x, self.W_rec, self.b, self.W_out]

    def state_update(self, x_t, s0):
        h_t, _ = aesara.scan(
            lambda x, h: at.tanh(at.outer(x, self.W_x) + h @ self.W_rec + self.b),
            sequences=x_t,
            outputs_info=at.zeros((x_t.shape[1], self.b.shape[0]), x_t.dtype),
        )
        return h_t @ self.W_out


@pytest.mark.parametrize(("n_units", "dtype"), [(1, "float32"), (3, "float64")])
def test_a_network_of_one_s_own(n_units, dtype):
    net, data = TanhRNN(n_units, dtype), article.dataset(dtype)
    initial, n_weights = net.weights, n_units * (n_units + 3)
    assert repr(net).startswith("<TanhRNN: W_x")
    train_model = compile_train_model(net, RMSPropOptimizer(net.params, 0.01), data)
    lines = []
    history = train(train_model, 300, report=lines.append)
    assert history.weights.shape == (301, n_weights)
    assert history.costs.dtype == history.weights.dtype == dtype
    assert history.costs[-1] < history.costs[0] / 10
    first = ", ".join("%.4f" % weight for weight in initial[:4])
    more = "" if n_weights == 4 else f", ... ({n_weights} numbers)"
    assert lines[0] == f"Initial weights: {first}{more}"
    # The cost is that of a loop in NumPy.
    W_x, W_rec, b, W_out = (p.get_value().astype(float) for p in net.params)
    h = np.zeros((data.x.shape[1], n_units))
    for row in data.x.astype(float):
        h = np.tanh(np.outer(row, W_x) + h @ W_rec + b)
    np.testing.assert_allclose(compile_predict(net)(data.x), h @ W_out, rtol=1e-4)
    assert train_model()[0] == pytest.approx(np.sum((h @ W_out - data.y) ** 2), rel=1e-4)
    # From the same weights again, all of them.
    net.weights = initial
    assert equal(train(train_model, 300, report=None), history)
    net.b.set_value(net.b.get_value() + 1)
    assert len(train(train_model, 1, report=None).costs) == 1


class Bounded(simpleRNN):
    """The network with another step, as a user would write it: the state stays below 10."""

    def forward(self):
        """Do what has nothing to do with the training."""

    def step(self, x_t, s_tm1, w_x, w_rec):
        return 10 * at.tanh(0.1 * (x_t * w_x + s_tm1 * w_rec))


def test_a_step_of_one_s_own():
    net, data = Bounded(10, 1, 1, np.random.RandomState(1)), article.dataset()
    train_model = compile_train_model(net, RMSPropOptimizer(net.params, 0.01), data)
    costs = train(train_model, 300, report=None).costs
    assert costs[-1] < costs[0] / 10
    assert costs.dtype == "float32"  # where Aesara's floatX, of the plain number 0.1, is float64
    # The answers are those of a loop in NumPy.
    w_x, w_rec = net.weights
    s = np.zeros(20)
    for row in data.x:
        s = 10 * np.tanh((row * w_x + s * w_rec) / 10)
    np.testing.assert_allclose(compile_predict(net)(data.x), s, rtol=1e-5)


def test_a_parameter_that_is_not_in_params():
    net, data = TanhRNN(3, "float32"), article.dataset()
    net.params.remove(net.b)
    for compiled in (
        lambda: compile_train_model(net, RMSPropOptimizer(net.params), data),
        lambda: compile_predict(net),
    ):
        with pytest.raises(
            ValueError, match=r"net.params is \[W_x, .*\]; expected b in it too, before an"
        ):
            compiled()
    # One that is in params and not in the optimizer's stays as it is.
    net.params.append(net.b)
    before = net.b.get_value()
    optimizer = RMSPropOptimizer(net.params[:-1], 0.01)
    costs = train(compile_train_model(net, optimizer, data), 3, report=None).costs
    assert costs[-1] < costs[0]
    np.testing.assert_array_equal(net.b.get_value(), before)


class MomentumOptimizer(Optimizer):
    """A third optimizer, as a user would write it."""

    def minimize(self, loss):
        updates = []
        for p, g in zip(self.params, self.gradients(loss)):
            velocity = aesara.shared(np.zeros_like(p.get_value()), shape=p.type.shape)
            new = constant_like(p, 0.9) * velocity - constant_like(p, self.learning_rate) * g
            updates += [(velocity, new), (p, p + new)]
        return updates


def test_a_third_optimizer_is_a_few_lines():
    net = simpleRNN(10, 1, 1, rng=np.random.RandomState(1))
    optimizer = MomentumOptimizer(net.params, learning_rate=1e-6)
    history = train(compile_train_model(net, optimizer, article.dataset()), 2001, report=None)
    assert history.costs[-1] < 1 < 500 < history.costs[0]
    assert compile_predict(net)([[1], [0], [1]]) == pytest.approx(2, abs=0.2)


class PlainDescent:
    """Gradient descent in plain numbers, whose product with a float32 is a float64."""

    def __init__(self, params):
        self.params = params

    def minimize(self, loss):
        return {p: p - 1e-5 * aesara.grad(loss, p) for p in self.params}


class PlainAdam(Optimizer):
    """Adam (Kingma and Ba, 2015) as it is usually written, with accumulators of any type."""

    def minimize(self, loss):
        t = aesara.shared(0)
        updates = [(t, t + 1)]
        for p in self.params:
            g, (m, v) = aesara.grad(loss, p), (aesara.shared(np.zeros(1)) for _ in "mv")
            m_new, v_new = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
            m_hat, v_hat = m_new / (1 - 0.9 ** (t + 1)), v_new / (1 - 0.999 ** (t + 1))
            p_new = p - self.learning_rate * m_hat / (v_hat**0.5 + 1e-8)
            updates += [(m, m_new), (v, v_new), (p, p_new)]
        return updates


@pytest.mark.parametrize("floatX", ["float32", "float64"])
def test_an_optimizer_in_plain_numbers(floatX):
    dataset, net = article.dataset(), simpleRNN(10, 1, 1, rng=np.random.RandomState(1))
    initial = net.weights
    with aesara.config.change_flags(floatX=floatX):
        train_model = compile_train_model(net, PlainDescent(net.params), dataset)
        own = compile_train_model(net, GradientDescentOptimizer(net.params), dataset)
        adam = compile_train_model(net, PlainAdam(net.params, 0.01), dataset)
    plain = train(train_model, 100, report=None)
    net.weights = initial
    np.testing.assert_allclose(plain.costs, train(own, 100, report=None).costs, rtol=1e-5)
    net.weights = initial
    history = train(adam, 1000, report=None)
    assert plain.weights.dtype == history.weights.dtype == "float32"
    # Its first step is the learning rate, whatever the gradient.
    assert np.abs(history.weights[1] - history.weights[0]) == pytest.approx([0.01, 0.01], rel=1e-4)
    assert history.costs[-1] < 1e-3


@pytest.mark.parametrize("optimizer", [GradientDescentOptimizer, RMSPropOptimizer, RpropOptimizer])
def test_a_shared_learning_rate_is_to_the_bit_a_number_and_can_be_changed(optimizer):
    rate = aesara.shared(0.001)
    whole = train(fresh(optimizer, 1e-5)[1], 30, report=None)
    _, train_model = fresh(optimizer, rate)
    rate.set_value(1e-5)
    assert equal(train(train_model, 30, report=None), whole)


def test_its_pieces_say_on_one_line_what_they_are():
    dataset, train_model = fresh(GradientDescentOptimizer, 1e-5)
    train_model.net.weights = (0.5, 1)
    net = "<simpleRNN: w_x = 0.5, w_rec = 1>"
    assert repr(train_model) == f"<TrainModel: {net}, 0 epochs so far>"
    history = train(train_model, 3, report=None)
    assert repr(history) == "<History: 3 epochs, cost from %.6g to %.6g>" % (
        history.costs[0],
        history.costs[2],
    )
    assert repr(train_model).endswith(", 3 epochs so far>")
    assert repr(dataset) == "<CountingDataset: 20 sequences of 10 steps, float32>"
    optimizer = GradientDescentOptimizer(train_model.net.params)
    assert repr(optimizer) == (
        "<GradientDescentOptimizer: params = [w_x, w_rec], learning_rate = 1e-05>"
    )
