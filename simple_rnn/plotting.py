"""The pictures: one function a figure, each takes data and an Axes and returns the Axes.

matplotlib is imported when a picture is drawn, not before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["loss_curve"]


def loss_curve(costs: np.ndarray, ax: Axes | None = None, label: str | None = None) -> Axes:
    """Draw the cost over the epochs, on a logarithmic scale.

    Parameters
    ----------
    costs : ndarray of shape (n_epochs,)
        The cost of each epoch.
    ax : matplotlib.axes.Axes, optional
        Where to draw; None stands for the current Axes.
    label : str, optional
        What the line is called in a legend.

    Returns
    -------
    matplotlib.axes.Axes
        The Axes drawn on.
    """
    if ax is None:
        import matplotlib.pyplot as plt

        ax = plt.gca()
    ax.plot(np.arange(1, len(costs) + 1), costs, label=label)
    ax.set(xlabel="epoch", ylabel="cost (sum of squared errors)", yscale="log")
    return ax
