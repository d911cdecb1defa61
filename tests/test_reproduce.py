"""scripts/reproduce.py: what was published is printed, bit for bit the same under any flags."""

import dataclasses
import json

import pytest
import reproduce
from conftest import run_python

from simple_rnn import article

OTHER_MODE = "floatX=float32,optimizer=fast_compile,linker=vm,cast_policy=numpy+floatX"


@pytest.mark.parametrize("flags", [OTHER_MODE, "cxx="])
def test_what_was_published_is_printed_and_recorded(tmp_path, histories, flags):
    output = tmp_path / "record.json"
    result = run_python(reproduce.__file__, "--output", output, flags=flags, PYTHONHASHSEED="1")
    assert result.returncode == 0, result.stderr
    assert result.stdout.endswith(
        "\n2 of 2 published lines reproduced (source blog)\n44 of 44 published lines reproduced\n"
    )
    record = json.loads(output.read_text())
    assert "numpy" in record["versions"]
    for name, condition in article.CONDITIONS.items():
        published = "\n".join(condition.published_lines)
        assert f"\n{published}\n\nPublished against obtained\n" in result.stdout
        obtained, history = record["conditions"][name], histories[name]
        assert obtained["final_weights"] == pytest.approx(history.final_weights, rel=1e-12)
        if condition.dtype == "float32":  # without a compiler float64 is added in another order
            assert obtained["costs"] == history.costs.tolist()


def test_a_line_that_differs_is_status_1(monkeypatch, capsys):
    condition = article.CONDITIONS["gd"]
    edited = condition.published.replace("475.3019", "475.3020")
    monkeypatch.setitem(article.CONDITIONS, "gd", dataclasses.replace(condition, published=edited))
    assert reproduce.main(["--condition", "gd"]) == 1
    assert capsys.readouterr().out.endswith("\n21 of 22 published lines reproduced\n")
