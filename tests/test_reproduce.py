"""scripts/reproduce.py, as a process and, where its surroundings are altered, as a function."""

import dataclasses
import importlib
import json
import re

import aesara
import numpy as np
import pytest
from conftest import ROOT, run_python

from simple_rnn import article

SCRIPT = str(ROOT / "scripts" / "reproduce.py")


@pytest.fixture
def reproduce(monkeypatch):
    """The script as a module."""
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    return importlib.import_module("reproduce")


def run(tmp_path, *options, **environment):
    """Run the script; return the process and the record it wrote."""
    output = tmp_path / "record.json"
    result = run_python(SCRIPT, "--output", str(output), *options, cwd=tmp_path, **environment)
    record = json.loads(output.read_text()) if output.exists() else None
    return result, record


def test_prints_what_was_published_and_the_verdict(tmp_path):
    result, record = run(tmp_path)
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    for name, condition in article.CONDITIONS.items():
        start = (
            lines.index(
                f"{condition.title}, learning rate = {condition.learning_rate:g}".replace(
                    "e-0", "e-"
                )
            )
            + 2
        )
        printed = lines[start : lines.index("", start)]
        if name == "rprop":  # the blog printed no more than its end
            printed = printed[-2:]
        assert printed == condition.published_lines
    assert sum(line.endswith("  exact") for line in lines) == 46
    assert lines[-2:] == [
        "2 of 2 published lines reproduced (source blog)",
        "44 of 44 published lines reproduced",
    ]
    # It says what the silence before the first line is for.
    assert len(re.findall(r"^Compiling .*\d s$", result.stderr, re.MULTILINE)) == 3
    assert "Warning" not in result.stderr
    assert "WARNING" not in result.stderr

    assert record["verdicts"] == lines[-2:]
    assert record["seconds"] > 0
    assert record["environment"]["aesara"] == "2.9.4"
    assert {"python", "numpy", "compiler", "flags", "processor"} <= set(record["environment"])
    run_of_gd = record["conditions"]["gd"]
    assert run_of_gd["settings"]["epochs"] == len(run_of_gd["costs"]) == 2001
    assert "%.4f" % run_of_gd["costs"][299] == "475.3019"
    assert ["%.4f" % weight for weight in run_of_gd["final_weights"]] == ["1.0597", "0.9863"]


@pytest.mark.skipif(not aesara.config.cxx, reason="no C++ compiler")
def test_the_first_compilation_on_a_machine_is_announced_and_no_other(tmp_path):
    options = ["--condition", "gd", "--epochs", "1"]
    flags = f"base_compiledir={tmp_path / 'cache'}"
    first, second = (run(tmp_path, *options, flags=flags)[0] for _ in range(2))
    assert first.stderr.startswith("The first time on a machine, the C++ compiler builds")
    assert second.stderr.startswith("Compiling ")


def test_the_record_says_how_to_get_the_weights_of_every_epoch(tmp_path):
    options = ["--condition", "gd", "--epochs", "5", "--seed", "3", "--num-samples", "4"]
    _, record = run(tmp_path, *options, "--seq-len", "6", "--learning-rate", "1e-4")
    of_gd = record["conditions"]["gd"]
    weights = eval(of_gd["weights_of_every_epoch"], {"article": article})
    assert weights.shape == (6, 2)
    assert weights[0].tolist() == of_gd["initial_weights"]
    assert weights[-1].tolist() == of_gd["final_weights"]


@pytest.mark.parametrize(
    "environment",
    [
        pytest.param({"PYTHONHASHSEED": "1"}, id="hash seed"),
        pytest.param({"flags": "floatX=float32"}, id="floatX"),
        pytest.param({"flags": "cxx="}, id="no C++ compiler"),
    ],
)
def test_identical_to_the_bit_elsewhere(tmp_path, histories, environment):
    result, record = run(tmp_path, **environment)
    assert result.returncode == 0, result.stderr
    assert result.stdout.endswith("44 of 44 published lines reproduced\n")
    for name, history in histories.items():
        obtained = record["conditions"][name]
        # JSON holds each float32 as the double of the same value.
        if history.costs.dtype == "float32" or environment.get("flags") != "cxx=":
            assert obtained["costs"] == history.costs.tolist()
            assert obtained["final_weights"] == history.final_weights.tolist()
        else:  # a sum of float64 has no wider accumulator, and NumPy adds in another order
            np.testing.assert_allclose(obtained["costs"], history.costs, rtol=1e-6)


def test_one_condition(tmp_path):
    result, record = run(tmp_path, "--condition", "rmsprop")
    assert result.returncode == 0
    assert result.stdout.endswith("\n22 of 22 published lines reproduced\n")
    assert list(record["conditions"]) == ["rmsprop"]


@pytest.mark.parametrize(
    ("options", "departures"),
    [
        (["--learning-rate", "0.002", "--epochs", "2001"], "--learning-rate"),
        (
            ["--epochs", "150", "--seed", "7", "--num-samples", "5", "--seq-len", "1"],
            "--epochs, --num-samples, --seed, --seq-len",
        ),
    ],
)
def test_other_settings_have_nothing_to_compare_with(tmp_path, options, departures):
    result, record = run(tmp_path, "--condition", "rmsprop", *options)
    assert result.returncode == 0, result.stderr
    verdict = f"Not compared: rmsprop, with other settings than published ({departures})"
    assert result.stdout.splitlines()[-1:] == record["verdicts"] == [verdict]
    assert "exact" not in result.stdout


def test_what_has_its_published_settings_is_compared_all_the_same(tmp_path):
    result, _ = run(tmp_path, "--epochs", "500")
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[-2:] == [
        "Not compared: gd, rmsprop, with other settings than published (--epochs)",
        "2 of 2 published lines reproduced (source blog)",
    ]


def test_the_article_s_settings_given_as_options_are_no_departure(reproduce, capsys):
    status = reproduce.main(["--condition", "gd", "--learning-rate", "1e-5", "--seed", "1"])
    assert status == 0
    assert capsys.readouterr().out.endswith("22 of 22 published lines reproduced\n")


def test_a_line_that_differs_is_status_1(reproduce, monkeypatch, capsys):
    condition = article.CONDITIONS["gd"]
    edited = condition.published.replace("475.3019", "475.3020")
    monkeypatch.setitem(article.CONDITIONS, "gd", dataclasses.replace(condition, published=edited))
    assert reproduce.main(["--condition", "gd"]) == 1
    printed = capsys.readouterr().out
    assert printed.endswith("21 of 22 published lines reproduced\n")
    (row,) = (line for line in printed.splitlines() if line.endswith("DIFFERS"))
    assert row.split() == ["epoch[", "300]", "475.3020", "475.3019", "-0.0001", "DIFFERS"]


def test_divergence_is_status_3_and_the_other_condition_still_runs(tmp_path):
    result, record = run(tmp_path, "--learning-rate", "1e-3", "--epochs", "100")
    assert result.returncode == 3
    (sentence,) = (line for line in result.stderr.splitlines() if "diverged" in line)
    assert sentence.startswith("the cost of epoch 10 is inf (the one before: 596")
    assert sentence.endswith("start again from new weights with a smaller learning rate.")
    assert "Traceback" not in result.stderr
    assert "Warning" not in result.stderr
    assert "epoch[  100] : cost =  5.7880" in result.stdout
    assert record["conditions"]["gd"]["diverged_at_epoch"] == 10
    assert len(record["conditions"]["gd"]["costs"]) == 9
    assert np.isfinite(record["conditions"]["gd"]["costs"]).all()
    assert record["conditions"]["rmsprop"]["diverged_at_epoch"] is None


def test_weights_that_overflow_before_the_cost_are_not_recorded(tmp_path):
    result, record = run(tmp_path, "--condition", "gd", "--learning-rate", "1e38")
    assert result.returncode == 3
    run_of_gd = record["conditions"]["gd"]
    assert run_of_gd["diverged_at_epoch"] == len(run_of_gd["costs"]) + 1
    assert np.isfinite(run_of_gd["costs"]).all()
    assert np.isfinite(run_of_gd["final_weights"]).all()


def test_a_record_is_replaced_whole(reproduce, tmp_path):
    output = tmp_path / "record.json"
    output.write_text("old")
    console = importlib.import_module("_console")
    with pytest.raises(TypeError):
        console.write_json(output, {"not": object()})
    assert output.read_text() == "old"
    console.write_json(output, {"a": 1})
    assert json.loads(output.read_text()) == {"a": 1}
    assert list(tmp_path.iterdir()) == [output]
