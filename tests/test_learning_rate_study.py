"""scripts/learning_rate_study.py: the committed tables can be made again."""

import os
import signal

import learning_rate_study as script
from conftest import ROOT, finish, start_python
from distributed import LocalCluster

from simple_rnn import article, study


def test_a_part_of_each_committed_table_is_made_again(tmp_path, monkeypatch):
    n_rows = {"learning_rate": len(script.GRID), "trainability": len(script.MAP) // 11}
    part = [article.CONDITIONS, [1e-5, 1e-3], range(1, 12)]
    monkeypatch.setattr(script, "GRID", study.grid(*part))
    monkeypatch.setattr(script, "MAP", study.grid(*part, seq_lens=[8, 10]))
    with LocalCluster(n_workers=1, dashboard_address="127.0.0.1:0") as cluster:
        script.main(["--scheduler", cluster.scheduler_address, "--output-dir", str(tmp_path)])
    script.main(["--map", "--output-dir", str(tmp_path)])
    for name, n_new in (("learning_rate", 66), ("trainability", 12)):
        header, *committed = (ROOT / "figures" / f"{name}.csv").read_text().splitlines()
        new_header, *new = (tmp_path / f"{name}.csv").read_text().splitlines()
        assert (new_header, len(new), len(committed)) == (header, n_new, n_rows[name])
        assert set(new) < set(committed)


def test_ctrl_c_ends_the_study_in_one_line(tmp_path):
    process = start_python(script.__file__, "--output-dir", tmp_path)
    said = ""
    while " of 1260 runs" not in said:
        assert process.poll() is None
        said += process.stderr.read(1)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does, to every process
    result = finish(process)
    assert (result.returncode, result.stdout) == (130, "")
    assert result.stderr.endswith("Interrupted.\n")
    assert "Traceback" not in result.stderr
