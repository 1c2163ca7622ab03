"""Regret, intention to treat, satisfaction, retention, sessions, click-through: by hand, bounds, NaN rules."""

from __future__ import annotations

import math

import numpy as np
import pytest

from recsim.base.flow import Source
from recsim.metrics.engagement import ClickThroughRate, Utility
from recsim.metrics.welfare import ActiveUsers, Regret, Retention, Satisfaction, UtilityIntentionToTreat
from recsim.simulation import Simulation
from tests.helpers import run_all, tiny
from tests.metrics.hand import NOBODY, everybody, tick

PEOPLE = [[1.0, 0.0], [0.0, 2.0], [-1.0, -1.0]]
THINGS = [[1.0, 0.0], [0.0, 1.0], [3.0, 1.0], [5.0, 5.0]]
"""Utilities: user 0 gains 1, 0, 3, 5; user 1 gains 0, 2, 2, 10; user 2 gains −1, −1, −4, −10."""


def given(slate, picks=None, **more):
    return tick(slate, picks, tastes=PEOPLE, topics=THINGS, **more)


@pytest.mark.parametrize(
    ("slate", "picks", "used_up", "expected"),
    [
        ([[0, 3]], [1], [], 0.0),  # the best there is
        ([[0, 3]], [0], [], 4.0),
        ([[0, 3]], [-1], [], 5.0),
        ([[0, 1]], [0], [3], 2.0),  # the best is used up; what was picked was there
        ([[0, 1], [1, 0]], [0, 0], [3], (2 + 8) / 2),  # used up by user 0 only
        ([[0, 1]], [[0, 1]], [], 8.0 - 1.0),  # two picks: 5 + 3 against 1 + 0
        ([[0, 1]], [[0, -1]], [2], 6.0 - 1.0),  # 5 + 1 against 1
    ],
)
def test_regret_by_hand(slate, picks, used_up, expected):
    clicked = [(1, 0, item) for item in used_up]
    clicked += [(3, 0, slate[0][col]) for col in np.ravel(picks[0]) if col >= 0]
    assert everybody(Regret().measure(given(slate, picks, clicked=clicked), {})) == pytest.approx(expected)


def test_who_likes_nothing_loses_nothing_by_choosing_nothing():
    slates = [[0, 1], [0, 1], [0, 1]]
    assert Regret().measure(given(slates, [-1, -1, -1]), {})["all"] == pytest.approx((5 + 10 + 0) / 3)
    assert Regret().measure(given(slates, [-1, -1, 1]), {})["all"] == pytest.approx((5 + 10 + 1) / 3)


def test_what_people_found_themselves_counts_as_gained():
    """Item 3 is gone from the catalogue, yet somebody met it."""
    shown = given([[0, 3]], [1], source=[[Source.RECOMMENDED, Source.ORGANIC]], dead_items=[3])
    assert everybody(Regret().measure(shown, {})) == 0.0


def test_regret_by_group_and_without_sessions():
    shown = given([[0], [1]], [0, 0], groups=[0, 1, 1], group_names=("a", "b"))
    assert Regret().measure(shown, {}) == {"all": 6.0, "a": 4.0, "b": 8.0}
    assert math.isnan(everybody(Regret().measure(given(NOBODY), {})))


def test_an_oracle_whose_people_take_the_best_leaves_no_regret_and_others_do():
    """Measured at the end of the tick; nobody's taste drifts here."""
    found = {}
    for recommender in ("oracle", "uniform"):
        keen = {"users.choice.temperature": 1e-6, "users.choice.outside": 0.0}
        sim = run_all(tiny({"system.recommender": recommender, **keen}, metrics=["regret"]))
        found[recommender] = [value for tick, _, group, value in sim.rows if tick > 2]
    assert np.allclose(found["oracle"], 0.0, atol=1e-9)
    assert min(found["uniform"]) > 0.1


def test_regret_is_the_same_whether_looked_at_in_blocks_or_at_once(monkeypatch):
    sim = run_all(tiny())
    shown = sim._look(sim_feedback(sim))
    whole = everybody(Regret().measure(shown, {}))
    monkeypatch.setattr("recsim.metrics.welfare._CELLS", 70)
    assert everybody(Regret().measure(shown._replace(shared={}), {})) == pytest.approx(whole, rel=1e-12)
    assert whole > 0


def sim_feedback(sim: Simulation):
    return sim.session(np.arange(40, dtype=np.int32))


@pytest.mark.parametrize(("picks", "expected"), [([1, -1], 5 / 3), ([0, 1], (1 + 10) / 3), ([-1, -1], 0.0)])
def test_intention_to_treat_counts_everybody_who_was_ever_there(picks, expected):
    shown = given([[0, 3], [0, 3]], picks, dead_users=[2])
    assert everybody(UtilityIntentionToTreat().measure(shown, {})) == pytest.approx(expected)
    assert everybody(Utility().measure(shown, {})) == pytest.approx(expected * 3 / 2), "of sessions only"


def test_intention_to_treat_by_group_and_before_the_first_tick():
    shown = given([[0, 3], [0, 3]], [1, 0], groups=[0, 1, 1], group_names=("a", "b"))
    assert UtilityIntentionToTreat().measure(shown, {}) == {"all": pytest.approx(5 / 3), "a": 5.0, "b": 0.0}
    assert math.isnan(everybody(UtilityIntentionToTreat().measure(given(NOBODY, number=0), {})))
    assert everybody(UtilityIntentionToTreat().measure(given(NOBODY, number=1), {})) == 0.0


@pytest.mark.parametrize(("dead", "joined", "expected"), [([], 0, 1.0), ([0, 2], 0, 1 / 3), ([0, 2], [0, 0, 4], 0.5)])
def test_retention_by_hand(dead, joined, expected):
    assert everybody(Retention().measure(given([[0]], dead_users=dead, joined=joined), {})) == pytest.approx(expected)


def test_retention_by_group():
    shown = given([[0]], dead_users=[1], groups=[0, 1, 1], group_names=("a", "b"))
    assert Retention().measure(shown, {}) == {"all": pytest.approx(2 / 3), "a": 1.0, "b": 0.5}


@pytest.mark.parametrize(
    ("slate", "dead", "expected"),
    [([[0], [1]], [], 2 / 3), ([[0], [1], [0]], [], 1.0), ([[0], [1]], [2], 1.0), ([[0], [1]], [0], 2 / 3)],
)
def test_active_users_by_hand(slate, dead, expected):
    """Who left at the end of the tick had been there."""
    assert everybody(ActiveUsers().measure(given(slate, dead_users=dead), {})) == pytest.approx(expected)


def test_active_users_without_a_tick_or_without_anybody():
    assert math.isnan(everybody(ActiveUsers().measure(given(NOBODY, number=0), {})))
    assert math.isnan(everybody(ActiveUsers().measure(given(NOBODY, dead_users=[0, 1, 2]), {})))
    assert everybody(ActiveUsers().measure(given(NOBODY), {})) == 0.0


def test_satisfaction_is_measured_where_people_have_it():
    column = {"satisfaction": [0.5, 0.25, 9.0]}
    shown = given([[0]], user_columns=column, dead_users=[2], groups=[0, 1, 1], group_names=("a", "b"))
    assert Satisfaction().applies(shown)
    assert Satisfaction().measure(shown, {}) == {"all": 0.375, "a": 0.5, "b": 0.25}
    assert not Satisfaction().applies(given([[0]]))
    assert math.isnan(everybody(Satisfaction().measure(given([[0]]), {})))


@pytest.mark.parametrize(
    ("slate", "picks", "expected"),
    [
        ([[0, 1], [0, -1]], [1, 0], 2 / 3),  # a ratio of sums
        ([[0, 1], [0, 1]], [0, -1], 0.25),
        ([[0, 1], [0, 1]], [[0, 1], [-1, -1]], 0.5),
    ],
)
def test_click_through_rate_by_hand(slate, picks, expected):
    assert everybody(ClickThroughRate().measure(given(slate, picks), {})) == pytest.approx(expected)


def test_click_through_rate_is_about_recommended_items():
    organic = [[Source.RECOMMENDED, Source.ORGANIC]] * 2
    shown = given([[0, 1], [0, 1]], [1, 0], source=organic, groups=[0, 1, 0], group_names=("a", "b"))
    assert ClickThroughRate().measure(shown, {}) == {"all": 0.5, "a": 0.0, "b": 1.0}
    assert math.isnan(everybody(ClickThroughRate().measure(given([[-1]], [-1]), {})))
    assert math.isnan(everybody(ClickThroughRate().measure(given(NOBODY), {})))
