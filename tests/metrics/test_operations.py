"""What running the platform takes: by hand, NaN rules."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest

from recsim.base.table import Column, Table
from recsim.metrics.operations import (
    GateRejections,
    InterventionCost,
    InterventionCostCumulative,
    RemovedHumanShare,
    ReviewBacklog,
    ReviewDelay,
)
from recsim.system.interventions.exploration import Exploration
from recsim.system.interventions.gate import Gate
from recsim.system.interventions.human_review import HumanReview
from tests.helpers import run_all, tiny
from tests.metrics.hand import tick

TOPICS, MADE = np.zeros((5, 2)), [False, True, False, True, True]


def given(**more):
    return tick([[0]], topics=TOPICS, made_by_ai=MADE, **more)


def service_items(**columns) -> Table:
    table = Table({name: Column(np.asarray(values).dtype) for name, values in columns.items()})
    table.grow(5, **columns)
    return table


def queue(*waiting: bool) -> Table:
    return service_items(**{"desk.queued": waiting})


def test_the_backlog_is_who_waits_and_lives():
    shown = given(items=queue(True, False, True, True, False))
    assert ReviewBacklog().measure(shown, {}) == 3.0
    assert ReviewBacklog().measure(given(items=queue(True, False, True, True, False), dead_items=[2]), {}) == 2.0
    assert ReviewBacklog().measure(given(items=Table()), {}) == 0.0, "nobody reviews, so nothing waits"


@pytest.mark.parametrize(
    ("joined", "reviewed", "expected"),
    [([1, 2, 3, -1, 3], [3, 3, 3, -1, -1], 1.0), ([0, 3, 1, 1, -1], [3, 3, 2, -1, -1], 1.5)],
)
def test_the_delay_is_the_mean_of_those_reviewed_on_this_tick(joined, reviewed, expected):
    """Tick 3: they waited 2, 1 and 0 ticks; and 3 and 0."""
    assert ReviewDelay().measure(
        given(items=service_items(**{"desk.joined": joined, "desk.reviewed": reviewed})), {}
    ) == (expected)


def test_where_nothing_is_reviewed_there_is_no_delay():
    items = service_items(**{"desk.joined": [1] * 5, "desk.reviewed": [2] * 5})
    assert math.isnan(ReviewDelay().measure(given(items=items), {}))


def test_costs_are_told_by_name_of_this_tick_and_of_all_so_far():
    payers = (HumanReview(name="desk"), HumanReview(name="idle"), Exploration())
    shown = given(interventions=payers, spent={"desk": 2.5}, ledger={"desk": 7.0, "idle": 0.0})
    assert InterventionCost().measure(shown, {}) == {"all": 2.5, "desk": 2.5, "idle": 0.0}
    assert InterventionCostCumulative().measure(shown, {}) == {"all": 7.0, "desk": 7.0, "idle": 0.0}
    early = given(interventions=payers, spent={}, ledger={})
    assert InterventionCost().measure(early, {}) == {"all": 0.0}, "before anybody has booked anything"
    assert InterventionCost().applies(shown)
    assert not InterventionCost().applies(given(interventions=(Exploration(),)))


@pytest.mark.parametrize(
    ("listed", "expected"), [([False, False, True, True, True], 0.5), ([False, False, False, False, True], 0.5)]
)
def test_the_share_of_people_s_work_among_what_was_removed(listed, expected):
    """Of items 0 and 1 one is a person's; of 0 to 3 two are."""
    assert RemovedHumanShare().measure(given(items=service_items(listed=listed)), {}) == expected
    assert RemovedHumanShare().measure(given(items=service_items(listed=[True, False, True, False, True])), {}) == 0.0
    assert math.isnan(RemovedHumanShare().measure(given(items=service_items(listed=[True] * 5)), {}))


def test_rejections_are_told_by_gate():
    memory = {name: {"rejections": np.int64(count)} for name, count in (("gate", 2), ("other", 1), ("late", 0))}
    gates = (Gate(), Gate(name="other"), Gate(name="late", start=4), Exploration())
    shown = given(memory=memory, interventions=gates, first_tick=1, alarms={})
    assert GateRejections().measure(shown, {}) == {"all": 3.0, "gate": 2.0, "other": 1.0}, "one begins on tick 4"
    assert GateRejections().applies(shown) and not GateRejections().applies(given(interventions=gates[3:]))


def test_what_costs_add_up_to_over_time_stands_in_the_ledger():
    spec = tiny(
        items={"dynamics": [{"kind": "new_items", "per_tick": 3}]},
        interventions=[
            {"kind": "human_review", "budget": 2, "cost": 1.5},
            {"kind": "ai_detector", "cost": 0.25, "looks_at": "new", "action": "delist"},
        ],
        metrics=["intervention_cost", "intervention_cost_cumulative"],
    )
    sim = run_all(spec)
    told = {tuple(row[:3]): row[3] for row in sim.rows}
    for then in range(3, 7):
        now = {group: told[then, "intervention_cost", group] for group in ("all", "human_review", "ai_detector")}
        assert now == {"all": 3.75, "human_review": 3.0, "ai_detector": 0.75}
    assert told[6, "intervention_cost_cumulative", "all"] == 15.0 == sum(sim.service.ledger.values())
    assert told[2, "intervention_cost", "all"] == 0.0
    assert isinstance(sim.service.spent, dict) and not isinstance(sim.service, SimpleNamespace)
