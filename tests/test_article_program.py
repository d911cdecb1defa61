"""The article's own program, whole, with nothing changed but Theano's name and theano.function."""

from pathlib import Path

import pytest
from conftest import run_python

from simple_rnn import article

PROGRAM = Path(__file__).with_name("article_program.txt")
OPTIMIZERS = {
    "gd": "GradientDescentOptimizer(params, learning_rate=1.e-5)",
    "rmsprop": "RMSPropOptimizer(params, learning_rate=0.001)",
}


@pytest.mark.parametrize(
    ("name", "compiler"),
    [
        pytest.param("gd", "", id="gradient descent"),
        pytest.param("rmsprop", "", id="RMSProp"),
        pytest.param("rmsprop", ",cxx=", id="RMSProp without a compiler"),
    ],
)
def test_prints_the_article_s_digits(name, compiler, tmp_path):
    text = PROGRAM.read_text(encoding="utf-8")
    assert text.count(OPTIMIZERS["gd"]) == 1
    text = text.replace(OPTIMIZERS["gd"], OPTIMIZERS[name])
    text = text.replace("theano.function(", "compile_function(").replace("theano", "aesara")
    program = tmp_path / "program.py"
    program.write_text(f"from simple_rnn import compile_function\n{text}", encoding="utf-8")

    # The article's setting; in plain Theano it stood in a configuration file.
    result = run_python(str(program), flags=f"floatX=float32,blas__ldflags={compiler}")

    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines() == article.CONDITIONS[name].published_lines
