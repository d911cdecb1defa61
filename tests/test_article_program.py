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
