"""scripts/walkthrough.ipynb, executed from top to bottom in a real Jupyter kernel."""

import copy

import pytest
from conftest import ROOT, drawn_with_pinned_versions

from simple_rnn import article

nbclient = pytest.importorskip("nbclient")
nbformat = pytest.importorskip("nbformat")

PATH = ROOT / "scripts" / "walkthrough.ipynb"


def outputs(notebook):
    """What each code cell shows: printed text and values, and pictures."""
    shown = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            data = [output.get("data", {}) for output in cell.outputs]
            # A kernel may send one text in several pieces.
            text = "".join(output.get("text", "") for output in cell.outputs)
            text += "".join(d.get("text/plain", "") for d in data)
            shown.append((text, [d["image/png"].strip() for d in data if "image/png" in d]))
    return shown


@pytest.fixture(scope="module")
def committed():
    return nbformat.read(PATH, as_version=4)


@pytest.fixture(scope="module")
def executed(committed):
    notebook = copy.deepcopy(committed)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    with pytest.MonkeyPatch.context() as patch:
        # Aesara's default configuration, floatX=float64 and the search for a BLAS library included.
        patch.delenv("AESARA_FLAGS", raising=False)
        patch.setenv("PYTHONWARNINGS", "default")
        client = nbclient.NotebookClient(notebook, timeout=600, kernel_name="python3")
        return client.execute(cwd=str(PATH.parent))


def test_the_committed_outputs_are_those_of_a_run(committed, executed):
    for fresh, old in zip(outputs(executed), outputs(committed)):
        assert fresh[0] == old[0]
        assert len(fresh[1]) == len(old[1])
        if drawn_with_pinned_versions():
            assert fresh[1] == old[1]


def test_it_prints_the_article_s_tables(executed):
    printed = "".join(text for text, _ in outputs(executed))
    for name in ("gd", "rmsprop"):
        assert "\n".join(article.CONDITIONS[name].published_lines) in printed
    assert printed.count("22 of 22 lines exact") == 2
    assert "5 ones, counted as 4.98" in printed
    assert sum(len(pictures) for _, pictures in outputs(executed)) == 3


def test_nothing_is_written_to_stderr(executed):
    names = {output.get("name") for cell in executed.cells for output in cell.get("outputs", [])}
    assert "stderr" not in names
