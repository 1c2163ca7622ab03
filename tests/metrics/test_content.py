"""What is made and what is consumed of it: by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from recsim.base.table import Column
from recsim.metrics.content import ClickbaitConsumed, ClickbaitMade, QualityConsumed, QualityMade
from tests.helpers import run_all, tiny
from tests.metrics.hand import tick

WORTH, BAIT = [1.0, 2.0, 4.0, -1.0], [0.5, 0.0, 3.0, 1.0]
MACHINE = [False, False, True, False]


def given(picks=(0, 2, 2), born=(0, 3, 3, 3), number=3):
    """Four items, of which three are born at tick 3 and one is a machine's; three people see all of them."""
    found = tick(
        [[0, 1, 2, 3]] * 3, picks, topics=np.eye(4), quality=WORTH, made_by_ai=MACHINE, born=born, number=number
    )
    if "clickbait" not in found.items:
        found.items._store["clickbait"], found.items._columns["clickbait"] = np.array(BAIT), Column(np.float64)
    else:
        found.items._store["clickbait"] = np.array(BAIT)
    return found


def test_made_is_what_was_born_this_tick():
    assert QualityMade().measure(given(), {}) == pytest.approx({"all": 5 / 3, "human": 0.5, "machine": 4.0})
    assert ClickbaitMade().measure(given(), {}) == pytest.approx({"all": 4 / 3, "human": 0.5, "machine": 3.0})


def test_the_first_catalogue_is_made_at_tick_0():
    found = QualityMade().measure(given(born=0, number=0), {})
    assert found == pytest.approx({"all": 1.5, "human": 2 / 3, "machine": 4.0})


def test_consumed_counts_an_item_as_often_as_it_was_clicked():
    assert QualityConsumed().measure(given(), {}) == pytest.approx({"all": 3.0, "human": 1.0, "machine": 4.0})
    assert ClickbaitConsumed().measure(given(), {}) == pytest.approx({"all": 6.5 / 3, "human": 0.5, "machine": 3.0})


def test_where_there_is_none_it_is_undefined():
    nothing = given(picks=(-1, -1, -1), born=0)
    for metric in (QualityMade(), QualityConsumed(), ClickbaitMade(), ClickbaitConsumed()):
        assert all(math.isnan(value) for value in metric.measure(nothing, {}).values())
    assert math.isnan(QualityConsumed().measure(given(picks=(0, 1, -1)), {})["machine"])


def test_people_find_what_is_good():
    """What is clicked is better than what is made, by far more than luck: quality has a deviation of 1 here."""
    sim = run_all(
        tiny(
            {"ticks": 10, "users.count": 200, "items.quality_spread": 1.0, "items.dynamics": ["new_items"]},
            metrics=["quality_made", "quality_consumed"],
        )
    )
    first = next(value for at, name, group, value in sim.rows if (at, name, group) == (0, "quality_made", "all"))
    consumed = [
        value for tick, name, group, value in sim.rows if name == "quality_consumed" and group == "all" and tick
    ]
    assert np.mean(consumed) > first + 0.3
