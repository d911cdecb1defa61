"""scripts/make_figures.py: the figures, and the tables beside them, the same byte for byte."""

import csv
import shutil

import make_figures
import numpy as np
import pytest
from conftest import ROOT, differing_files, drawn_with_pinned_versions, run_python
from PIL import Image, ImageSequence

SCRIPT = str(ROOT / "scripts" / "make_figures.py")


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """A folder with every figure, drawn by one run of the script."""
    folder = tmp_path_factory.mktemp("drawn")
    result = run_python(SCRIPT, "--output-dir", str(folder))
    assert result.returncode == 0, result.stderr
    assert "Warning" not in result.stderr
    assert result.stdout.splitlines() == [str(folder / name) for name in make_figures.RECIPES]
    return folder


def test_the_files_are_the_committed_ones(drawn):
    if not drawn_with_pinned_versions():
        pytest.skip("matplotlib, numpy or pillow is not the pinned version")
    assert len(list(drawn.iterdir())) == 12
    assert differing_files(drawn, ROOT / "figures") == []


def test_redraw_runs_nothing_and_writes_the_same_bytes(drawn, tmp_path):
    for path in drawn.glob("*.csv"):
        shutil.copy(path, tmp_path)
    # A compiler that does not exist: compiling anything would fail.
    flags = "cxx=/nonexistent/g++"
    result = run_python(SCRIPT, "--redraw", "--output-dir", str(tmp_path), flags=flags)
    assert result.returncode == 0, result.stderr
    assert differing_files(drawn, tmp_path) == []


def test_the_table_of_a_run_says_what_it_is(drawn, histories):
    with (drawn / "rnn_loss_log2.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["epoch", "cost (sum of squared errors)", "cost printed in the article"]
    costs = np.array([row[1] for row in rows], dtype=np.float32)
    np.testing.assert_array_equal(costs, histories["rmsprop"].costs)
    assert [row[2] for row in rows if row[2]] == [
        "%g" % cost for cost in [5.788, 0.3313, 0.0181, 0.0072, *[0.0068] * 16]
    ]


def test_the_film_is_short_and_every_frame_shows_something_new(drawn):
    path = drawn / "training.gif"
    assert path.stat().st_size < 1e6
    with Image.open(path) as film:
        shown = [frame.info["duration"] for frame in ImageSequence.Iterator(film)]
    assert 5000 < sum(shown) < 10000  # milliseconds
    assert len(shown) > 50
    # Equal frames become one, which is shown for longer.
    assert len(set(shown[:-1])) == 1


def test_only_the_figures_asked_for_are_made(tmp_path):
    folder = tmp_path / "new"
    only = ["--only", "gradient_over_time.png", "--only", "SRNmodel2.png"]
    make_figures.main([*only, "--output-dir", str(folder)])
    names = ["SRNmodel2.png", "gradient_over_time.csv", "gradient_over_time.png"]
    assert sorted(path.name for path in folder.iterdir()) == names
    # The gradient at the last state, multiplied by w_rec = 2 ten times on its way to the first.
    table = make_figures.read_table(folder / "gradient_over_time.csv")
    gradient = table["gradient summed over the samples at w_x = 1 w_rec = 2"]
    assert gradient[0] == pytest.approx(gradient[-1] * 2**10)
