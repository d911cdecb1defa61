"""The same network in plain NumPy, with its gradients by hand, to check the scan graph against.

``update_state`` and ``forward_states`` are those of the blog that the article draws on, as the
article quotes them; the backward pass follows the chain rule through time. Here the data is
**batch-major**, one row per sample, as in the blog.

References
----------
P. Roelants, "How to implement a recurrent neural network", part 1, http://peterroelants.github.io/
"""

from __future__ import annotations

import numpy as np

__all__ = ["backward_gradient", "cost", "forward_states", "output_gradient", "update_state"]


def update_state(xk: np.ndarray, sk: np.ndarray, wx: float, wRec: float) -> np.ndarray:
    """Return the next state, ``xk * wx + sk * wRec``."""
    return xk * wx + sk * wRec


def forward_states(X: np.ndarray, wx: float, wRec: float) -> np.ndarray:
    """Return the states over time.

    Parameters
    ----------
    X : ndarray of shape (num_samples, seq_len)
        The sequences, batch-major.
    wx, wRec : float
        The input and the recurrent weight.

    Returns
    -------
    ndarray of shape (num_samples, seq_len + 1), float64
        ``S[:, k]`` is the state after ``k`` steps; ``S[:, 0]`` is zero.
    """
    S = np.zeros((X.shape[0], X.shape[1] + 1))
    for k in range(X.shape[1]):
        # S[k+1] = X[k] * wx + S[k] * wRec
        S[:, k + 1] = update_state(X[:, k], S[:, k], wx, wRec)
    return S


def cost(y: np.ndarray, t: np.ndarray) -> float:
    """Return the sum of squared errors of the outputs ``y`` against the targets ``t``.

    The sum, as in the article; the blog takes the mean.
    """
    return ((t - y) ** 2).sum()


def output_gradient(y: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Return the gradient of :func:`cost` with respect to each output, ``2 (y - t)``."""
    return 2.0 * (y - t)


def backward_gradient(
    X: np.ndarray, S: np.ndarray, grad_out: np.ndarray, wRec: float
) -> tuple[tuple[float, float], np.ndarray]:
    """Propagate the gradient back through time and collect that of the two weights.

    With ``G[n]`` the gradient at the last state, the chain rule gives::

        G[k-1] = G[k] * wRec
        dcost/dwx   = sum over k of G[k] * X[k-1]
        dcost/dwRec = sum over k of G[k] * S[k-1]

    Parameters
    ----------
    X : ndarray of shape (num_samples, seq_len)
        The sequences, batch-major.
    S : ndarray of shape (num_samples, seq_len + 1)
        Their states, from :func:`forward_states`.
    grad_out : ndarray of shape (num_samples,)
        The gradient at the last state, from :func:`output_gradient`.
    wRec : float
        The recurrent weight.

    Returns
    -------
    gradients : tuple of float
        Those of ``wx`` and ``wRec``.
    grad_over_time : ndarray of shape (num_samples, seq_len + 1)
        ``G``: the gradient that reaches each state.
    """
    grad_over_time = np.zeros((X.shape[0], X.shape[1] + 1))
    grad_over_time[:, -1] = grad_out
    wx_grad = wRec_grad = 0.0
    for k in range(X.shape[1], 0, -1):
        wx_grad += (grad_over_time[:, k] * X[:, k - 1]).sum()
        wRec_grad += (grad_over_time[:, k] * S[:, k - 1]).sum()
        grad_over_time[:, k - 1] = grad_over_time[:, k] * wRec
    return (wx_grad, wRec_grad), grad_over_time
