"""scripts/walkthrough.ipynb, executed from top to bottom in a real Jupyter kernel."""

import base64
import copy
import io
import re

import aesara
import numpy as np
import pytest
from conftest import ROOT, drawn_with_pinned_versions
from matplotlib.image import imread

nbclient = pytest.importorskip("nbclient")
nbformat = pytest.importorskip("nbformat")

NOTEBOOK = nbformat.read(ROOT / "scripts" / "walkthrough.ipynb", as_version=4)
# The answers to the exercises: markdown, folded until a reader asks for them.
ANSWERS = [cell.source for cell in NOTEBOOK.cells if "<details>" in cell.source]
# What the sliders do, after all other cells have run.
MOVED = """for rate in (0.01, 1e-4):
    show("RMSProp", rate, w_x=0.09, w_rec=0.01)
    print(live_models["RMSProp"].history.costs[-1])"""
needs_compiler = pytest.mark.skipif(
    not aesara.config.cxx, reason="without a compiler the graphs and the last bits are others"
)


def text(cell):
    """What a code cell prints, in however many pieces, but for times."""
    outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
    shown = [o.get("text", o.get("data", {}).get("text/plain", "")) for o in outputs]
    return re.sub(r"[\d.]+ ms", "a time", "".join(shown))


def pictures(cell):
    """The pictures that a code cell draws, as arrays of colours from 0 to 255."""
    found = [o.data["image/png"] for o in cell.outputs if "image/png" in o.get("data", {})]
    return [255 * imread(io.BytesIO(base64.b64decode(png))) for png in found]


def block(kind, answer):
    """The fenced block of a kind in an answer."""
    return re.search(rf"```{kind}\n(.*?)```", answer, re.DOTALL).group(1)


@pytest.fixture(scope="module")
def executed():
    """The notebook after a run, with the code of each answer in a cell at its end."""
    notebook = copy.deepcopy(NOTEBOOK)
    notebook.cells += [nbformat.v4.new_code_cell(block("python", answer)) for answer in ANSWERS]
    notebook.cells.append(nbformat.v4.new_code_cell(MOVED))
    with pytest.MonkeyPatch.context() as patch:
        # Aesara's default configuration, the search for a BLAS library included.
        patch.delenv("AESARA_FLAGS", raising=False)
        # NumPy warns where it is told to do without features that the processor does not have.
        ignored = "ignore:During parsing environment variable"
        patch.setenv("PYTHONWARNINGS", f"default,{ignored}")
        client = nbclient.NotebookClient(notebook, timeout=600, kernel_name="python3")
        # Where it plays the browser for widgets, nbclient may miss a reply and wait for ever.
        client.widget_registry = {}
        return client.execute(cwd=str(ROOT / "scripts"))


@needs_compiler
def test_committed_outputs_are_those_of_a_run(executed):
    for fresh, old in zip(executed.cells, NOTEBOOK.cells):
        if old.cell_type != "code" or old.id == "live-sliders":
            continue
        assert text(fresh) == text(old)
        assert len(pictures(fresh)) == len(pictures(old))
        if drawn_with_pinned_versions():
            for drawn, committed in zip(pictures(fresh), pictures(old)):
                # Another processor computes other last bits, which move lines by next to nothing.
                np.testing.assert_allclose(drawn, committed, atol=4)


def test_nothing_is_written_to_stderr_but_that_it_compiles(executed):
    outputs = [output for cell in executed.cells for output in cell.get("outputs", [])]
    lines = "".join(o.text for o in outputs if o.get("name") == "stderr").splitlines()
    assert [line for line in lines if not line.startswith("Compiling C++")] == []


@needs_compiler
def test_answers_print_what_they_say(executed):
    assert len(ANSWERS) == 6
    for cell, answer in zip(executed.cells[-len(ANSWERS) - 1 : -1], ANSWERS):
        assert text(cell) == block("text", answer)


def test_a_slider_moved_at_the_end_trains_at_its_rate(executed):
    printed = [o.text for o in executed.cells[-1].outputs if o.get("name") == "stdout"]
    fast, slow = map(float, "".join(printed).split())
    assert fast > 0.1 > 1e-3 > slow
