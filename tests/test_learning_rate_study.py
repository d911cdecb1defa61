"""scripts/learning_rate_study.py: the committed tables can be made again, and are drawn."""

import os
import shutil
import signal

import learning_rate_study as script
import numpy as np
import pytest
from conftest import ROOT, drawn_with_pinned_versions, finish, run_python, start_python

from simple_rnn import study

FIGURES = ROOT / "figures"
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


def test_the_committed_runs_can_be_made_again(tmp_path):
    script.write_runs(tmp_path / "some.csv", map(study.run_one, script.GRID[::157]))
    header, *some = (tmp_path / "some.csv").read_text().splitlines()
    committed_header, *committed = (FIGURES / "learning_rate.csv").read_text().splitlines()
    assert header == committed_header
    assert some == committed[::157]
    assert len(committed) == len(script.GRID) == 3 * 21 * 20


def test_the_committed_map_can_be_made_again(tmp_path):
    by_cell = [script.MAP[start : start + 11] for start in range(0, len(script.MAP), 11)]
    cells = (study.summarize(map(study.run_one, runs))[0] for runs in by_cell[100::500])
    script.write_table(tmp_path / "some.csv", study.Cell._fields, cells)
    header, *some = (tmp_path / "some.csv").read_text().splitlines()
    committed_header, *committed = (FIGURES / "trainability.csv").read_text().splitlines()
    assert header == committed_header
    assert some == committed[100::500]
    assert len(committed) == len(by_cell) == 3 * 17 * 29


@pytest.mark.parametrize(
    ("name", "options"), [("learning_rate", []), ("trainability", ["--map"])], ids=str
)
def test_redraw_draws_the_committed_picture(tmp_path, name, options):
    shutil.copy(FIGURES / f"{name}.csv", tmp_path)
    script.main(["--redraw", *options, "--output-dir", str(tmp_path)])
    if drawn_with_pinned_versions():
        picture = f"{name}.png"
        assert (tmp_path / picture).read_bytes() == (FIGURES / picture).read_bytes()


def test_the_learning_rates_hold_the_published_ones():
    rates = script.rates(1e-6, 1e-1, 21)
    assert {1e-6, 1e-5, 1e-3, 1e-1} < set(rates)
    np.testing.assert_allclose(np.diff(np.log10(rates)), 0.25, atol=1e-5)
