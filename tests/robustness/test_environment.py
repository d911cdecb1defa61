"""The environment that scripts/in_venv makes: what the project needs, at the pinned versions."""

import re
import sys
from importlib.metadata import requires, version
from pathlib import Path

import pytest
from conftest import ROOT, pinned
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

CONSTRAINTS = ROOT / "scripts" / "constraints.txt"


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


def test_all_that_in_venv_installs_has_its_pinned_version():
    if not (ROOT / ".venv" / "made_from").exists() or Path(sys.prefix).resolve() != ROOT / ".venv":
        pytest.skip("not in the environment that scripts/in_venv makes")
    names = {name for name, _ in needed("simple-rnn", "test")} - {"simple-rnn"}
    assert {"aesara", "numpy", "scipy", "pytest", "hypothesis", "ipykernel"} <= names
    installed = {name: version(name) for name in names}
    pins = {name: pinned().get(name) for name in names}
    assert installed == pins, "put what was tested into scripts/constraints.txt"


def test_a_pin_is_one_version_for_each_python_in_order():
    lines = CONSTRAINTS.read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    form = r"([a-z0-9-]+)==[a-z0-9.]+(; python_version (<|>=) '3\.1\d')?"
    assert all(re.fullmatch(form, pin) for pin in pins)
    assert pins == sorted(pins, key=lambda pin: pin.split("==")[0])
    for minor in range(9, 16):
        environment = {"python_version": f"3.{minor}"}
        names = [
            requirement.name
            for requirement in map(Requirement, pins)
            if requirement.marker is None or requirement.marker.evaluate(environment)
        ]
        assert names == sorted({pin.split("==")[0] for pin in pins})
