"""The article's cost as what it is, a polynomial in the two weights; with it, all forms of RMSProp.

The answer to a sequence is ``w_x p(w_rec)`` with ``p(w_rec) = sum over t of x_t w_rec^(n - t)``. So
the cost over all samples is::

    cost = C - 2 w_x B(w_rec) + w_x^2 Q(w_rec)       C = sum y^2,  B = sum y p,  Q = sum p^2

with polynomials B and Q of degrees 9 and 18. Cost, gradient and curvature are exact up to float64,
and cheap enough to train tens of thousands of variants side by side.
"""

from __future__ import annotations

import numpy as np
from numpy.polynomial import Polynomial

Array = np.ndarray


class Landscape:
    """The cost, its gradient and its curvature, over arrays of weights of any one shape.

    Parameters
    ----------
    x : ndarray of shape (seq_len, num_samples)
        The sequences, time-major.
    """

    def __init__(self, x: Array) -> None:
        y = x.sum(axis=0)
        # Ascending powers: the last step comes first.
        answers = [Polynomial(sequence[::-1]) for sequence in x.T.astype(float)]
        self.c = float(y @ y)
        self.b = sum(count * answer for count, answer in zip(y, answers))
        self.q = sum(answer**2 for answer in answers)
        self.b1, self.q1 = self.b.deriv(), self.q.deriv()
        self.b2, self.q2 = self.b.deriv(2), self.q.deriv(2)

    def cost(self, w_x: Array, w_rec: Array) -> Array:
        """Return the sum of squared errors."""
        return self.c - 2 * w_x * self.b(w_rec) + w_x**2 * self.q(w_rec)

    def gradient(self, w_x: Array, w_rec: Array) -> Array:
        """Return the gradient, with one axis of length 2 in front."""
        by_w_x = 2 * w_x * self.q(w_rec) - 2 * self.b(w_rec)
        return np.array([by_w_x, w_x**2 * self.q1(w_rec) - 2 * w_x * self.b1(w_rec)])

    def hessian(self, w_x: Array, w_rec: Array) -> tuple[Array, Array, Array]:
        """Return the second derivatives: by w_x twice, by both, by w_rec twice."""
        mixed = 2 * w_x * self.q1(w_rec) - 2 * self.b1(w_rec)
        by_w_rec = w_x**2 * self.q2(w_rec) - 2 * w_x * self.b2(w_rec)
        return 2 * self.q(w_rec), mixed, by_w_rec

    def curvature(self, w_x: Array, w_rec: Array, scale: Array = (1.0, 1.0)) -> Array:
        """Return the largest eigenvalue of the Hessian H, or of S^(1/2) H S^(1/2).

        ``scale``, with one axis of length 2 in front, is the diagonal of S: how far a step goes per
        unit of the gradient, for each weight.
        """
        (s_x, s_rec), (xx, xr, rr) = scale, self.hessian(w_x, w_rec)
        xx, xr, rr = s_x * xx, np.sqrt(s_x * s_rec) * xr, s_rec * rr
        # The larger root of the characteristic polynomial of a symmetric 2 x 2 matrix.
        return (xx + rr) / 2 + np.hypot((xx - rr) / 2, xr)
