"""Alarms, and how right they were: by hand, NaN rules, and in a run with a change that is known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from recsim.metrics.alarms import Alarms, DetectionDelay, FalseAlarms
from recsim.system.interventions.exploration import Exploration
from recsim.system.interventions.monitor import Monitor
from tests.helpers import run_all, tiny
from tests.metrics.hand import tick


def given(since, **sounded):
    watchers = [Monitor(name=name, metric="users", above=1.0, since=since) for name in sounded]
    memory = {name: {"sounded": np.array(ticks, np.int32)} for name, ticks in sounded.items()}
    return tick([[0]], interventions=(*watchers, Exploration()), memory=memory, number=9, first_tick=1,
                alarms={})  # fmt: skip


def test_alarms_are_counted_by_monitor():
    assert Alarms().measure(given(None, one=[4, 7, 9], two=[]), {}) == {"all": 3.0, "one": 3.0, "two": 0.0}
    assert Alarms().applies(given(None, one=[]))
    assert not Alarms().applies(given(None))


def test_a_monitor_that_has_not_started_is_not_told_of():
    shown = given(None, one=[])
    late = shown.service.interventions[0].model_copy(update={"start": 10})
    shown.service.interventions = (late,)
    assert Alarms().applies(shown) and Alarms().measure(shown, {}) == {"all": 0.0}


@pytest.mark.parametrize(("since", "false", "delay"), [(8, 2.0, 1.0), (7, 1.0, 0.0), (4, 0.0, 0.0)])
def test_what_sounds_before_the_change_is_false_and_the_first_after_it_finds_it(since, false, delay):
    shown = given(since, one=[4, 7, 9])
    assert FalseAlarms().measure(shown, {}) == {"all": false, "one": false}
    assert DetectionDelay().measure(shown, {}) == {"all": delay, "one": delay}


def test_delays_of_several_are_averaged_over_those_that_have_found_it():
    found = DetectionDelay().measure(given(5, one=[6], two=[9], three=[2]), {})
    assert found["all"] == 2.5 and math.isnan(found["three"])


@pytest.mark.parametrize("metric", [FalseAlarms(), DetectionDelay()])
def test_of_a_monitor_that_names_no_change_nothing_is_known(metric):
    assert all(math.isnan(value) for value in metric.measure(given(None, one=[4]), {}).values())


def test_a_change_that_is_known_is_found_with_the_delay_of_the_monitor():
    """Users: 40 up to tick 5, then 3 more a tick: above 45.5 on tick 7, twice in a row on tick 8."""
    born = {"kind": "new_users", "per_tick": 3}
    spec = tiny(
        {"ticks": 12},
        interventions=[
            {"kind": "change", "start": 6, "path": "users.dynamics", "value": [born]},
            {"kind": "monitor", "metric": "users", "above": 45.5, "patience": 2, "since": 6},
            {"kind": "cusum", "metric": "users", "reference": 3, "since": 6},
        ],
        metrics=["users", "alarms", "false_alarms", "detection_delay"],
    )
    sim = run_all(spec)
    told = {tuple(row[:3]): row[3] for row in sim.rows}
    assert sim.service.alarms == {"monitor": 8, "cusum": 6}
    assert [told[tick, "alarms", "monitor"] for tick in (8, 9, 12)] == [0.0, 1.0, 1.0], "from the row after it on"
    assert told[12, "detection_delay", "monitor"] == 2.0 and told[12, "detection_delay", "cusum"] == 0.0
    assert math.isnan(told[8, "detection_delay", "monitor"])
    assert told[12, "false_alarms", "all"] == 0.0
    assert told[12, "alarms", "cusum"] == len(sim.service.memory["cusum"]["sounded"]) - 1, (
        "for a trend it sounds again and again"
    )
