import numpy as np
import pytest

from simple_rnn import (
    CountingDataset,
    GradientDescentOptimizer,
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


def test_divergence_says_when_and_keeps_the_history():
    _, train_model = fresh(learning_rate=1e-3)
    lines = []
    with pytest.raises(
        TrainingDiverged, match=r"the cost of epoch 10 is inf.*learning rate"
    ) as info:
        train(train_model, 2001, report_every=1, report=lines.append)
    history = info.value.history
    assert info.value.epoch == len(history.costs) == 10
    assert np.isfinite(history.costs[:-1]).all()
    assert lines == [initial_line(history.initial_weights), *history.lines(1)[1:10]]


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
