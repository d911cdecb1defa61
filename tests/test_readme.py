"""What README.md and figures/README.md show: ten lines, numbers, and names of files."""

import re

import check_evidence
from conftest import ROOT, run_python

from simple_rnn import article

README = (ROOT / "README.md").read_text(encoding="utf-8")
GALLERY = (ROOT / "figures" / "README.md").read_text(encoding="utf-8")


def block(kind):
    """The first fenced block of a kind."""
    return re.search(rf"```{kind}\n(.*?)```", README, re.DOTALL).group(1)


def test_ten_lines_print_what_is_shown():
    result = run_python("-c", block("python"), MPLBACKEND="agg")
    assert (result.returncode, result.stdout) == (0, block("text")), result.stderr


def test_table_holds_what_was_published_and_is_obtained():
    row = r"^\| (initial weights|cost of epoch \d+|final weights) " + r"\| ([\d., ]+) " * 4
    rows = re.findall(row, README, re.M)
    assert len(rows) == 5
    for title, *cells in rows:
        key = f"epoch[{title.split()[-1]:>5}]" if "epoch" in title else title.capitalize()
        for name, published, obtained in (("gd", *cells[:2]), ("rmsprop", *cells[2:])):
            lines = article.CONDITIONS[name].published_lines
            (line,) = [line for line in lines if line.startswith(key)]
            assert [", ".join(re.findall(r"= *([\d.]+)", line))] * 2 == [published, obtained]


def test_numbers_of_the_evidence_are_those_that_were_found():
    facts = check_evidence.read_facts(ROOT / "figures" / "evidence.csv")
    forms, ways = facts["forms of RMSProp"], facts["equal ways to write the update"]
    told = " ".join(GALLERY.split())
    for number, sentence in (
        (forms["tried"], "{:,.0f} forms of RMSProp were tried"),
        (forms["tried, with other thresholds and epsilons"], "{:,.0f} in all"),
        (forms["line 100 so near to 5.7880"], "The {:.0f} that come"),
        (ways["tried"], "Of {:,.0f} algebraically equal ways"),
        (ways["with line 100 as printed"], "{:,.0f} print line 100"),
        (ways["with all 22 lines as printed"], "and {:.0f} print all 22"),
    ):
        assert sentence.format(number) in told


def test_every_named_file_exists():
    named = re.findall(r"\b(?:scripts|tests|simple_rnn|figures)/[\w./]*\w", README + GALLERY)
    named += [f"figures/{name}" for name in re.findall(r"\]\(([\w.]+\.(?:png|gif))\)", GALLERY)]
    assert [path for path in named if not (ROOT / path).exists()] == []
