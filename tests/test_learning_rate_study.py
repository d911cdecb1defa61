"""scripts/learning_rate_study.py: as processes that are interrupted and killed, and on Dask."""

import importlib
import io
import json
import os
import re
import signal
import sys
import time
from pathlib import Path

import pytest
from conftest import ROOT, run_python, start_python

from simple_rnn import study

SCRIPT = str(ROOT / "scripts" / "learning_rate_study.py")
# 32 runs of one kind, so that each process compiles once; a few seconds.
GRID = ["--optimizer", "gd", "--rates", "1e-6", "1e-3", "4", "--seeds", "8", "--epochs", "1500"]
RUNS = study.grid(["gd"], [1e-6, 1e-5, 1e-4, 1e-3], range(1, 9), n_epochs=1500)


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
    monkeypatch.setenv("AESARA_FLAGS", "blas__ldflags=")
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


def check_continued(folder, expected):
    """Check that the study, continued, ends with the same table."""
    assert 0 < rows(folder) < len(RUNS)
    path = folder / "learning_rate.csv"
    study.run_study(RUNS, path)
    assert path.read_bytes() == expected


def check_finished(folder, expected, printed):
    assert (folder / "learning_rate.csv").read_bytes() == expected
    assert sorted(path.name for path in folder.iterdir()) == [
        "learning_rate.csv",
        "learning_rate.png",
    ]
    table, figure = printed.splitlines()
    assert table == f"32 runs, 8 of them diverged: {folder / 'learning_rate.csv'}"
    assert figure == str(folder / "learning_rate.png")


@pytest.mark.parametrize("processes", ["1", "2"])
def test_interrupted_and_continued(tmp_path, expected, processes):
    options = ["--processes", processes, "--output-dir", str(tmp_path)]
    process = start_python(SCRIPT, *GRID, *options)
    wait_until(lambda: rows(tmp_path) >= 3, process)
    # Ctrl-C reaches every process of a terminal.
    os.killpg(process.pid, signal.SIGINT)
    printed, said = process.communicate(timeout=120)
    assert (process.returncode, printed) == (130, "")
    path = tmp_path / "learning_rate.csv"
    assert said.splitlines()[-1] == f"Interrupted. The same command goes on from {path}."
    assert "Traceback" not in said
    assert set(path.read_bytes().splitlines()) < set(expected.splitlines())
    before = rows(tmp_path)
    if processes == "1":
        check_continued(tmp_path, expected)
    else:
        result = run_python(SCRIPT, *GRID, *options)
        assert result.returncode == 0, result.stderr
        assert result.stderr.startswith(f"{before} of 32 runs\n")
        check_finished(tmp_path, expected, result.stdout)


def test_an_endless_run_is_interrupted(tmp_path):
    options = ["--optimizer", "gd", "--rate", "1e-5", "--seeds", "2", "--epochs", "1000000000"]
    process = start_python(SCRIPT, *options, "--processes", "2", "--output-dir", str(tmp_path))
    wait_until((tmp_path / "learning_rate.csv").exists, process)
    time.sleep(3)  # somewhere in the import, the compilation or the training of the two
    os.killpg(process.pid, signal.SIGINT)
    # No worker stays behind, or the pipes that they share with the script would not close.
    printed, said = process.communicate(timeout=60)
    assert (process.returncode, printed) == (130, "")
    assert "Traceback" not in said
    assert (tmp_path / "learning_rate.csv").read_text() == f"{study.HEADER}\n"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--num-samples", str(10**15)], "numbers, needs 40,000,000,000,000,000 bytes"),
        (["--rates", "1e-6", "1e-1", "1e12"], "the grid has 60,000,000,000,000 runs; at most"),
        (["--seeds", "4294967295"], "runs; at most 10,000,000 expected"),
    ],
)
def test_a_grid_that_is_too_large_is_status_2(script, tmp_path, capsys, options, message):
    with pytest.raises(SystemExit) as info:
        script.main([*options, "--output-dir", str(tmp_path)])
    assert info.value.code == 2
    assert message in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_killed_and_continued(tmp_path, expected):
    process = start_python(SCRIPT, *GRID, "--processes", "2", "--output-dir", str(tmp_path))
    wait_until(lambda: rows(tmp_path) >= 3, process)
    process.kill()
    # No worker stays behind: the pipes that they share with the script close.
    process.communicate(timeout=60)
    with (tmp_path / "learning_rate.csv").open("ab") as file:
        file.write(b"rprop,0.001,4,2")  # what it was just writing
    check_continued(tmp_path, expected)


def test_a_worker_process_that_is_killed_is_one_sentence(tmp_path, expected):
    psutil = pytest.importorskip("psutil")
    process = start_python(SCRIPT, *GRID, "--processes", "2", "--output-dir", str(tmp_path))
    wait_until(lambda: rows(tmp_path) >= 3, process)
    workers = [
        child
        for child in psutil.Process(process.pid).children()
        if "spawn_main" in " ".join(child.cmdline())
    ]
    workers[0].kill()
    _, said = process.communicate(timeout=120)
    assert process.returncode == 1
    assert said.splitlines()[-1].startswith("The workers were lost: ")
    assert "Traceback" not in said
    kept = (tmp_path / "learning_rate.csv").read_bytes().splitlines()
    assert set(kept) < set(expected.splitlines())


@pytest.fixture
def cluster(tmp_path):
    """A Dask scheduler with two workers, each a process: its address, and the workers."""
    pytest.importorskip("distributed")
    file = tmp_path / "scheduler.json"
    log = (tmp_path / "log").open("w")
    where = ["--scheduler-file", str(file), "--no-dashboard"]
    alone = ["--nworkers", "1", "--nthreads", "1", "--no-nanny"]
    local = {"cwd": tmp_path, "output": log}
    dask = ["-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0"]
    processes = [start_python(*dask, *where, **local)]
    try:
        wait_until(lambda: file.exists() and file.read_text().endswith("}"), processes[0])
        for _ in range(2):
            worker = ["-m", "distributed.cli.dask_worker", *where, *alone]
            processes.append(start_python(*worker, **local))
        yield json.loads(file.read_text())["address"], processes[1:]
    finally:
        for process in processes:
            process.kill()
        for process in processes:
            process.wait()
        log.close()


def test_a_dask_cluster_that_loses_a_worker(tmp_path, expected, cluster):
    address, workers = cluster
    from distributed import Client

    folder = tmp_path / "study"
    with Client(address, timeout=60) as client:
        client.wait_for_workers(2)
        process = start_python(SCRIPT, *GRID, "--scheduler", address, "--output-dir", str(folder))
        wait_until(lambda: rows(folder) >= 6, process)
        # It is at work, with more to do.
        processing = client.run_on_scheduler(
            lambda dask_scheduler: [len(w.processing) for w in dask_scheduler.workers.values()]
        )
        assert len(processing) == 2
        assert all(processing)
        workers[0].kill()
        printed, said = process.communicate(timeout=120)
        assert process.returncode == 0, said
        assert len(client.scheduler_info()["workers"]) == 1
    assert workers[0].wait() == -signal.SIGKILL
    check_finished(folder, expected, printed)


def test_a_table_of_another_study_is_status_2(tmp_path, script, capsys):
    (tmp_path / "learning_rate.csv").write_text("mine\n")
    options = ["--quick", "--processes", "1", "--output-dir", str(tmp_path)]
    with pytest.raises(SystemExit) as exit_info:
        script.main(options)
    assert exit_info.value.code == 2
    assert "line 1 is not the header of a study's table: 'mine'" in capsys.readouterr().err
    assert (tmp_path / "learning_rate.csv").read_text() == "mine\n"


def test_the_grid_is_that_of_the_options(tmp_path, script, monkeypatch):
    asked = []

    def no_study(runs, *rest):
        asked.append(runs)
        return []

    monkeypatch.setattr(study, "run_study", no_study)
    monkeypatch.setattr(script, "make_figures", lambda options: 0)
    folder = ["--processes", "1", "--output-dir", str(tmp_path / "new")]
    options = ["--rate", "0.1", "--rate", "0.2", "--seq-len", "5", "--seq-len", "6", "--seeds", "2"]
    one = ["--optimizer", "rprop", "--num-samples", "3", "--epochs", "4"]
    assert script.main([*options, *one, *folder]) == 0
    assert script.main(["--quick", *folder]) == 0
    assert asked[0] == study.grid(["rprop"], [0.1, 0.2], [1, 2], [5, 6], 3, 4)
    tens = [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1]
    assert asked[1] == study.grid(study.OPTIMIZERS, tens, [1, 2, 3])


def test_only_the_default_grid_goes_into_figures(script):
    assert script.parse([]).output_dir == script.FIGURES_FOLDER
    for other in (["--quick"], ["--epochs", "2001"], ["--rate", "1"], ["--optimizer", "gd"]):
        assert script.parse(other).output_dir == Path("learning_rate_study")


def test_the_committed_table_is_the_default_grid_and_can_be_made_again(script):
    header, *lines = (ROOT / "figures" / "learning_rate.csv").read_text().splitlines()
    assert header == study.HEADER
    table = [study.Row.parse(line) for line in lines]
    rates = study.logarithmic_rates(*script.RATES)
    seeds = range(1, script.SEEDS + 1)
    assert [row.settings for row in table] == study.grid(study.OPTIMIZERS, rates, seeds)
    for number in range(0, len(table), 157):
        assert study.run_one(table[number].settings).line() == lines[number]


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_bar_on_a_terminal_and_lines_elsewhere(script, monkeypatch):
    pytest.importorskip("tqdm")
    for stderr in (Terminal(), io.StringIO()):
        monkeypatch.setattr(sys, "stderr", stderr)
        with script.progress() as report:
            for done in range(2, 6):
                report(done, 5)
        if stderr.isatty():
            assert "2/5" in stderr.getvalue()
            assert "5/5" in stderr.getvalue()
            assert "of 5 runs" not in stderr.getvalue()
        else:
            lines = r"2 of 5 runs\n5 of 5 runs, \d+ a minute\n"
            assert re.fullmatch(lines, stderr.getvalue())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--rates", "1e-3", "1e-5", "3"], "argument --rates: 0.001 1e-05 3 given, the smallest"),
        (["--rates", "1e-5", "1e-3", "2.5"], "argument --rates: 1e-05 0.001 2.5 given"),
        (["--rate", "0"], "argument --rate: '0' given, a finite number above 0 expected"),
        (["--rate", "1", "--rates", "1", "2", "3"], "not allowed with argument --rate"),
        (["--seeds", "0"], "argument --seeds: '0' given"),
        (["--processes", "0"], "argument --processes: '0' given"),
        (["--processes", "2", "--scheduler", "x:1"], "not allowed with argument --processes"),
        (["--optimizer", "adam"], "invalid choice: 'adam'"),
        (["--output-dir", "no/where"], "the folder above 'no/where' does not exist"),
    ],
)
def test_a_wrong_option_is_status_2(script, capsys, monkeypatch, tmp_path, options, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as exit_info:
        script.main(options)
    assert exit_info.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("address", ["nowhere", ""])
def test_a_wrong_address_is_status_2(tmp_path, address):
    pytest.importorskip("distributed")
    # In a process of its own: a Client that failed and one that starts can lock each other up.
    options = ["--quick", "--scheduler", address, "--output-dir", str(tmp_path)]
    result = run_python(SCRIPT, *options)
    assert (result.returncode, result.stdout) == (2, "")
    assert "error: argument --scheduler: missing port number" in result.stderr
    assert "Traceback" not in result.stderr


def test_without_distributed_it_says_what_to_install(script, capsys, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(SystemExit) as exit_info:
        script.main(["--scheduler", "tcp://127.0.0.1:8786", "--output-dir", str(tmp_path)])
    assert exit_info.value.code == 2
    assert 'install --constraint scripts/constraints.txt "simple-rnn[dask]"' in (
        capsys.readouterr().err
    )
