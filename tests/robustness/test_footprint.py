"""What a run leaves behind: its output. It writes nowhere else, and asks nothing of the network."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import aesara
import pytest
from conftest import ROOT, run_python

CACHE = Path(aesara.config.base_compiledir)
SCRIPTS = ROOT / "scripts"


@pytest.fixture
def folders(tmp_path):
    """An empty folder each for the output, for temporary files and as the home folder."""
    paths = [tmp_path / name for name in ("output", "tmp", "home")]
    for path in paths:
        path.mkdir()
    return paths


def elsewhere(written, *allowed):
    """Where a run had no business to write."""
    # Python keeps the bytecode of what it imports in __pycache__, where it may. What is written to
    # the other two is nowhere: the second resets the peak of the memory in use.
    folders = {*allowed, Path(sys.prefix), Path(os.devnull), Path("/proc/self/clear_refs")}
    paths = map(Path, written)
    return [p for p in paths if "__pycache__" not in p.parts and not folders & {p, *p.parents}]


@pytest.mark.parametrize(
    "command",
    [
        "reproduce --output record.json",
        "make_figures --only cost_surface --output-dir .",
        "make_figures --redraw --output-dir .",
        "learning_rate_study --quick --epochs 3 --processes 1 --output-dir .",
        "benchmark --quick --only memory --output-dir .",
        "scan_by_example",
        "article_program",
    ],
)
def test_a_run_writes_its_output_and_nothing_else(tmp_path, folders, command):
    script, *options = command.split()
    output, temporary, home = folders
    if "--redraw" in options:
        for path in (ROOT / "figures").glob("*.csv"):
            shutil.copy(path, output)
    result = run_python(
        SCRIPTS / f"{script}.py",
        *options,
        flags=f"base_compiledir={CACHE}",
        cwd=output,
        HOME=str(home),
        TMPDIR=str(temporary),
        AUDIT_LOG=str(tmp_path / "log"),
        PYTHONPATH=os.pathsep.join([str(Path(__file__).with_name("audit")), str(ROOT)]),
    )
    assert result.returncode == 0, result.stderr
    lines = (tmp_path / "log").read_text().splitlines()
    events = [tuple(json.loads(line)) for line in lines]

    assert [event for event in events if event[0].startswith("socket.")] == []
    # Only Aesara reads pickles: its cache keeps in them what each module was made from.
    unpickling = {Path(caller).parent for event, caller in events if event == "pickle.find_class"}
    assert unpickling <= {Path(aesara.__file__).parent / "link" / "c"}
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
    calls = f"open,openat,connect,sendto,{CHANGING}"
    watched = shlex.split(f"strace -f --seccomp-bpf -qq -y -s 4096 -e trace={calls} -o {log}")
    if not shutil.which("strace") or subprocess.run([*watched, "true"]).returncode:
        pytest.skip("needs strace, and that it may watch a process")
    options = ["--condition", "gd", "--epochs", "3", "--output", "record.json"]
    places = {"HOME": str(home), "TMPDIR": str(temporary)}
    script = SCRIPTS / "reproduce.py"
    result = run_python(script, *options, prefix=watched, cwd=output, **places)
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
