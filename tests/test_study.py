"""simple_rnn.study: the same rows whoever makes them, and a table that survives being stopped."""

import math
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import asdict, replace
from multiprocessing import get_context

import numpy as np
import pytest

from simple_rnn import TrainingDiverged, article, study

# Gradient descent diverges at 1e-3, after some ten epochs.
RUNS = study.grid(["gd", "rmsprop", "rprop"], [1e-5, 1e-3], [1, 2, 3], n_epochs=40)


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """The bytes of the table of RUNS, made in this process one after the other."""
    path = tmp_path_factory.mktemp("study") / "table.csv"
    results = study.run_study(RUNS, path)
    assert [result.settings for result in results] == RUNS
    assert repr(study.read_results(path)) == repr(results)  # NaN is not equal to NaN
    return path.read_bytes()


class LastFirst(Executor):
    """Waits until it has ``count`` tasks, then does the last ``done`` of them, last first."""

    def __init__(self, count, done):
        self.count, self.done, self.tasks = count, done, []

    def submit(self, function, *arguments):
        self.tasks.append((Future(), function, arguments))
        if len(self.tasks) == self.count:
            for future, task, settings in self.tasks[: -self.done - 1 : -1]:
                future.set_result(task(*settings))
        return self.tasks[-1][0]


def article_run(settings):
    """What the article's way of running gives with some settings: its history, and if it diverged.

    Compiled for this run alone, with the learning rate as a constant.
    """
    options = asdict(settings)
    optimizer = article.CONDITIONS[options.pop("optimizer")].optimizer
    condition = replace(article.CONDITIONS["gd"], optimizer=optimizer)
    try:
        return article.run(condition, report=None, **options), None
    except TrainingDiverged as diverged:
        return diverged.history, diverged.epoch


def check(result, history, diverged_at):
    """Check every part of a result against a history, to the bit."""
    final = np.array([result.final_cost, result.final_w_x, result.final_w_rec], dtype=np.float32)
    expected = np.array([history.costs[-1], *history.final_weights])
    assert expected.dtype == np.float32
    np.testing.assert_array_equal(final, expected)
    assert result.diverged_at_epoch == diverged_at
    trained = (k for k in range(len(history.costs)) if all(history.costs[k:] < 0.1))
    assert result.trained_from_epoch == next((k + 1 for k in trained), None)


@pytest.mark.parametrize("name", ["gd", "rmsprop"])
def test_the_article_s_runs_are_in_it(histories, name):
    settings = study.Settings(name, article.CONDITIONS[name].learning_rate, article.SEED)
    check(study.run_one(settings), histories[name], None)


@pytest.mark.parametrize(
    "settings",
    [
        study.Settings("gd", 1e-4, 7, n_epochs=300),
        study.Settings("gd", 1e-3, 1, n_epochs=300),
        study.Settings("rmsprop", 0.0316228, 2, n_epochs=300),
        study.Settings("rprop", 0.1, 3, n_epochs=300),
        study.Settings("rmsprop", 0.002, 4, num_samples=3, seq_len=7, n_epochs=100),
        study.Settings("gd", 0.002, 4, num_samples=1, seq_len=30, n_epochs=30),
        study.Settings("rprop", 0.002, 1, num_samples=20, seq_len=2, n_epochs=3000),
        study.Settings("gd", 0.1, 2, num_samples=5, seq_len=1, n_epochs=30),
    ],
    ids=str,
)
def test_a_row_is_what_the_article_s_way_gives_to_the_bit(settings):
    # Something else first, whose state it must not inherit.
    study.run_one(replace(settings, seed=5, learning_rate=0.0123, n_epochs=20))
    check(study.run_one(settings), *article_run(settings))


def test_a_run_from_the_weights_at_which_the_last_one_ended_is_a_run_of_its_own():
    slow = study.Settings("gd", 1e-30, seed=1, num_samples=5, seq_len=4, n_epochs=3)
    study.run_one(slow)  # so slow that no weight changes
    check(study.run_one(replace(slow, n_epochs=2)), *article_run(replace(slow, n_epochs=2)))
    diverged = study.run_one(replace(slow, learning_rate=1e30))
    assert diverged.diverged_at_epoch == 2


def test_a_run_that_diverges_says_when():
    result = study.run_one(study.Settings("gd", 1e-3, article.SEED))
    assert result.diverged_at_epoch == 10  # as scripts/check_claims.py says
    assert not math.isfinite(result.final_cost)
    assert result.trained_from_epoch is None


@pytest.mark.parametrize(
    "make",
    [
        lambda: ThreadPoolExecutor(2),
        lambda: LastFirst(len(RUNS), len(RUNS)),
        lambda: ProcessPoolExecutor(2, mp_context=get_context("spawn")),
    ],
    ids=["two threads", "last first", "two processes"],
)
def test_the_same_bytes_from_any_executor(tmp_path, table, make):
    path = tmp_path / "table.csv"
    with make() as executor:
        study.run_study(RUNS, path, executor)
    assert path.read_bytes() == table
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("chunksize", [4, 100])
def test_the_same_bytes_in_chunks(tmp_path, table, chunksize):
    path, chunks = tmp_path / "table.csv", math.ceil(len(RUNS) / chunksize)
    study.run_study(RUNS, path, LastFirst(chunks, chunks), chunksize=chunksize)
    assert path.read_bytes() == table


def test_an_optimizer_is_compiled_once(tmp_path, monkeypatch):
    compiled = []

    def compile_and_count(*arguments, **options):
        compiled.append(arguments)
        return original(*arguments, **options)

    original = study.compile_function
    monkeypatch.setattr(study, "compile_function", compile_and_count)
    study._compiled.cache_clear()
    runs = study.grid(["gd", "rprop"], [1e-6, 1e-4], [1, 2], seq_lens=[9, 1], n_epochs=2)
    with ThreadPoolExecutor(4) as executor:
        study.run_study(runs, tmp_path / "table.csv", executor)
    assert len(compiled) == 2


def stop_at(count):
    def report(done, total):
        if done == count:
            raise KeyboardInterrupt

    return report


def test_stopped_and_continued_it_ends_with_the_same_bytes(tmp_path, table):
    path = tmp_path / "table.csv"
    with pytest.raises(KeyboardInterrupt):
        study.run_study(RUNS, path, report=stop_at(5))
    assert path.read_bytes() == b"".join(table.splitlines(keepends=True)[:6])
    done = []
    study.run_study(RUNS, path, report=lambda *progress: done.append(progress))
    assert done == [(count, len(RUNS)) for count in range(5, len(RUNS) + 1)]
    assert path.read_bytes() == table
    # Nothing is left to do: no run, and no executor needed.
    study.run_study(RUNS, path, executor=Executor(), report=lambda *progress: done.append(progress))
    assert done[-2:] == [(len(RUNS), len(RUNS))] * 2
    assert path.read_bytes() == table


def test_an_interruption_cancels_what_has_not_begun_and_keeps_what_is_written(tmp_path, table):
    path, executor = tmp_path / "table.csv", LastFirst(len(RUNS), 3)
    with pytest.raises(KeyboardInterrupt):
        study.run_study(RUNS, path, executor, report=stop_at(3))
    assert [future.cancelled() for future, *_ in executor.tasks] == [True] * 15 + [False] * 3
    header, *rows = path.read_bytes().splitlines()
    assert header == table.splitlines()[0]
    assert sorted(rows) == sorted(table.splitlines()[-3:])
    with ThreadPoolExecutor(2) as threads:
        study.run_study(RUNS, path, threads)
    assert path.read_bytes() == table


def test_killed_in_the_middle_of_any_line(tmp_path, table):
    path = tmp_path / "table.csv"
    ends = [place for place, byte in enumerate(table) if byte == ord("\n")]
    in_the_first_row = [ends[0] + 1, ends[0] + 2, ends[1], ends[1] + 1]
    in_the_last_row = [ends[-2] + 9, ends[-1] - 3, ends[-1], ends[-1] + 1]
    for cut in in_the_first_row + in_the_last_row:
        path.write_bytes(table[:cut])
        counts = []
        study.run_study(RUNS, path, report=lambda done, total, counts=counts: counts.append(done))
        whole_rows = sum(end < cut for end in ends) - 1
        assert counts == list(range(whole_rows, len(RUNS) + 1))
        assert path.read_bytes() == table, cut


HEADER = ",".join(study.COLUMNS)
ROW = "gd,1e-05,1,20,10,40,544.1,0.1,0.2,,"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "line 1: this is not the header of a study's table; remove the line if it is a dam"),
        ("my notes\n", "line 1: this is not the header of a study's table"),
        (f"{HEADER}\n{ROW}\n\n", "line 3: it has 0 fields, not 11"),
        (f"{HEADER}\n{ROW[:-2]},x,\n", "line 2: invalid literal for int.*: 'x'"),
        (f"{HEADER}\n{ROW.replace('gd', 'adam')}\n", "line 2: optimizer is 'adam'; expected"),
        (
            f"{HEADER}\n{ROW.replace(',40,', ',41,')}\n",
            "line 2: Settings.*n_epochs=41.* is not part of this study; .* choose another folder",
        ),
    ],
)
def test_a_table_that_is_not_this_study_s_is_refused_and_left_as_it_is(tmp_path, content, message):
    path = tmp_path / "table.csv"
    content = content.encode("latin-1")
    path.write_bytes(content)
    with pytest.raises(study.StudyFileError, match=message) as error:
        study.run_study(RUNS, path, executor=Executor())
    assert str(error.value).startswith(f"{path}, line ")
    assert "\n" not in str(error.value)
    assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


def test_a_run_that_fails_stops_the_study_and_keeps_the_rows(tmp_path, table, monkeypatch):
    path, original = tmp_path / "table.csv", study.run_one

    def fail_at_the_third(settings):
        if settings == RUNS[2]:
            raise MemoryError
        return original(settings)

    with monkeypatch.context() as patch:
        patch.setattr(study, "run_one", fail_at_the_third)
        with ThreadPoolExecutor(1) as executor, pytest.raises(MemoryError):
            study.run_study(RUNS, path, executor)
    assert set(path.read_bytes().splitlines()) < set(table.splitlines())
    study.run_study(RUNS, path)
    assert path.read_bytes() == table


def test_the_grid():
    runs = study.grid(["rprop", "gd"], [0.1, 1], [2, 1], seq_lens=[5, 6], n_epochs=3)
    assert len(runs) == len(set(runs)) == 2 * 2 * 2 * 2
    assert runs[:3] == [
        study.Settings("rprop", 0.1, 2, 20, 5, 3),
        study.Settings("rprop", 0.1, 1, 20, 5, 3),
        study.Settings("rprop", 1.0, 2, 20, 5, 3),
    ]
    assert [runs[4].seq_len, runs[8].optimizer] == [6, "gd"]


def test_logarithmic_rates():
    rates = study.logarithmic_rates(1e-6, 1e-1, 21)
    assert {1e-6, 1e-5, 1e-3, 1e-1} < set(rates)
    np.testing.assert_allclose(np.diff(np.log10(rates)), 0.25, atol=1e-5)


def test_what_stands_twice_is_run_once(tmp_path, table):
    path = tmp_path / "table.csv"
    assert len(study.run_study(RUNS + RUNS[::-1], path)) == len(RUNS)
    assert path.read_bytes() == table


def test_a_whole_number_as_learning_rate_can_be_read_again(tmp_path):
    runs = [study.Settings("rprop", 1, 1, n_epochs=1)]
    for _ in range(2):
        study.run_study(runs, tmp_path / "table.csv")
    assert runs[0] == study.Settings("rprop", 1.0, 1, n_epochs=1)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"optimizer": "adam"}, "optimizer is 'adam'; expected one of gd, rmsprop, rprop"),
        ({"learning_rate": 0.0}, "learning_rate is 0.0; expected a finite number above 0"),
        ({"seed": -1}, "seed is -1; expected a whole number of at least 0"),
        ({"num_samples": 0}, "num_samples is 0; expected a whole number of at least 1"),
        ({"seq_len": 2.0}, "seq_len is 2.0"),
        ({"n_epochs": -3}, "n_epochs is -3"),
    ],
)
def test_settings_out_of_range(settings, message):
    with pytest.raises(ValueError, match=message):
        study.Settings(**{"optimizer": "gd", "learning_rate": 1e-5, "seed": 1, **settings})


@pytest.mark.parametrize(
    ("costs", "epoch"),
    [
        ([9, 0.05, 0.01], 2),
        ([0.01, 9, 0.01], 3),
        ([0.01, 0.01], 1),
        ([0.01, 9], None),
        ([0.01, np.nan], None),
    ],
)
def test_the_epoch_from_which_the_cost_stays_low(costs, epoch):
    assert study.trained_from(np.array(costs)) == epoch


def test_what_became_of_the_runs_that_differ_in_their_seed():
    def result(seed, cost, diverged_at=None, trained_from=None, rate=0.1):
        settings = study.Settings("gd", rate, seed)
        return study.Result(settings, cost, 1.0, 1.0, diverged_at, trained_from)

    results = [
        result(1, 0.5),
        result(2, math.nan, diverged_at=9),
        result(1, 0.01, trained_from=7, rate=0.2),
        result(3, 0.02, trained_from=8),
        result(4, 2.0),
    ]
    assert study.summarize(results) == [
        study.Cell("gd", 10, 0.1, runs=4, trained=1, diverged=1, median_final_cost=0.5),
        study.Cell("gd", 10, 0.2, runs=1, trained=1, diverged=0, median_final_cost=0.01),
    ]
    (cell,) = study.summarize(results[1:2])
    assert cell.median_final_cost == math.inf
