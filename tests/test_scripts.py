"""What all scripts have in common: they are leaves, and say what they lack."""

import shutil

import benchmark
import check_evidence
import learning_rate_study
import make_figures
import pytest
from conftest import ROOT, changed_figures, run_python

SCRIPTS = [path for path in (ROOT / "scripts").glob("*.py") if not path.name.startswith("_")]
# The scripts that draw, each with what computes its tables.
DRAWING = [
    (benchmark, "measure", []),
    (check_evidence, "gather", []),
    (learning_rate_study, "run_all", []),
    (learning_rate_study, "run_all", ["--map"]),
    (make_figures, "compute_losses", []),
]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_without_its_packages_a_script_says_how_it_is_called(script):
    # -S leaves out the folder into which packages are installed.
    result = run_python("-S", script)
    assert (result.returncode, result.stdout) == (1, "")
    missing, remedy = result.stderr.splitlines()
    assert missing.startswith(f"{script.name}: error: No module named '")
    assert remedy == "Call it by scripts/in_venv python, which brings all that it needs."


def test_redraw_draws_every_committed_picture_without_computing(tmp_path, monkeypatch):
    figures = ROOT / "figures"
    for table in figures.glob("*.csv"):
        shutil.copy(table, tmp_path)
    for script, computes, options in DRAWING:
        monkeypatch.setattr(script, computes, None)
        script.main(["--redraw", *options, "--output-dir", str(tmp_path)])
    missing = {path.name for path in figures.iterdir()} - {path.name for path in tmp_path.iterdir()}
    assert missing == {"README.md"}
    assert changed_figures(tmp_path) == []
