"""scripts/benchmark.py: a quick run, its records, and that it compares like with like."""

import csv
import importlib
import json
import sys

import numpy as np
import pytest
from conftest import ROOT, drawn_with_pinned_versions, run_python

SCRIPT = str(ROOT / "scripts" / "benchmark.py")


@pytest.fixture
def benchmark(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    return importlib.import_module("benchmark")


def test_a_quick_run_prints_and_writes_what_it_measured(tmp_path):
    options = ["--quick", "--only", "epoch", "--only", "surface", "--output-dir", str(tmp_path)]
    result = run_python(SCRIPT, *options)
    assert result.returncode == 0, result.stderr
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["benchmark.csv", "benchmark.json"]
    record = json.loads((tmp_path / "benchmark.json").read_text())
    with (tmp_path / "benchmark.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [[row["contestant"], float(row["median"])] for row in rows] == [
        [row["contestant"], row["median"]] for row in record["rows"]
    ]
    ours = {
        (row["comparison"], row["num_samples"]): row["median"]
        for row in record["rows"]
        if row["contestant"] == "simple_rnn"
    }
    assert len(ours) == 3
    for row in record["rows"]:
        assert 0 < row["minimum"] <= row["median"] <= row["maximum"]
        assert row["ratio"] == row["median"] / ours[row["comparison"], row["num_samples"]]
        assert f"  {row['contestant']} " in result.stdout
    assert record["environment"]["processor"]
    for name, library in (("PyTorch", "torch"), ("JAX", "jax")):
        if importlib.util.find_spec(library) is None:
            assert f"{name} is not installed and left out" in result.stderr
        else:
            assert record["environment"][library]


def test_a_whole_run_draws_its_figure(benchmark, tmp_path, monkeypatch):
    """From the committed measurements come the committed files."""
    committed = ROOT / "figures"
    record = json.loads((committed / "benchmark.json").read_text())
    measured = [benchmark.Measurement(**row) for row in record["rows"]]
    monkeypatch.setattr(benchmark, "COMPARISONS", {"all": lambda quick: measured})
    assert benchmark.main(["--output-dir", str(tmp_path)]) == 0
    written = sorted(path.name for path in tmp_path.iterdir())
    assert written == ["benchmark.csv", "benchmark.json", "scaling.csv", "scaling.png"]
    same = ["benchmark.csv", "scaling.csv"]
    if drawn_with_pinned_versions():
        same.append("scaling.png")
    for name in same:
        assert (tmp_path / name).read_bytes() == (committed / name).read_bytes(), name


def test_a_contestant_with_other_costs_stops_it(benchmark, monkeypatch):
    def biased(x, y, rate):
        epoch = benchmark.prepare_numpy_in_place(x, y, rate)
        return lambda: 1.01 * epoch()

    monkeypatch.setitem(benchmark.CONTESTANTS, "NumPy, in place", biased)
    with pytest.raises(SystemExit, match="NumPy, in place computes other costs"):
        benchmark.prepare((4, 3), ["NumPy reference", "NumPy, in place"])


def test_the_costs_that_are_compared_depend_on_the_gradients(benchmark):
    x, y, rate = benchmark.data(10, 20)
    epoch = benchmark.prepare_numpy_reference(x, y, rate)
    costs = [epoch() for _ in range(3)]
    assert np.diff(costs).max() < -1e-3 * costs[0], "within the tolerance of the comparison"


def test_each_takes_its_turn_in_every_round(benchmark):
    calls = []
    runs = {name: lambda name=name: calls.append(name) for name in "ab"}
    times = benchmark.take_turns(runs, seconds=0, rounds=2)
    assert calls == [*"aaa", *"bbb"] * 2  # one to warm up, two that count
    assert [len(values) for values in times.values()] == [2, 2]


@pytest.mark.skipif(sys.platform != "linux", reason="read from /proc")
def test_peak_memory_grows_with_an_array():
    # In a process of its own: in this one another test may have had more memory before.
    code = (
        "import benchmark, numpy as np; before = benchmark.peak_memory();"
        " array = np.ones(100_000_000, dtype=np.uint8); print(benchmark.peak_memory() - before)"
    )
    result = run_python("-c", code, PYTHONPATH=str(ROOT / "scripts"))
    assert int(result.stdout) > 50_000_000, result.stderr
