"""scripts/check_gradient.py: that it agrees with the NumPy gradient, and finds a wrong one."""

import check_gradient
import pytest
from aesara.gradient import grad_scale

from simple_rnn import article, numpy_reference, simpleRNN


def test_a_right_gradient_is_printed_and_called_right(capsys):
    assert check_gradient.main([]) == 0
    printed = capsys.readouterr().out
    assert printed.endswith("\nNo gradient errors found\n")
    rows = [line.split() for line in printed.splitlines() if line.startswith("w_")]
    X = article.dataset(dtype="float64").x.T
    S = numpy_reference.forward_states(X, 1.2, 1.2)
    grad_out = numpy_reference.output_gradient(S[:, -1], X.sum(axis=1)) / len(X)
    expected, _ = numpy_reference.backward_gradient(X, S, grad_out, 1.2)
    for (_, analytic, numerical, difference), gradient in zip(rows, expected):
        assert float(analytic) == pytest.approx(gradient, rel=1e-11)
        assert float(numerical) == pytest.approx(gradient, rel=1e-7)
        assert 0 < float(difference) < 1e-7


def test_a_gradient_that_is_wrong_by_a_thousandth_is_found(monkeypatch, capsys):
    # The cost stays what it was: only the way back through s_tm1 is scaled.
    def step(x_t, s_tm1, w_x, w_rec):
        return x_t * w_x + grad_scale(s_tm1, 1.001) * w_rec

    monkeypatch.setattr(simpleRNN, "step", staticmethod(step))
    assert check_gradient.main([]) == 1
    assert capsys.readouterr().out.endswith("\nThe analytic gradient is WRONG\n")
