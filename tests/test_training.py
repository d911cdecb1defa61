"""simple_rnn.training: the cost of each epoch, the report, your own network and optimizer."""

import sys

import aesara
import aesara.tensor as T
import numpy as np
import pytest
from aesara.tensor.random.utils import RandomStream
from conftest import run_python

from simple_rnn import (
    CountingDataset,
    GradientDescentOptimizer,
    Optimizer,
    RMSPropOptimizer,
    TrainingDiverged,
    article,
    compile_predict,
    compile_train_model,
    numpy_reference,
    parameter,
    simpleRNN,
    train,
)
from simple_rnn.optimizers import accumulator


def fresh(optimizer=RMSPropOptimizer, learning_rate=1e-3, net=None, **options):
    """The training of a network, a new one by default, on the article's data."""
    net = net or simpleRNN(10, 1, 1, rng=np.random.RandomState(2))
    data = article.dataset()
    return compile_train_model(net, optimizer(net.params, learning_rate), data, **options)


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


@pytest.mark.parametrize("sizes", [(1, 1), (1, 6), (6, 1)], ids=str)
def test_a_single_step_or_sample_is_trained(sizes):
    x = np.ones(sizes)
    net = simpleRNN(sizes[0], 1, 1, rng=np.random.RandomState(1), dtype="float64")
    dataset, optimizer = CountingDataset(x, y=x.sum(axis=0)), RMSPropOptimizer(net.params)
    history = train(compile_train_model(net, optimizer, dataset), 200, report=None)
    assert history.costs[-1] < history.costs[0]


def test_two_calls_have_the_numbers_of_one_and_a_restart_begins_anew():
    train_model = fresh()
    initial = train_model.net.weights
    parts = [train(train_model, n, report=None) for n in (25, 35)]
    train_model.net.weights = initial
    train_model.restart()
    whole = train(train_model, 60, report=None)
    assert np.concatenate([part.costs for part in parts]).tobytes() == whole.costs.tobytes()
    assert parts[1].weights.tobytes() == whole.weights[25:].tobytes()


CTRL_C = """
import os, signal
from simple_rnn import article, train
train_model = article.build(article.CONDITIONS["gd"])
epochs = []
def interrupt(line):
    epochs.append(line)
    if len(epochs) == 3:
        os.kill(os.getpid(), signal.SIGINT)
try:
    train(train_model, 2001, report_every=1, report=interrupt)
except KeyboardInterrupt:
    history = train_model.history
    print(len(history.costs), len(history.weights), history.final_weights.tolist()
          == list(train_model.net.weights))
"""


def test_ctrl_c_leaves_the_history_until_then():
    n_costs, n_weights, at_the_end = run_python("-c", CTRL_C).stdout.split()
    assert 2 <= int(n_costs) == int(n_weights) - 1 < 10
    assert at_the_end == "True"


def test_divergence_ends_the_run_and_keeps_the_history():
    train_model, lines = fresh(GradientDescentOptimizer, 1e-3), []
    with np.errstate(all="ignore"), pytest.raises(TrainingDiverged) as info:
        train(train_model, 2001, report_every=1, report=lines.append)
    diverged, history = info.value, info.value.history
    assert train_model.history is history
    assert diverged.epoch == len(history.costs) == len(history.weights) - 1
    assert np.isfinite(history.costs[:-1]).all()
    assert not np.isfinite(history.costs[-1])
    assert lines == history.lines(1)[:-2]


@pytest.mark.parametrize(
    ("loss", "said"),
    [
        # Finite, and its gradient infinite where w_x is 0.
        (lambda y_, y_hypo: T.square(y_ - T.sqrt(y_hypo)).sum(), "not finite at 5 of 5 epochs"),
        (lambda y_, y_hypo: T.neq(y_, T.round(y_hypo)).mean(), "no weight changed"),
    ],
)
def test_a_gradient_that_trains_nothing_is_told_at_the_end(loss, said):
    train_model = fresh(loss=loss)
    train_model.net.weights = (0, 0.5)
    for _ in range(2):  # each call tells of its own epochs
        with pytest.warns(RuntimeWarning, match=said):
            train(train_model, 5, report=None)


def test_the_trained_network_counts_in_sequences_of_any_length_and_number(histories, train_models):
    assert len(histories["rmsprop"].costs) == 2001  # trained
    predict = compile_predict(train_models["rmsprop"].net)
    sequence = [0, 1, 1, 0, 0, 0, 0, 1, 0, 0, 1, 1]
    assert predict(np.reshape(sequence, (-1, 1))) == pytest.approx([5], abs=0.02)
    assert predict([[1, 0, 0]]) == pytest.approx([1, 0, 0], abs=0.01)
    assert predict([[False], [True], [True]]) == pytest.approx([2], abs=0.02)


class TanhRNN(simpleRNN):
    """A network of two tanh units with a bias and three inputs, as a user would write it."""

    def __init__(self, n_outputs, dtype):
        rng = np.random.RandomState(1)
        self.W_x = parameter(rng.normal(0, 0.3, (3, 2)), "W_x", dtype)
        self.W_rec = parameter(rng.normal(0, 0.3, (2, 2)), "W_rec", dtype)
        self.b = parameter(np.zeros(2), "b", dtype)
        self.W_out = parameter(rng.normal(0, 0.3, (2, *n_outputs)), "W_out", dtype)
        self.params = [self.W_x, self.W_rec, self.b, self.W_out]

    def state_update(self, x_t, s0):
        h_t, _ = aesara.scan(
            lambda x, h: T.tanh(x @ self.W_x + h @ self.W_rec + self.b),
            sequences=x_t,
            outputs_info=T.zeros((x_t.shape[1], self.b.shape[0])),
        )
        return h_t @ self.W_out


def tanh_in_numpy(net):
    """The answer at every step, by a loop."""
    W_x, W_rec, b, W_out = (p.get_value() for p in net.params)
    h, answers = np.zeros((8, 2)), []
    for x_t in X:
        h = np.tanh(x_t @ W_x + h @ W_rec + b)
        answers.append(h @ W_out)
    return np.array(answers)


X = np.random.RandomState(0).rand(6, 8, 3)  # three numbers per step


@pytest.mark.parametrize(
    ("dtype", "n_outputs", "y"),
    [
        pytest.param("float32", (), X.sum(axis=(0, 2)), id="one target"),
        pytest.param("float64", (), np.cumsum(X.sum(axis=2), axis=0), id="one at every step"),
        pytest.param("float64", (3,), X.sum(axis=0), id="three"),
        pytest.param("float32", (3,), np.cumsum(X, axis=0), id="three at every step"),
    ],
)
def test_your_own_network_and_targets_of_each_shape(dtype, n_outputs, y):
    net, data, lines = TanhRNN(n_outputs, dtype), CountingDataset(X.astype(dtype), y), []
    train_model = compile_train_model(net, RMSPropOptimizer(net.params, 0.01), data)
    history = train(train_model, 100, report=lines.append)
    assert history.weights.shape == (101, len(net.weights))
    assert history.costs.dtype == history.weights.dtype == dtype
    assert history.costs[-1] < history.costs[0]
    assert lines == history.lines()
    assert lines[0].endswith("... (%d numbers)" % len(net.weights))
    answers = tanh_in_numpy(net)
    predict, all_answers = (compile_predict(net, 3, every_step=e) for e in (False, True))
    np.testing.assert_allclose(predict(X), answers[-1], rtol=1e-4)
    np.testing.assert_allclose(all_answers(X), answers, rtol=1e-4)
    with_target = answers if y.shape[:2] == X.shape[:2] else answers[-1]
    assert train_model()[0] == pytest.approx(np.square(with_target - y).sum(), rel=1e-4)


def test_the_data_is_copied():
    dataset, net = article.dataset(), simpleRNN(10, 1, 1, rng=np.random.RandomState(2))
    train_model = compile_train_model(net, RMSPropOptimizer(net.params, 1e-12), dataset)
    (before,) = train_model()
    dataset.x[:] = 0
    assert train_model()[0] == pytest.approx(before)


def test_a_loss_gets_targets_and_outputs_by_name():
    train_model = fresh(loss=lambda y_hypo, y_: (y_ - 2 * y_hypo).sum())
    train_model.net.weights = 0, 0
    assert train_model()[0] == article.dataset().y.sum()
    with pytest.raises(TypeError, match="unexpected keyword argument 'y_'"):
        fresh(loss=lambda output, target: T.square(output - target).sum())


class Bounded(simpleRNN):
    """The network with another step, as a user would write it: the state stays below 10."""

    def step(self, x_t, s_tm1, w_x, w_rec):
        return 10 * T.tanh(0.1 * (x_t * w_x + s_tm1 * w_rec))


def test_your_own_step_and_loss():
    net = Bounded(10, 1, 1, np.random.RandomState(1))
    train_model = fresh(
        RMSPropOptimizer, 0.01, net, loss=lambda y_, y_hypo: 0.1 * T.square(y_ - y_hypo).sum()
    )
    costs = train(train_model, 300, report=None).costs
    assert costs[-1] < costs[0] / 10
    assert costs.dtype == "float32"  # where Aesara's floatX, of the plain number 0.1, is float64
    assert compile_predict(net)(np.ones((30, 1))) < 10


class PlainAdam:
    """Adam (Kingma and Ba, 2015) in plain numbers, with accumulators of any type."""

    def __init__(self, params, learning_rate):
        self.params, self.learning_rate = params, learning_rate

    def minimize(self, loss):
        t = aesara.shared(0)
        updates = {t: t + 1}
        for p in self.params:
            g, (m, v) = aesara.grad(loss, p), (aesara.shared(np.zeros(1)) for _ in "mv")
            m_new, v_new = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
            m_hat, v_hat = m_new / (1 - 0.9 ** (t + 1)), v_new / (1 - 0.999 ** (t + 1))
            p_new = p - self.learning_rate * m_hat / (v_hat**0.5 + 1e-8)
            updates.update({m: m_new, v: v_new, p: p_new})
        return updates


def test_your_own_optimizer():
    history = train(fresh(PlainAdam, 0.01), 1500, report=None)
    assert history.costs[-1] < 1 < 500 < history.costs[0]
    assert history.weights.dtype == "float32"
    # The first step is the learning rate, whatever the gradient.
    np.testing.assert_allclose(abs(np.diff(history.weights[:2], axis=0)), 0.01, rtol=1e-4)


def test_a_shared_learning_rate_is_bit_for_bit_a_number_and_can_be_changed():
    rate = aesara.shared(0.1)
    whole = train(fresh(RMSPropOptimizer, 1e-3), 30, report=None)
    train_model = fresh(RMSPropOptimizer, rate)
    rate.set_value(1e-3)
    assert train(train_model, 30, report=None).costs.tobytes() == whole.costs.tobytes()


class Answering(simpleRNN):
    """The article's network with another answer."""

    def __init__(self, change):
        super().__init__(10, 1, 1, np.random.RandomState(1))
        self.change = change

    def state_update(self, x_t, s0):
        return self.change(super().state_update(x_t, s0))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda y_t: (y_t, {}), "scan returns two things: y_t, _ = aesara.scan"),
        (lambda y_t: y_t[:, :, np.newaxis], "expected (10, 20), one row per step"),
    ],
)
def test_a_network_that_does_not_fit_the_data_is_refused(change, said):
    with pytest.raises((TypeError, ValueError)) as info:
        fresh(net=Answering(change))
    assert said in str(info.value)


def test_a_shared_variable_that_is_not_trained_is_told():
    b, noise = aesara.shared(np.float32(1), name="b"), RandomStream(1)
    with pytest.warns(UserWarning, match=r"\[b\] is not in net.params"):
        fresh(net=Answering(lambda y_t: y_t * b * noise.normal(size=y_t.shape, dtype="float32")))


def test_a_network_without_an_axis_for_the_steps_is_refused():
    # The last sample would be taken for the last step.
    one_hot = CountingDataset(article.dataset().x, np.eye(3)[np.arange(20) % 3])
    net = Answering(lambda y_t: y_t.mean(axis=0)[:, np.newaxis] * np.ones(3, "float32"))
    with pytest.raises(ValueError, match=r"shape \(20, 3\) .*; expected \(10, 20, 3\)"):
        compile_train_model(net, RMSPropOptimizer(net.params), one_hot)
    with pytest.raises(TypeError, match="expected a symbolic matrix"):
        compile_predict(Answering(lambda y_t: y_t[-1]))


def test_an_error_in_your_own_network_names_its_line_and_has_a_hint():
    net = Answering(lambda y_t: y_t + T.ones(3, "float32"))
    with pytest.raises(ValueError, match="Shapes on dimension 1 do not match") as info:
        fresh(net=net)
    assert any("lambda y_t" in str(entry.statement) for entry in info.traceback)
    if sys.version_info >= (3, 11):
        assert "T.switch for if and np.where" in info.value.__notes__[0]


def test_random_numbers_in_a_step_are_refused():
    net = simpleRNN(10, 1, 1)
    net.step = lambda x_t, s, *w: s + RandomStream(1).normal(size=(20,), dtype="float32")
    with pytest.raises(ValueError, match="step draws random numbers"):
        fresh(net=net)


@pytest.mark.parametrize(
    ("minimize", "said"),
    [
        (lambda self, loss: None, "no update of [w_x, w_rec]"),
        (lambda self, loss: [(self.params[0], self.params[0] / 2)], "no update of [w_rec]"),
        (
            lambda self, loss: [(p, p - accumulator(p, "m")) for p in self.params],
            "; expected one of each accumulator",
        ),
        (
            lambda self, loss: [(p, p / 2) for p in self.params] + [(COUNTER, COUNTER + 0.5)],
            "the update of n is float64; expected int64",
        ),
    ],
)
def test_updates_that_are_missing_or_of_another_type_are_refused(minimize, said):
    optimizer = type("Own", (Optimizer,), {"minimize": minimize})
    with pytest.raises((TypeError, ValueError)) as info:
        fresh(optimizer)
    assert said in str(info.value)


COUNTER = aesara.shared(0, name="n")


def test_the_class_of_an_optimizer_is_refused():
    with pytest.raises(TypeError, match=r"expected an object: RMSPropOptimizer\(net.params\)"):
        compile_train_model(simpleRNN(10, 1, 1), RMSPropOptimizer, article.dataset())
