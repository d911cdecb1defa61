"""Check the gradient through scan against a numerical one, as the source blog does.

    scripts/in_venv python scripts/check_gradient.py

The analytic gradient is the one that trains the network: Aesara's, back through the scan. The
numerical one needs nothing but the cost: (cost(w + h) - cost(w - h)) / 2h for each weight. Both at
the weights (1.2, 1.2), with h = 1e-7, in float64. Exit status: 0 if they agree, 1 if not.
"""

from __future__ import annotations

from typing import Callable

import _console  # before Aesara
import aesara
import numpy as np

from simple_rnn import article, compile_function, simpleRNN
from simple_rnn.training import mean_of_squares

# The blog's weights and step.
WEIGHTS = (1.2, 1.2)
STEP = 1e-7


def compile_cost_and_gradient() -> Callable[[np.ndarray], list[np.ndarray]]:
    """Return the cost of the article's data and its gradient as a function of the two weights."""
    data = article.dataset(dtype="float64")
    net = simpleRNN(article.SEQ_LEN, 1, 1, dtype="float64")
    y_t = net.state_update(aesara.shared(data.x), aesara.shared(data.s0))
    loss = mean_of_squares(data.y, y_t[-1])
    function = compile_function([], [loss, *aesara.grad(loss, net.params)])

    def cost_and_gradient(weights: np.ndarray) -> list[np.ndarray]:
        net.weights = weights
        return function()

    return cost_and_gradient


def numerical_gradient(cost: Callable[[np.ndarray], float], weights: np.ndarray) -> np.ndarray:
    """Return the central difference quotient of ``cost`` for each weight."""
    steps = STEP * np.eye(len(weights))
    return np.array([(cost(weights + h) - cost(weights - h)) / (2 * STEP) for h in steps])


def main(arguments: list[str] | None = None) -> int:
    """Compute both gradients, print them and the verdict; return the exit status."""
    _console.option_parser(__doc__).parse_args(arguments)
    cost_and_gradient = compile_cost_and_gradient()
    weights = np.array(WEIGHTS)
    _, *analytic = cost_and_gradient(weights)
    numerical = numerical_gradient(lambda w: float(cost_and_gradient(w)[0]), weights)

    print("Gradient of the mean squared error at w_x = {}, w_rec = {}\n".format(*WEIGHTS))
    print("%-6s  %18s  %18s  %19s" % ("", "analytic", "numerical", "relative difference"))
    for name, (a,), n in zip(("w_x", "w_rec"), analytic, numerical):
        print("%-6s  %18.9f  %18.9f  %19.1e" % (name, a, n, abs(a - n) / abs(n)))
    # NumPy's default tolerance, 1e-5 relative, as in the blog.
    right = np.allclose(numerical, np.concatenate(analytic))
    print("\nNo gradient errors found" if right else "\nThe analytic gradient is WRONG")
    return 0 if right else 1


if __name__ == "__main__":
    raise SystemExit(main())
