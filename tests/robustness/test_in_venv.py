"""scripts/in_venv, run for real on a tiny project whose set-up takes seconds."""

import os
import shutil
import subprocess
import sys

import pytest
from conftest import ROOT, python_of

PYPROJECT = """\
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "tiny"
version = "0.1"

[project.optional-dependencies]
test = []

[tool.setuptools]
packages = ["tiny"]
"""
# All that the script calls itself; the tests without a Python see nothing else on the PATH.
TOOLS = ["bash", "cp", "dirname", "env", "mkdir", "rm", "sh", "sort", "touch"]
VERSION = ["python", "-c", "from importlib.metadata import version; print(version('tiny'))"]
MINOR = ["python", "-c", "import sys, tiny; print(sys.version_info[1])"]


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
    result = subprocess.run([script, *command], capture_output=True, text=True, **options)
    return result.returncode, result.stdout, result.stderr


def write_executable(path, text):
    path.write_text(text)
    path.chmod(0o755)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project whose environment is made, in a folder with an unusual name."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "setuptools"]
    if subprocess.run(pip, cwd=tmp_path_factory.mktemp("download"), capture_output=True).returncode:
        pytest.skip("pip can reach no package registry")
    project = make_project(tmp_path_factory.mktemp("first") / "réseau récurrent")
    awkward = {"PYTHONHOME": "/nowhere", "PYTHONPATH": "/nowhere", "PIP_USER": "1"}
    returncode, stdout, stderr = run(project, *VERSION, env={**os.environ, **awkward})
    assert (returncode, stdout) == (0, "0.1\n"), stderr
    assert "making .venv with Python 3" in stderr
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
    show = "import os, sys; print(os.getcwd()); print(sys.prefix)"
    lines = "%s\n%s\n" % (tmp_path.resolve(), (project / ".venv").resolve())
    assert run(project, "python", "-c", show, cwd=tmp_path) == (0, lines, "")


def test_package_is_found_where_the_clone_has_its_name(project, tmp_path):
    (tmp_path / "tiny").mkdir()
    command = ["python", "-c", "import tiny; print(tiny.__file__)"]
    file = "%s\n" % (project / "tiny" / "__init__.py").resolve()
    assert run(project, *command, cwd=tmp_path) == (0, file, "")


def test_exit_status_is_that_of_the_command(project):
    assert run(project, "sh", "-c", "exit 37")[0] == 37
    assert run(project, "no-such-command")[0] == 127
    assert run(project)[0] == 2


def test_environment_is_made_again_when_its_sources_are_newer(project):
    pyproject, constraints = project / "pyproject.toml", project / "scripts" / "constraints.txt"
    pyproject.write_text(PYPROJECT.replace("test = []", 'test = ["toolz"]').replace("0.1", "0.2"))
    constraints.write_text("toolz==0.0.0\n")
    returncode, stdout, stderr = run(project, "echo", "never")
    assert (returncode, stdout) == (1, "")
    assert "the installation failed" in stderr
    constraints.write_text("toolz==1.0.0\n")
    returncode, stdout, stderr = run(project, *VERSION)
    assert (returncode, stdout) == (0, "0.2\n"), stderr
    assert run(project, "pip", "list", "--format=freeze")[1].count("toolz==1.0.0") == 1


def test_environment_of_the_user_is_left_alone(tmp_path):
    project = make_project(tmp_path / "p")
    (project / ".venv" / "bin").mkdir(parents=True)
    returncode, stdout, stderr = run(project, "echo", "never")
    assert (returncode, stdout) == (1, "")
    assert "was made by something else; move it away" in stderr
    assert (project / ".venv" / "bin").is_dir()


def test_newest_python_on_the_path_is_taken(project, tmp_path, bare):
    environ, tools = bare
    for minor in (9, 13):
        write_executable(tools / f"python3.{minor}", f'#!/bin/sh\nexec "{python_of(minor)}" "$@"\n')
    returncode, stdout, stderr = run(make_project(tmp_path / "p"), *MINOR, env=environ)
    assert (returncode, stdout) == (0, "13\n"), stderr


def test_uv_is_asked_where_no_python_is_suitable(project, tmp_path, bare):
    environ, tools = bare
    # Stands in for pip, which brings uv, which makes an environment: a copy of the one that exists.
    python = """#!/bin/sh
        case "$*" in
            *"pip install"*"--target"*)
                for folder; do [ "$last" = --target ] && break; last=$folder; done
                mkdir -p "$folder/bin"
                cp "%s/uv" "$folder/bin" ;;
            *) exit 1 ;;
        esac
        """
    uv = '#!/bin/sh\nfor folder; do :; done\necho "uv $*"\ncp -R "%s/." "$folder"\n'
    write_executable(tmp_path / "uv", uv % (project / ".venv"))
    write_executable(tools / "python3", python % tmp_path)
    returncode, stdout, stderr = run(make_project(tmp_path / "p"), *MINOR, env=environ)
    assert (returncode, stdout) == run(project, *MINOR)[:2], stderr
    assert "uv venv" in stderr
    assert "--python 3.13" in stderr


@pytest.mark.parametrize("uv", [True, False], ids=["uv fails", "no uv"])
def test_without_a_python_one_sentence_says_what_to_install(tmp_path, bare, uv):
    environ, tools = bare
    if uv:
        write_executable(tools / "uv", "#!/bin/sh\necho no network; exit 2\n")
    returncode, stdout, stderr = run(make_project(tmp_path / "p"), "echo", "never", env=environ)
    assert (returncode, stdout) == (1, "")
    assert "install Python 3.9 to 3.15 with its headers and venv" in stderr.splitlines()[-1]
