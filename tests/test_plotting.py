"""simple_rnn.plotting: each figure shows what it is given."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from simple_rnn import article, plotting


@pytest.fixture
def ax():
    # Not pyplot: what is drawn on is the Axes that was passed.
    ax = Figure().subplots()
    yield ax
    ax.figure.canvas.draw()


def labels(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_loss_curve_shows_the_costs_and_the_published_ones(ax, histories):
    published = article.CONDITIONS["gd"].published_costs
    costs = histories["gd"].costs
    assert plotting.loss_curve(costs, published, ax=ax) is ax
    line, points = ax.lines
    np.testing.assert_array_equal(line.get_xdata(), np.arange(1, 2002))
    np.testing.assert_array_equal(line.get_ydata(), costs)
    assert dict(zip(*points.get_data())) == published


def test_several_loss_curves_share_a_picture(ax):
    costs = [3.0, 2.0, np.inf]
    plotting.loss_curve(costs, ax=ax)
    assert ax.get_legend() is None
    plotting.loss_curve(costs, published={1: 3.0}, label="second", ax=ax)
    plotting.loss_curve(costs, label="third", ax=ax)
    assert labels(ax) == ["second", "printed in the article", "third"]
    colours = [line.get_color() for line in ax.lines if line.get_linestyle() == "-"]
    assert colours == [plotting.COLOURS[name] for name in ("blue", "vermilion", "green")]


def test_cost_surface_shows_paths_and_optimum(ax, histories):
    w_x, w_rec = np.linspace(-1, 2, 31), np.linspace(-1, 1.5, 26)
    costs = (w_x - 1) ** 2 + (w_rec[:, np.newaxis] - 1) ** 2
    costs[:14] = np.inf  # more than half of them
    path = histories["gd"].weights
    assert plotting.cost_surface(w_x, w_rec, costs, {"gradient descent": path}, ax, (1, 1)) is ax
    assert labels(ax) == ["optimum (1, 1)", "gradient descent", "start"]
    np.testing.assert_array_equal(ax.lines[1].get_xydata(), path)
    assert np.isfinite(ax.collections[0].norm.vmax)


def test_gradient_over_time_shows_what_becomes_of_it(ax):
    steps = np.arange(10, -1, -1)
    gradients = {(1, r): float(r) ** steps for r in (2, 1, 0.5, 0, -0.5, -2)}
    plotting.gradient_over_time(gradients, ax=ax)
    assert [text.get_text().split(" = ")[2] for text in ax.texts if "=" in text.get_text()] == [
        "2:\nexplodes",
        "1:\nstays the same",
        "0.5:\nvanishes",
        "0:\ngone after a step",
        "-0.5:\nvanishes, alternating",
        "-2:\nexplodes, alternating",
    ]
