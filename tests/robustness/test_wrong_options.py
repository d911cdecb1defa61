"""A wrong option of a script: status 2, and one line that says what is wrong."""

import importlib
import re
import sys

import aesara
import pytest
from conftest import ROOT


@pytest.fixture
def scripts(monkeypatch):
    """Import a script as a module."""
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    monkeypatch.setenv("AESARA_FLAGS", "blas__ldflags=")
    return importlib.import_module


def never(*arguments, **keywords):
    raise AssertionError("work was done before the options were looked at")


WHOLE = "given, a whole number of at least 1 expected"
POSITIVE = "given, a finite number above 0 expected"
LONG = "0123456789" * 40
NO_PLACE = "cannot be written to: .*; choose another place"

OPTIONS = [
    ("article_program", "--condition rprop", "invalid choice: 'rprop'"),
    ("reproduce", "--condition adam", "invalid choice: 'adam'"),
    ("reproduce", "--epochs 0", f"'0' {WHOLE}"),
    ("reproduce", "--epochs 2.5", f"'2.5' {WHOLE}"),
    ("reproduce", f"--epochs -{LONG}", rf"'-01234567890\.\.\.7890123456789' {WHOLE}"),
    ("reproduce", "--learning-rate=-1e-5", f"'-1e-5' {POSITIVE}"),
    ("reproduce", "--learning-rate nan", f"'nan' {POSITIVE}"),
    ("reproduce", "--learning-rate fast", f"'fast' {POSITIVE}"),
    ("reproduce", "--seed 4294967296", "'4294967296' given, a whole number from 0 to 4294967295"),
    ("reproduce", "--output nowhere/record.json", f"'nowhere/record.json' {NO_PLACE}"),
    ("reproduce", "--output .", r"'\.' is not a file; the name of a file is expected"),
    ("reproduce", "--output /proc/record.json", f"'/proc/record.json' {NO_PLACE}"),
    ("make_figures", "--output-dir nowhere/here", f"'nowhere/here' {NO_PLACE}"),
    ("make_figures", "--output-dir /dev/null", f"'/dev/null' {NO_PLACE}"),
    ("make_figures", "--only loss", "invalid choice: 'loss'"),
    ("make_figures", "--format gif", "invalid choice: 'gif'"),
    ("benchmark", "--only nothing", "invalid choice: 'nothing'"),
    ("benchmark", "--output-dir nowhere/here", f"'nowhere/here' {NO_PLACE}"),
    ("check_claims", "--verbose", "unrecognized arguments: --verbose"),
    ("check_gradient", "--verbose", "unrecognized arguments: --verbose"),
    ("learning_rate_study", "--optimizer adam", "invalid choice: 'adam'"),
    ("learning_rate_study", "--seeds 0", "'0' given, a whole number"),
    ("learning_rate_study", "--rates 1e-3 1 2.5", "--rates: COUNT is 2.5, a whole number expected"),
    ("learning_rate_study", "--rate 1 --rates 1 2 3", "not allowed with argument --rate"),
    ("learning_rate_study", "--output-dir nowhere/here", f"'nowhere/here' {NO_PLACE}"),
]


@pytest.mark.parametrize(("script", "options", "message"), OPTIONS)
def test_a_wrong_option_is_status_2_and_one_line(
    scripts, tmp_path, monkeypatch, capsys, script, options, message
):
    if "/proc" in options and sys.platform != "linux":
        pytest.skip("there is no /proc, a folder in which not even root can make a file")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(aesara, "function", never)
    with pytest.raises(SystemExit) as info:
        scripts(script).main(options.split())
    assert info.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    usage, line = err.rstrip("\n").rsplit("\n", 1)
    assert usage.startswith("usage: ")
    assert re.search(r": error: .*" + message, line)
    assert list(tmp_path.iterdir()) == []
