"""scripts/article_program.py prints what the article prints."""

import article_program
import pytest
from conftest import run_python, start_python

from simple_rnn import article

PROGRAM = article_program.__file__


@pytest.mark.parametrize(("name", "flags"), [("gd", ""), ("rmsprop", ""), ("rmsprop", "cxx=")])
def test_the_program_prints_the_article_s_lines(name, flags):
    # Aesara's own settings: floatX is float64 until the program sets it.
    result = run_python("-Werror", PROGRAM, "--condition", name, flags=flags)
    # A first run on a machine says that it compiles.
    said = [line for line in result.stderr.splitlines() if not line.startswith("Compiling C++")]
    assert (result.returncode, said) == (0, [])
    assert result.stdout.splitlines() == article.CONDITIONS[name].published_lines


def test_without_compile_function_the_digits_are_others():
    # In Python, as Aesara's own mode compiles for minutes in C.
    with start_python("-u", PROGRAM, "--plain", "--condition", "rmsprop", flags="cxx=") as process:
        first, line_100, line_200 = (process.stdout.readline().rstrip() for _ in range(3))
        process.kill()
    published = article.CONDITIONS["rmsprop"].published_lines
    assert first == published[0]
    assert line_100 not in published
    assert line_200 not in published
    # Rounding moves line 100 no further than by this (scripts/check_evidence.py).
    assert abs(float(line_100.split("=")[1]) - 5.7880) < 0.0013
