"""scripts/make_figures.py: the figures, and the data beside them, the same to the byte."""

import csv
import dataclasses
import filecmp
import importlib

import numpy as np
import pytest
from conftest import ROOT, drawn_with_pinned_versions, run_python
from PIL import Image, ImageSequence

SCRIPT = str(ROOT / "scripts" / "make_figures.py")
NAMES = [
    "SRNmodel2",
    "rnn_loss_log1",
    "rnn_loss_log2",
    "cost_surface",
    "training",
    "gradient_over_time",
    "scaling",
    "learning_rate",
    "trainability",
    "evidence",
    "edge_of_stability",
]
# What other scripts measured; nothing that a run of this one could write again.
RECORDS = ["benchmark.csv", "benchmark.json"]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """A folder with every figure, drawn by one run of the script."""
    folder = tmp_path_factory.mktemp("drawn")
    result = run_python(SCRIPT, "--output-dir", str(folder))
    assert result.returncode == 0, result.stderr
    assert "Warning" not in result.stderr
    assert sorted(result.stdout.splitlines()) == sorted(str(path) for path in folder.iterdir())
    return folder


@pytest.fixture
def make_figures(monkeypatch):
    """The script as a module."""
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    return importlib.import_module("make_figures")


def files(folder):
    return sorted(path.name for path in folder.iterdir())


def different(one, other):
    """The names of the files that are not the same, byte for byte, in both folders."""
    assert files(one) == files(other)
    _, mismatched, errors = filecmp.cmpfiles(one, other, files(one), shallow=False)
    return mismatched + errors


def test_these_are_the_committed_files(drawn):
    if not drawn_with_pinned_versions():
        pytest.skip("matplotlib, numpy or pillow is not the pinned version")
    assert files(ROOT / "figures") == sorted([*files(drawn), *RECORDS, "README.md"])
    _, *others = filecmp.cmpfiles(drawn, ROOT / "figures", files(drawn), shallow=False)
    assert others == [[], []]


def test_a_second_run_writes_the_same_bytes(drawn, make_figures, tmp_path, capsys):
    assert make_figures.main(["--output-dir", str(tmp_path)]) == 0
    assert different(drawn, tmp_path) == []


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_redraw_runs_nothing_and_writes_the_same_bytes(drawn, tmp_path, suffix):
    copies = [tmp_path / "one", tmp_path / "two"]
    for copy in copies:
        copy.mkdir()
        for path in drawn.glob("*.csv"):
            (copy / path.name).write_bytes(path.read_bytes())
        arguments = ["--redraw", "--format", suffix, "--output-dir", str(copy)]
        # A compiler that does not exist: compiling anything would fail.
        result = run_python(SCRIPT, *arguments, flags="cxx=/nonexistent/g++")
        assert result.returncode == 0, result.stderr
        assert len(result.stdout.splitlines()) == len(NAMES)
    assert different(*copies) == []
    if suffix == "png":
        assert different(copies[0], drawn) == []


def test_the_data_says_what_it_is(drawn, histories):
    with (drawn / "rnn_loss_log2.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["epoch", "cost (sum of squared errors)", "cost printed in the article"]
    costs = np.array([row[1] for row in rows], dtype=np.float32)
    np.testing.assert_array_equal(costs, histories["rmsprop"].costs)
    assert [row[2] for row in rows if row[2]] == [
        "%g" % cost for cost in [5.788, 0.3313, 0.0181, 0.0072, *[0.0068] * 16]
    ]


def test_the_film_is_short_and_something_happens_all_the_time(drawn):
    path = drawn / "training.gif"
    assert path.stat().st_size < 1e6
    with Image.open(path) as film:
        shown = [frame.info["duration"] for frame in ImageSequence.Iterator(film)]
    assert 5000 < sum(shown) < 10000  # milliseconds
    assert len(shown) > 50
    # Equal frames become one, which is shown for longer.
    assert len(set(shown[:-1])) == 1


def test_only_some(make_figures, tmp_path):
    folder = tmp_path / "new"
    only = ["--only", "gradient_over_time", "--only", "SRNmodel2"]
    assert make_figures.main([*only, "--output-dir", str(folder)]) == 0
    names = ["SRNmodel2.png", "gradient_over_time.csv", "gradient_over_time.png"]
    assert files(folder) == names
    with (folder / "gradient_over_time.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    # The gradient at the last state, multiplied by w_rec = 2 ten times on its way to the first.
    first, *_, last = (
        float(row["gradient summed over the samples at w_x = 1 w_rec = 2"]) for row in rows
    )
    assert first == pytest.approx(last * 2**10)


def test_a_figure_that_fails_leaves_the_old_one(make_figures, tmp_path, monkeypatch):
    def failing(folder, figure):
        raise KeyboardInterrupt

    (tmp_path / "SRNmodel2.png").write_text("old")
    recipe = dataclasses.replace(make_figures.RECIPES["SRNmodel2"], draw=failing)
    monkeypatch.setitem(make_figures.RECIPES, "SRNmodel2", recipe)
    with pytest.raises(KeyboardInterrupt):
        make_figures.main(["--only", "SRNmodel2", "--output-dir", str(tmp_path)])
    assert files(tmp_path) == ["SRNmodel2.png"]
    assert (tmp_path / "SRNmodel2.png").read_text() == "old"


def in_line(number, old, new):
    """Return what changes one line of a file."""

    def change(data):
        lines = data.splitlines(keepends=True)
        assert old in lines[number - 1]
        lines[number - 1] = lines[number - 1].replace(old, new, 1)
        return b"".join(lines)

    return change


def first_lines(number):
    """Return what cuts a file off after a line."""
    return lambda data: b"".join(data.splitlines(keepends=True)[:number])


LOSS, PATHS, RATES = "rnn_loss_log1", "cost_surface_paths", "learning_rate"


@pytest.mark.parametrize(
    ("name", "damage", "said"),
    [
        (LOSS, None, "No such file"),
        (LOSS, lambda data: b"", "not enough values"),
        (LOSS, in_line(1, b"epoch", b"step"), "its columns are ['step', "),
        (LOSS, in_line(7, b"6,", b"6,6,"), "its rows are not all of one length"),
        (LOSS, in_line(7, b"6,", b"six,"), "could not convert string to float: 'six'"),
        (LOSS, in_line(7, b"6,", b","), "not all that stands under 'epoch' is a finite number"),
        (LOSS, in_line(7, b"6,", b"inf,"), "not all that stands under 'epoch' is a finite number"),
        (LOSS, in_line(7, b"6,", b"\xff,"), "can't decode byte 0xff"),
        (LOSS, first_lines(1002), "it has 1001 rows, not 2001"),
        (PATHS, first_lines(9), "it has 8 rows, not 2002"),
        ("scaling", in_line(1, b"elements", b"size"), "'elements'"),
        ("scaling", in_line(2, b"100,", b"100,x"), "could not convert string to float: 'x"),
        (RATES, in_line(1, b"optimizer", b"method"), "line 1: this is not the header of a study"),
        (RATES, first_lines(1), "it holds no row yet"),
        (RATES, in_line(9, b"gd,", b"gd,x"), "could not convert string to float: 'x1e-06'"),
    ],
)
def test_damaged_data_is_refused(make_figures, tmp_path, capsys, name, damage, said):
    (figure,) = (figure for figure in NAMES if name.startswith(figure))
    for path in (ROOT / "figures").glob(f"{figure}*"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    damaged = tmp_path / f"{name}.csv"
    if damage:
        damaged.write_bytes(damage(damaged.read_bytes()))
    else:
        damaged.unlink()
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    options = ["--redraw", "--only", figure, "--output-dir", str(tmp_path)]
    with pytest.raises(SystemExit) as info:
        make_figures.main(options)
    assert info.value.code == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert f": error: {damaged} cannot be drawn: " in captured.err
    assert said in captured.err
    maker = {
        "scaling": "the whole of scripts/benchmark.py",
        RATES: "scripts/learning_rate_study.py",
    }.get(name, "once without --redraw")
    assert captured.err.endswith(f"; run {maker}, to have it written anew\n")
    assert captured.err.count("\n") == 1
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
