"""Reviewers behind a detector: who queues, in which order, how long they wait (queues without one: theory)."""

from __future__ import annotations

import numpy as np
import pytest

from recsim.scenario import Scenario, ScenarioError
from recsim.simulation import Simulation
from tests.helpers import run_all, tiny


def flagged(detector=None, **review) -> Scenario:
    """Six items of a machine a tick, from tick 3 on; a detector accuses, people review."""
    eye = {"kind": "ai_detector", "name": "eye", "action": "flag", "sensitivity": 0.6, "false_alarm": 0.2}
    desk = {"kind": "human_review", "flagged_by": "eye", "sensitivity": 1.0, "false_alarm": 0.0}
    return tiny(
        {"ticks": 12},
        system={"generators": [{"kind": "gaussian", "per_tick": 6}], "recommender": "uniform"},
        interventions=[{**eye, **(detector or {})}, {**desk, **review}],
        metrics=["review_delay", "review_backlog"],
    )


def columns(sim: Simulation) -> tuple[np.ndarray, ...]:
    return tuple(sim.service.items[f"human_review.{name}"] for name in ("queued", "joined", "reviewed"))


def test_only_the_accused_are_reviewed_each_once():
    sim = run_all(flagged(budget=500))
    queued, joined, reviewed = columns(sim)
    accused = sim.service.items["eye.accused"]
    assert np.array_equal(joined >= 0, accused) and not queued.any()
    assert np.array_equal(reviewed, np.where(accused, np.maximum(sim.world.items.born, 3), -1))
    assert np.array_equal(~sim.service.items.listed, accused & sim.world.items.made_by_ai), "people's are cleared"
    assert sim.service.ledger["human_review"] == accused.sum()


def test_a_detector_that_comes_later_in_the_list_is_heard_a_tick_later():
    spec = flagged(budget=500)
    sim = run_all(spec.override("interventions", spec.interventions[::-1]))
    joined = columns(sim)[1]
    assert np.array_equal(np.unique(joined[joined >= 0]), np.arange(4, 13))


def test_the_most_suspicious_are_first():
    sim = run_all(flagged(budget=1, order="score"))
    queued, joined, reviewed = columns(sim)
    score = sim.service.items["eye.score"]
    for tick in range(3, 13):
        now = np.flatnonzero(reviewed == tick)
        rest = np.flatnonzero((joined >= 0) & (joined <= tick) & (queued | (reviewed > tick)))
        assert len(now) == 1 and (score[rest] <= score[now]).all()
    assert queued.any()


def test_an_order_by_score_needs_a_detector():
    with pytest.raises(ScenarioError, match="order: score needs"):
        tiny(interventions=[{"kind": "human_review", "order": "score"}])
    with pytest.raises(ScenarioError, match="no detector is called 'ey'"):
        flagged(flagged_by="ey")


def test_the_delay_grows_by_the_backlog_over_the_budget():
    """Six a tick, all accused, three reviewed: those of tick 3 + a are reviewed a or a + 1 ticks later."""
    everything = {"sensitivity": 1.0, "false_alarm": 0.0, "looks_at": "new"}
    sim = run_all(flagged(everything, budget=3))
    delays = [value for _, name, _, value in sim.rows if name == "review_delay"]
    assert np.isnan(delays[:3]).all()
    assert delays[3:] == [0, 1, 1, 2, 2, 3, 3, 4, 4, 5]


@pytest.mark.parametrize(("attribute", "expected"), [("poor", [True, False, True]), ("worthless", [True, True, False])])
def test_what_reviewers_look_for(attribute, expected):
    """Quality −1, 1, −1 with clickbait 0, 2, −2."""
    sim = Simulation(tiny(interventions=[{"kind": "human_review", "attribute": attribute}]))
    sim.world.items.quality[:3], sim.world.items.clickbait[:3] = [-1, 1, -1], [0, 2, -2]
    desk = sim.spec.interventions[0].model_copy(update={"sensitivity": 1.0, "false_alarm": 0.0})
    reading = sim.service.inspect(np.arange(3, dtype=np.int32), desk._instrument())
    assert reading.reading.tolist() == expected
    assert reading.score.tolist() == [np.inf if found else -np.inf for found in expected]
