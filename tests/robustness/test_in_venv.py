"""scripts/in_venv, run for real on a tiny project whose set-up takes seconds."""

import os
import shutil
import signal
import subprocess
import sys
import time

import pytest
from conftest import ROOT, python_of

IN_VENV = ROOT / "scripts" / "in_venv"
CONSTRAINTS = "setuptools==73.0.1\n"
PYPROJECT = """\
[build-system]
requires = ["setuptools>=70.1"]
build-backend = "setuptools.build_meta"

[project]
name = "tiny"
version = "0.1"
requires-python = ">=3.9,<3.13"

[project.optional-dependencies]
test = []

[tool.setuptools]
packages = ["tiny"]
"""
# All that the script calls itself; the tests without a Python see nothing else on the PATH.
TOOLS = ["bash", "cat", "cmp", "cp", "dirname", "env", "head", "mktemp", "readlink", "rm", "sh"]
TOOLS += ["sort"]


def make_project(folder):
    (folder / "scripts").mkdir(parents=True)
    shutil.copy(IN_VENV, folder / "scripts")
    (folder / "scripts" / "constraints.txt").write_text(CONSTRAINTS)
    (folder / "pyproject.toml").write_text(PYPROJECT)
    (folder / "tiny").mkdir()
    (folder / "tiny" / "__init__.py").touch()
    return folder


def start(project, *command, **options):
    pipe = subprocess.PIPE
    script = project / "scripts" / "in_venv"
    return subprocess.Popen([script, *command], stdout=pipe, stderr=pipe, text=True, **options)


def finish(process):
    stdout, stderr = process.communicate(timeout=120)
    return process.returncode, stdout, stderr


def run(project, *command, **options):
    return finish(start(project, *command, **options))


def write_executable(path, text):
    path.write_text(text)
    path.chmod(0o755)


@pytest.fixture(scope="module")
def first_use(tmp_path_factory):
    """Two commands started at once in a fresh project, and what became of them."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", CONSTRAINTS.strip()]
    download = subprocess.run(pip, cwd=tmp_path_factory.mktemp("download"), capture_output=True)
    if download.returncode != 0:
        pytest.skip("pip can reach no package registry")
    project = make_project(tmp_path_factory.mktemp("first") / "réseau récurrent")
    both = [start(project, "python", "-c", "import tiny; print(tiny.__file__)") for _ in range(2)]
    return project, [finish(process) for process in both]


@pytest.fixture
def project(first_use):
    return first_use[0]


@pytest.fixture
def bare(tmp_path):
    """Environment variables with which no suitable Python is found, and the folder on the PATH."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in TOOLS:
        (tools / tool).symlink_to(shutil.which(tool))
    write_executable(tools / "python3", "#!/bin/sh\nexit 1\n")
    return dict(os.environ, PATH=str(tools), PYENV_ROOT=str(tmp_path / "no pyenv")), tools


def test_two_started_at_once_share_one_set_up(first_use):
    project, results = first_use
    for returncode, stdout, stderr in results:
        assert returncode == 0, stderr
        assert stdout == "%s\n" % (project / "tiny" / "__init__.py").resolve()
    assert sum("making .venv" in stderr for _, _, stderr in results) == 1


def test_the_second_use_is_silent_and_changes_nothing(project):
    before = (project / ".venv" / "made_from").stat().st_mtime_ns
    assert run(project, "sh", "-c", "echo hello") == (0, "hello\n", "")
    assert (project / ".venv" / "made_from").stat().st_mtime_ns == before


def test_the_command_runs_in_the_callers_folder(project, tmp_path):
    show = "import os, sys; print(os.getcwd()); print(sys.prefix)"
    lines = "%s\n%s\n" % (tmp_path.resolve(), (project / ".venv").resolve())
    assert run(project, "python", "-c", show, cwd=tmp_path) == (0, lines, "")


def test_the_package_is_found_where_the_clone_has_its_name(project, tmp_path):
    (tmp_path / "tiny").mkdir()
    command = ["python", "-c", "import tiny; print(tiny.__file__)"]
    file = "%s\n" % (project / "tiny" / "__init__.py").resolve()
    assert run(project, *command, cwd=tmp_path) == (0, file, "")


def test_it_may_be_called_through_a_symbolic_link_and_with_cdpath_set(project, tmp_path):
    prefix = ["python", "-c", "import sys; print(sys.prefix)"]
    expected = "%s\n" % (project / ".venv").resolve()
    link = tmp_path / "link"
    link.symlink_to(project / "scripts" / "in_venv")
    assert subprocess.check_output([link, *prefix], text=True) == expected
    (tmp_path / "elsewhere" / "scripts").mkdir(parents=True)
    environ = dict(os.environ, CDPATH=str(tmp_path / "elsewhere"))
    command = [os.path.join("scripts", "in_venv"), *prefix]
    assert subprocess.check_output(command, text=True, cwd=project, env=environ) == expected


def test_the_exit_status_is_the_commands(project):
    assert run(project, "sh", "-c", "exit 37")[0] == 37
    returncode, stdout, stderr = run(project, "no-such-command")
    assert (returncode, stdout) == (127, "")
    assert "no-such-command: not found" in stderr
    assert run(project)[0] == 2


def test_a_jupyter_that_is_not_installed_is_said_how_to_get(project, bare):
    environ, tools = bare
    returncode, stdout, stderr = run(project, "jupyter", "lab", env=environ)
    assert (returncode, stdout) == (1, "")
    assert "python -m ipykernel install --user --name simple_rnn" in stderr
    assert "pip install --constraint scripts/constraints.txt jupyterlab" in stderr
    write_executable(tools / "jupyter-lab", "#!/bin/sh\n")
    write_executable(tools / "jupyter", "#!/bin/sh\necho started $*\n")
    assert run(project, "jupyter", "lab", env=environ) == (0, "started lab\n", "")


def test_changed_constraints_are_noticed_and_a_failure_is_repaired(project):
    constraints = project / "scripts" / "constraints.txt"
    added = project / ".venv" / "added by the user"
    added.touch()
    constraints.write_text("setuptools==0.0.0\n")
    returncode, stdout, stderr = run(project, "echo", "never")
    assert (returncode, stdout) == (1, "")
    assert "the installation failed" in stderr
    constraints.write_text(CONSTRAINTS)
    returncode, stdout, stderr = run(project, "echo", "repaired", env=awkward_environment())
    assert (returncode, stdout) == (0, "repaired\n"), stderr
    assert "installing the pinned versions" in stderr
    assert added.exists()


def test_a_changed_pyproject_is_noticed(project):
    pyproject = project / "pyproject.toml"
    pyproject.write_text(PYPROJECT.replace('version = "0.1"', 'version = "0.2"'))
    version = "from importlib.metadata import version; print(version('tiny'))"
    returncode, stdout, stderr = run(project, "python", "-c", version)
    assert (returncode, stdout) == (0, "0.2\n"), stderr


def test_an_environment_of_the_user_s_is_left_alone(tmp_path):
    project = make_project(tmp_path / "p")
    (project / ".venv" / "bin").mkdir(parents=True)
    returncode, stdout, stderr = run(project, "echo", "never")
    assert (returncode, stdout) == (1, "")
    assert "was made by something else; move it away" in stderr
    assert (project / ".venv" / "bin").is_dir()


def awkward_environment():
    return dict(os.environ, PYTHONHOME="/nowhere", PYTHONPATH="/nowhere", PIP_USER="1")


# The running Python, which says that it is another.
PRETENDER = """\
#!/bin/sh
claim='import sys; del sys.argv[0]; sys.version_info = (3, %d); exec(sys.argv[0])'
exec "%s" -I -c "$claim" "$3" "$4"
"""
OTHER_MINOR = 10 if sys.version_info[1] == 11 else 11


@pytest.mark.parametrize(
    ("minor", "found"),
    [
        (None, "found no Python 3"),
        (8, "found Python 3.8, too old for simple_rnn"),
        (13, "found Python 3.13, too new for Aesara 2.9.4"),
        # Its headers are looked for where those of that version would be.
        (OTHER_MINOR, f"found Python 3.{OTHER_MINOR} without its headers (Python.h)"),
    ],
)
@pytest.mark.parametrize("uv", [True, False], ids=["uv fails", "no uv"])
def test_without_a_suitable_python_it_says_what_it_found(tmp_path, bare, minor, found, uv):
    environ, tools = bare
    if minor:
        write_executable(tools / "python3", PRETENDER % (minor, sys.executable))
    if uv:
        write_executable(tools / "uv", "#!/bin/sh\necho no network; exit 2\n")
    project = make_project(tmp_path / "p")
    returncode, stdout, stderr = run(project, "echo", "never", env=environ)
    assert (returncode, stdout) == (1, "")
    assert [line for line in stderr.splitlines() if "found" in line] == [f"in_venv: {found}"]
    assert "install Python 3.9 to 3.12 with its headers and venv" in stderr
    assert ("install uv, or" in stderr) == (not uv)


@pytest.mark.parametrize("minors", [[9], [9, 12]], ids=["oldest", "newest"])
def test_the_newest_on_the_path_is_taken(first_use, tmp_path, bare, minors):
    environ, tools = bare
    for minor in minors:
        write_executable(tools / f"python3.{minor}", f'#!/bin/sh\nexec "{python_of(minor)}" "$@"\n')
    command = ["python", "-c", "import sys, tiny; print(sys.version_info[1])"]
    returncode, stdout, stderr = run(make_project(tmp_path / "p"), *command, env=environ)
    assert (returncode, stdout) == (0, f"{minors[-1]}\n"), stderr


def test_uv_is_asked_and_a_set_up_that_was_killed_is_made_anew(project, tmp_path, bare):
    environ, tools = bare
    # Stands in for uv: its environment is a copy of the one that is there already.
    copy = '#!/bin/sh\nfor folder; do :; done\necho "uv $*"\ncp -R "%s" "$folder"\n'
    write_executable(tools / "uv", copy % (project / ".venv"))
    other = make_project(tmp_path / "other")
    (other / ".venv" / "half of it").mkdir(parents=True)
    (other / ".venv.lock").touch()
    command = ["python", "-c", "import tiny; print(tiny.__file__)"]
    returncode, stdout, stderr = run(other, *command, env=environ)
    assert returncode == 0, stderr
    assert stdout == "%s\n" % (other / "tiny" / "__init__.py").resolve()
    assert "uv venv" in stderr
    assert "--python 3.12" in stderr
    assert not (other / ".venv" / "half of it").exists()
    assert run(other, *command, env=environ) == (0, stdout, "")


def test_ctrl_c_during_the_set_up_ends_it_quietly(first_use, tmp_path):
    def heed_ctrl_c():
        # A shell that starts the tests in the background makes all below them deaf to it.
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    options = {"start_new_session": True, "preexec_fn": heed_ctrl_c}
    process = start(make_project(tmp_path / "p"), "echo", "never", **options)
    said = process.stderr.readline()
    assert "making .venv" in said
    time.sleep(0.5)
    os.killpg(process.pid, signal.SIGINT)
    assert finish(process) == (130, "", "in_venv: interrupted\n")
