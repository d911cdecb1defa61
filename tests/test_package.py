"""What importing the package does, and does not do."""

import pytest
from conftest import run_python

SNAPSHOT = """
import sys
import aesara
import numpy as np
before = str(aesara.config), repr(np.random.get_state())
import simple_rnn
assert (str(aesara.config), repr(np.random.get_state())) == before
assert "matplotlib" not in sys.modules
"""


@pytest.mark.parametrize("option", ["-Wdefault", "-Werror"])
def test_the_import_is_silent(option):
    # Without flags: Aesara searches for a BLAS library, and warns where there is none.
    result = run_python(option, "-c", "import simple_rnn")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_the_import_is_silent_without_a_compiler():
    result = run_python("-c", "import simple_rnn", PATH="/nonexistent")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_the_import_changes_no_setting():
    result = run_python("-c", SNAPSHOT)
    assert result.returncode == 0, result.stderr


def test_the_public_names():
    import simple_rnn

    for name in simple_rnn.__all__:
        assert getattr(simple_rnn, name).__doc__, name
