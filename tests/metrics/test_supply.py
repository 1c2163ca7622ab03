"""Whose items, and how new, are shown and chosen: by hand."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest

from recsim.base.flow import Source
from recsim.base.table import Column
from recsim.metrics.supply import ItemGroupClicks, ItemGroupExposure, NewItemClicks, NewItemExposure
from recsim.simulation import Simulation
from tests.helpers import run_all, tiny
from tests.metrics.hand import tick

FIVE = np.eye(5)


def grouped(slate, picks=None, groups=(0, 0, 1, 1, 1), names=("majority", "minority"), **more):
    """Items 0 and 1 are the majority's, the rest the minority's."""
    found = tick(slate, picks, topics=FIVE, **more)
    items = found.items
    items._store["group"], items._columns["group"] = np.array(groups, np.int32), Column(np.int32)
    found.world.catalogue = SimpleNamespace(groups=tuple(SimpleNamespace(name=name) for name in names))
    return found


def test_exposure_of_groups_is_their_share_of_the_slots():
    found = ItemGroupExposure().measure(grouped([[0, 1, 2], [0, 3, -1]]), {})
    assert found == {"majority": pytest.approx(3 / 5), "minority": pytest.approx(2 / 5)}
    alone = ItemGroupExposure().measure(grouped([[2, 4]]), {})
    assert alone == {"majority": 0.0, "minority": 1.0}


def test_what_people_met_is_no_exposure_but_a_click_on_it_counts():
    shown = grouped([[0, 2]], [1], source=[[Source.RECOMMENDED, Source.ORGANIC]])
    assert ItemGroupExposure().measure(shown, {}) == {"majority": 1.0, "minority": 0.0}
    assert ItemGroupClicks().measure(shown, {}) == {"majority": 0.0, "minority": 1.0}


def test_without_slots_or_clicks_shares_are_undefined():
    nothing = grouped([[-1, -1]])
    for metric in (ItemGroupExposure(), ItemGroupClicks()):
        assert all(math.isnan(value) for value in metric.measure(nothing, {}).values())


def test_new_items_are_those_born_in_the_run_less_than_an_age_ago():
    """At tick 12 items born at 3 and later are new; 0 is the first catalogue; item 4 is dead."""
    shown = tick([[0, 1, 2], [1, 3, 0]], [1, 0], topics=FIVE, born=[0, 2, 3, 12, 12], dead_items=[4], number=12)
    found = NewItemExposure().measure(shown, {})
    assert found == {"all": pytest.approx(2 / 6), "chance": pytest.approx(2 / 4)}
    assert NewItemExposure(age=11).measure(shown, {})["all"] == pytest.approx(4 / 6)
    assert NewItemClicks().measure(shown, {}) == 0.0
    assert NewItemClicks(age=11).measure(shown, {}) == 1.0
    assert math.isnan(NewItemClicks().measure(tick([[0, 1]], topics=FIVE, born=0), {}))


def test_in_the_loop_uniform_slates_give_new_items_what_chance_does():
    births = {"dynamics": [{"kind": "new_items", "per_tick": 3}]}
    spec = tiny(
        {"ticks": 12, "users.count": 400, "system.recommender": "uniform"}, items=births, metrics=["new_item_exposure"]
    )
    rows = {(number, group): value for number, _, group, value in run_all(Simulation(spec)).rows}
    for number in range(3, 13):
        n, share = 400 * 5, rows[number, "chance"]
        assert rows[number, "chance"] == pytest.approx(3 * min(number, 10) / (30 + 3 * number))
        assert abs(rows[number, "all"] - share) < 5 * np.sqrt(share * (1 - share) / n)
