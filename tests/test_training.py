import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pytest

from simple_rnn import (
    CountingDataset,
    GradientDescentOptimizer,
    History,
    RMSPropOptimizer,
    TrainingDiverged,
    compile_predict,
    compile_train_model,
    make_counting_dataset,
    numpy_reference,
    simpleRNN,
    train,
)
from simple_rnn.training import initial_line


def fresh(optimizer=GradientDescentOptimizer, learning_rate=1e-5):
    """The article's data and the training of a new network on it."""
    rng = np.random.RandomState(1)
    data = make_counting_dataset(rng=rng)
    net = simpleRNN(10, 1, 1, rng=rng)
    return data, compile_train_model(net, optimizer(net.params, learning_rate), data)


@pytest.mark.parametrize("name", ["gd", "rmsprop"])
def test_each_cost_is_the_cost_at_the_weights_before_the_update(histories, name):
    history = histories[name]
    X = make_counting_dataset(rng=np.random.RandomState(1)).x.T
    expected = [
        numpy_reference.cost(numpy_reference.forward_states(X, *pair)[:, -1], X.sum(axis=1))
        for pair in history.weights[:-1].astype(float)
    ]
    assert history.weights.shape == (2002, 2)
    assert history.costs.dtype == history.weights.dtype == np.float32
    np.testing.assert_allclose(history.costs, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("optimizer", [GradientDescentOptimizer, RMSPropOptimizer])
@pytest.mark.parametrize(
    ("sizes", "dtype"),
    [
        ((1, 1), "float32"),
        ((1, 6), "float32"),
        ((6, 1), "float32"),
        ((1, 1), "float64"),
        ((5, 4), "float64"),
    ],
    ids=str,
)
def test_every_size_and_dtype_learns(optimizer, sizes, dtype):
    x = np.ones(sizes, dtype=dtype)
    data = CountingDataset(x=x, y=x.sum(axis=0), s0=np.zeros_like(x[0]))
    net = simpleRNN(sizes[0], 1, 1, rng=np.random.RandomState(1), dtype=dtype)
    initial = net.weights
    history = train(compile_train_model(net, optimizer(net.params, 1e-3), data), 200, report=None)
    y = numpy_reference.forward_states(x.T, *initial)[:, -1]
    assert history.costs[0] == pytest.approx(numpy_reference.cost(y, data.y), rel=1e-5)
    assert history.costs[-1] < history.costs[0]
    assert history.costs.dtype == history.weights.dtype == dtype


def test_the_report_is_the_history_s_lines(capsys):
    _, train_model = fresh()
    history = train(train_model, 7, report_every=3)
    printed = capsys.readouterr().out.splitlines()
    assert printed == history.lines(report_every=3)
    assert [line.split(":")[0] for line in printed] == [
        "Initial weights",
        "epoch[    3] ",
        "epoch[    6] ",
        "Final weights ",
    ]


def test_training_goes_on_where_it_stopped(capsys):
    _, one_go = fresh(RMSPropOptimizer, 1e-3)
    whole = train(one_go, 60, report=None)
    _, two_goes = fresh(RMSPropOptimizer, 1e-3)
    parts = [train(two_goes, n_epochs, report=None) for n_epochs in (25, 35)]
    assert capsys.readouterr().out == ""
    np.testing.assert_array_equal(np.concatenate([part.costs for part in parts]), whole.costs)
    np.testing.assert_array_equal(parts[1].weights, whole.weights[25:])
    assert parts[1].seconds > 0


def test_the_data_is_copied():
    data, train_model = fresh(learning_rate=1e-12)
    (before,) = train_model()
    data.x[:] = 0
    (after,) = train_model()
    assert after == pytest.approx(before)


@pytest.mark.parametrize(("dtype", "epoch"), [("float32", 10), ("float64", 11)])
def test_divergence_says_when_and_keeps_the_history(dtype, epoch):
    rng = np.random.RandomState(1)
    data = make_counting_dataset(rng=rng, dtype=dtype)
    net = simpleRNN(10, 1, 1, rng=rng, dtype=dtype)
    train_model = compile_train_model(net, GradientDescentOptimizer(net.params, 1e-3), data)
    lines = []
    with pytest.raises(TrainingDiverged) as info:
        train(train_model, 2001, report_every=1, report=lines.append)
    diverged, history = info.value, info.value.history
    assert diverged.epoch == len(history.costs) == len(history.weights) - 1 == epoch
    assert np.isfinite(history.costs[:-1]).all()
    assert lines == [initial_line(history.initial_weights), *history.lines(1)[1:epoch]]
    assert train_model.history is history

    # The last finite cost is the one that these weights have.
    X = data.x.T.astype(float)
    y = numpy_reference.forward_states(X, *diverged.last_finite_weights.astype(float))[:, -1]
    assert diverged.last_finite_cost == pytest.approx(numpy_reference.cost(y, data.y), rel=1e-4)
    assert str(diverged) == (
        "the cost of epoch %d is inf (the one before: %.6g at wx = %.4f, wRec = %.4f): the training"
        " diverged; start again from new weights with a smaller learning rate"
        % (epoch, diverged.last_finite_cost, *diverged.last_finite_weights)
    )


def test_divergence_in_the_first_epoch():
    data, _ = fresh()
    net = simpleRNN(10, 1, 1, rng=np.random.RandomState(0))
    net.w_rec.set_value(np.array([1e20], dtype=np.float32))
    train_model = compile_train_model(net, GradientDescentOptimizer(net.params), data)
    with pytest.raises(TrainingDiverged, match=r"^the cost of epoch 1 is (inf|nan): the") as info:
        train(train_model, 5, report=None)
    assert info.value.last_finite_cost is info.value.last_finite_weights is None


def diverge():
    raise TrainingDiverged(3, History(np.array([5.0, 6.0, np.inf]), np.ones((4, 2)), 0.1))


def test_divergence_comes_back_from_another_process():
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        diverged = pool.submit(diverge).exception()
    assert str(diverged).startswith("the cost of epoch 3 is inf (the one before: 6 at")
    assert (diverged.epoch, diverged.last_finite_cost) == (3, 6)
    assert diverged.history.costs.tolist() == [5, 6, np.inf]


def test_an_unseen_longer_sequence(histories, train_models):
    assert len(histories["rmsprop"].costs) == 2001  # trained
    predict = compile_predict(train_models["rmsprop"].net)
    sequence = [0, 1, 1, 0, 0, 0, 0, 1, 0, 0, 1, 1]
    (answer,) = predict(np.reshape(sequence, (-1, 1)))
    assert answer == pytest.approx(5, abs=0.02)
    # Any length and number, in one compiled function; nested lists too.
    np.testing.assert_allclose(predict([[1, 0, 0]]), [1, 0, 0], atol=0.01)
    np.testing.assert_allclose(predict([[0], [1], [1], [0], [1]]), [3], atol=0.02)


@pytest.mark.parametrize("optimizer", [GradientDescentOptimizer, RMSPropOptimizer])
def test_float32_weights_learn_from_float64_data(optimizer):
    data, _ = fresh()
    data = CountingDataset(*(array.astype("float64") for array in (data.x, data.y, data.s0)))
    net = simpleRNN(10, 1, 1, rng=np.random.RandomState(0))
    history = train(compile_train_model(net, optimizer(net.params, 1e-5), data), 50, report=None)
    assert (history.costs.dtype, history.weights.dtype) == ("float64", "float32")
    assert history.costs[-1] < history.costs[0]
