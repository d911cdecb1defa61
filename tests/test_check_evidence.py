"""scripts/check_evidence.py: that its NumPy is the package's, and what it finds is what it says."""

import csv

import _replay as replay
import check_evidence
import numpy as np
import pytest
from _figures import NESTEROV_LIMIT
from _landscape import Landscape
from conftest import ROOT, run_python

from simple_rnn import article, numpy_reference


def recorded():
    """The facts in figures/evidence.csv."""
    with (ROOT / "figures" / "evidence.csv").open(newline="") as file:
        return {(row["part"], row["what"]): row for row in csv.DictReader(file)}


@pytest.mark.parametrize(
    ("name", "step"), [("gd", replay.gradient_descent), ("rmsprop", lambda: replay.rmsprop()[0])]
)
def test_the_replay_is_the_package_to_the_bit(histories, name, step):
    costs, weights = zip(*replay.epochs(step(), check_evidence.start()))
    assert np.array_equal(np.ravel(costs), histories[name].costs)
    weights = np.array([check_evidence.start(), *weights])[:, :, 0]
    assert np.array_equal(weights, histories[name].weights)


def test_the_guards_of_rmsprop_never_act_in_the_article_s_run():
    step, memory = replay.rmsprop()
    for _ in replay.epochs(step, check_evidence.start()):
        assert memory["variance"].min() > 0
        assert memory["r"].min() > replay.FLOOR


@pytest.mark.parametrize("name", replay.WAYS)
def test_the_ways_are_algebraically_equal(name):
    rng = np.random.RandomState(2)
    arguments = {
        "n": lambda q: (q,),
        "rescaled": lambda g: (g, np.abs(g) + rng.uniform(0, 10, g.shape)),
        "variance": lambda a: (a**2 + 1, a),
        "d": lambda g: (g, np.abs(g) + 1, 0.001),
        "p": lambda p: (p, m := p[::-1], 0.5 * m - (d := p**2 / m), d, p**2, m, 1.5),
    }.get(name, lambda v: (v, v[::-1]))(rng.uniform(0.1, 2, (50, 3)))
    first, *others = replay.ways_of(name)
    for way in others:
        assert way(*arguments) == pytest.approx(first(*arguments), rel=1e-13, abs=1e-13)


def test_a_fused_product_is_rounded_once():
    a, c = np.array([1 + 2**-12], "float32"), np.array([-1 - 2**-11], "float32")
    assert replay.fma(a, a, c) == 2.0**-24
    assert a * a + c == 0


def test_the_polynomial_is_the_cost_with_its_gradient_and_curvature():
    data = article.dataset("float64")
    landscape, X = Landscape(data.x), data.x.T
    for w_x, w_rec in article.GRADIENT_WEIGHTS:
        S = numpy_reference.forward_states(X, w_x, w_rec)
        assert landscape.cost(w_x, w_rec) == pytest.approx(
            numpy_reference.cost(S[:, -1], data.y), rel=1e-12
        )
        grad_out = numpy_reference.output_gradient(S[:, -1], data.y)
        gradient, _ = numpy_reference.backward_gradient(X, S, grad_out, w_rec)
        assert landscape.gradient(w_x, w_rec) == pytest.approx(np.array(gradient), rel=1e-9)
    w, scale, h = np.array([1.1, 0.9]), np.array([0.3, 0.7]), 1e-5
    differences = [
        landscape.gradient(*(w + e)) - landscape.gradient(*(w - e)) for e in h * np.eye(2)
    ]
    hessian = np.array(differences) / (2 * h)
    xx, xr, rr = landscape.hessian(*w)
    assert np.array([[xx, xr], [xr, rr]]) == pytest.approx(hessian, rel=1e-7)
    scaled = hessian * np.sqrt(np.outer(scale, scale))
    assert landscape.curvature(*w, scale) == pytest.approx(np.linalg.eigvalsh(scaled)[1], rel=1e-7)


@pytest.mark.parametrize(("curvature", "stable"), [(0.999, True), (1.001, False)])
def test_the_limit_is_where_a_nesterov_step_becomes_unstable(curvature, stable):
    mu, felt = replay.MOMENTUM, curvature * NESTEROV_LIMIT
    # p' = p + mu^2 m - (1 + mu) felt p,  m' = mu m - felt p
    matrix = np.array([[1 - (1 + mu) * felt, mu**2], [-felt, mu]])
    assert (np.abs(np.linalg.eigvals(matrix)).max() < 1) == stable


def test_the_recorded_counts_are_those_that_are_found_again():
    facts = recorded()
    ranges = {}
    for (part, what), row in facts.items():
        if ": % below" in what and not part.startswith("gradient descent"):
            epoch = int(what.split()[1].strip(":"))
            bounds = ranges.get(epoch, (np.inf, -np.inf))
            ranges[epoch] = (
                min(bounds[0], float(row["lowest"])),
                max(bounds[1], float(row["highest"])),
            )
    found = check_evidence.ways_to_round(quick=False) + check_evidence.one_rule(quick=False)
    found += check_evidence.kastners_code()
    found += check_evidence.compared_forms(ranges, quick=False)
    assert len(found) > 100
    for fact in found:
        assert fact.value == pytest.approx(float(facts[fact.part, fact.what]["value"]), rel=1e-5)


def test_what_was_found_supports_what_the_readme_says():
    facts = recorded()

    def value(part, what):
        return float(facts[part, what]["value"])

    # One form alone, and by far: the next of another form is more than ten times as far.
    assert value("forms of RMSProp", "of these another form than the one used") == 0
    band = value("forms of RMSProp", "rounding moves line 100 by at most")
    others = [
        float(row["value"])
        for (part, what), row in facts.items()
        if part == "nearest to line 100" and ":" in what
    ]
    assert min(others) > 10 * band
    # The published value is typical of what rounding makes of it.
    line_200 = facts["equal ways to write the update", "line 200: % below 0.3313"]
    assert 10 < float(line_200["value"]) < 90
    # A smaller rate ends lower: the cost of the plateau falls with the square of the rate.
    lasts = [float(row["value"]) for (part, _), row in facts.items() if part.startswith("plateau")]
    assert all(3.8 < high / low < 4.2 for high, low in zip(lasts, lasts[1:]))


def test_the_quick_run_prints_and_writes_all_parts(tmp_path):
    script = ROOT / "scripts" / "check_evidence.py"
    result = run_python(script, "--quick", "--output-dir", tmp_path)
    assert result.returncode == 0, result.stderr
    assert result.stdout.count("exact lines of 22") == 3
    parts = {part for part, _ in recorded() if not part.startswith(check_evidence.SHARES)}
    assert parts <= set(result.stdout.splitlines())
    assert {path.name for path in tmp_path.iterdir()} == {
        f"{name}.{suffix}"
        for name in ("evidence", "edge_of_stability")
        for suffix in ("csv", "png")
    }
