"""scripts/article_program.py prints what the article prints."""

import pytest
from conftest import ROOT, run_python

from simple_rnn import article

PROGRAM = str(ROOT / "scripts" / "article_program.py")


@pytest.mark.parametrize(
    ("options", "name", "flags"),
    [
        pytest.param([], "gd", "", id="gradient descent"),
        pytest.param(["--condition", "rmsprop"], "rmsprop", "", id="RMSProp"),
        pytest.param(["--condition=rmsprop"], "rmsprop", "cxx=", id="RMSProp without a compiler"),
    ],
)
def test_prints_the_article_s_lines(options, name, flags):
    # Aesara's own settings: floatX is float64 until the program sets it.
    result = run_python("-Werror", PROGRAM, *options, flags=flags)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.splitlines() == article.CONDITIONS[name].published_lines


def test_without_compile_function_the_digits_are_others():
    # In Python, as Aesara's own mode compiles for minutes in C.
    result = run_python(PROGRAM, "--plain", "--condition", "rmsprop", flags="cxx=")
    first, line_100, line_200, *_ = result.stdout.splitlines()
    published = article.CONDITIONS["rmsprop"].published_lines
    assert first == published[0]
    assert line_100 not in published
    assert line_200 not in published
    # Rounding moves line 100 no further than by this (scripts/check_evidence.py).
    assert abs(float(line_100.split("=")[1]) - 5.7880) < 0.0013
