"""Ctrl-C during a training: it can be continued, and how far it got can be seen."""

import random
import signal
import threading
import time

import numpy as np
import pytest
from conftest import ROOT, start_python

from simple_rnn import _interrupts, simpleRNN, train
from simple_rnn.training import TrainModel


@pytest.fixture
def net():
    return simpleRNN(10, 1, 1, rng=np.random.RandomState(0))


def counting(net, *, interrupt_at=(), times=1):
    """An epoch that adds one to the weights; in some epochs it is interrupted, before and after."""
    epochs = 0

    def epoch():
        nonlocal epochs
        epochs += 1
        interruptions = times if epochs in interrupt_at else 0
        if interruptions:
            signal.raise_signal(signal.SIGINT)
        for param in net.params:
            param.set_value(param.get_value() + np.float32(1))
        for _ in range(1, interruptions):
            signal.raise_signal(signal.SIGINT)
        return [np.array(float(epochs))]

    return TrainModel(net, epoch)


@pytest.fixture
def handler():
    """Put the handler that was there before back after the test."""
    before = signal.getsignal(signal.SIGINT)
    yield lambda new: signal.signal(signal.SIGINT, new)
    signal.signal(signal.SIGINT, before)


def consistent(train_model, epochs):
    """Whether the history holds so many epochs, and the network is where the history ends."""
    history, net = train_model.history, train_model.net
    return (
        len(history.costs) == len(history.weights) - 1 == epochs
        and tuple(history.final_weights) == net.weights
        and np.allclose(np.diff(history.weights, axis=0), 1)
    )


@pytest.mark.parametrize("times", [1, 2])
def test_an_epoch_under_way_is_finished_and_recorded(net, handler, times):
    handler(signal.default_int_handler)
    train_model = counting(net, interrupt_at={3}, times=times)
    with pytest.raises(KeyboardInterrupt):
        train(train_model, 10, report=None)
    assert consistent(train_model, 3)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    history = train(train_model, 7, report=None)
    assert history is train_model.history
    assert consistent(train_model, 10)
    assert history.costs.tolist() == list(range(1, 11))


def test_another_one_later_does_not_wait_for_the_epoch(net, handler, monkeypatch):
    monkeypatch.setattr(_interrupts, "PATIENCE", 0)
    handler(signal.default_int_handler)
    train_model = counting(net, interrupt_at={3}, times=2)
    with pytest.raises(KeyboardInterrupt):
        train(train_model, 10, report=None)
    # It came after the update: that epoch is lost to the history.
    assert len(train_model.history.costs) == 2
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_what_report_raises_leaves_the_history_too(net):
    train_model = counting(net)

    def report(line):
        if line.startswith("epoch[    2]"):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        train(train_model, 10, report_every=1, report=report)
    assert consistent(train_model, 2)
    with pytest.raises(TypeError):
        train(train_model, 10, report="at once, before the first epoch")
    assert consistent(train_model, 2)
    train(train_model, 1, report=None)
    assert consistent(train_model, 3)


def test_a_handler_that_does_not_raise_is_called_and_training_goes_on(net, handler):
    calls = []
    handler(lambda signum, frame: calls.append(signum))
    train_model = counting(net, interrupt_at={2, 5}, times=2)
    train(train_model, 7, report=None)
    assert consistent(train_model, 7)
    assert calls == [signal.SIGINT] * 2  # one for each epoch in which some came
    handler(signal.SIG_IGN)
    train(counting(net, interrupt_at={2}), 3, report=None)
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_training_in_another_thread_leaves_the_handler_alone(net):
    before, seen = signal.getsignal(signal.SIGINT), []

    def report(line):
        seen.append(signal.getsignal(signal.SIGINT) is before)

    train_model = counting(net)
    thread = threading.Thread(target=train, args=(train_model, 5), kwargs={"report": report})
    thread.start()
    thread.join()
    assert seen == [True, True]
    assert consistent(train_model, 5)


CHILD = """
import signal
import numpy as np
from simple_rnn import article, train

def once(signum, frame):
    # Python's own handler, but only while training, and once in each.
    global training
    if training:
        training = False
        raise KeyboardInterrupt

training, total = False, 30_000
signal.signal(signal.SIGINT, once)
rmsprop = article.CONDITIONS["rmsprop"]
whole = train(article.build(rmsprop), total, report=None)
train_model = article.build(rmsprop)
interruptions = done = 0
print("ready", flush=True)
while done < total:
    training = True
    try:
        train(train_model, total - done, report=None)
    except KeyboardInterrupt:
        interruptions += 1
    training = False
    if train_model.history is not None:  # else before the first epoch
        done = len(train_model.history.costs)
signal.signal(signal.SIGINT, signal.SIG_IGN)
assert np.array_equal(train_model.history.costs, whole.costs)
assert np.array_equal(train_model.history.weights, whole.weights)
print(interruptions)
"""


def test_interrupted_at_random_and_continued_it_is_the_same_to_the_bit():
    rng = random.Random(1)
    with start_python("-c", CHILD, flags="blas__ldflags=") as child:
        assert child.stdout.readline() == "ready\n", child.stderr.read()
        deadline = time.monotonic() + 300
        while child.poll() is None:
            child.send_signal(signal.SIGINT)
            time.sleep(rng.expovariate(500))
            if time.monotonic() > deadline:
                child.kill()
        assert child.stderr.read() == ""
        assert int(child.stdout.read()) > 10


SETUP = """
from simple_rnn import article, train
build = lambda: article.build(article.CONDITIONS["rmsprop"])
train_model = build()
"""
GO_ON = """
done = len(train_model.history.costs)
history = train(train_model, 5, report=None)
whole = train(build(), done + 5, report=None)
print(done >= 100, list(history.costs) == list(whole.costs))
"""


def test_a_cell_of_a_notebook_is_interrupted_and_the_next_goes_on(monkeypatch):
    jupyter_client = pytest.importorskip("jupyter_client")
    monkeypatch.setenv("AESARA_FLAGS", "blas__ldflags=")
    manager, client = jupyter_client.manager.start_new_kernel(
        kernel_name="python3", cwd=str(ROOT), startup_timeout=120
    )
    printed, interrupted = "", False

    def hook(message):
        nonlocal printed, interrupted
        printed += message["content"].get("text", "")
        if "epoch[" in printed and not interrupted:
            interrupted = True
            manager.interrupt_kernel()

    def cell(code):
        """Run a cell; return the name of the exception that ended it, if there was one."""
        return client.execute_interactive(code, timeout=100, output_hook=hook)["content"].get(
            "ename"
        )

    try:
        assert cell(SETUP) is None
        assert cell("train(train_model, 10**9)") == "KeyboardInterrupt"
        assert printed.startswith("Initial weights: wx =   0.0900, wRec =   0.0113\nepoch[  100]")
        printed = ""
        assert cell(GO_ON) is None
        assert printed == "True True\n"
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
