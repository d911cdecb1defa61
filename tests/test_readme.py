"""What README.md and figures/README.md claim, seen again."""

import csv
import re

import check_claims
import pytest
from benchmark import quantity
from conftest import ROOT

from simple_rnn import article

README = (ROOT / "README.md").read_text(encoding="utf-8")
GALLERY = (ROOT / "figures" / "README.md").read_text(encoding="utf-8")


def block_after(fence, start=0):
    """The first fenced block of a kind after a position, and where it ends."""
    match = re.compile(rf"```{fence}\n(.*?)```", re.DOTALL).search(README, start)
    return match.group(1), match.end()


def figure_table(name):
    """The rows of a table beside a figure."""
    with (ROOT / "figures" / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_notebook_lines_print_what_is_shown_and_draw_the_curve(tmp_path):
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    code, end = block_after("python")
    shown, _ = block_after("text", end)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("AESARA_FLAGS", raising=False)
        nbclient.NotebookClient(notebook, timeout=600, kernel_name="python3").execute(
            cwd=str(tmp_path)
        )
    outputs = notebook.cells[0].outputs
    assert {output.get("name", "picture") for output in outputs} == {"stdout", "picture"}
    assert "".join(output.get("text", "") for output in outputs) == shown
    assert "image/png" in outputs[-1].data


def test_the_table_holds_what_was_published_and_what_is_obtained(histories):
    table = README[README.index("|  | gradient descent") :].split("\n\n")[0].splitlines()[2:]
    assert len(table) == 8
    compared = {
        name: {
            line.published.split(":")[0].split("[")[-1].strip(" ]"): line
            for line in article.compare(article.CONDITIONS[name], histories[name])
        }
        for name in ("gd", "rmsprop")
    }
    for row in table:
        title, *cells = (cell.strip() for cell in row.strip("|").split("|"))
        key = {"initial weights": "Initial weights", "final weights": "Final weights"}.get(
            title, title.split()[-1]
        )
        for name, pair in (("gd", cells[:2]), ("rmsprop", cells[2:])):
            line = compared[name][key]
            for text, cell in zip((line.published, line.obtained), pair):
                assert re.findall(r"= *([\d.]+)", text) == cell.split(", ")


def test_the_claims_are_those_that_are_measured():
    rows = README[README.index("| the article says") :].splitlines()[2:]
    claims = check_claims.measure()
    assert rows[: len(claims) + 1] == [
        *(f"| {claim.statement} | {claim.verdict} | {claim.measured} |" for claim in claims),
        "",
    ]


def test_what_a_run_ends_with(histories):
    shown, _ = block_after("text")
    for line, source in zip(shown.splitlines(), ("blog", "article")):
        compared = [
            line
            for name, condition in article.CONDITIONS.items()
            if condition.source == source
            for line in article.compare(condition, histories[name])
        ]
        assert line.startswith(f"{len(compared)} of {len(compared)} published lines reproduced")
        assert all(line.exact for line in compared)


def test_the_speeds_are_those_of_the_benchmark_s_last_run():
    rows = figure_table("benchmark")
    medians = {quantity(float(row["median"]), row["unit"]) for row in rows}
    section = GALLERY[GALLERY.index("## Speed") :]
    named = re.findall(r"(?<=\| )[\d.]+ (?:s|ms|us|x)(?= [|(])", section)
    assert len(named) >= 5 * 6 + 3 * 2
    assert set(named) <= medians


def test_rmsprop_ends_in_the_cycle_of_two(histories):
    history = histories["rmsprop"]
    even, odd = history.costs[-2:]
    at_even, at_odd, _ = history.weights[-3:]  # the cost of an epoch is that of the weights before
    words = " ".join(GALLERY.split())
    assert "of %.4f at the weights %.4f, %.4f, which" % (even, *at_even) in words
    assert "and %.4f at %.4f, %.4f." % (odd, *at_odd) in words


def test_the_slit_of_the_cost_surface_is_constant():
    rows = figure_table("cost_surface_wide")
    slit = {row["cost (sum of squared errors)"] for row in rows if float(row["w_x"]) == 0}
    assert len(slit) == 1
    assert f"the cost is {slit.pop()} whatever w_rec is" in " ".join(GALLERY.split())


def test_what_it_says_of_the_learning_rates_is_in_the_table():
    rows = figure_table("learning_rate")
    assert f"{len(rows):,} runs of 2001 epochs" in GALLERY

    def share(optimizer, column, least=0.0, most=1.0):
        """The share of the runs that have an epoch in a column."""
        filled = [
            row[column] != ""
            for row in rows
            if row["optimizer"] == optimizer and least <= float(row["learning_rate"]) <= most
        ]
        return sum(filled) / len(filled)

    assert share("gd", "trained_from_epoch", most=5e-6) < 0.25
    assert share("gd", "trained_from_epoch", least=5e-6, most=6e-5) > 0.75
    assert share("gd", "trained_from_epoch", least=9e-5) < 0.25
    assert share("gd", "diverged_at_epoch", least=5.6e-4) == 1
    assert share("rmsprop", "diverged_at_epoch") == 0
    assert share("rprop", "trained_from_epoch") == 1


def test_what_it_says_of_the_map_is_in_the_table():
    rows = figure_table("trainability")
    n_runs = sum(int(row["runs"]) for row in rows)
    assert f"The map has {n_runs:,} runs" in " ".join(GALLERY.split())

    def lengths(optimizer, holds):
        """The lengths at which a cell is as asked, at some learning rate."""
        return {int(r["seq_len"]) for r in rows if r["optimizer"] == optimizer and holds(r)}

    def any_seed(row):
        return int(row["trained"]) > 0

    def every_seed(row):
        return row["trained"] == row["runs"]

    assert max(lengths("gd", every_seed)) < 16
    assert max(lengths("gd", any_seed)) < 32
    assert max(lengths("rmsprop", every_seed)) == 20
    assert max(lengths("rmsprop", any_seed)) < 40
    at_10 = [r["optimizer"] for r in rows if r["seq_len"] == "10" and every_seed(r)]
    assert [at_10.count(name) for name in ("gd", "rmsprop", "rprop")] == [2, 10, 29]
    longest = [r for r in rows if r["optimizer"] == "rprop" and r["seq_len"] == "100"]
    assert all(2 * int(row["trained"]) > int(row["runs"]) for row in longest)


def test_the_counts_of_the_evidence_are_those_that_were_found():
    facts = {(row["part"], row["what"]): row for row in figure_table("evidence")}

    def found(part, what, column="value"):
        return float(facts[part, what][column])

    forms, finer = "forms of RMSProp", "forms in a finer grid"
    ways, rule = "equal ways to write the update", "lines of 44 by one rule of rounding"
    n_forms, n_ways = found(forms, "tried"), found(ways, "tried")
    all_22 = found(ways, "with all 22 lines as printed")
    readme, gallery = " ".join(README.split()), " ".join(GALLERY.split())
    assert f"every other of the {n_forms:,.0f} forms tried" in readme
    assert f"of {n_ways:,.0f} equal ways to write the update {all_22:.0f} print all 22" in readme
    band = found(forms, "rounding moves line 100 by at most")
    nearest = min(
        found(*fact) for fact in facts if fact[0] == "nearest to line 100" and ":" in fact[1]
    )
    line_100 = [f"{found(ways, 'line 100: % below 5.7880', c):.4f}" for c in ("lowest", "highest")]
    noise, all_of_them = "gradients +-1 ulp", "% with all 22 lines as printed"
    kastner = "Kastner's code, each operation rounded once"
    edge, plateau = "edge of stability, RMSProp", "last cost, and the last two"
    for sentence in (
        f"the last two digits ({' to '.join(line_100)}). {n_forms:.0f} forms of RMSProp",
        f"{found(forms, 'tried, with other thresholds and epsilons'):,.0f} in all. The"
        f" {found(forms, 'line 100 so near to 5.7880'):.0f} that come",
        f"can move it ({band:.4f})",
        f"other form is {nearest // band:.0f} times as far",
        f"{found(finer, 'tried, the one used not among them'):,.0f} other forms"
        f" {found(finer, 'line 100 as near as rounding can move it'):.0f} meets line 100 too",
        f"it has {found(finer, 'Nesterov 0.03, decay 0.7: line 200'):.4f} at line 200",
        f"and 0.03 gives {found('line 100 with another momentum', '0.03'):.0f}",
        f"Of {n_ways:,.0f} algebraically equal ways to write the update"
        f" {found(ways, 'with line 100 as printed'):,.0f} print line 100",
        f"and {all_22:.0f} print all 22 lines; of the"
        f" {found(ways, 'without fused multiply-add: tried'):,.0f} without a fused",
        f"prints {found(kastner, 'exact lines of 22'):.0f} of the 22, and"
        f" {found(kastner, 'line 200'):.4f} at line 200",
        f"the most is {found(rule, 'nothing fused, the root in float64: at most'):.0f} of 44, or"
        f" {found(rule, 'nothing fused, all float32: at most'):.0f} without the float64 root, and"
        f" with everything fused that can be, {found(rule, 'all fused that can be: at most'):.0f}.",
        f"{10 * found(f'RMSProp, {noise}', all_of_them):.0f} of 1,000 runs print all 22 lines",
        f"and {10 * found(f'gradient descent, {noise}', all_of_them):.0f} do for",
        f"in {found(f'RMSProp, {noise}', '% with all of the last 17 lines')} % of these runs",
        f"can bear (1.5, at epoch {found(edge, 'float32: first epoch above the limit'):.0f})",
        f"(at epoch {found(edge, 'float32: epoch of its peak'):.0f}, in float64 at"
        f" {found(edge, 'float64: epoch of its peak'):.0f})",
        f"{found('plateau of RMSProp', f'0.0005: {plateau}'):.4f}, and with half of that at"
        f" {found('plateau of RMSProp', f'0.00025: {plateau}'):.5f}",
    ):
        assert sentence in gallery
    assert found(ways, "without fused multiply-add: with all 22 lines") == 1
    assert found(finer, "of these lines 200 to 500 in the range of rounding") == 0
    assert found(f"RMSProp, {noise}", "% with 2 to 15 of them") == 0
    thresholds = [found("line 100 with another threshold", t) for t in ("1", "12", "15")]
    assert [abs(line - 5.7880) < band for line in thresholds] == [True, True, False]
    descent = "edge of stability, gradient descent"
    assert found(descent, "largest stable learning rate there") == pytest.approx(9.5e-5, rel=0.01)
    assert found(descent, "9e-5: last cost") < 1e-5 < 1 < found(descent, "0.0001: last cost")


def test_where_numbers_are_a_command_or_a_reason_is():
    """Each section that states a measured number names what prints it, or says why nothing can."""
    source = r"(?:scripts|tests)/[\w/]+\.py|\w+\.csv|pytest|cannot be checked here"
    for text in (README, GALLERY):
        for section in re.split(r"^##+ ", text, flags=re.MULTILINE)[1:]:
            versions = r"(?:Python|Aesara|Theano|arXiv)[ :][\d., to]+|\]\([^)]*\)|<[^>]*>|```.*?```"
            prose = re.sub(versions, "", section, flags=re.DOTALL)
            if re.search(r"\d\.\d|\d,\d{3}|\d %|\d%", prose):
                assert re.search(source, section), section


def test_what_it_names_exists():
    for path in re.findall(r"`((?:scripts|tests|simple_rnn|figures)/[\w./]+)`", README):
        assert (ROOT / path).exists(), path
    for path in re.findall(r"\]\((figures/[^)]+)\)", README):
        assert (ROOT / path).is_file(), path
    scripts = {str(p.relative_to(ROOT)) for p in (ROOT / "scripts").glob("[a-z]*.py")}
    assert set(re.findall(r"^\| `(scripts/\w+\.py)` \|", README, re.MULTILINE)) == scripts


def test_the_gallery_shows_every_figure():
    shown = set(re.findall(r"!\[[^\]]+\]\(([^)]+)\)", GALLERY))
    pictures = (".png", ".gif")
    assert shown == {p.name for p in (ROOT / "figures").iterdir() if p.suffix in pictures}


def test_the_readme_stays_short():
    assert len(README.splitlines()) <= 180
