"""The environment that scripts/in_venv makes: what the project needs, at the pinned versions."""

import re
import sys
import sysconfig
from importlib.metadata import distributions, requires, version
from pathlib import Path

import pytest
from conftest import ROOT, pinned
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

CONSTRAINTS = ROOT / "scripts" / "constraints.txt"
REMEDY = (
    "put what was tested into scripts/constraints.txt, then run scripts/in_venv pytest -n 2 again"
)


def needed(name, extra="", found=None):
    """Names of a distribution and all that it needs here, each with the extras it is needed for."""
    found = set() if found is None else found
    found.add((canonicalize_name(name), extra))
    for requirement in map(Requirement, requires(name) or ()):
        # A marker may ask for an extra, another Python or another system.
        if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
            for of_it in {"", *requirement.extras}:
                if (canonicalize_name(requirement.name), of_it) not in found:
                    needed(requirement.name, of_it, found)
    return found


@pytest.fixture
def in_venv():
    if Path(sys.prefix).resolve() != ROOT / ".venv" or not (ROOT / ".venv" / "made_from").exists():
        pytest.skip("not in the environment that scripts/in_venv makes")


def test_all_that_in_venv_installs_is_pinned(in_venv):
    # What a user added to the environment is the user's, and stays out of this.
    names = {name for name, _ in needed("simple-rnn", "test")} - {"simple-rnn"}
    assert {"aesara", "numpy", "scipy", "pytest", "hypothesis", "ipykernel"} <= names
    missing = [f"{name}=={version(name)}" for name in sorted(names - set(pinned()))]
    assert not missing, f"installed but not pinned: {', '.join(missing)}; {REMEDY}"


def test_the_installed_versions_are_the_pinned_ones(in_venv):
    # Not all of sys.path: setuptools brings copies of others.
    folder = distributions(path=[sysconfig.get_path("purelib")])
    installed = {canonicalize_name(found.metadata["Name"]): found.version for found in folder}
    others = [
        f"{name} {installed[name]} instead of {pin}"
        for name, pin in pinned().items()
        # Others are for another Python or system, or for an extra. A build may say what for: +cpu.
        if name in installed and installed[name].split("+")[0] != pin
    ]
    assert not others, f"installed: {', '.join(others)}; {REMEDY}"


def test_a_pin_is_one_line_one_version_in_order():
    lines = CONSTRAINTS.read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert all(re.fullmatch(r"[a-z0-9-]+==[a-z0-9.]+", pin) for pin in pins)
    names = [pin.split("==")[0] for pin in pins]
    assert names == sorted(set(names))
