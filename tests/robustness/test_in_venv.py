"""scripts/in_venv, run for real on a tiny project whose set-up takes seconds."""

import os
import shutil
import subprocess

import pytest
from conftest import ROOT

PYPROJECT = """\
[project]
name = "tiny"
version = "0.1"
[project.optional-dependencies]
test = []
"""
# All that the script calls itself; the tests without a Python see nothing else on the PATH.
TOOLS = ["bash", "cp", "dirname", "env", "mkdir", "rm", "sh", "sort", "touch"]
VERSION = ["python", "-c", "from importlib.metadata import version; print(version('tiny'))"]


@pytest.fixture
def new_project(tmp_path):
    return make_project(tmp_path / "project")


def make_project(folder):
    (folder / "scripts").mkdir(parents=True)
    shutil.copy(ROOT / "scripts" / "in_venv", folder / "scripts")
    (folder / "scripts" / "constraints.txt").touch()
    (folder / "pyproject.toml").write_text(PYPROJECT)
    (folder / "tiny").mkdir()
    (folder / "tiny" / "__init__.py").touch()
    return folder


def run(project, *command, **options):
    script = project / "scripts" / "in_venv"
    return subprocess.run([script, *command], capture_output=True, text=True, **options)


def refusal(project, **options):
    """What is said instead of running a command."""
    result = run(project, "echo", "never", **options)
    assert (result.returncode, result.stdout) == (1, "")
    return result.stderr


def write_executable(path, text):
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project whose environment is made, in a folder with an unusual name."""
    project = make_project(tmp_path_factory.mktemp("first") / "réseau récurrent")
    result = run(project, *VERSION)
    if "No matching distribution" in result.stderr:
        pytest.skip("pip can reach no package registry")
    assert result.stdout == "0.1\n", result.stderr
    return project


@pytest.fixture
def bare(tmp_path):
    """Environment variables with which no suitable Python is found, and the folder on the PATH."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in TOOLS:
        (tools / tool).symlink_to(shutil.which(tool))
    return dict(os.environ, PATH=str(tools), PYENV_ROOT=str(tmp_path / "no pyenv")), tools


def test_second_use_is_silent_and_runs_in_the_callers_folder(project, tmp_path):
    (tmp_path / "tiny").mkdir()  # as a clone may be called, seen from the folder above
    show = "import os, sys, tiny; print(os.getcwd(), sys.prefix, tiny.__file__, sep='|')"
    paths = tmp_path, project / ".venv", project / "tiny" / "__init__.py"
    line = "%s|%s|%s\n" % tuple(path.resolve() for path in paths)
    result = run(project, "python", "-c", show, cwd=tmp_path)
    assert (result.stdout, result.stderr) == (line, "")
    assert run(project, "sh", "-c", "exit 37").returncode == 37


def test_environment_is_made_again_when_its_sources_are_newer(project):
    constraints = project / "scripts" / "constraints.txt"
    constraints.write_text("not a requirement\n")
    assert "the installation failed" in refusal(project)
    constraints.write_text("")
    (project / "pyproject.toml").write_text(PYPROJECT.replace("0.1", "0.2"))
    assert run(project, *VERSION).stdout == "0.2\n"


def test_environment_of_the_user_is_left_alone(new_project):
    bin_of_user = new_project / ".venv" / "bin"
    bin_of_user.mkdir(parents=True)
    assert "was made by something else; move it away" in refusal(new_project)
    assert bin_of_user.is_dir()


def test_newest_python_on_the_path_is_taken(new_project, bare):
    environ, tools = bare
    # They answer what they are asked, and then make no environment.
    for name, minor in (("python3.9", 9), ("python3", 13), ("python", 12)):
        answers = f'*ensurepip*) echo {minor} "$0";; -V) echo Python 3.{minor};;'
        write_executable(tools / name, f'case "$*" in {answers} *) exit 1;; esac\n')
    assert "making .venv with Python 3.13 " in refusal(new_project, env=environ)


def test_uv_is_asked_where_no_python_is_suitable(project, new_project, bare):
    environ, tools = bare
    # Stands in for pip, which brings uv, which makes an environment: a copy of the one that exists.
    python = """
        for folder; do [ "$last" = --target ] && break; last=$folder; done
        mkdir -p "$folder/bin" && cp "%s/uv" "$folder/bin"
        """
    uv = f'for folder; do :; done\ncp -R "{project / ".venv"}/." "$folder"\n'
    write_executable(new_project / "uv", uv)
    write_executable(tools / "python3", python % new_project)
    result = run(new_project, *VERSION, env=environ)
    assert result.stdout == "0.1\n", result.stderr


def test_without_a_python_one_sentence_says_what_to_install(new_project, bare):
    environ, _ = bare
    assert "install Python 3.9 to 3.15 with its headers" in refusal(new_project, env=environ)
