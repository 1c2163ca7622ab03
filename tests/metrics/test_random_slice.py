"""What random slates tell of the model: by hand, nulls, and models that know nothing or everything."""

from __future__ import annotations

import math

import numpy as np
import pytest

from recsim.metrics.random_slice import (
    ClickRateGap,
    RandomSliceClickRate,
    RandomSliceRecall,
    RandomSliceSampleSize,
)
from tests.helpers import run_all, tiny
from tests.metrics.hand import NOBODY, tick

TEN = np.zeros((10, 2))
SLATE = [[0, 1], [2, 3], [4, 5], [6, 7]]
INTENDED = [[1, 8], [9, 8], [-1, -1], [-1, -1]]
"""Users 0 and 1 are served at random; of user 0's slate item 1 would have been shown."""
CHANCE = [[0.1, 0.1], [0.2, 0.2], [1.0, 1.0], [1.0, 1.0]]


def given(picks, slate=SLATE, intended=INTENDED, propensity=CHANCE):
    return tick(slate, picks, topics=TEN, intended=intended, propensity=propensity, random_share=0.5)


@pytest.mark.parametrize(
    ("picks", "expected", "null"),
    [
        ([1, -1, 0, 0], 1.0, 0.2),  # two wanted of ten
        ([0, -1, 0, 0], 0.0, 0.2),
        ([1, 0, -1, -1], 0.5, (0.2 + 0.4) / 2),
        ([[0, 1], [-1, 1], [0, 1], [-1, -1]], 1 / 3, (0.2 + 0.2 + 0.4) / 3),
    ],
)
def test_recall_by_hand(picks, expected, null):
    found = RandomSliceRecall().measure(given(picks), {})
    assert found == {"all": pytest.approx(expected), "chance": pytest.approx(null)}


@pytest.mark.parametrize(
    ("picks", "intended", "rate", "size"),
    [
        ([1, -1, 0, 0], INTENDED, 1.0, 1.0),
        ([0, 0, 0, 0], INTENDED, 0.0, 1.0),
        ([1, -1, -1, -1], [[1, 0], [3, 8], [-1, -1], [-1, -1]], 10 / 25, 25**2 / (100 + 100 + 25)),
        ([-1, 1, -1, -1], [[1, 0], [3, 8], [-1, -1], [-1, -1]], 5 / 25, 25**2 / (100 + 100 + 25)),
    ],
)
def test_click_rate_by_hand(picks, intended, rate, size):
    """Weights are 1/propensity: 10 for user 0's slots, 5 for user 1's."""
    shown = given(picks, intended=intended)
    assert RandomSliceClickRate().measure(shown, {}) == pytest.approx(rate)
    assert RandomSliceSampleSize().measure(shown, {}) == pytest.approx(size)


@pytest.mark.parametrize(("picks", "expected"), [([1, -1, 0, -1], 0.25 - 1.0), ([-1, 0, 1, 1], 0.5 - 0.0)])
def test_gap_by_hand(picks, expected):
    """The log of those whom the platform serves, users 2 and 3, against the random slates."""
    assert ClickRateGap().measure(given(picks), {}) == pytest.approx(expected)


def test_without_a_random_slate_or_a_match_nothing_is_known():
    nobody = [[-1, -1]] * 4
    for shown in (given([0] * 4, intended=nobody), given([0] * 4, intended=None), tick(NOBODY)):
        assert math.isnan(RandomSliceRecall().measure(shown, {})["all"])
        assert math.isnan(ClickRateGap().measure(shown, {}))
        assert math.isnan(RandomSliceClickRate().measure(shown, {}))
        assert RandomSliceSampleSize().measure(shown, {}) == 0.0
    assert math.isnan(RandomSliceRecall().measure(given([-1] * 4), {})["all"]), "no click"


def test_padding_is_no_match():
    slate, intended = [[0, -1], [2, -1], [4, 5], [6, 7]], [[5, -1], [6, -1], [-1, -1], [-1, -1]]
    shown = given([0, -1, -1, -1], slate=slate, intended=intended)
    assert RandomSliceSampleSize().measure(shown, {}) == 0.0
    assert RandomSliceRecall().measure(shown, {}) == {"all": 0.0, "chance": pytest.approx(0.1)}


def test_they_apply_where_some_are_served_at_random():
    assert RandomSliceRecall().applies(given([0] * 4))
    assert not RandomSliceRecall().applies(tick([[0]]))


METRICS = ["random_slice_recall", "random_slice_click_rate", "click_rate_gap"]


def tell(recommender, seeds, **paths):
    """Means over ticks after the warm-up, a row a seed: recall, its null, rate, gap."""
    found = []
    for seed in range(seeds):
        fixed = {"system.recommender": recommender, "system.random_share": 0.5, "seed": seed, "users.count": 300}
        sim = run_all(tiny({**fixed, **paths}, metrics=METRICS))
        rows = [row for row in sim.rows if row[0] > 2]
        names = [("random_slice_recall", "all"), ("random_slice_recall", "chance"), ("random_slice_click_rate", "all")]
        names += [("click_rate_gap", "all")]
        found.append([np.mean([v for _, m, g, v in rows if (m, g) == name]) for name in names])
    return np.array(found)


def test_a_model_that_knows_nothing_finds_what_its_null_says_and_has_no_gap():
    """Uniform against random slates, 12 seeds: all apart by less than 4 s.e. of their mean over seeds."""
    found = tell("uniform", 12)
    for apart in (found[:, 0] - found[:, 1], found[:, 3]):
        assert abs(apart.mean()) < 4 * apart.std(ddof=1) / np.sqrt(len(apart))
        assert apart.std(ddof=1) < 0.1


def test_an_oracle_finds_more_than_its_null():
    found = tell("oracle", 4)
    assert (found[:, 0] > found[:, 1] + 0.15).all()
    assert (found[:, 2] > 0.1).all()


def test_among_random_items_a_good_one_wins_more_easily_than_among_its_like():
    """The pitfall in the docstring: one pick of five bounds the oracle's logged rate by ⅕, and not its estimate."""
    found = tell("oracle", 4, **{"users.choice.temperature": 0.1})
    assert (found[:, 3] < -0.05).all()
