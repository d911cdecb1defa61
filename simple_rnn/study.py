"""Many small trainings, over a grid of learning rates for example.

A run is a pure function of its :class:`Settings`: :func:`run_one` gives the same :class:`Result`,
digit for digit, on any machine and after any other run. So the runs of a study can be made in any
order and by any number of processes:

    >>> runs = grid(["gd", "rmsprop"], [1e-5, 1e-4, 1e-3], seeds=[1, 2])
    >>> len(runs)
    12
    >>> results = list(map(run_one, runs))  # doctest: +SKIP

``scripts/learning_rate_study.py`` maps :func:`run_one` over a grid with Dask.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from functools import cache
from itertools import groupby, product
from typing import NamedTuple

import aesara
import numpy as np
from aesara.compile.sharedvalue import SharedVariable

from simple_rnn.article import CONDITIONS, N_EPOCHS, NUM_SAMPLES, SEQ_LEN
from simple_rnn.data import make_counting_dataset
from simple_rnn.history import TrainingDiverged
from simple_rnn.model import simpleRNN
from simple_rnn.numerics import compile_function
from simple_rnn.training import TrainModel, sum_of_squares, train

__all__ = ["TRAINED", "Cell", "Result", "Settings", "grid", "run_one", "summarize", "trained_from"]

# A network counts as trained under this cost: the outputs for 20 samples are wrong by 0.07 each.
TRAINED = 0.1


class Settings(NamedTuple):
    """All that a run depends on.

    ``optimizer`` is a key of :data:`simple_rnn.article.CONDITIONS`, whose optimizer is taken.
    ``seed`` is that of the data and of the initial weights, drawn as the article draws them.
    """

    optimizer: str
    learning_rate: float
    seed: int
    num_samples: int = NUM_SAMPLES
    seq_len: int = SEQ_LEN
    n_epochs: int = N_EPOCHS


class Result(NamedTuple):
    """What came out of a run.

    ``final_cost`` is the cost of the last epoch, infinite or NaN if the run diverged. The two
    epochs count from 1: the first whose cost is not finite, and that from which on the cost stays
    under :data:`TRAINED`; None where there is none.
    """

    settings: Settings
    final_cost: float
    final_w_x: float
    final_w_rec: float
    diverged_at_epoch: int | None
    trained_from_epoch: int | None


class Cell(NamedTuple):
    """What became of the runs that differ in their seed alone.

    ``runs``, ``trained`` and ``diverged`` are numbers of runs.
    """

    optimizer: str
    seq_len: int
    learning_rate: float
    runs: int
    trained: int
    diverged: int


def grid(
    optimizers: Iterable[str],
    learning_rates: Iterable[float],
    seeds: Iterable[int],
    seq_lens: Iterable[int] = (SEQ_LEN,),
) -> list[Settings]:
    """Return the settings of every combination; the seed changes fastest.

    Parameters
    ----------
    optimizers, learning_rates, seeds, seq_lens : iterable
        The values to combine, as in :class:`Settings`. What is the same for all runs can be set
        afterwards: ``[run._replace(n_epochs=300) for run in runs]``.
    """
    return [
        Settings(optimizer, rate, seed, seq_len=seq_len)
        for optimizer, seq_len, rate, seed in product(optimizers, seq_lens, learning_rates, seeds)
    ]


@cache
def _compiled(optimizer: str) -> tuple[TrainModel, list[SharedVariable]]:
    """Compile an epoch for every run with an optimizer; return it, and the variables to set."""
    net = simpleRNN(SEQ_LEN, 1, 1, rng=np.random.RandomState(0))
    # No shapes in the types, unlike in compile_train_model, so that data of any size fits.
    x_t = aesara.shared(np.zeros((1, 1), "float32"))
    y_ = aesara.shared(np.zeros(1, "float32"))
    s0 = aesara.shared(np.zeros(1, "float32"))
    learning_rate = aesara.shared(np.float32(0))
    loss = sum_of_squares(y_, net.state_update(x_t, s0)[-1])
    updates = CONDITIONS[optimizer].optimizer(net.params, learning_rate).minimize(loss)
    function = compile_function([], [loss], updates=updates)
    train_model = TrainModel(net, function, updated=[variable for variable, _ in updates])
    return train_model, [x_t, y_, s0, learning_rate]


# A compiled function computes in its shared variables: one run at a time in a process. (A worker of
# a Dask cluster may have several threads.)
_one_at_a_time = threading.Lock()


def run_one(settings: Settings) -> Result:
    """Train once; the result depends on nothing but ``settings``.

    Parameters
    ----------
    settings : Settings
        The run.

    Returns
    -------
    Result
        Bit for bit what the article's way of training gives with these settings, whatever the
        optimizer: in float32, on the sum of squares, from weights that are drawn. (The source blog
        trains Rprop in another way.) A run ends at the first cost that is not finite.
    """
    rng = np.random.RandomState(settings.seed)
    data = make_counting_dataset(settings.num_samples, settings.seq_len, rng=rng)
    weights = simpleRNN(settings.seq_len, 1, 1, rng=rng).weights
    values = (data.x, data.y, data.s0, np.float32(settings.learning_rate))
    with _one_at_a_time:
        train_model, variables = _compiled(settings.optimizer)
        for variable, value in zip(variables, values):
            variable.set_value(value)
        train_model.net.weights = weights
        train_model.restart()
        try:
            history, diverged_at = train(train_model, settings.n_epochs, report=None), None
        except TrainingDiverged as diverged:
            history, diverged_at = diverged.history, diverged.epoch
    final = map(float, (history.costs[-1], *history.final_weights))
    return Result(settings, *final, diverged_at, trained_from(history.costs))


def trained_from(costs: np.ndarray) -> int | None:
    """Return the epoch, from 1, from which on the cost stays under :data:`TRAINED`, if any."""
    not_trained = np.flatnonzero(~(costs < TRAINED))  # NaN is neither below nor above
    epoch = int(not_trained[-1]) + 2 if len(not_trained) else 1
    return epoch if epoch <= len(costs) else None


def summarize(results: Iterable[Result]) -> list[Cell]:
    """Return one cell for all runs that differ in their seed alone.

    Parameters
    ----------
    results : iterable of Result
        What :func:`run_one` returned for a :func:`grid`, in its order.
    """
    cells = []
    for settings, group in groupby(results, lambda result: result.settings._replace(seed=0)):
        runs = list(group)
        trained = sum(run.trained_from_epoch is not None for run in runs)
        diverged = sum(run.diverged_at_epoch is not None for run in runs)
        where = settings.optimizer, settings.seq_len, settings.learning_rate
        cells.append(Cell(*where, len(runs), trained, diverged))
    return cells
