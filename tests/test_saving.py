"""simple_rnn.saving: a training goes on in another process, equal to the bit."""

import copy
import pickle

import numpy as np
import pytest
from conftest import run_python

from simple_rnn import article, load_state, save_state, train

RMSPROP = article.CONDITIONS["rmsprop"]

ANOTHER_PROCESS = """
import sys
from simple_rnn import article, load_state, save_state, train
train_model = article.build(article.CONDITIONS["rmsprop"])
load_state(train_model, sys.argv[1])
train(train_model, 70, report_every=50)
save_state(train_model, sys.argv[1])
"""


@pytest.fixture(scope="module")
def train_model():
    return article.build(RMSPROP)


def test_training_goes_on_in_another_process(tmp_path, train_model):
    whole = article.run(RMSPROP, n_epochs=100, report=None)
    first = train(train_model, 30, report=None)
    save_state(train_model, tmp_path / "run")
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    result = run_python("-c", ANOTHER_PROCESS, str(tmp_path / "run"))
    assert result.returncode == 0, result.stderr
    weights, *costs, final = result.stdout.splitlines()
    assert weights == "Weights        : wx = %8.4f, wRec = %8.4f" % tuple(first.final_weights)
    assert [*costs, final] == whole.lines(report_every=50)[1:]
    load_state(train_model, str(tmp_path / "run"))
    loaded = train_model.history
    np.testing.assert_array_equal(loaded.costs, whole.costs)
    np.testing.assert_array_equal(loaded.weights, whole.weights)
    assert (loaded.costs.dtype, loaded.weights.dtype) == ("float32", "float32")
    assert isinstance(loaded.seconds, float)
    assert loaded.seconds > first.seconds
    assert train_model.net.weights == tuple(whole.final_weights)


def test_before_the_first_epoch_there_is_no_history(tmp_path, train_model):
    fresh = article.build(RMSPROP)
    save_state(fresh, tmp_path / "fresh.npz")
    train(train_model, 1, report=None)
    load_state(train_model, tmp_path / "fresh.npz")
    assert train_model.history is None
    assert train_model.net.weights == fresh.net.weights


def test_what_does_not_fit_changes_nothing(tmp_path, train_model):
    path = tmp_path / "saved.npz"

    def refused(message):
        values = [variable.get_value() for variable in train_model.updated]
        history = train_model.history
        with pytest.raises(ValueError, match=message):
            load_state(train_model, path)
        for variable, value in zip(train_model.updated, values):
            np.testing.assert_array_equal(variable.get_value(), value)
        assert train_model.history is history

    save_state(article.build(article.CONDITIONS["gd"]), path)
    refused("holds nothing as '0 s_w_x'; expected float32 of shape .1,.: it was saved from another")
    save_state(train_model, path)
    with np.load(path) as file:
        saved = dict(file)
    np.savez(path, **{**saved, "3 w_x": np.zeros(1)})
    refused("holds float64 of shape .1,. as '3 w_x'; expected float32 of shape")
    np.savez(path, **{**saved, "3 w_x": np.zeros(2, "float32")})
    refused("holds float32 of shape .2,. as '3 w_x'")
    path.write_bytes(path.read_bytes()[:-100])
    refused("is not a whole file of save_state")


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path, train_model, monkeypatch):
    path = tmp_path / "run.npz"
    path.write_text("the one before")

    def half(file, **arrays):
        file.write(b"half")
        raise OSError("no space left")

    monkeypatch.setattr(np, "savez", half)
    with pytest.raises(OSError, match="no space left"):
        save_state(train_model, path)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["the one before"]


def test_a_pickle_or_a_copy_points_to_save_state(train_model):
    for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="keeps a training, compile_train_model"):
            attempt(train_model)
