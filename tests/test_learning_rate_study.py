"""scripts/learning_rate_study.py: the committed tables can be made again."""

import os
import signal

import learning_rate_study as script
import pytest
from conftest import ROOT, finish, run_python, start_python

from simple_rnn import study

SMALL_GRID = [run._replace(n_epochs=40) for run in script.GRID[::20]]
# The script with that grid, on this machine's processes or on a cluster.
SMALL_STUDY = """
import sys
import learning_rate_study as script
from distributed import LocalCluster

folder, where = sys.argv[1:]
script.GRID = [run._replace(n_epochs=40) for run in script.GRID[::20]]
options = ["--output-dir", folder]
if where == "cluster":
    cluster = LocalCluster(n_workers=1, dashboard_address=None)
    options += ["--scheduler", cluster.scheduler_address]
script.main(options)
"""


@pytest.mark.parametrize("where", ["here", "cluster"])
def test_dask_writes_the_table_that_one_process_writes(tmp_path, where):
    path = str(ROOT / "scripts")
    result = run_python("-c", SMALL_STUDY, str(tmp_path), where, PYTHONPATH=path)
    assert result.returncode == 0, result.stderr
    assert "63 of 63 runs\n" in result.stderr
    assert result.stdout == f"{tmp_path / 'learning_rate.png'}\n"
    script.write_runs(tmp_path / "expected.csv", map(study.run_one, SMALL_GRID))
    expected = (tmp_path / "expected.csv").read_bytes()
    assert expected.count(b"\n") == 64
    assert (tmp_path / "learning_rate.csv").read_bytes() == expected


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
    ids=["learning_rate", "trainability"],
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
