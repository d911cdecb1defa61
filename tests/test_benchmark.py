"""scripts/benchmark.py: that it compares like with like, and its table."""

import benchmark
import numpy as np
import pytest
from _figures import read_table


def test_table_holds_the_seconds_of_each_contestant(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(benchmark, "SIZES", ((4, 3), (5, 2)))
    monkeypatch.setattr(benchmark, "SECONDS", 0.02)
    monkeypatch.setattr(benchmark, "ROUNDS", 2)
    monkeypatch.setattr(benchmark, "time_runs", lambda name: (20.0, 1.5))
    monkeypatch.setitem(benchmark.CONTESTANTS, "Absent", ("no-such-distribution", None))
    benchmark.main(["--output-dir", str(tmp_path)])
    table, (shown, said) = read_table(tmp_path / "benchmark.csv"), capsys.readouterr()
    assert list(table)[2:] == ["4 x 3", "5 x 2", "first run", "further run"]
    names = list(table["contestant"])
    assert names[:3] == ["simple_rnn", "Aesara, plain", "NumPy, in place"]
    for row, name in enumerate(names):
        assert all(0 < table[size][row] < 1 for size in ("4 x 3", "5 x 2"))
        assert f"{name} {table['version'][row]} " in shown
    assert list(table["first run"][:2]) == [20, 20]
    assert np.isnan(table["first run"][2:]).all()
    assert "Absent is not installed and left out" in said
    assert "Absent" not in names


def test_contestant_with_other_costs_ends_the_script(monkeypatch):
    def biased(x, y, rate):
        epoch = benchmark.prepare_numpy(x, y, rate)
        return lambda: 1.01 * epoch()

    monkeypatch.setitem(benchmark.CONTESTANTS, "biased", ("numpy", biased))
    with pytest.raises(SystemExit, match="biased computes other costs"):
        benchmark.prepare((4, 3), "biased")


def test_compared_costs_depend_on_the_gradients():
    epoch = benchmark.prepare_numpy(*benchmark.data(10, 20))
    costs = [epoch() for _ in range(3)]
    assert np.diff(costs).max() < -1e-3 * costs[0], "within the tolerance of the comparison"


def test_each_contestant_takes_its_turn_in_every_round():
    calls = []
    epochs = {name: lambda name=name: calls.append(name) for name in "ab"}
    times = benchmark.take_turns(epochs, seconds=0, rounds=2)
    assert calls == [*"aaa", *"bbb"] * 2  # one to warm up, two that count
    assert all(0 < seconds < 1 for seconds in times.values())


def test_runs_are_timed_in_processes_of_their_own(monkeypatch):
    monkeypatch.setattr(benchmark, "FURTHER_RUNS", 1)
    first, further = benchmark.time_runs("NumPy, in place")
    assert min(first, further) > 0.2  # no import of Aesara takes less
