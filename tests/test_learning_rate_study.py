"""scripts/learning_rate_study.py: as processes that are interrupted and killed, and on Dask."""

import importlib
import json
import os
import re
import signal
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import ROOT, run_python, start_python

from simple_rnn import article, study

SCRIPT = str(ROOT / "scripts" / "learning_rate_study.py")
# 80 runs of one kind, so that each process compiles once; so large that they take some seconds.
GRID = ["--optimizer", "gd", "--rates", "1e-8", "1e-5", "4", "--seeds", "20"]
GRID += ["--num-samples", "2000", "--epochs", "500"]
RUNS = study.grid(["gd"], [1e-8, 1e-7, 1e-6, 1e-5], range(1, 21), num_samples=2000, n_epochs=500)


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """The table of GRID, made one run after the other."""
    path = tmp_path_factory.mktemp("serial") / "learning_rate.csv"
    study.run_study(RUNS, path)
    return path.read_bytes()


@pytest.fixture
def script(monkeypatch):
    """The script as a module."""
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    return importlib.import_module("learning_rate_study")


def wait_until(condition, process):
    """Wait until a condition holds while a process runs."""
    deadline = time.monotonic() + 300
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def rows(folder):
    """How many whole rows a table holds."""
    path = folder / "learning_rate.csv"
    return path.read_bytes().count(b"\n") - 1 if path.exists() else 0


def started(folder, processes):
    """Start the study of GRID and wait for its first rows."""
    options = ["--processes", processes, "--output-dir", str(folder)]
    process = start_python(SCRIPT, *GRID, *options)
    wait_until(lambda: rows(folder) >= 3, process)
    return process


def check_continued(folder, expected):
    """Check that a part of the expected rows is there, and that all are, once it is continued."""
    path = folder / "learning_rate.csv"
    assert 3 <= rows(folder) < len(RUNS)
    *lines, _ = path.read_bytes().split(b"\n")
    assert set(lines) < set(expected.split(b"\n"))
    study.run_study(RUNS, path)
    assert path.read_bytes() == expected


def check_finished(folder, expected, printed):
    """Check that table and figure are there, and nothing else."""
    table, figure = folder / "learning_rate.csv", folder / "learning_rate.png"
    assert table.read_bytes() == expected
    assert sorted(folder.iterdir()) == [table, figure]
    assert printed.splitlines() == [f"80 runs, 20 of them diverged: {table}", str(figure)]


@pytest.mark.parametrize("processes", ["1", "2"])
def test_interrupted_and_continued(tmp_path, expected, processes):
    process = started(tmp_path, processes)
    # Ctrl-C reaches every process of a terminal.
    os.killpg(process.pid, signal.SIGINT)
    printed, said = process.communicate(timeout=120)
    assert (process.returncode, printed) == (130, "")
    first, *_, last = said.splitlines()
    assert first == "0 of 80 runs"
    assert last == f"Interrupted. The same command goes on from {tmp_path / 'learning_rate.csv'}."
    assert "Traceback" not in said
    check_continued(tmp_path, expected)


def test_an_endless_run_is_interrupted(tmp_path):
    options = ["--optimizer", "gd", "--rate", "1e-5", "--seeds", "2", "--epochs", "1000000000"]
    process = start_python(SCRIPT, *options, "--processes", "2", "--output-dir", str(tmp_path))
    wait_until((tmp_path / "learning_rate.csv").exists, process)
    time.sleep(3)  # somewhere in the import, the compilation or the training
    os.killpg(process.pid, signal.SIGINT)
    # No worker stays behind, or the pipes that they share with the script would not close.
    printed, said = process.communicate(timeout=60)
    assert (process.returncode, printed) == (130, "")
    assert "Traceback" not in said
    assert rows(tmp_path) == 0


def test_killed_and_continued(tmp_path, expected):
    process = started(tmp_path, "2")
    process.kill()
    process.communicate(timeout=60)  # no worker stays behind: their pipes close
    with (tmp_path / "learning_rate.csv").open("ab") as file:
        file.write(b"rprop,0.001,4,2")  # what it was just writing
    check_continued(tmp_path, expected)


def test_the_runs_of_a_killed_worker_process_are_made_by_another(tmp_path, expected):
    psutil = pytest.importorskip("psutil")
    process = started(tmp_path, "2")
    children = psutil.Process(process.pid).children()
    worker = next(child for child in children if "spawn_main" in " ".join(child.cmdline()))
    worker.kill()
    printed, said = process.communicate(timeout=120)
    assert process.returncode == 0, said
    check_finished(tmp_path, expected, printed)
    assert re.fullmatch(r"0 of 80 runs\n(\d+ of 80 runs, \d+ per minute\n)+", said)


@contextmanager
def cluster(folder, n_workers):
    """A Dask scheduler with workers: its address, and all their processes, its own first."""
    pytest.importorskip("distributed")
    file = folder / "scheduler.json"
    where = ["--scheduler-file", str(file), "--no-dashboard"]
    one = ["--nworkers", "1", "--nthreads", "1", "--no-nanny"]
    with (folder / "log").open("w") as log:
        local = {"cwd": folder, "output": log}
        dask = ["-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0"]
        processes = [start_python(*dask, *where, **local)]
        try:
            wait_until(lambda: file.exists() and file.read_text().endswith("}"), processes[0])
            for _ in range(n_workers):
                worker = ["-m", "distributed.cli.dask_worker", *where, *one]
                processes.append(start_python(*worker, **local))
            yield json.loads(file.read_text())["address"], processes
        finally:
            for process in processes:
                process.kill()
            for process in processes:
                process.wait()


def test_a_dask_cluster_that_loses_a_worker(tmp_path, expected):
    folder = tmp_path / "study"
    with cluster(tmp_path, 2) as (address, processes):
        process = start_python(SCRIPT, *GRID, "--scheduler", address, "--output-dir", str(folder))
        wait_until(lambda: rows(folder) >= 20, process)
        assert rows(folder) < 60
        processes[1].kill()
        printed, said = process.communicate(timeout=120)
    assert process.returncode == 0, said
    assert processes[1].returncode == -signal.SIGKILL
    check_finished(folder, expected, printed)


def test_a_dask_cluster_without_workers_says_what_to_start(tmp_path):
    with cluster(tmp_path, 0) as (address, _):
        result = run_python(SCRIPT, *GRID, "--scheduler", address, "--output-dir", str(tmp_path))
    assert (result.returncode, result.stdout) == (1, "")
    expected = f"The scheduler has no workers. Start some: dask worker {address} --nworkers auto\n"
    assert result.stderr == expected


def test_a_dask_scheduler_that_is_lost(tmp_path, expected):
    with cluster(tmp_path, 1) as (address, processes):
        folder = tmp_path / "study"
        process = start_python(SCRIPT, *GRID, "--scheduler", address, "--output-dir", str(folder))
        wait_until(lambda: rows(folder) >= 3, process)
        processes[0].kill()
        printed, said = process.communicate(timeout=120)
    assert (process.returncode, printed) == (1, "")
    assert said.splitlines()[-1].startswith("The workers were lost: the scheduler does not answer.")
    check_continued(folder, expected)


@pytest.mark.parametrize("address", ["nowhere", ""])
def test_a_wrong_address_is_status_2(tmp_path, address):
    pytest.importorskip("distributed")
    # In a process of its own: a Client that failed and one that starts can lock each other up.
    options = ["--quick", "--scheduler", address, "--output-dir", str(tmp_path)]
    result = run_python(SCRIPT, *options)
    assert (result.returncode, result.stdout) == (2, "")
    assert "error: argument --scheduler: missing port number" in result.stderr
    assert "Traceback" not in result.stderr


def test_without_dask_the_runs_are_made_by_this_process(script, capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(script, "distributed", None)
    options = ["--optimizer", "gd", "--quick", "--epochs", "2", "--output-dir", str(tmp_path)]
    assert script.main(options) == 0
    assert "To have one per core: scripts/in_venv pip install" in capsys.readouterr().err
    assert rows(tmp_path) == 18
    for workers in (["--scheduler", "tcp://127.0.0.1:8786"], ["--processes", "2"]):
        with pytest.raises(SystemExit) as info:
            script.main([*options, *workers])
        assert info.value.code == 2
        assert 'pip install --constraint scripts/constraints.txt "simple-rnn[dask]"' in (
            capsys.readouterr().err
        )


def test_a_table_of_another_study_is_status_2(tmp_path, script, capsys):
    (tmp_path / "learning_rate.csv").write_text("mine\n")
    with pytest.raises(SystemExit) as info:
        script.main(["--quick", "--processes", "1", "--output-dir", str(tmp_path)])
    assert info.value.code == 2
    assert "line 1: this is not the header of a study's table" in capsys.readouterr().err
    assert (tmp_path / "learning_rate.csv").read_text() == "mine\n"


def test_the_grid_is_that_of_the_options(script):
    options = ["--rate", "0.1", "--rate", "0.2", "--seq-len", "5", "--seq-len", "6", "--seeds", "2"]
    one = ["--optimizer", "rprop", "--num-samples", "3", "--epochs", "4"]
    expected = study.grid(["rprop"], [0.1, 0.2], [1, 2], [5, 6], 3, 4)
    assert script.parse([*options, *one]).runs == expected
    tens = [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1]
    assert script.parse(["--quick"]).runs == study.grid(article.CONDITIONS, tens, [1, 2, 3])


def test_a_whole_grid_goes_into_figures_and_no_other(script):
    for whole in ([], ["--map"], ["--epochs", "2001"]):
        assert script.parse(whole).output_dir == script.FIGURES_FOLDER
    for other in (["--quick"], ["--map", "--quick"], ["--epochs", "9"], ["--optimizer", "gd"]):
        assert script.parse(other).output_dir == Path("learning_rate_study")


def test_a_map(tmp_path, script, capsys):
    grid = ["--map", "--optimizer", "gd", "--rate", "1e-4", "--rate", "1", "--epochs", "300"]
    lengths = ["--seq-len", "2", "--seq-len", "5", "--seeds", "3", "--processes", "1"]
    for _ in range(2):
        assert script.main([*grid, *lengths, "--output-dir", str(tmp_path)]) == 0
        runs, cells = tmp_path / "trainability_runs.csv", tmp_path / "trainability.csv"
        picture = tmp_path / "trainability.png"
        assert capsys.readouterr().out.splitlines() == [
            f"12 runs, 6 of them diverged: {runs}",
            str(cells),
            str(picture),
        ]
        assert sorted(tmp_path.iterdir()) == [cells, picture, runs]
    results = study.read_results(runs)
    assert [result.settings for result in results] == study.grid(
        ["gd"], [1e-4, 1], [1, 2, 3], [2, 5], n_epochs=300
    )
    header, *lines = cells.read_text().splitlines()
    assert header == "optimizer,seq_len,learning_rate,runs,trained,diverged,median_final_cost"
    costs = sorted(result.final_cost for result in results[:3])
    assert lines[0] == f"gd,2,0.0001,3,0,0,{costs[1]}"
    assert lines[3] == "gd,5,1,3,0,3,inf"


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda text: text[: text.index("gd,4,0.1,")], "it lacks some of the cells of gd"),
        (lambda text: "", "not enough values"),
        (lambda text: text.replace("trained", "arrived"), "it does not hold rows under optimizer,"),
    ],
)
def test_a_damaged_map_is_status_2(tmp_path, script, capsys, damage, reason):
    table = tmp_path / "trainability.csv"
    table.write_text(damage((ROOT / "figures" / "trainability.csv").read_text()))
    with pytest.raises(SystemExit) as info:
        script.save_trainability(table, tmp_path / "trainability.png")
    assert info.value.code == 2
    said = capsys.readouterr().err
    assert f"{table} cannot be drawn: {reason}" in said
    assert "run scripts/learning_rate_study.py --map, to have it written anew" in said


def test_the_committed_table_is_the_default_grid_and_can_be_made_again(script):
    results = study.read_results(ROOT / "figures" / "learning_rate.csv")
    assert [result.settings for result in results] == script.parse([]).runs
    for result in results[::157]:
        assert repr(study.run_one(result.settings)) == repr(result)


def test_the_committed_map_is_the_default_grid_and_can_be_made_again(script, tmp_path):
    runs = script.parse(["--map"]).runs
    assert len(runs) >= 15_000
    _, *lines = (ROOT / "figures" / "trainability.csv").read_text().splitlines()
    by_cell = [runs[start : start + 11] for start in range(0, len(runs), 11)]
    assert len(lines) == len(by_cell)
    for number in range(100, len(by_cell), 500):
        cells = study.summarize(map(study.run_one, by_cell[number]))
        script.write_table(tmp_path / "cell.csv", study.Cell._fields, cells)
        assert (tmp_path / "cell.csv").read_text().splitlines()[1:] == [lines[number]]
