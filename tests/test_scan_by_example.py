"""scripts/scan_by_example.py ends in the article's arrays."""

import scan_by_example
from conftest import run_python


def test_both_examples_print_the_article_s_arrays():
    result = run_python("-Werror", scan_by_example.__file__)
    assert (result.returncode, result.stderr) == (0, "")
    first, second = (line for line in result.stdout.splitlines() if "myfun" in line)
    assert first.endswith(" = [10 20 40]")
    assert second.endswith(" = [[2. 1.] [4. 3.] [9. 7.]]  (float32)")
    # What each step computes, as the article explains it.
    assert "step 3:  20 * 2 = 40" in result.stdout
    assert "step 2:  [0. 1.] + [2. 1.] * 2 = [4. 3.]" in result.stdout
