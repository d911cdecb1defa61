"""scripts/benchmark.py: that it compares like with like, and its table."""

import benchmark
import numpy as np
import pytest
from _figures import read_table


def test_table_holds_the_seconds_of_each_contestant(tmp_path, monkeypatch):
    monkeypatch.setattr(benchmark, "SIZES", ((4, 3), (5, 2)))
    monkeypatch.setattr(benchmark, "REPEATS", 1)
    monkeypatch.setattr(benchmark, "time_runs", lambda name: (20.0, 1.5))
    monkeypatch.setitem(benchmark.CONTESTANTS, "Absent", ("no-such-distribution", None))
    benchmark.main(["--output-dir", str(tmp_path)])
    names, _, *sizes, first, further = read_table(tmp_path / "benchmark.csv").values()
    assert list(names[:3]) == ["simple_rnn", "Aesara, plain", "NumPy, in place"]
    assert "Absent" not in names
    assert np.shape(sizes) == (2, len(names))
    assert 0 < np.min(sizes) < np.max(sizes) < 0.1
    assert (list(first[:2]), list(further[:2])) == ([20, 20], [1.5, 1.5])


def test_contestant_with_other_costs_ends_the_script(monkeypatch):
    def slower(x, y, rate):
        return benchmark.prepare_numpy(x, y, 0.9 * rate)

    monkeypatch.setitem(benchmark.CONTESTANTS, "other", ("numpy", slower))
    with pytest.raises(SystemExit, match="other computes other costs"):
        benchmark.prepare((10, 20), "other")


def test_runs_are_timed_in_processes_of_their_own(monkeypatch):
    monkeypatch.setattr(benchmark, "REPEATS", 1)
    first, further = benchmark.time_runs("NumPy, in place")
    assert min(first, further) > 0.2  # no import of Aesara takes less
