"""Popularity of what is recommended: by hand, frozen and current, head and tail, lift by group."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

from recsim.base.flow import Source
from recsim.metrics.popularity import (
    AveragePopularityCurrent,
    AveragePopularityFrozen,
    LongTailShare,
    Novelty,
    PopularityLift,
)
from tests.metrics.hand import everybody, tick

FIVE = np.zeros((5, 2))
GROUP = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
PEOPLE = np.ones((4, 2))
HUMAN = [(1, 0, 0), (1, 1, 0), (1, 2, 0), (2, 0, 1), (2, 3, 1), (2, 1, 2)]
"""Up to tick 2: three clicks on item 0, two on 1, one on 2, none on 3 and 4."""
LATER = [*HUMAN, (3, 3, 4), (3, 2, 4)]


def given(slate, picks=None, clicked=LATER, **more):
    people = {"tastes": PEOPLE, "topics": FIVE, "warmup": 2, "clicks": [3, 2, 1, 0, 2]}
    return tick(slate, picks, clicked=clicked, **people | more)


@pytest.mark.parametrize(
    ("slate", "expected"),
    [
        ([[0, 1]], 2.5 / 4),
        ([[0, 4], [2, -1]], (1.5 + 1) / 2 / 4),  # a mean of means; item 4 was not clicked then
        ([[3, 4]], 0.0),
    ],
)
def test_frozen_popularity_by_hand(slate, expected):
    assert everybody(AveragePopularityFrozen().measure(given(slate), {})) == pytest.approx(expected)


@pytest.mark.parametrize(("slate", "expected"), [([[0, 1]], 2.5 / 4), ([[0, 4], [2, -1]], (2.5 + 1) / 2 / 4)])
def test_current_popularity_counts_what_came_later(slate, expected):
    assert everybody(AveragePopularityCurrent().measure(given(slate), {})) == pytest.approx(expected)


def test_the_users_of_then_are_those_who_had_joined_by_the_end_of_the_warm_up():
    found = AveragePopularityFrozen().measure(given([[0, 0]], joined=[0, 2, 0, 3]), {})
    assert everybody(found) == pytest.approx(3 / 3)
    assert everybody(AveragePopularityCurrent().measure(given([[0, 0]], joined=[0, 2, 0, 3]), {})) == 3 / 4


def test_human_data_from_a_file_counts_as_popularity():
    """The file is at tick 0, and is no click on the platform."""
    shown = given([[0, 1]], clicked=[(0, 0, 0), (0, 1, 0), (1, 2, 1)], warmup=0, clicks=[0, 1, 0, 0, 0])
    assert everybody(AveragePopularityFrozen().measure(shown, {})) == pytest.approx((2 + 0) / 2 / 4)
    assert everybody(AveragePopularityCurrent().measure(shown, {})) == pytest.approx((2 + 1) / 2 / 4)


@pytest.mark.parametrize("metric", [AveragePopularityFrozen(), LongTailShare(), PopularityLift()])
def test_before_the_warm_up_is_over_nothing_is_frozen(metric):
    shown = given([[0, 1]], clicked=HUMAN)
    shown.service.log.clicks.human = False
    assert math.isnan(everybody(metric.measure(shown, {})))


@pytest.mark.parametrize(
    ("slate", "expected"),
    [
        ([[3]], -math.log2(1 / 5)),  # never clicked, of 4 users: smoothed
        ([[0]], -math.log2(4 / 5)),
        ([[0, 3], [4, -1]], (-math.log2(4 / 5) - math.log2(1 / 5) + 2 * -math.log2(3 / 5)) / 4),
    ],
)
def test_novelty_by_hand(slate, expected):
    assert everybody(Novelty().measure(given(slate), {})) == pytest.approx(expected)


def test_what_everybody_has_is_no_news_even_if_they_have_it_twice():
    assert everybody(Novelty().measure(given([[0]], clicks=[9, 0, 0, 0, 0]), {})) == 0.0


@pytest.mark.parametrize(
    ("slate", "head", "expected"),
    [
        ([[0, 1, 2, 3]], 0.2, 0.75),  # the head is item 0
        ([[0, 1, 2, 3]], 0.4, 0.5),
        ([[0, 1], [2, -1]], 0.2, 0.75),
        ([[3, 4]], 0.8, 0.5),  # of the two without clicks the smaller key is the head
        ([[0, 1]], 1.0, 0.0),
        ([[0, 1]], 0.0, 1.0),
    ],
)
def test_long_tail_share_by_hand(slate, head, expected):
    assert everybody(LongTailShare(head=head).measure(given(slate), {})) == pytest.approx(expected)


def test_whatever_is_born_later_is_of_the_tail_and_takes_no_seat_in_the_head():
    shown = given([[0, 1]], born=[3, 0, 0, 0, 0], clicked=[(1, 0, 0), (1, 1, 0), (2, 0, 1)])
    assert everybody(LongTailShare(head=0.25).measure(shown, {})) == 0.5


@pytest.mark.parametrize("metric", [AveragePopularityFrozen(), AveragePopularityCurrent(), Novelty(), LongTailShare()])
def test_they_look_at_what_the_platform_chose_by_group(metric):
    organic = [[Source.RECOMMENDED, Source.ORGANIC]] * 2
    shown = given([[0, 4], [2, 0]], source=organic, groups=[0, 1, 1, 1], group_names=("a", "b"))
    found = metric.measure(shown, {})
    one, other = (everybody(metric.measure(given(slate), {})) for slate in ([[0]], [[2]]))
    assert found == {"all": pytest.approx((one + other) / 2), "a": pytest.approx(one), "b": pytest.approx(other)}


@pytest.mark.parametrize("slate", [np.zeros((0, 1)), [[-1, -1]]], ids=["nobody", "nothing"])
@pytest.mark.parametrize(
    "metric", [AveragePopularityFrozen(), AveragePopularityCurrent(), Novelty(), LongTailShare(), PopularityLift()]
)
def test_nothing_shown_is_undefined(metric, slate):
    assert math.isnan(everybody(metric.measure(given(slate), {})))


def test_popularity_lift_by_hand():
    """Profiles: user 0 (3 + 2)/2, user 1 (3 + 1)/2, user 2 3, user 3 2; slates: 3, 3, 2, 0."""
    shown = given([[0, 0], [0, 0], [0, 2], [3, 4]], clicked=HUMAN, groups=[0, 0, 1, 1], group_names=("a", "b"))
    found = PopularityLift().measure(shown, {})
    assert found["all"] == pytest.approx((3 + 3 + 2 + 0) / (2.5 + 2 + 3 + 2) - 1)
    assert found["a"] == pytest.approx(6 / 4.5 - 1)
    assert found["b"] == pytest.approx(2 / 5 - 1)


def test_popularity_lift_of_niche_and_blockbuster_people_by_hand():
    """Head: item 0. Shares of it: user 0 ½, user 1 ½, user 2 all, user 3 none; a quarter at each end."""
    shown = given([[0, 0], [0, 0], [0, 2], [3, 4]], clicked=HUMAN)
    found = PopularityLift(ends=0.25).measure(shown, {})
    assert found["niche people"] == pytest.approx(0 / 2 - 1)  # user 3
    assert found["diverse people"] == pytest.approx(6 / 4.5 - 1)
    assert found["blockbuster people"] == pytest.approx(2 / 3 - 1)  # user 2


def test_a_group_of_the_world_called_niche_keeps_its_own_lift():
    shown = given([[0, 0], [0, 0], [0, 2], [3, 4]], clicked=HUMAN, groups=[0, 0, 1, 1], group_names=("niche", "b"))
    found = PopularityLift(ends=0.25).measure(shown, {})
    assert found["niche"] == pytest.approx(6 / 4.5 - 1)  # users 0 and 1
    assert found["niche people"] == pytest.approx(0 / 2 - 1)  # user 3
    own = set(found) - {"all", "niche", "b"}
    assert len(own) == 3 and not any(re.fullmatch(GROUP, name) for name in own), "no group can be called so"


def test_who_has_no_human_data_or_no_slate_is_no_part_of_the_lift():
    shown = given([[0], [0], [-1], [1]], clicked=[(1, 0, 1), (1, 2, 0), (2, 3, 1)])
    assert PopularityLift().measure(shown, {})["all"] == pytest.approx((1 + 2) / (2 + 2) - 1)  # users 0 and 3


def test_the_same_slates_as_before_have_no_lift():
    shown = given([[0, 1], [0, 2], [0, -1], [1, -1]], clicked=HUMAN)
    found = PopularityLift().measure(shown, {})
    assert found["all"] == pytest.approx(0.0)
