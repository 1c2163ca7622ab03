"""How often detectors are right: by hand, NaN rules."""

from __future__ import annotations

import math

import numpy as np
import pytest

from recsim.base.table import Column, Table
from recsim.metrics.detectors import AccusedAIShare, AccusedHumanShare, EstimatedAIShare
from recsim.system.interventions.ai_detector import AIDetector
from recsim.system.interventions.exploration import Exploration
from tests.helpers import run_all, tiny
from tests.metrics.hand import tick

MADE, GROUPS = [False, False, False, True, True, False], [0, 0, 1, 1, 0, 1]


def given(*interventions, **detectors):
    """Scores by detector; above 0 accused, NaN not looked at."""
    columns = {}
    for name, scores in detectors.items():
        columns |= {f"{name}.score": np.array(scores), f"{name}.accused": np.array(scores) > 0}
    table = Table({name: Column(values.dtype) for name, values in columns.items()})
    table.grow(6, **columns)
    return tick([[0]], topics=np.zeros((6, 2)), made_by_ai=MADE, items=table, item_groups=GROUPS,
                item_group_names=("us", "them"), interventions=interventions, first_tick=1, alarms={})  # fmt: skip


NAN = math.nan


@pytest.mark.parametrize(
    ("scores", "human", "machine"),
    [
        ([1, -1, 2, 3, -4, 1], {"all": 0.75, "us": 0.5, "them": 1.0}, {"all": 0.5, "us": 0.0, "them": 1.0}),
        ([NAN, -1, 2, NAN, 4, -1], {"all": 1 / 3, "us": 0.0, "them": 0.5}, {"all": 1.0, "us": 1.0, "them": NAN}),
    ],
)
def test_shares_of_the_accused_by_hand(scores, human, machine):
    for metric, expected in ((AccusedHumanShare(), human), (AccusedAIShare(), machine)):
        assert metric.measure(given(eye=scores), {}) == pytest.approx(expected, nan_ok=True)
        assert metric.applies(given(eye=scores)) and not metric.applies(given())


def test_looks_of_several_detectors_are_pooled():
    two = given(eye=[1, -1, 2, 3, -4, 1], other=[-1, -1, -1, 1, 1, -1])
    assert AccusedHumanShare().measure(two, {})["all"] == 3 / 8
    assert AccusedAIShare().measure(two, {})["all"] == 0.75
    assert math.isnan(AccusedHumanShare().measure(given(), {})["all"])


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([1, 1, 1, -1, -1, -1], 0.4 / 0.7),
        ([1, -1, NAN, NAN, NAN, -1], (1 / 3 - 0.1) / 0.7),
        ([-1] * 6, 0.0),
        ([1] * 6, 1.0),
    ],
)
def test_what_is_accused_tells_how_many_there_are(scores, expected):
    """Of 0.8 and 0.1: half accused means 0.4/0.7; none accused cannot mean less than nothing."""
    eye = AIDetector(name="eye", sensitivity=0.8, false_alarm=0.1)
    found = EstimatedAIShare().measure(given(eye, Exploration(), eye=scores), {})
    assert found == pytest.approx({"all": expected, "eye": expected})


def test_without_a_look_or_a_difference_nothing_can_be_concluded():
    eye = AIDetector(name="eye")
    assert math.isnan(EstimatedAIShare().measure(given(eye, eye=[NAN] * 6), {})["all"])
    blind = AIDetector(name="eye", sensitivity=0.2, false_alarm=0.2)
    assert math.isnan(EstimatedAIShare().measure(given(blind, eye=[1.0] * 6), {})["eye"])
    assert not EstimatedAIShare().applies(given(Exploration()))


def test_a_monitor_may_watch_the_estimate_and_it_is_near_the_truth():
    """20 of a machine and 10 of people a tick, on ticks 3 to 20: s.e. of the estimate √(pq/n)/0.7."""
    spec = tiny(
        {"ticks": 20, "users.count": 8},
        items={"dynamics": [{"kind": "new_items", "per_tick": 10}]},
        system={"generators": [{"kind": "gaussian", "per_tick": 20}], "recommender": "uniform"},
        interventions=[
            {"kind": "ai_detector", "action": "flag", "sensitivity": 0.8, "false_alarm": 0.1},
            {"kind": "monitor", "metric": "estimated_ai_share", "above": 0.3},
        ],
        metrics=["estimated_ai_share", "ai_catalogue_share"],
    )
    sim = run_all(spec)
    last = {name: value for then, name, group, value in sim.rows if group == "all" and then == 20}
    n, p = len(sim.world.items), 0.1 + 0.7 * last["ai_catalogue_share"]
    assert abs(last["estimated_ai_share"] - last["ai_catalogue_share"]) <= 4 * np.sqrt(p * (1 - p) / n) / 0.7
    assert sim.service.alarms["monitor"] > 3
