"""scripts/learning_rate_study.py: the committed tables can be made again."""

import os
import signal

import learning_rate_study as script
import pytest
from conftest import ROOT, finish, start_python
from distributed import LocalCluster

from simple_rnn import article, study

RUNS = study.grid(article.CONDITIONS, [1e-5, 1e-3], seeds=[1, 2], seq_lens=[9, 10])


def test_dask_writes_the_tables_that_one_process_writes(tmp_path, monkeypatch):
    monkeypatch.setattr(script, "GRID", RUNS)
    monkeypatch.setattr(script, "MAP", RUNS)
    with LocalCluster(n_workers=1, dashboard_address=":0") as cluster:
        script.main(["--scheduler", cluster.scheduler_address, "--output-dir", str(tmp_path)])
    script.main(["--map", "--output-dir", str(tmp_path)])
    expected = tmp_path / "expected.csv"
    for name, write in (("learning_rate", script.write_runs), ("trainability", script.write_cells)):
        write(expected, map(study.run_one, RUNS))
        assert (tmp_path / f"{name}.csv").read_bytes() == expected.read_bytes()


def test_ctrl_c_ends_the_study_in_one_line(tmp_path):
    process = start_python(str(script.__file__), "--output-dir", str(tmp_path))
    said = ""
    while " of 1260 runs" not in said:
        said += process.stderr.read(1)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does, to every process
    result = finish(process)
    assert (result.returncode, result.stdout) == (130, "")
    assert result.stderr.endswith("Interrupted.\n")
    assert "Traceback" not in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "write", "runs", "seeds", "every"),
    [
        ("learning_rate", script.write_runs, script.GRID, 1, 157),
        ("trainability", script.write_cells, script.MAP, 11, 500),
    ],
)
def test_some_of_the_committed_rows_are_made_again(tmp_path, name, write, runs, seeds, every):
    of_rows = [runs[start : start + seeds] for start in range(0, len(runs), seeds)]
    chosen = [run for of_row in of_rows[::every] for run in of_row]
    write(tmp_path / "some.csv", map(study.run_one, chosen))
    header, *some = (tmp_path / "some.csv").read_text().splitlines()
    table = ROOT / "figures" / f"{name}.csv"
    committed_header, *committed = table.read_text().splitlines()
    assert header == committed_header
    assert some == committed[::every]
    assert len(committed) == len(of_rows)
