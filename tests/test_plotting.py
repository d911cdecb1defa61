"""simple_rnn.plotting: each figure shows what it is given."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch

from simple_rnn import article, plotting


@pytest.fixture
def ax():
    # Not pyplot: what is drawn on is the Axes that was passed.
    return Figure().subplots()


def draw(axes):
    axes.figure.canvas.draw()


def labels(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


@pytest.mark.parametrize("yscale", ["log", "linear"])
def test_loss_curve(ax, histories, yscale):
    published = article.CONDITIONS["gd"].published_costs
    costs = histories["gd"].costs
    assert plotting.loss_curve(costs, published, yscale, ax=ax) is ax
    line, points = ax.lines
    np.testing.assert_array_equal(line.get_xdata(), np.arange(1, 2002))
    np.testing.assert_array_equal(line.get_ydata(), costs)
    assert dict(zip(*points.get_data())) == published
    assert (ax.get_xlabel(), ax.get_yscale()) == ("epoch", yscale)
    draw(ax)


def test_several_loss_curves_in_one_picture(ax):
    costs = [3.0, 2.0, 1.0]
    plotting.loss_curve(costs, ax=ax)
    assert ax.get_legend() is None
    plotting.loss_curve(costs, label="second", ax=ax)
    assert labels(ax) == ["second"]
    plotting.loss_curve(costs, published={1: 3.0}, label="third", ax=ax)
    plotting.loss_curve(costs, label="fourth", ax=ax)
    assert labels(ax) == ["second", "third", "printed in the article", "fourth"]
    *colours, points, fourth = [line.get_color() for line in ax.lines]
    names = ("blue", "vermilion", "green", "purple")
    assert [*colours, fourth] == [plotting.COLOURS[name] for name in names]
    assert points == plotting.COLOURS["vermilion"]
    for _ in range(10):
        plotting.loss_curve(costs, ax=ax)
    draw(ax)


@pytest.mark.parametrize(
    ("costs", "yscale", "said"),
    [
        ([np.inf], "log", ["no cost is finite and above 0"]),
        ([0.0, np.nan], "log", ["no cost is finite and above 0"]),
        ([np.nan], "linear", ["no cost is finite"]),
        ([0.0, np.nan], "linear", []),
        ([1.0, np.inf], "log", []),
    ],
)
def test_costs_that_cannot_be_drawn_are_said_to_be_so(ax, costs, yscale, said):
    plotting.loss_curve(costs, yscale=yscale, ax=ax)
    assert [text.get_text() for text in ax.texts] == said
    assert (ax.lines[0].get_marker() == "o") == (not said)  # one point, which has no line
    draw(ax)


def test_curves_spoil_no_surface():
    surface = plt.figure().subplots()
    plotting.cost_surface([0, 1], [0, 1], [[1, 2], [3, 4]], ax=surface)
    plt.sca(surface)
    first = plotting.loss_curve([3.0, 2.0], label="one")
    assert first is not surface
    assert plotting.loss_curve([3.0, 2.0], label="two") is first
    plt.close("all")


def test_cost_surface(ax, histories):
    w_x, w_rec = np.linspace(-1, 2, 31), np.linspace(-1, 1.5, 26)
    costs = (w_x - 1) ** 2 + (w_rec[:, np.newaxis] - 1) ** 2
    path = histories["gd"].weights
    assert plotting.cost_surface(w_x, w_rec, costs, {"gradient descent": path}, ax, (1, 1)) is ax
    assert labels(ax) == ["optimum (1, 1)", "gradient descent", "start"]
    np.testing.assert_array_equal(ax.lines[1].get_xydata(), path)
    draw(ax)


def test_gradient_over_time(ax):
    steps = np.arange(10, -1, -1)
    gradients = {(1, r): float(r) ** steps for r in (2, 1, 0.5, 0, -0.5, -2)}
    assert plotting.gradient_over_time(gradients, ax=ax) is ax
    assert [text.get_text().split(" = ")[2] for text in ax.texts if "=" in text.get_text()] == [
        "2:\nexplodes",
        "1:\nstays the same",
        "0.5:\nvanishes",
        "0:\ngone after a step",
        "-0.5:\nvanishes, alternating",
        "-2:\nexplodes, alternating",
    ]
    # Each gradient is a line and, for each sign, circles and the signs in them.
    *_, line, plus, _, minus, _, zero, _ = ax.lines
    np.testing.assert_array_equal(line.get_ydata(), 2.0**steps)
    np.testing.assert_array_equal(plus.get_xydata()[:, 0], steps[::-2])
    np.testing.assert_array_equal(minus.get_xydata()[:, 0], [1, 3, 5, 7, 9])
    assert len(zero.get_xdata()) == 0
    low, _ = ax.get_ylim()
    assert low < 0 == min(ax.lines[21].get_ydata())  # the zeros of w_rec = 0 can be seen
    draw(ax)


def test_gradients_that_overflow_or_are_none(ax):
    plotting.gradient_over_time({(1, 9): np.array([np.inf, np.nan, 2.0]), (1, 0): [0.0]}, ax=ax)
    draw(ax)
    plotting.gradient_over_time({}, ax=ax)
    draw(ax)


def test_network_on_the_current_axes():
    with plt.rc_context({"backend": "agg"}):
        _, (_, right) = plt.subplots(1, 2)
        assert plotting.network() is right
    plt.close()
    shown = {text.get_text() for text in right.texts}
    assert {"$s_0$", "$x_1$", "$x_n$", "$s_n$", "$y$", "$W_x$", "$W_{rec}$"} <= shown


@pytest.mark.parametrize("size", [(8.2, 3.4), (6.4, 4.8)])
def test_the_network_s_labels_stand_clear_of_its_arrows(size):
    ax = plotting.network(Figure(figsize=size).subplots())
    draw(ax)
    arrows = [p.get_window_extent().padded(3) for p in ax.patches if isinstance(p, FancyArrowPatch)]
    boxes = [t.get_window_extent() for t in ax.texts if t.get_text().startswith(("$W_", "1"))]
    assert len(boxes) == 10
    assert not any(box.overlaps(arrow) for box in boxes for arrow in arrows)


def test_costs_that_overflow_or_vanish(ax):
    w = np.array([0.0, 1.0])
    plotting.cost_surface(w, w, np.array([[0.0, 1.0], [2.0, np.inf]]), ax=ax)
    draw(ax)


def test_scaling_draws_a_line_each_on_logarithmic_scales(ax):
    elements = np.array([10, 100, 1000])
    times = {"ours": elements * 1e-6, "theirs": elements * 2e-6}
    assert plotting.scaling(elements, times, ax=ax) is ax
    for line, (name, seconds) in zip(ax.get_lines(), times.items()):
        assert line.get_label() == name
        np.testing.assert_array_equal(line.get_xydata(), np.transpose([elements, seconds]))
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert labels(ax) == list(times)
    ours, theirs = ax.get_lines()
    assert ours.get_linewidth() > theirs.get_linewidth()


def test_learning_rate_draws_the_median_the_band_and_what_diverged(ax):
    seeds, fine = 10, np.arange(1.0, 11.0)
    some, most = fine.copy(), fine.copy()
    some[:3] = np.inf, np.nan, np.inf  # three of ten diverged: the median is a cost still
    most[:] = np.inf
    rates = np.repeat([1e-4, 1e-3, 1e-2], seeds)
    shuffled = np.random.RandomState(0).permutation(len(rates))
    fails = rates[shuffled], np.concatenate([fine, some, most])[shuffled]
    works = rates, np.concatenate([fine, fine, fine]) / 100
    runs = {"fails": fails, "works": works}
    assert plotting.learning_rate(runs, {"fails": 1e-4, "works": 1e-2}, 0.5, ax=ax) is ax
    draw(ax)
    assert labels(ax) == [
        "fails",
        "works",
        "published choice",
        "diverged (size: in\nhow many runs)",
    ]
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")

    shown = [line for line in ax.lines if len(line.get_xdata())]
    medians = [line.get_xydata() for line in shown if line.get_marker() == "None"]
    np.testing.assert_array_equal(medians[0], [[1e-4, 5], [1e-3, 8], [1e-2, np.nan]])
    np.testing.assert_array_equal(medians[1], [[1e-4, 0.05], [1e-3, 0.05], [1e-2, 0.05]])
    assert set(medians[2][:, 1]) == {0.5}
    assert [text.get_text() for text in ax.texts] == ["trained: below 0.5"]
    stars = [line.get_xydata().tolist() for line in shown if line.get_marker() == "*"]
    assert stars == [[[1e-4, 5]], [[1e-2, 0.05]]]
    crosses = [line for line in shown if line.get_marker() == "x"]
    assert [line.get_xdata()[0] for line in crosses] == [1e-3, 1e-2]
    assert crosses[0].get_markersize() < crosses[1].get_markersize()
    # The band goes from the first to the ninth of ten costs, and ends where the ninth diverged.
    band, _ = (collection.get_paths()[0].vertices for collection in ax.collections)
    assert set(map(tuple, band)) == {(1e-4, 1.0), (1e-4, 9.0)}


def test_learning_rate_where_nothing_or_everything_diverges(ax):
    rates = np.array([1e-3, 1e-2])
    plotting.learning_rate({"works": (rates, np.array([1.0, 2.0]))}, ax=ax)
    assert labels(ax) == ["works"]
    plotting.learning_rate({"fails": (rates, np.array([np.nan, np.inf]))}, {"fails": 1e-2}, ax=ax)
    draw(ax)


def test_trainability(ax):
    rates, lengths = [1e-4, 1e-3, 1e-1], [2, 10]
    trained, diverged = [[0, 1, 0.5], [0, 0.25, 0]], [[0, 0, 0.5], [0, 0, 1]]
    assert plotting.trainability(rates, lengths, trained, diverged, (1e-3, 10), ax=ax) is ax
    mesh, crosses = ax.collections
    np.testing.assert_array_equal(mesh.get_array(), trained)
    assert mesh.get_clim() == (0, 1)
    # Cells meet half-way on the logarithmic scales, and reach as far on the outside.
    edges = mesh.get_coordinates()
    np.testing.assert_allclose(edges[0, :, 0], [10**-4.5, 10**-3.5, 1e-2, 1])
    np.testing.assert_allclose(edges[:, 0, 1], [2 / 5**0.5, 20**0.5, 10 * 5**0.5])
    np.testing.assert_allclose(crosses.get_offsets(), [[1e-1, 2], [1e-1, 10]])
    small, large = crosses.get_sizes()
    assert large == 2 * small
    (star,) = ax.lines
    assert (star.get_marker(), star.get_xydata().tolist()) == ("*", [[1e-3, 10]])
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    draw(ax)


def test_trainability_of_a_single_cell(ax):
    plotting.trainability([1e-3], [10], [[1]], [[0]], ax=ax)
    draw(ax)
    (low, high), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    assert low < 1e-3 < high
    assert bottom < 10 < top
