"""scripts/walkthrough.ipynb, executed from top to bottom in a real Jupyter kernel."""

import copy
import re

import aesara
import numpy as np
import pytest
from conftest import ROOT, drawn_with_pinned_versions

from simple_rnn import article

nbclient = pytest.importorskip("nbclient")
nbformat = pytest.importorskip("nbformat")

PATH = ROOT / "scripts" / "walkthrough.ipynb"
needs_compiler = pytest.mark.skipif(
    not aesara.config.cxx, reason="without a compiler the graphs and the last bits are others"
)


def shown(cell):
    """What a code cell shows: printed text and values, and pictures."""
    data = [output.get("data", {}) for output in cell.outputs]
    # A kernel may send one text in several pieces.
    text = "".join(output.get("text", "") for output in cell.outputs)
    text += "".join(d.get("text/plain", "") for d in data)
    return text, [d["image/png"].strip() for d in data if "image/png" in d]


def numbers(text):
    return [float(number) for number in re.findall(r"-?\d+\.\d+", text)]


def block(kind, text):
    """The fenced block of a kind in an answer."""
    return re.search(rf"```{kind}\n(.*?)```", text, re.DOTALL).group(1)


@pytest.fixture(scope="module")
def committed():
    return nbformat.read(PATH, as_version=4)


@pytest.fixture(scope="module")
def answers(committed):
    """The answers to the exercises: markdown, folded until a reader asks for them."""
    return [cell.source for cell in committed.cells if "<details>" in cell.source]


@pytest.fixture(scope="module")
def executed(committed, answers):
    """The notebook after a run, with the code of each answer in a cell at its end."""
    notebook = copy.deepcopy(committed)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    notebook.cells += [nbformat.v4.new_code_cell(block("python", answer)) for answer in answers]
    with pytest.MonkeyPatch.context() as patch:
        # Aesara's default configuration, the search for a BLAS library included.
        patch.delenv("AESARA_FLAGS", raising=False)
        patch.setenv("PYTHONWARNINGS", "default")
        client = nbclient.NotebookClient(notebook, timeout=600, kernel_name="python3")
        return client.execute(cwd=str(PATH.parent))


@pytest.fixture(scope="module")
def printed(executed):
    """What each code cell prints, by the cell's name."""
    return {cell.id: shown(cell)[0] for cell in executed.cells if cell.cell_type == "code"}


@needs_compiler
def test_the_committed_outputs_are_those_of_a_run(committed, executed):
    for fresh, old in zip(executed.cells, committed.cells):
        if old.cell_type != "code":
            continue
        (fresh_text, fresh_pictures), (old_text, old_pictures) = shown(fresh), shown(old)
        assert fresh_text == old_text
        assert len(fresh_pictures) == len(old_pictures)
        if drawn_with_pinned_versions():
            assert fresh_pictures == old_pictures


def test_nothing_is_written_to_stderr(executed):
    names = {output.get("name") for cell in executed.cells for output in cell.get("outputs", [])}
    assert "stderr" not in names


def test_it_prints_the_article_s_tables(printed):
    for name in ("gd", "rmsprop"):
        assert printed[f"{name}-train"].rstrip().splitlines() == (
            article.CONDITIONS[name].published_lines
        )
    assert printed["compare-lines"].count("22 of 22 lines exact") == 2
    assert "2 of 2 lines exact" in printed["rprop-train"]
    assert "5 ones, counted as 4.98" in printed["unseen-predict"]


def test_scan_gives_the_article_s_arrays(printed):
    assert printed["scan-1"] == "array([10, 20, 40], dtype=int32)"
    rows = "array([[2., 1.],\n       [4., 3.],\n       [9., 7.]], dtype=float32)"
    assert printed["scan-2"] == rows


def test_the_gradient_by_hand_is_aesara_s(printed):
    for line in printed["bptt-compare"].splitlines():
        by_hand, by_aesara = numbers(line)
        assert by_hand == pytest.approx(by_aesara, rel=1e-5)


def test_a_smaller_rate_ends_lower_by_its_square(printed):
    rates, costs, jumps = np.transpose(
        [numbers(line) for line in printed["plateau-train"].splitlines() if "rate" in line]
    )
    np.testing.assert_allclose(costs / costs[0], (rates / rates[0]) ** 2, rtol=0.03)
    np.testing.assert_allclose(jumps, 4 / 3, atol=0.01)


def test_the_reader_s_own_optimizer_and_network_learn(printed):
    assert numbers(printed["adam-train"])[-2:] == [1, 1]
    costs = numbers(printed["tanh-train"])
    assert costs == sorted(costs, reverse=True)
    assert costs[-1] == 0
    assert printed["tanh-long"].startswith("98000 of 98000 ")


@needs_compiler
def test_the_answers_print_what_they_say(executed, answers):
    assert len(answers) == 5
    for cell, answer in zip(executed.cells[-len(answers) :], answers):
        assert shown(cell)[0] == block("text", answer)
    # Without its bias a tanh network is odd in x, and an exclusive or is even: 1 is the least mean.
    assert "cost 1.000, largest answer 0.0\n" in block("text", answers[4])
