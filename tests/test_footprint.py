"""What a run leaves behind: its output. It writes nowhere else, and asks nothing of the network."""

import json
import multiprocessing
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import aesara
import pytest
from conftest import ROOT, run_python

CACHE = Path(aesara.config.base_compiledir)
SCRIPTS = ROOT / "scripts"
STRACE = shutil.which("strace")


@pytest.fixture
def folders(tmp_path):
    """An empty folder each for the output, for temporary files and as the home folder."""
    paths = [tmp_path / name for name in ("output", "tmp", "home")]
    for path in paths:
        path.mkdir()
    return paths


def elsewhere(written, *allowed):
    """Where a run had no business to write."""
    folders = [
        *allowed,
        Path(sys.prefix),
        # Python keeps the bytecode of what it imports beside it, where it may: a cache that git
        # ignores and PYTHONDONTWRITEBYTECODE switches off.
        SCRIPTS / "__pycache__",
        ROOT / "simple_rnn" / "__pycache__",
        # What is written there is nowhere.
        Path(os.devnull),
    ]
    return [
        path
        for path in written
        if not any(folder in (Path(path), *Path(path).parents) for folder in folders)
    ]


@pytest.mark.parametrize(
    ("script", "options"),
    [
        pytest.param("reproduce", ["--output", "record.json"], id="reproduce"),
        pytest.param("make_figures", ["--output-dir", "."], id="figures"),
        pytest.param("make_figures", ["--output-dir", ".", "--redraw"], id="figures redrawn"),
        pytest.param("scan_by_example", [], id="scan by example"),
        pytest.param("check_claims", [], id="claims"),
        pytest.param("check_gradient", [], id="gradient"),
        pytest.param(
            "learning_rate_study",
            ["--quick", "--epochs", "3", "--processes", "2", "--output-dir", "."],
            id="study",
        ),
        pytest.param("benchmark", ["--quick", "--only", "memory", "--output-dir", "."], id="bench"),
    ],
)
def test_a_run_writes_its_output_and_nothing_else(tmp_path, folders, script, options):
    output, temporary, home = folders
    if "--redraw" in options:
        for path in (ROOT / "figures").glob("*.csv"):
            shutil.copy(path, output)
    result = run_python(
        str(SCRIPTS / f"{script}.py"),
        *options,
        flags=f"base_compiledir={CACHE}",
        cwd=output,
        HOME=str(home),
        TMPDIR=str(temporary),
        AUDIT_LOG=str(tmp_path / "log"),
        PYTHONPATH=str(ROOT / "tests" / "audit"),
    )
    assert result.returncode == 0, result.stderr
    lines = (tmp_path / "log").read_text().splitlines()
    events = [tuple(json.loads(line)) for line in lines]

    assert [event for event in events if event[0].startswith("socket.")] == []
    # In its cache Aesara keeps as a pickle what each module was made from, and processes of one run
    # send each other pickles. Nobody else reads any.
    allowed = (Path(aesara.__file__).parent / "link" / "c", Path(multiprocessing.__file__).parent)
    unpickling = {Path(caller).parent for event, caller in events if event == "pickle.find_class"}
    assert unpickling <= set(allowed)
    written = [path for event, path in events if not event.startswith(("socket.", "pickle."))]
    assert {path for path in written if Path(path).parent == output} or not options
    assert elsewhere(written, output, temporary, CACHE) == []
    # Of the temporary files none is left.
    assert [*temporary.iterdir(), *home.iterdir()] == []


# What strace writes for a system call: -y puts behind each open file which one it is. Where another
# process comes in between, the result stands further below; taken for a success.
CALL = re.compile(r"\d+ +(?P<call>\w+)\((?P<arguments>.*?)(\) += (?P<result>\S+).*| <unfinished.*)")
PATH = re.compile(r'(?:\w+<(?P<folder>[^>]*)>, )?"(?P<path>(?:[^"\\]|\\.)*)"')
CHANGING = "creat,link,linkat,mkdir,mkdirat,rename,renameat,renameat2,symlink,symlinkat,truncate"


def test_a_first_run_with_its_compiler_writes_its_output_and_its_cache(tmp_path, folders):
    # The system calls of all processes, the compiler's too, which the audit hook cannot see.
    output, temporary, home = folders
    log = tmp_path / "log"
    trace = f"trace=open,openat,connect,sendto,{CHANGING}"
    watched = [
        STRACE,
        "-f",
        "--seccomp-bpf",
        "-qq",
        "-y",
        "-s",
        "4096",
        "-e",
        trace,
        "-o",
        str(log),
    ]
    if not STRACE or subprocess.run([*watched, "true"], capture_output=True).returncode:
        pytest.skip("needs strace, and that it may watch a process")
    script = [sys.executable, str(SCRIPTS / "reproduce.py"), "--condition", "gd", "--epochs", "3"]
    environment = {
        **os.environ,
        "AESARA_FLAGS": "",
        "HOME": str(home),
        "TMPDIR": str(temporary),
    }
    result = subprocess.run(
        [*watched, *script, "--output", "record.json"],
        cwd=output,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr

    written, network = set(), []
    for call in map(CALL.fullmatch, log.read_text(errors="replace").splitlines()):
        if not call:
            continue  # a signal, the end of a process
        name, arguments = call["call"], call["arguments"]
        if name in ("connect", "sendto"):
            network += [arguments] if "AF_INET" in arguments else []
        elif call["result"] == "-1":
            continue  # nothing was changed
        elif not name.startswith("open") or re.search("O_(WRONLY|RDWR|CREAT)", arguments):
            for path in PATH.finditer(arguments):
                written.add(os.path.join(path["folder"] or output, path["path"]))
    assert network == []
    assert str(output / "record.json") in written
    assert any(path.endswith(".so") for path in written) or not aesara.config.cxx
    assert elsewhere(written, output, temporary, home / ".aesara") == []
    assert list(temporary.iterdir()) == []
    assert list(home.iterdir()) == [home / ".aesara"]
