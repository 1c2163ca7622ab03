"""How creators fare: by hand, and in the loop."""

from __future__ import annotations

import math

import numpy as np
import pytest

from recsim.base.table import Column, Table
from recsim.metrics.providers import ActiveCreators, CreatorEffort, CreatorExposureGini, CreatorTopicSpread
from recsim.simulation import Simulation
from recsim.world.creators import columns
from tests.helpers import run_all, tiny
from tests.metrics.hand import tick

FOUR = np.eye(4)
MAKERS = [0, 0, 1, -1]
"""Two items of the first creator, one of the second, none of the third, and one of a machine."""


def given(
    slate=((0, 1, 2, 3),), topics=((0.0, 0.0), (2.0, 0.0), (9.0, 9.0)), effort=(1.0, 2.0, 9.0), gone=(2,), **more
):
    """Creators by topics, of whom some are gone."""
    found = tick(slate, topics=FOUR, **more)
    found.items._store["maker"], found.items._columns["maker"] = np.array(MAKERS, np.int32), Column(np.int32, -1)
    rows = np.asarray(topics, float)
    found.world.creators = Table(columns(2))
    found.world.creators.grow(len(rows), key=np.arange(len(rows)), topics=rows, effort=np.asarray(effort, float))
    found.world.creators.alive[list(gone)] = False
    return found


def test_active_are_those_who_have_not_given_up():
    assert ActiveCreators().measure(given(), {}) == 2.0
    assert ActiveCreators().measure(given(gone=(0, 1, 2)), {}) == 0.0


def test_views_of_all_items_of_a_creator_count_together():
    """Views 3 and 1: G = (3 − 1)/(2 · 4) = 0.25; with the third alive 0, 1 and 3: (2 · 3 − 2 · 0)/(3 · 4) = 0.5."""
    slates = [[0, 1, -1, -1], [0, 2, -1, -1]]
    assert CreatorExposureGini().measure(given(slates), {})["all"] == pytest.approx(0.25)
    assert CreatorExposureGini().measure(given(slates, gone=()), {})["all"] == pytest.approx(0.5)


def test_a_machine_s_items_are_nobody_s():
    """Creators have 1 and 1, however often the machine is seen."""
    found = CreatorExposureGini().measure(given([[0, 2, 3, -1], [3, -1, -1, -1]]), {})
    assert found["all"] == 0.0
    nothing = CreatorExposureGini().measure(given([[3, -1, -1, -1]]), {})
    assert all(math.isnan(value) for value in nothing.values())


def test_chance_gives_more_to_who_has_more_items():
    """Of very many views two thirds and a third: G = 1/6; 3 standard errors of a share of 30000."""
    found = CreatorExposureGini(draws=50).measure(given([[0, 1, 2, -1]] * 10_000), {})
    assert found["all"] == pytest.approx(1 / 6)
    assert found["chance"] == pytest.approx(1 / 6, abs=3 * np.sqrt(2 / 9 / 30_000 / 50))


def test_uniform_slates_are_as_unequal_as_chance_says():
    sim = run_all(
        tiny(
            {"system.recommender": "uniform", "users.count": 200, "ticks": 12},
            creators={"count": 15, "per_tick": 0.2},
            metrics=["creator_exposure_gini"],
        )
    )
    values = {g: np.array([v for t, _, group, v in sim.rows if group == g and t > 0]) for g in ("all", "chance")}
    apart = values["all"] - values["chance"]
    assert abs(apart.mean()) < 4 * apart.std() / np.sqrt(len(apart)) + 0.01


def test_topic_spread_is_the_trace_of_the_covariance():
    """(0, 0) and (2, 0): variance 1 in the first coordinate. One alone: 0."""
    assert CreatorTopicSpread().measure(given(), {}) == pytest.approx(1.0)
    assert CreatorTopicSpread().measure(given(topics=[[0, 0], [2, 0], [1, 3]], gone=()), {}) == pytest.approx(8 / 3)
    assert CreatorTopicSpread().measure(given(gone=(1, 2)), {}) == 0.0
    assert math.isnan(CreatorTopicSpread().measure(given(gone=(0, 1, 2)), {}))


def test_effort_is_a_mean_over_those_who_are_there():
    assert CreatorEffort().measure(given(), {}) == pytest.approx(1.5)
    assert CreatorEffort().measure(given(gone=()), {}) == pytest.approx(4.0)
    assert math.isnan(CreatorEffort().measure(given(gone=(0, 1, 2)), {}))


def test_they_are_measured_where_there_are_creators():
    names = {"active_creators", "creator_exposure_gini", "creator_topic_spread"}
    assert names <= {name for _, name, _, _ in Simulation(tiny(creators={"count": 3})).rows}
    assert not names & {name for _, name, _, _ in Simulation(tiny()).rows}
