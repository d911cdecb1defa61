"""What importing the package does, and in which direction its modules import each other."""

import ast
import re

import pytest
from conftest import ROOT, run_python

import simple_rnn

PACKAGE = ROOT / "simple_rnn"
# These serve all other modules, so they import none of them; ``_checks`` serves the other two.
SERVANTS = ["_checks", "_interrupts", "_aesara"]

SNAPSHOT = """
import sys
import aesara
import numpy as np
before = str(aesara.config), repr(np.random.get_state())
import simple_rnn
assert (str(aesara.config), repr(np.random.get_state())) == before
assert "matplotlib" not in sys.modules
"""


def imported_names(tree):
    """Every name that a syntax tree imports, behind the module that it comes from."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def parse(path):
    return ast.parse(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "environment", [{}, {"PATH": "/nonexistent"}], ids=["compiler", "no compiler"]
)
def test_the_import_is_silent(environment):
    # Without flags Aesara searches for a BLAS library, and warns where there is none.
    result = run_python("-Wdefault", "-c", "import simple_rnn", **environment)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_the_import_changes_no_setting():
    # With a flag: where distutils is gone, Aesara by itself fails at its search for a BLAS library.
    result = run_python("-c", SNAPSHOT, flags="blas__ldflags=")
    assert result.returncode == 0, result.stderr


def test_the_public_names_are_documented():
    for name in simple_rnn.__all__:
        assert getattr(simple_rnn, name).__doc__, name


@pytest.mark.parametrize(
    "module", [simple_rnn, simple_rnn.article, simple_rnn.numpy_reference, simple_rnn.plotting]
)
def test_completion_offers_the_public_names_alone(module):
    assert set(dir(module)) == set(module.__all__)


def test_each_module_imports_only_from_those_above_it():
    listed = re.findall(
        r":mod:`~simple_rnn\.(\w+)`[:\s]", simple_rnn.__doc__.split("All modules")[1]
    )
    order = [*SERVANTS, *listed]
    alone = [*SERVANTS, "numpy_reference"]  # which is the last, so that none may import it
    paths = [path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py"]
    modules = [path.relative_to(PACKAGE).with_suffix("").parts[0] for path in paths]
    assert len(order) == len(set(order))
    assert set(modules) == set(order)
    for path, module in zip(paths, modules):
        names = [name.split(".") for name in imported_names(parse(path))]
        imported = {name[1] for name in names if name[0] == "simple_rnn"} - {module}
        allowed = ["_checks"] if module in alone else order[: order.index(module)]
        assert imported <= set(allowed), path
