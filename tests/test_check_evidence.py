"""scripts/check_evidence.py: its NumPy is the package's, and its tables are found again."""

import _replay as replay
import check_evidence
import numpy as np
import pytest
from _figures import FIGURES_FOLDER, read_table


@pytest.mark.parametrize(
    ("name", "step"), [("gd", replay.gradient_descent), ("rmsprop", lambda: replay.rmsprop()[0])]
)
def test_replay_is_the_package_bit_for_bit(histories, name, step):
    costs, weights = zip(*replay.epochs(step(), check_evidence.start()))
    assert np.array_equal(np.ravel(costs), histories[name].costs)
    weights = np.array([check_evidence.start(), *weights])[:, :, 0]
    assert np.array_equal(weights, histories[name].weights)


@pytest.mark.parametrize("name", replay.WAYS)
def test_ways_are_algebraically_equal(name):
    rng = np.random.RandomState(2)
    arguments = {
        "n": lambda q: (q,),
        "rescaled": lambda g: (g, np.abs(g) + rng.uniform(0, 10, g.shape)),
        "variance": lambda a: (a**2 + 1, a),
        "d": lambda g: (g, np.abs(g) + 1, 0.001),
        "p": lambda p: (p, m := p[::-1], 0.5 * m - (d := p**2 / m), d, p**2, m, 1.5),
    }.get(name, lambda v: (v, v[::-1]))(rng.uniform(0.1, 2, (50, 3)))
    first, *others = replay.ALL_WAYS[name]
    for way in others:
        assert way(*arguments) == pytest.approx(first(*arguments), rel=1e-13, abs=1e-13)


def test_curvature_is_the_largest_eigenvalue():
    w, h, scale = np.array([1.1, 0.9]), 1e-5, (0.3, 0.7)
    gradients = [check_evidence.gradient(*(w + e)) for e in (*h * np.eye(2), *-h * np.eye(2))]
    hessian = (np.array(gradients[:2]) - gradients[2:]) / (2 * h)
    largest = np.linalg.eigvalsh(hessian * np.sqrt(np.outer(scale, scale)))[1]
    assert check_evidence.curvature(*w, scale) == pytest.approx(largest, rel=1e-7)


def test_limit_is_where_a_nesterov_step_becomes_unstable():
    mu, felt = replay.MOMENTUM, check_evidence.NESTEROV_LIMIT
    # p' = p + mu^2 m - (1 + mu) felt p,  m' = mu m - felt p
    matrix = np.array([[1 - (1 + mu) * felt, mu**2], [-felt, mu]])
    assert np.abs(np.linalg.eigvals(matrix)).max() == pytest.approx(1)


def test_committed_numbers_are_found_again(tmp_path):
    check_evidence.main(["--output-dir", str(tmp_path)])
    for name, read in (("evidence", check_evidence.read_facts), ("edge_of_stability", read_table)):
        committed, found = (read(folder / f"{name}.csv") for folder in (FIGURES_FOLDER, tmp_path))
        assert committed.keys() == found.keys()
        for what, values in found.items():
            assert committed[what] == pytest.approx(values, rel=1e-5), what
