"""scripts/make_figures.py: the figures, and the data beside them, the same to the byte."""

import csv
import filecmp
import importlib

import numpy as np
import pytest
from conftest import ROOT, drawn_with_pinned_versions, run_python

SCRIPT = str(ROOT / "scripts" / "make_figures.py")
NAMES = [
    "SRNmodel2",
    "rnn_loss_log1",
    "rnn_loss_log2",
    "cost_surface",
    "gradient_over_time",
    "scaling",
    "learning_rate",
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
    monkeypatch.setenv("AESARA_FLAGS", "blas__ldflags=")
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
    assert files(ROOT / "figures") == sorted(files(drawn) + RECORDS)
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


def test_only_one(make_figures, tmp_path):
    assert make_figures.main(["--only", "gradient_over_time", "--output-dir", str(tmp_path)]) == 0
    assert files(tmp_path) == ["gradient_over_time.csv", "gradient_over_time.png"]
    # The gradient at the last state, multiplied by w_rec = 2 ten times on its way to the first.
    table = make_figures.read_table(tmp_path / "gradient_over_time.csv", make_figures.GRADIENT)
    gradient = table["gradient summed over the samples at w_x = 1 w_rec = 2"]
    assert gradient[0] == pytest.approx(gradient[-1] * 2**10)


def test_a_run_that_fails_leaves_the_old_files(make_figures, tmp_path, monkeypatch):
    for name in ("SRNmodel2.png", "rnn_loss_log1.csv"):
        (tmp_path / name).write_text("old")

    def interrupted(*arguments):
        raise KeyboardInterrupt

    recipe = make_figures.RECIPES["gradient_over_time"]
    monkeypatch.setitem(
        make_figures.RECIPES,
        "gradient_over_time",
        make_figures.Recipe(recipe.size, interrupted, recipe.compute, recipe.tables),
    )
    with pytest.raises(KeyboardInterrupt):
        make_figures.main(["--output-dir", str(tmp_path)])
    assert files(tmp_path) == ["SRNmodel2.png", "rnn_loss_log1.csv"]
    assert {path.read_text() for path in tmp_path.iterdir()} == {"old"}


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


LOSS, NEAR = "rnn_loss_log1", "cost_surface_near"


@pytest.mark.parametrize(
    ("name", "damage", "line", "said"),
    [
        (LOSS, in_line(1, b"epoch", b"step"), 1, "the columns are ['step', 'cost (sum of"),
        (LOSS, lambda data: data.replace(b",\n", b"\n"), 2, "has 2 fields, not 3"),
        (LOSS, in_line(7, b"6,", b""), 7, "has 2 fields, not 3"),
        (LOSS, in_line(7, b"6,", b"6,6,"), 7, "has 4 fields, not 3"),
        (LOSS, in_line(7, b"\n", b"\n\n"), 8, "has 0 fields, not 3"),
        (LOSS, in_line(7, b"6,", b"six,"), 7, "'six' is not a finite number"),
        (LOSS, in_line(7, b"6,", b","), 7, "'' is not a finite number"),
        (LOSS, in_line(7, b"6,", b"nan,"), 7, "'nan' is not a finite number"),
        (LOSS, in_line(7, b",\n", b",nan\n"), 7, "'nan' is not a finite number"),
        (LOSS, in_line(7, b"6,", b"-inf,"), 7, "'-inf' is not a finite number"),
        (LOSS, in_line(7, b"6,", b"1e999,"), 7, "'1e999' is not a finite number"),
        (LOSS, in_line(7, b"6,", b"\xff,"), 7, "'\ufffd' is not a finite number"),
        (LOSS, in_line(7, b"6,", b"\0,"), 7, ""),  # csv takes a null byte since Python 3.11
        (LOSS, lambda data: b"", 1, "the file is empty or cut off here"),
        (LOSS, lambda data: data[:-3], 2002, "the file is empty or cut off here"),
        (LOSS, first_lines(1), 1, "ends after 0 rows, not 2001"),
        (LOSS, first_lines(1002), 1002, "ends after 1001 rows, not 2001"),
        (NEAR, first_lines(12321), 12321, "ends after 12320 rows, not 12321"),
        ("cost_surface_paths", first_lines(9), 9, "ends after 8 rows, not 2002"),
        ("gradient_over_time", first_lines(11), 11, "ends after 10 rows, not 11"),
        ("scaling", first_lines(1), 1, "ends after 0 rows, not 1"),
        ("learning_rate", in_line(9, b"gd,", b"gd,x"), 9, "'x1e-06' is not a finite number"),
        ("learning_rate", in_line(9, b",,", b",-,"), 9, "'-' is not a finite number"),
        ("scaling", lambda data: b"elements\n100\n", 1, "the columns are ['elements']"),
    ],
)
def test_damaged_data_is_refused(make_figures, tmp_path, capsys, name, damage, line, said):
    (figure,) = (figure for figure in NAMES if name.startswith(figure))
    for path in (ROOT / "figures").glob(f"{figure}*"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    damaged = tmp_path / f"{name}.csv"
    damaged.write_bytes(damage(damaged.read_bytes()))
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    options = ["--redraw", "--only", figure, "--output-dir", str(tmp_path)]
    with pytest.raises(SystemExit) as info:
        make_figures.main(options)
    assert info.value.code == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert f": error: {damaged}, line {line}: {said}" in captured.err
    maker = (
        "scripts/learning_rate_study.py without it" if "rate" in name else "once without --redraw"
    )
    assert captured.err.endswith(f"; run {maker}, to have it written anew\n")
    assert captured.err.count("\n") == 1
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize(
    ("damage", "line", "said"),
    [
        (in_line(1, b"median", b"mean"), 1, "lacks the columns ['median']"),
        (in_line(2, b"epoch,", b""), 2, "has 8 fields, not 9"),
        (lambda data: data.replace(b"epoch,100,", b"epoch,x,", 1), 8, "invalid literal for int"),
        (first_lines(15), 15, "not every contestant ran at every size"),
        (lambda data: b"", 1, "the file is empty or cut off here"),
        (None, 1, "cannot be read ([Errno 2] No such file"),
    ],
)
def test_a_damaged_benchmark_is_refused(
    make_figures, tmp_path, monkeypatch, capsys, damage, line, said
):
    record = tmp_path / "benchmark.csv"
    if damage:
        record.write_bytes(damage((ROOT / "figures" / "benchmark.csv").read_bytes()))
    monkeypatch.setattr(make_figures, "FIGURES_FOLDER", tmp_path)
    output = tmp_path / "output"
    with pytest.raises(SystemExit) as info:
        make_figures.main(["--only", "scaling", "--output-dir", str(output)])
    assert info.value.code == 2
    error = capsys.readouterr().err
    assert f": error: {record}, line {line}: {said}" in error
    assert error.endswith("; run the whole of scripts/benchmark.py, to have it written anew\n")
    assert not output.exists()
