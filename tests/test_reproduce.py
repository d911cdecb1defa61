"""scripts/reproduce.py: what was published is printed, bit for bit the same under any flags."""

import dataclasses
import json

import numpy as np
import pytest
import reproduce
from conftest import run_python

from simple_rnn import article


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONHASHSEED": "1"},
        {"flags": "floatX=float32,optimizer=fast_compile,linker=vm,cast_policy=numpy+floatX"},
        {"flags": "cxx="},
    ],
    ids=str,
)
def test_what_was_published_is_printed_and_recorded(tmp_path, histories, environment):
    output = tmp_path / "record.json"
    result = run_python(reproduce.__file__, "--output", output, **environment)
    assert result.returncode == 0, result.stderr
    assert "warning" not in result.stderr.lower()
    lines, record = result.stdout.splitlines(), json.loads(output.read_text())
    assert lines[-2:] == [
        "2 of 2 published lines reproduced (source blog)",
        "44 of 44 published lines reproduced",
    ]
    for name, rate in (("gd", "1e-5"), ("rmsprop", "0.001"), ("rprop", "0.001")):
        condition, obtained = article.CONDITIONS[name], record["conditions"][name]
        start = lines.index(f"{condition.title}, learning rate = {rate}") + 2
        printed = lines[start : lines.index("", start)]
        published = condition.published_lines
        assert printed[-len(published) :] == published  # the blog printed no more than its end
        # JSON holds each float32 as the double of the same value.
        costs, weights = histories[name].costs, histories[name].final_weights
        if costs.dtype == "float32" or environment.get("flags") != "cxx=":
            assert obtained["costs"] == costs.tolist()
            assert obtained["final_weights"] == weights.tolist()
        else:  # a sum of float64 has no wider accumulator, and NumPy adds in another order
            np.testing.assert_allclose(obtained["costs"], costs, rtol=1e-6)
    assert {"python", "numpy", "aesara", "compiler", "system"} <= set(record["environment"])


def test_a_line_that_differs_is_status_1(monkeypatch, capsys):
    condition = article.CONDITIONS["gd"]
    edited = condition.published.replace("475.3019", "475.3020")
    monkeypatch.setitem(article.CONDITIONS, "gd", dataclasses.replace(condition, published=edited))
    assert reproduce.main(["--condition", "gd"]) == 1
    printed = capsys.readouterr().out
    assert printed.endswith("21 of 22 published lines reproduced\n")
    (row,) = (line for line in printed.splitlines() if line.endswith("DIFFERS"))
    assert row.split() == ["epoch[", "300]", "475.3020", "475.3019", "DIFFERS"]
