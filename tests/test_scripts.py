"""What all scripts have in common: they are leaves, and end in one line where they cannot start."""

import ast
import signal

import pytest
from conftest import ROOT, finish, run_python, start_python

SCRIPTS = sorted((ROOT / "scripts").glob("*.py"))
NAMES = [path.stem for path in SCRIPTS if not path.stem.startswith("_")]
IMPORTS = (ast.Import, ast.ImportFrom)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_imports_stand_at_the_top_and_none_is_of_another_script(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for function in ast.walk(tree):
        if isinstance(function, (ast.FunctionDef, ast.Lambda)):
            assert not [node for node in ast.walk(function) if isinstance(node, IMPORTS)]
    imports = [node for node in ast.walk(tree) if isinstance(node, IMPORTS)]
    modules = {node.module for node in imports if isinstance(node, ast.ImportFrom)}
    modules |= {alias.name for node in imports for alias in node.names}
    assert not modules & set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_without_its_packages_a_script_says_how_it_is_called(name):
    # -S leaves out the folder into which packages are installed.
    result = run_python("-S", str(ROOT / "scripts" / f"{name}.py"))
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.splitlines() == [
        f"{name}.py: error: No module named 'simple_rnn'.",
        "Call it by scripts/in_venv python, which brings all that it needs.",
    ]


def test_interrupted_while_it_imports():
    code = (
        "import sys, runpy\n"
        "class Announce:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'aesara': print('importing', flush=True)\n"
        "sys.meta_path.insert(0, Announce())\n"
        "sys.path.insert(0, 'scripts')\n"
        "runpy.run_path('scripts/reproduce.py', run_name='__main__')\n"
    )
    process = start_python("-c", code)
    assert process.stdout.readline() == "importing\n"
    process.send_signal(signal.SIGINT)
    result = finish(process)
    assert (result.returncode, result.stdout, result.stderr) == (130, "", "Interrupted.\n")


def test_a_home_folder_that_cannot_be_written_to(tmp_path):
    home, temporary = tmp_path / "file", tmp_path / "tmp"
    home.touch()
    temporary.mkdir()
    script = str(ROOT / "scripts" / "scan_by_example.py")
    result = run_python(script, HOME=str(home), TMPDIR=str(temporary))
    assert result.returncode == 0
    assert "myfun1(5, 3) = [10 20 40]" in result.stdout
    assert result.stderr.startswith(f"{home}/.aesara cannot be written to. Aesara keeps what it")
    assert list(temporary.iterdir()) == []
