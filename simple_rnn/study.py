"""Many small trainings, over a grid of learning rates for example, and a table of their results.

A run is a pure function of its :class:`Settings`: :func:`run_one` gives the same :class:`Result`,
to the digit, on any machine and after any other run. :func:`run_study` hands the runs to any
``concurrent.futures.Executor`` (threads, processes, a Dask cluster) and writes one row per run into
a CSV file as the results come.

    >>> from concurrent.futures import ThreadPoolExecutor
    >>> runs = grid(["gd", "rmsprop"], logarithmic_rates(1e-5, 1e-3, 3), seeds=[1, 2])
    >>> len(runs)
    12
    >>> with ThreadPoolExecutor() as executor:
    ...     results = run_study(runs, "learning_rate.csv", executor)  # doctest: +SKIP
"""

from __future__ import annotations

import csv
import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor, as_completed
from dataclasses import astuple, dataclass, fields, replace
from functools import cache
from itertools import product
from pathlib import Path
from statistics import median_low
from typing import Any, Callable, NamedTuple, TextIO

import aesara
import numpy as np
from aesara.compile.sharedvalue import SharedVariable

from simple_rnn._checks import check_instance, positive_number, show, whole_number
from simple_rnn.article import CONDITIONS, N_EPOCHS, NUM_SAMPLES, SEQ_LEN
from simple_rnn.data import make_counting_dataset
from simple_rnn.history import TrainingDiverged
from simple_rnn.model import simpleRNN
from simple_rnn.numerics import compile_function
from simple_rnn.saving import replacing
from simple_rnn.training import TrainModel, sum_of_squares, train

__all__ = [
    "TRAINED",
    "Cell",
    "Result",
    "Settings",
    "StudyFileError",
    "grid",
    "logarithmic_rates",
    "read_results",
    "run_one",
    "run_study",
    "summarize",
    "trained_from",
]

# A network counts as trained under this cost: the outputs for 20 samples are wrong by 0.07 each.
TRAINED = 0.1


@dataclass(frozen=True)
class Settings:
    """All that a run depends on.

    Parameters
    ----------
    optimizer : str
        A key of :data:`simple_rnn.article.CONDITIONS`, whose optimizer is taken.
    learning_rate : float
        Finite and above 0.
    seed : int
        Of the data and of the initial weights, which are drawn as the article draws them.
    num_samples, seq_len, n_epochs : int
        The article's by default.

    Raises
    ------
    ValueError
        If a setting is out of its range.
    """

    optimizer: str
    learning_rate: float
    seed: int
    num_samples: int = NUM_SAMPLES
    seq_len: int = SEQ_LEN
    n_epochs: int = N_EPOCHS

    def __post_init__(self) -> None:
        """Check every setting, before any work is done."""
        if self.optimizer not in CONDITIONS:
            raise ValueError(
                f"optimizer is {show(self.optimizer)}; expected one of {', '.join(CONDITIONS)}"
            )
        whole_number("seed", self.seed, minimum=0)
        for name in ("num_samples", "seq_len", "n_epochs"):
            whole_number(name, getattr(self, name))
        # A float, so that 1 and 1.0 are written in the same way.
        rate = positive_number("learning_rate", self.learning_rate)
        object.__setattr__(self, "learning_rate", rate)


@dataclass(frozen=True)
class Result:
    """What came out of a run.

    Parameters
    ----------
    settings : Settings
        The settings of the run.
    final_cost : float
        The cost of its last epoch; infinite or NaN if it diverged.
    final_w_x, final_w_rec : float
        The weights after the last epoch.
    diverged_at_epoch : int or None
        The first epoch whose cost is not finite, counted from 1; None if there is none.
    trained_from_epoch : int or None
        The epoch from which on the cost stays under :data:`TRAINED`; None if it does not end there.
    """

    settings: Settings
    final_cost: float
    final_w_x: float
    final_w_rec: float
    diverged_at_epoch: int | None
    trained_from_epoch: int | None


class StudyFileError(ValueError):
    """A file is not the table of this study; the message says where, and what to do."""


def logarithmic_rates(minimum: float, maximum: float, count: int) -> list[float]:
    """Return ``count`` learning rates from ``minimum`` to ``maximum``, in equal ratios.

    They are rounded to six digits, so that 0.001 is among them where the ratio leads to it.
    """
    return [float(f"{rate:.6g}") for rate in np.geomspace(minimum, maximum, count)]


def grid(
    optimizers: Iterable[str],
    learning_rates: Iterable[float],
    seeds: Iterable[int],
    seq_lens: Iterable[int] = (SEQ_LEN,),
    num_samples: int = NUM_SAMPLES,
    n_epochs: int = N_EPOCHS,
) -> list[Settings]:
    """Return the settings of every combination; the seed changes fastest.

    Parameters
    ----------
    optimizers, learning_rates, seeds, seq_lens : iterable
        The values to combine, as in :class:`Settings`.
    num_samples, n_epochs : int
        The same for all.

    Returns
    -------
    list of Settings
        In the order of the finished table.
    """
    return [
        Settings(optimizer, rate, seed, num_samples, seq_len, n_epochs)
        for optimizer, seq_len, rate, seed in product(optimizers, seq_lens, learning_rates, seeds)
    ]


@cache
def _compiled(optimizer: str) -> tuple[TrainModel, list[SharedVariable]]:
    """Compile an epoch that serves every run with an optimizer.

    Returns the compiled epoch, and the variables that differ from run to run beside its weights:
    data and learning rate.
    """
    net = simpleRNN(SEQ_LEN, 1, 1, rng=np.random.RandomState(0))
    # No shapes in the types, unlike in compile_train_model: data of another size fits in, too.
    x_t, y_, s0, learning_rate = (
        aesara.shared(np.zeros((1,) * n, "float32")) for n in (2, 1, 1, 0)
    )
    cost = sum_of_squares(y_, net.state_update(x_t, s0)[-1])
    updates = CONDITIONS[optimizer].optimizer(net.params, learning_rate).minimize(cost)
    function = compile_function([], [cost], updates=updates)
    train_model = TrainModel(net, function, updated=[variable for variable, _ in updates])
    return train_model, [x_t, y_, s0, learning_rate]


# A compiled function computes in its shared variables: one run at a time in a process.
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
        To the bit what the article's way of training gives with these settings, whatever the
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
        train_model.restart()  # even from weights where the last run ended
        try:
            history, diverged_at = train(train_model, settings.n_epochs, report=None), None
        except TrainingDiverged as diverged:
            history, diverged_at = diverged.history, diverged.epoch
    # Nine digits give back any float32, and read better than the same number as a double.
    final = (float(f"{value:.9g}") for value in (history.costs[-1], *history.final_weights))
    return Result(settings, *final, diverged_at, trained_from(history.costs))


def trained_from(costs: np.ndarray) -> int | None:
    """Return the epoch from which on the cost stays under :data:`TRAINED`.

    Parameters
    ----------
    costs : ndarray of shape (n_epochs,)
        The cost of each epoch.

    Returns
    -------
    int or None
        Counted from 1; None if the last cost is not under it.
    """
    not_trained = np.flatnonzero(~(costs < TRAINED))  # NaN is neither below nor above
    epoch = int(not_trained[-1]) + 2 if len(not_trained) else 1
    return epoch if epoch <= len(costs) else None


def run_study(
    runs: Sequence[Settings],
    path: str | os.PathLike,
    executor: Executor | None = None,
    report: Callable[[int, int], Any] | None = None,
    chunksize: int = 1,
) -> list[Result]:
    """Make the runs that the table does not hold yet; the finished table is in their order.

    Rows are written as the results come. A study that was stopped, however that happened, goes on
    where it stopped when it is called again, and ends with the same file as one that was not.

    Parameters
    ----------
    runs : sequence of Settings
        The study, for example from :func:`grid`. What stands there twice is run once.
    path : str or path
        The table, a CSV file; made if it is not there.
    executor : concurrent.futures.Executor, optional
        What makes the runs, in any order; None for this process, one after the other.
    report : callable, optional
        Called with the number of rows in the table and of all runs: at the start, then after each
        row.
    chunksize : int
        How many runs the executor gets as one task, which comes back as a whole. Worth setting
        where a run is so short that handing it out takes as long.

    Returns
    -------
    list of Result
        In the order of ``runs``.

    Raises
    ------
    StudyFileError
        If the file is not a table of such runs. It is left as it is.
    """
    for i, settings in enumerate(runs):
        check_instance(f"runs[{i}]", settings, Settings, "Settings, for example from grid(...)")
    runs, path = list(dict.fromkeys(runs)), Path(path)
    report = report or (lambda done, total: None)

    so_far = read_results(path, runs) if path.exists() else []
    # Written anew, without the half row that a study leaves if it is killed while it writes one.
    _write(path, so_far)
    results = {result.settings: result for result in so_far}
    report(len(results), len(runs))
    missing = [settings for settings in runs if settings not in results]
    with path.open("a", encoding="utf-8") as file:
        for result in _run_all(missing, executor, chunksize):
            _write_rows(file, [_row(result)])
            file.flush()
            results[result.settings] = result
            report(len(results), len(runs))
    in_order = [results[settings] for settings in runs]
    _write(path, in_order)
    return in_order


def _run_all(runs: list[Settings], executor: Executor | None, chunksize: int) -> Iterator[Result]:
    """Yield the results in the order in which the runs end; cancel what is left when closed."""
    if executor is None:
        yield from map(run_one, runs)
        return
    futures = []
    try:
        for start in range(0, len(runs), chunksize):
            futures.append(executor.submit(_run_each, runs[start : start + chunksize]))
        for future in as_completed(futures):
            yield from future.result()
    finally:
        for future in futures:
            future.cancel()


def _run_each(runs: list[Settings]) -> list[Result]:
    return [run_one(settings) for settings in runs]


# One column for each setting, then one for each of the results.
COLUMNS = [field.name for field in (*fields(Settings), *fields(Result)[1:])]


def _row(result: Result) -> list[Any]:
    """Return a row of the table; None becomes an empty field there."""
    settings, *values = astuple(result)
    return [*settings, *values]


def _result(row: list[str]) -> Result:
    """Return the result that a row of the table holds; ValueError if it holds none."""
    if len(row) != len(COLUMNS):
        raise ValueError(f"it has {len(row)} fields, not {len(COLUMNS)}")
    optimizer, rate, *sizes, cost, w_x, w_rec, diverged_at, trained = row
    return Result(
        Settings(optimizer, float(rate), *map(int, sizes)),
        *map(float, (cost, w_x, w_rec)),
        *(int(epoch) if epoch else None for epoch in (diverged_at, trained)),
    )


def _write_rows(file: TextIO, rows: Iterable[list[Any]]) -> None:
    csv.writer(file, lineterminator="\n").writerows(rows)


def _write(path: Path, results: Iterable[Result]) -> None:
    """Write the table whole: no half table is ever there."""
    with replacing(path) as beside, beside.open("w", encoding="utf-8") as file:
        _write_rows(file, [COLUMNS, *map(_row, results)])


def read_results(path: str | os.PathLike, runs: Iterable[Settings] | None = None) -> list[Result]:
    """Read the table of a study, finished or not.

    Parameters
    ----------
    path : str or path
        What :func:`run_study` wrote. A last row without an end of line is left out.
    runs : iterable of Settings, optional
        The study that it belongs to; None for any.

    Returns
    -------
    list of Result
        In the order of the rows.

    Raises
    ------
    StudyFileError
        If the file holds anything else.
    """
    text = Path(path).read_text(encoding="utf-8", errors="replace")
    reader = csv.reader(text[: text.rfind("\n") + 1].splitlines())
    expected = None if runs is None else set(runs)
    results = []
    try:
        if next(reader, None) != COLUMNS:
            raise ValueError("this is not the header of a study's table")
        for row in reader:
            results.append(_result(row))
            if expected is not None and results[-1].settings not in expected:
                raise ValueError(f"{results[-1].settings} is not part of this study")
    except (ValueError, csv.Error) as error:
        raise StudyFileError(
            f"{path}, line {max(reader.line_num, 1)}: {error}; remove the line if it is a damaged"
            " row, or else choose another folder or move the file away"
        ) from None
    return results


class Cell(NamedTuple):
    """What became of the runs that differ in their seed alone.

    ``trained`` and ``diverged`` are numbers of runs. Half of the final costs, or more, are at most
    ``median_final_cost``, where a run that diverged counts as infinite.
    """

    optimizer: str
    seq_len: int
    learning_rate: float
    runs: int
    trained: int
    diverged: int
    median_final_cost: float


def summarize(results: Iterable[Result]) -> list[Cell]:
    """Return one cell for all runs that differ in their seed alone.

    Parameters
    ----------
    results : iterable of Result
        What :func:`run_study` returned.

    Returns
    -------
    list of Cell
        In the order in which they occur first.
    """
    groups = {}
    for result in results:
        groups.setdefault(replace(result.settings, seed=0), []).append(result)
    return [
        Cell(
            settings.optimizer,
            settings.seq_len,
            settings.learning_rate,
            runs=len(group),
            trained=sum(result.trained_from_epoch is not None for result in group),
            diverged=sum(result.diverged_at_epoch is not None for result in group),
            median_final_cost=median_low(
                np.inf if result.diverged_at_epoch else result.final_cost for result in group
            ),
        )
        for settings, group in groups.items()
    ]
