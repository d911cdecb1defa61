import dataclasses
import re

import aesara
import numpy as np
import pytest

from simple_rnn import article, training

BOTH = pytest.mark.parametrize("name", list(article.CONDITIONS))


def test_the_article_s_tables_are_whole():
    for condition in article.CONDITIONS.values():
        assert len(condition.published_lines) == 22
        assert list(condition.published_costs) == list(range(100, 2001, 100))
    assert article.CONDITIONS["gd"].published_costs[300] == 475.3019
    assert article.CONDITIONS["rmsprop"].published_costs[200] == 0.3313


@BOTH
def test_every_published_line_digit_for_digit(histories, name):
    comparisons = article.compare(article.CONDITIONS[name], histories[name])
    assert [line.obtained for line in comparisons] == article.CONDITIONS[name].published_lines
    assert len(comparisons) == 22
    assert all(line.exact and line.difference == 0 for line in comparisons)


@BOTH
def test_a_second_run_is_identical_to_the_bit(histories, name):
    again = article.run(article.CONDITIONS[name], report=None)
    assert again.costs.tobytes() == histories[name].costs.tobytes()
    assert again.weights.tobytes() == histories[name].weights.tobytes()


@BOTH
def test_plain_aesara_function_agrees_but_for_rounding(histories, name, monkeypatch):
    monkeypatch.setattr(training, "compile_function", aesara.function)
    plain = article.run(article.CONDITIONS[name], n_epochs=80, report=None)
    np.testing.assert_allclose(plain.costs, histories[name].costs[:80], rtol=2e-3)


def test_the_published_results_feed_nothing_but_the_comparison(histories, monkeypatch):
    # Every digit of every published result is another one.
    other = str.maketrans("0123456789", "5678901234")
    for name, condition in article.CONDITIONS.items():
        published = re.sub(r"= *[\d.]+", lambda m: m[0].translate(other), condition.published)
        edited = dataclasses.replace(condition, published=published)
        monkeypatch.setitem(article.CONDITIONS, name, edited)
    for name, condition in article.CONDITIONS.items():
        history = article.run(condition, report=None)
        assert history.costs.tobytes() == histories[name].costs.tobytes()
        assert history.weights.tobytes() == histories[name].weights.tobytes()
        assert not any(line.exact for line in article.compare(condition, history))


def test_a_line_that_differs_is_shown(histories):
    condition = article.CONDITIONS["gd"]
    edited = dataclasses.replace(
        condition, published=condition.published.replace("0.0113", "9.0113")
    )
    comparisons = article.compare(edited, histories["gd"])
    assert [line.exact for line in comparisons] == [False] + [True] * 21
    assert comparisons[0].difference == pytest.approx(-9)
    first_row = article.format_comparisons(comparisons).splitlines()[1]
    assert first_row.split()[2:] == ["0.0900", "9.0113", "0.0900", "0.0113", "-9.0000", "DIFFERS"]


def test_a_line_that_only_one_side_has_differs():
    condition = article.CONDITIONS["gd"]
    short = article.run(condition, n_epochs=1, report=None)
    comparisons = article.compare(condition, short)
    assert len(comparisons) == 22
    assert sum(line.exact for line in comparisons) == 1
    assert np.isnan(comparisons[-1].difference)
    assert len(article.format_comparisons(comparisons).splitlines()) == 23


def test_other_settings_run():
    history = article.run(
        article.CONDITIONS["rmsprop"],
        n_epochs=300,
        learning_rate=0.002,
        seed=3,
        num_samples=8,
        seq_len=6,
        report=None,
    )
    assert history.costs[-1] < history.costs[0] / 10
