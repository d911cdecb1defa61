"""simple_rnn.article: what was published comes out digit for digit, and feeds no run."""

import dataclasses
import re

import pytest

from simple_rnn import article

EACH = pytest.mark.parametrize("name", list(article.CONDITIONS))
LINES = {"gd": 22, "rmsprop": 22, "rprop": 2}


def test_the_published_tables_are_whole():
    assert {n: len(c.published_lines) for n, c in article.CONDITIONS.items()} == LINES
    assert article.CONDITIONS["gd"].published_costs[300] == 475.3019
    assert article.CONDITIONS["rmsprop"].published_costs[200] == 0.3313


@EACH
def test_every_published_line_digit_for_digit(histories, name):
    comparisons = article.compare(article.CONDITIONS[name], histories[name])
    assert [line.obtained for line in comparisons] == article.CONDITIONS[name].published_lines
    assert len(comparisons) == LINES[name]
    assert all(line.exact for line in comparisons)


def test_the_source_blog_needs_float64():
    condition = dataclasses.replace(article.CONDITIONS["rprop"], dtype="float32")
    weights, answer = article.compare(condition, article.run(condition, report=None))
    assert (weights.exact, answer.exact) == (False, True)
    assert weights.obtained == "Final weights : wx =   1.0013, wRec =   0.9997"


def test_a_run_ends_with_the_answer_to_the_unseen_sequence(capsys):
    history = article.run(article.CONDITIONS["rprop"])
    printed = capsys.readouterr().out.splitlines()
    assert printed[-2:] == article.CONDITIONS["rprop"].published_lines
    assert printed[:-1] == history.lines()


def test_the_published_results_feed_nothing_but_the_comparison(histories, monkeypatch):
    # Every digit of every published result is another one.
    other = str.maketrans("0123456789", "5678901234")
    for name, condition in article.CONDITIONS.items():
        published = re.sub(r"= *[\d.]+", lambda m: m[0].translate(other), condition.published)
        edited = dataclasses.replace(condition, published=published)
        monkeypatch.setitem(article.CONDITIONS, name, edited)
    for name, condition in article.CONDITIONS.items():
        history = article.run(condition, report=None)
        # A second run is the same, bit for bit.
        assert history.costs.tobytes() == histories[name].costs.tobytes()
        assert history.weights.tobytes() == histories[name].weights.tobytes()
        assert not any(line.exact for line in article.compare(condition, history))


def test_a_line_that_differs_or_is_not_obtained_is_shown():
    condition = article.CONDITIONS["gd"]
    short = article.run(condition, n_epochs=100, report=None)
    comparisons = article.compare(condition, short)
    assert [line.exact for line in comparisons] == [True] * 2 + [False] * 20
    exact, missing = article.format_comparisons(comparisons).splitlines()[2:4]
    assert exact.split() == ["epoch[", "100]", "529.6915", "529.6915", "exact"]
    assert missing.split() == ["epoch[", "200]", "504.5684", "DIFFERS"]


def test_other_settings():
    settings = {"learning_rate": 0.002, "seed": 3, "num_samples": 8, "seq_len": 6}
    train_model = article.build(article.CONDITIONS["rmsprop"], **settings)
    assert train_model.net.len == 6
    history = article.run(article.CONDITIONS["rmsprop"], n_epochs=300, report=None, **settings)
    assert len(history.costs) == 300
    assert history.costs[-1] < history.costs[0] / 10
    assert tuple(history.initial_weights) == train_model.net.weights


def test_the_blog_s_windows_and_weights():
    ends = {name: (window[0], window[-1], len(window)) for name, window in article.WINDOWS.items()}
    assert ends == {"wide": (-3, 3, 121), "near": (-0.1, 2.1, 111)}
    assert all({0, 1} < set(window) for window in article.WINDOWS.values())  # hit exactly
    assert article.GRADIENT_WEIGHTS == ((2, 1), (1, 2), (1, -2), (1, 0), (1, 0.5), (1, -0.5))
