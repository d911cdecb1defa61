"""What README.md and figures/README.md show: the ten lines, the tables, and what they name."""

import csv
import re

import pytest
from conftest import ROOT

from simple_rnn import article

README = (ROOT / "README.md").read_text(encoding="utf-8")
GALLERY = (ROOT / "figures" / "README.md").read_text(encoding="utf-8")


def block(kind):
    """The first fenced block of a kind."""
    return re.search(rf"```{kind}\n(.*?)```", README, re.DOTALL).group(1)


def test_ten_lines_print_what_is_shown_and_draw_the_curve(tmp_path):
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(block("python"))])
    nbclient.NotebookClient(notebook, timeout=600, kernel_name="python3").execute(cwd=tmp_path)
    outputs = notebook.cells[0].outputs
    printed = [output.text for output in outputs if output.get("name") == "stdout"]
    assert "".join(printed) == block("text")
    assert "image/png" in outputs[-1].data


def test_table_holds_what_was_published_and_what_is_obtained(histories):
    rows = re.findall(
        r"^\| (initial weights|cost of epoch \d+|final weights) \|(.*)\|$", README, re.M
    )
    assert len(rows) >= 5
    for title, cells in rows:
        cells = iter(cell.strip() for cell in cells.split("|"))
        for name in ("gd", "rmsprop"):
            lines = article.compare(article.CONDITIONS[name], histories[name])
            key = f"epoch[{title.split()[-1]:>5}]" if "epoch" in title else title.capitalize()
            (line,) = [line for line in lines if line.published.startswith(key)]
            for text in (line.published, line.obtained):
                assert ", ".join(re.findall(r"= *([\d.]+)", text)) == next(cells)


def test_44_of_44_lines_are_exact(histories):
    conditions = [c for c in article.CONDITIONS.values() if c.source == "article"]
    lines = [line for c in conditions for line in article.compare(c, histories[c.name])]
    assert f"**{sum(line.exact for line in lines)} of {len(lines)} lines that the article" in README


@pytest.mark.parametrize(
    ("part", "what", "sentence"),
    [
        ("forms of RMSProp", "tried", "{} forms of RMSProp were tried"),
        ("forms of RMSProp", "tried, with other thresholds and epsilons", "{} in all"),
        ("forms of RMSProp", "line 100 so near to 5.7880", "The {} that come"),
        ("equal ways to write the update", "tried", "Of {} algebraically equal ways"),
        ("equal ways to write the update", "with line 100 as printed", "{} print line 100"),
        ("equal ways to write the update", "with all 22 lines as printed", "and {} print all 22"),
    ],
)
def test_number_of_the_evidence_is_the_one_that_was_found(part, what, sentence):
    with (ROOT / "figures" / "evidence.csv").open(newline="") as file:
        found = {(row["part"], row["what"]): float(row["value"]) for row in csv.DictReader(file)}
    assert sentence.format(f"{found[part, what]:,.0f}") in " ".join(GALLERY.split())


def test_every_named_file_exists():
    named = re.findall(r"`((?:scripts|tests|simple_rnn|figures)/[\w./]+)`", README + GALLERY)
    named += re.findall(r"\]\(((?:figures|scripts)/[\w./]+)", README)
    named += [f"figures/{name}" for name in re.findall(r"\]\(([\w.]+\.(?:png|gif))\)", GALLERY)]
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_gallery_shows_every_figure():
    pictures = {
        path.name for path in (ROOT / "figures").iterdir() if path.suffix in (".png", ".gif")
    }
    assert set(re.findall(r"!\[[^\]]+\]\(([^)]+)\)", GALLERY)) == pictures


def test_readme_stays_short():
    assert len(README.splitlines()) <= 120
