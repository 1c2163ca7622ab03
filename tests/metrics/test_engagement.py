"""Clicks, utility, users: by hand, NaN rules."""

from __future__ import annotations

import math

import numpy as np
import pytest

from recsim.base.flow import Source
from recsim.metrics.engagement import ClicksPerSession, SlateUtility, Users, Utility
from tests.metrics.hand import everybody, tick

PEOPLE = [[1.0, 0.0], [0.0, 2.0]]
THINGS = [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]
"""Utilities: user 0 gains 1, 0, 1; user 1 gains 0, 2, 2."""


def given(slate, picks, **more):
    return tick(slate, picks, tastes=PEOPLE, topics=THINGS, **more)


@pytest.mark.parametrize(
    ("picks", "expected"), [([0, -1], 0.5), ([[0, 1], [-1, -1]], 1.0), ([[0, 1], [-1, 1]], 1.5), ([-1, -1], 0.0)]
)
def test_clicks_per_session_by_hand(picks, expected):
    assert everybody(ClicksPerSession().measure(given([[0, 1], [1, 2]], picks), {})) == expected


@pytest.mark.parametrize(
    ("picks", "expected"),
    [
        ([0, 0], 1.5),  # 1 and 2
        ([1, -1], 0.0),  # 0, and nothing is worth 0
        ([0, -1], 0.5),
        ([[0, 1], [0, 1]], 2.5),  # 1 + 0 and 2 + 2
    ],
)
def test_utility_by_hand(picks, expected):
    assert everybody(Utility().measure(given([[0, 1], [1, 2]], picks), {})) == expected


def test_quality_is_part_of_utility():
    assert everybody(Utility().measure(given([[0], [1]], [0, 0], quality=[-3.0, 0.5, 0.0]), {})) == pytest.approx(
        (-2 + 2.5) / 2
    )


@pytest.mark.parametrize(
    ("slate", "expected"), [([[0, 1], [1, 2]], (1 + 0 + 2 + 2) / 4), ([[2, -1], [0, -1]], 0.5), ([[0], [-1]], 1.0)]
)
def test_slate_utility_by_hand(slate, expected):
    assert everybody(SlateUtility().measure(given(slate, [-1, -1]), {})) == expected


def test_slate_utility_is_what_the_platform_offers_and_utility_is_what_people_gain_from_anything():
    shown = given([[0, 1], [0, 1]], [1, 1], source=[[Source.RECOMMENDED, Source.ORGANIC]] * 2)
    assert everybody(SlateUtility().measure(shown, {})) == 0.5
    assert everybody(Utility().measure(shown, {})) == 1.0


@pytest.mark.parametrize("metric", [ClicksPerSession(), Utility(), SlateUtility()])
def test_without_sessions_there_is_no_value(metric):
    assert math.isnan(everybody(metric.measure(given(np.zeros((0, 1)), None), {})))


def test_with_empty_slates_people_gain_nothing_and_nothing_was_offered():
    shown = given(np.zeros((2, 0)), np.full((2, 1), -1))
    assert (everybody(ClicksPerSession().measure(shown, {})), everybody(Utility().measure(shown, {}))) == (0.0, 0.0)
    assert math.isnan(everybody(SlateUtility().measure(shown, {})))


def test_users_are_counted_while_they_live():
    assert everybody(Users().measure(tick([[0]], tastes=np.ones((5, 2)), dead_users=[1, 3]), {})) == 3.0
    assert everybody(Users().measure(tick([[0]], tastes=np.ones((2, 2))), {})) == 2.0
