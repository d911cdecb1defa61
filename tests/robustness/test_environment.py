"""The environment that scripts/in_venv makes: what the project needs, at the pinned versions."""

import sys
from importlib.metadata import requires, version
from pathlib import Path

import pytest
from conftest import ROOT, pinned
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


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
