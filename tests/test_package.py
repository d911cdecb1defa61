"""What importing the package does, and in which direction its modules import each other."""

import ast
import re

from conftest import ROOT, run_python

import simple_rnn
from simple_rnn import _checks

PACKAGE = ROOT / "simple_rnn"
# These serve all other modules.
SERVANTS = ["_aesara", "_checks"]


def imported_names(tree):
    """Every name that a syntax tree imports, behind the module that it comes from."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_the_import_is_silent_and_loads_no_matplotlib():
    # Without flags Aesara searches for a BLAS library, and warns where there is none.
    code = "import sys, simple_rnn; print('matplotlib' in sys.modules)"
    result = run_python("-Wdefault", "-c", code)
    assert (result.returncode, result.stdout, result.stderr) == (0, "False\n", "")


def test_a_run_of_the_article_enters_the_checks_four_times_at_most(monkeypatch):
    entered = []
    for name in _checks.__all__:
        check = getattr(_checks, name)

        def counted(*arguments, check=check, **keywords):
            entered.append(check.__name__)
            return check(*arguments, **keywords)

        for module in (simple_rnn.data, simple_rnn.model, simple_rnn.training):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, counted)
    simple_rnn.article.run(simple_rnn.article.CONDITIONS["rprop"], n_epochs=1, report=None)
    assert 1 <= len(entered) <= 4


def test_each_module_imports_only_from_those_above_it():
    listed = re.findall(
        r":mod:`~simple_rnn\.(\w+)`[:\s]", simple_rnn.__doc__.split("All modules")[1]
    )
    order = [*SERVANTS, *listed]
    paths = [path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py"]
    modules = [path.relative_to(PACKAGE).with_suffix("").parts[0] for path in paths]
    assert len(order) == len(set(order))
    assert set(modules) == set(order)
    for path, module in zip(paths, modules):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = [name.split(".") for name in imported_names(tree)]
        imported = {name[1] for name in names if name[0] == "simple_rnn"} - {module}
        # The oracle, which is the last, uses none of the others.
        allowed = [] if module == "numpy_reference" else order[: order.index(module)]
        assert imported <= set(allowed), path
