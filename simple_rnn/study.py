"""A study of the learning rate: many small trainings, and a table with a row for each.

A run is a pure function of its :class:`Settings`, so that it does not matter where, when or after
which other run it is made: :func:`run_one` gives the same :class:`Row`, to the digit, on any
worker. :func:`run_study` hands the runs to any ``concurrent.futures.Executor`` (threads, processes,
a Dask cluster) and writes the rows into a CSV file as they come. Which worker runs what, and what
happens when one is lost, is the executor's business.

    >>> from concurrent.futures import ThreadPoolExecutor
    >>> runs = grid(["gd", "rmsprop"], logarithmic_rates(1e-5, 1e-3, 3), seeds=[1, 2])
    >>> len(runs)
    12
    >>> with ThreadPoolExecutor() as executor:
    ...     rows = run_study(runs, "learning_rate.csv", executor)  # doctest: +SKIP

Runs with the same optimizer and shape share one compiled function in a process: the data, the
weights, the accumulators and the learning rate are set anew for each.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import Executor, as_completed
from dataclasses import astuple, dataclass, fields
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Any, Callable

import aesara
import numpy as np

from simple_rnn._checks import (
    ABOVE_0,
    check_callable,
    check_instance,
    real_number,
    show,
    survives,
    whole_number,
)
from simple_rnn.article import CONDITIONS, N_EPOCHS, NUM_SAMPLES, SEQ_LEN
from simple_rnn.data import check_sizes, make_counting_dataset
from simple_rnn.model import simpleRNN
from simple_rnn.training import (
    TrainingDiverged,
    TrainModel,
    check_report,
    compile_train_model,
    train,
)

__all__ = [
    "OPTIMIZERS",
    "NotThisStudy",
    "Row",
    "Settings",
    "grid",
    "logarithmic_rates",
    "run_one",
    "run_study",
    "trained_from",
]

OPTIMIZERS = {name: condition.optimizer for name, condition in CONDITIONS.items()}
# Under this cost a run counts as trained: with 20 samples, the outputs are wrong by 0.07.
TRAINED = 0.1


@dataclass(frozen=True)
class Settings:
    """All that a run depends on.

    Parameters
    ----------
    optimizer : str
        A key of :data:`OPTIMIZERS`.
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
        if self.optimizer not in list(OPTIMIZERS):
            raise ValueError(
                f"optimizer is {show(self.optimizer)}; expected one of {', '.join(OPTIMIZERS)}"
            )
        checked = {
            "learning_rate": real_number("learning_rate", self.learning_rate, *ABOVE_0),
            # What numpy.random.RandomState takes.
            "seed": whole_number("seed", self.seed, 0, 2**32 - 1),
            **{
                n: whole_number(n, getattr(self, n)) for n in ("num_samples", "seq_len", "n_epochs")
            },
        }
        survives("learning_rate", checked["learning_rate"], "float32")
        check_sizes(self.num_samples, self.seq_len)
        # One way to write each: 1 and 1.0 are the same rate.
        for name, value in checked.items():
            object.__setattr__(self, name, value)


class NotThisStudy(ValueError):
    """A file holds anything else than rows of the study that is to be written there."""


@dataclass(frozen=True)
class Row:
    """What came out of a run, and of which.

    Parameters
    ----------
    settings : Settings
        The run's.
    final_cost : float
        The cost of its last epoch; infinite or NaN if it diverged.
    final_w_x, final_w_rec : float
        The weights after it.
    diverged_at_epoch : int or None
        The first epoch whose cost is not finite, counted from 1; None if there is none.
    trained_from_epoch : int or None
        The epoch from which on the cost stays under 0.1; None if it does not end there.
    """

    settings: Settings
    final_cost: float
    final_w_x: float
    final_w_rec: float
    diverged_at_epoch: int | None
    trained_from_epoch: int | None

    def line(self) -> str:
        """Return the row as a line of the table, without its end."""
        settings, *results = astuple(self)
        values = (*settings, *results)
        return ",".join("" if value is None else str(value) for value in values)

    @classmethod
    def parse(cls, line: str) -> Row:
        """Return the row of a line; ValueError if it is not exactly as :meth:`line` writes it."""
        optimizer, rate, *values = line.split(",")
        sizes, costs, epochs = values[:4], values[4:7], values[7:]
        settings = Settings(optimizer, float(rate), *map(int, sizes))
        row = cls(
            settings, *map(float, costs), *(int(epoch) if epoch else None for epoch in epochs)
        )
        if row.line() != line:
            raise ValueError("not as it was written")
        return row


HEADER = ",".join(field.name for field in (*fields(Settings), *fields(Row)[1:]))


def logarithmic_rates(minimum: float, maximum: float, count: int) -> list[float]:
    """Return ``count`` learning rates from ``minimum`` to ``maximum``, in equal ratios.

    Rounded to six digits, so that 0.001 is 0.001 where the ratio leads to it.
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
    """Return the settings of every combination, each once, the seeds changing fastest.

    Parameters
    ----------
    optimizers, learning_rates, seeds, seq_lens : iterable
        The values to combine, as in :class:`Settings`.
    num_samples, n_epochs : int
        The same for all.

    Returns
    -------
    list of Settings
        In the order in which :func:`run_study` begins them and leaves their rows.
    """
    combinations = product(optimizers, seq_lens, learning_rates, seeds)
    settings = (
        Settings(optimizer, rate, seed, num_samples, seq_len, n_epochs)
        for optimizer, seq_len, rate, seed in combinations
    )
    return list(dict.fromkeys(settings))


# A study keeps to a shape until it is through with it; a worker may outlive the study.
@lru_cache(maxsize=8)
def _compiled(optimizer: str, num_samples: int, seq_len: int) -> tuple[TrainModel, dict[str, Any]]:
    """Return a compiled epoch, and what its shared variables hold at the start, by variable."""
    rng = np.random.RandomState(0)
    dataset = make_counting_dataset(num_samples, seq_len, rng=rng)
    net = simpleRNN(seq_len, 1, 1, rng=rng)
    learning_rate = aesara.shared(np.float32(0), name="learning_rate")
    minimizer = OPTIMIZERS[optimizer](net.params, learning_rate=learning_rate)
    train_model = compile_train_model(net, minimizer, dataset)
    return train_model, {v: v.get_value() for v in train_model.function.get_shared()}


# A compiled function computes in its shared variables: one run at a time in a process.
_one_at_a_time = threading.Lock()


def run_one(settings: Settings) -> Row:
    """Train once; the result depends on nothing but ``settings``.

    Parameters
    ----------
    settings : Settings
        The run.

    Returns
    -------
    Row
        To the bit what the article's way of training gives with these settings, whatever the
        optimizer: in float32, on the sum of squares, from weights that are drawn. So Rprop is not
        trained as the source blog does. A run ends at the first cost that is not finite.
    """
    rng = np.random.RandomState(settings.seed)
    dataset = make_counting_dataset(settings.num_samples, settings.seq_len, rng=rng)
    w_x, w_rec = simpleRNN(settings.seq_len, 1, 1, rng=rng).params
    drawn = {
        "x_t": dataset.x,
        "y_": dataset.y,
        "s0": dataset.s0,
        "w_x": w_x.get_value(),
        "w_rec": w_rec.get_value(),
        "learning_rate": np.float32(settings.learning_rate),
    }
    with _one_at_a_time:
        train_model, start = _compiled(settings.optimizer, settings.num_samples, settings.seq_len)
        for variable, value in start.items():
            variable.set_value(drawn.get(variable.name, value))
        try:
            history = train(train_model, settings.n_epochs, report=None)
            diverged_at = None
        except TrainingDiverged as diverged:
            history, diverged_at = diverged.history, diverged.epoch
    # Nine digits give back any float32, and read better than the same number as a double.
    final = (history.costs[-1], *history.final_weights)
    return Row(
        settings,
        *(float(f"{value:.9g}") for value in final),
        diverged_at_epoch=diverged_at,
        trained_from_epoch=trained_from(history.costs),
    )


def trained_from(costs: np.ndarray) -> int | None:
    """Return the epoch from which on the cost stays under 0.1; None if it does not end there.

    Parameters
    ----------
    costs : ndarray of shape (n_epochs,)
        The cost of each epoch.

    Returns
    -------
    int or None
        Counted from 1.
    """
    # The epoch after the last whose cost is not below; NaN is not.
    above = np.flatnonzero(~(costs < TRAINED))
    first = int(above[-1]) + 2 if len(above) else 1
    return first if first <= len(costs) else None


def run_study(
    runs: Sequence[Settings],
    path: str | os.PathLike,
    executor: Executor | None = None,
    report: Callable[[int, int], Any] | None = None,
) -> list[Row]:
    """Make the runs that the table does not hold yet, and leave it whole and in order.

    Rows are written as they come. A study that was stopped, however that happened, goes on where it
    stopped when it is called again, and ends with the same file as one that was not.

    Parameters
    ----------
    runs : sequence of Settings
        The study, for example from :func:`grid`; what stands there twice is run once.
    path : str or path
        The table, a CSV file; made if it is not there.
    executor : concurrent.futures.Executor, optional
        What makes the runs, in any order; None for this process, one after the other.
    report : callable, optional
        Called with the number of rows in the table and of all runs: at the start, then after each
        run.

    Returns
    -------
    list of Row
        In the order of ``runs``.

    Raises
    ------
    NotThisStudy
        If the file holds anything else than rows of this study. It is left as it is.
    """
    for i, settings in enumerate(runs):
        check_instance(f"runs[{i}]", settings, Settings, "Settings, for example from grid(...)")
    if executor is not None:
        check_callable("executor.submit", getattr(executor, "submit", None), "an Executor's")
    check_report(report)
    runs, path, report = list(dict.fromkeys(runs)), Path(path), report or (lambda done, total: None)
    rows = _begin(path, runs)
    report(len(rows), len(runs))
    missing = [settings for settings in runs if settings not in rows]
    futures = []
    try:
        with path.open("a", newline="", encoding="ascii") as file:
            if executor is None:
                results = map(run_one, missing)
            else:
                for settings in missing:
                    futures.append(executor.submit(run_one, settings))
                results = (future.result() for future in as_completed(futures))
            for row in results:
                file.write(row.line() + "\n")
                file.flush()
                rows[row.settings] = row
                report(len(rows), len(runs))
    finally:
        for future in futures:
            future.cancel()
    ordered = [rows[settings] for settings in runs]
    _write(path, ordered)
    return ordered


def _begin(path: Path, runs: list[Settings]) -> dict[Settings, Row]:
    """Return the rows that the table holds, and leave it ready for more.

    It is made where there is none, and cut off behind its last whole line.
    """
    lines = []
    if path.exists():
        # What has no end of line is what a study that was killed was writing.
        *lines, half = path.read_bytes().decode("ascii", "replace").split("\n")
        head = lines[0] if lines else half
        if not (head == HEADER or (not lines and HEADER.startswith(head))):
            raise NotThisStudy(
                f"{path}, line 1 is not the header of a study's table: {head[:60]!r};"
                " choose another folder or move the file away"
            )
    known, rows = set(runs), {}
    for number, line in enumerate(lines[1:], start=2):
        try:
            row = Row.parse(line)
        except (ValueError, TypeError):
            raise NotThisStudy(
                f"{path}, line {number} is not a row of a study's table: {line[:60]!r}; remove the"
                " line to have its run made again, or move the file away"
            ) from None
        if row.settings not in known:
            raise NotThisStudy(
                f"{path}, line {number} belongs to another study: {line[:60]!r}; give the grid"
                " that it was begun with, choose another folder or move the file away"
            )
        if rows.setdefault(row.settings, row).line() != line:
            raise NotThisStudy(
                f"{path}, line {number} contradicts an earlier row of the same run: {line[:60]!r};"
                " remove the wrong one of the two"
            )
    if not lines:
        _write(path, [])
    elif half:
        os.truncate(path, path.stat().st_size - len(half))
    return rows


def _write(path: Path, rows: list[Row]) -> None:
    """Write the table beside ``path``, then put it in its place: no half table is ever there."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        lines = [HEADER, *(row.line() for row in rows)]
        beside.write_bytes("".join(f"{line}\n" for line in lines).encode("ascii"))
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
