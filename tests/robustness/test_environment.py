"""The environment that scripts/in_venv makes: what the project needs, at the pinned versions."""

import sys
from importlib.metadata import requires, version
from pathlib import Path

import pytest
from conftest import ROOT, pinned
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def needed(name, extra=""):
    """Names of all that a distribution needs here."""
    for requirement in map(Requirement, requires(name) or ()):
        # A marker may ask for an extra, another Python or another system.
        if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
            yield canonicalize_name(requirement.name)
            for of_it in ("", *requirement.extras):
                yield from needed(requirement.name, of_it)


def test_all_that_in_venv_installs_has_its_pinned_version():
    if not (ROOT / ".venv" / "made_from").exists() or Path(sys.prefix).resolve() != ROOT / ".venv":
        pytest.skip("not in the environment that scripts/in_venv makes")
    names = {*needed("simple-rnn", "test")} - {"simple-rnn"}
    assert "numpy" in names
    pins = pinned()
    assert {name: version(name) for name in names} == {name: pins.get(name) for name in names}
