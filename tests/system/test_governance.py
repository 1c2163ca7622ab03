"""Defences together, and with what others have done: nothing is looked at for nothing, nobody learns what is not so."""

from __future__ import annotations

import numpy as np
import pytest

from recsim.problems import ScenarioError
from recsim.scenario import Scenario
from recsim.simulation import Simulation
from tests.helpers import run_all, tiny

MACHINES = {"system.generators": [{"kind": "gaussian", "per_tick": 20}], "ticks": 12}
PERFECT = {"sensitivity": 1.0, "false_alarm": 0.0}


def grouped(**more):
    """Two groups of people a distance apart, with items of their own, and machines that learn from few of them."""
    return tiny(
        {"ticks": 10, "system.recommender": "popularity", **more},
        users={
            "tastes": {"kind": "gaussian", "dimensions": 2, "spread": 0.3},
            "groups": [{"name": "many", "share": 0.9}, {"name": "few", "share": 0.1, "tastes": {"center": 4.0}}],
        },
        items={"count": 200, "groups": [{"name": "many", "share": 0.9}, {"name": "few", "share": 0.1}]},
    )


def test_a_machine_made_item_belongs_to_the_group_it_looks_like():
    spec = grouped(**{"system.generators": [{"kind": "mixture", "per_tick": 30, "components": 2, "engagement": 0.0}]})
    items = run_all(spec).world.items
    machine, few = items.made_by_ai, items.group == 1
    means = [items.topics[~machine & (few == which)].mean(axis=0) for which in (False, True)]
    apart = [np.linalg.norm(items.topics[machine] - mean, axis=1) for mean in means]
    assert (few[machine] == (apart[1] < apart[0])).mean() > 0.95
    assert 0 < few[machine].mean() < 0.5


def test_a_rewrite_belongs_to_the_group_of_its_original():
    spec = grouped(**{"system.generators": [{"kind": "rewrite", "per_tick": 30, "spread": 3.0}]})
    items = run_all(spec).world.items
    machine = items.made_by_ai
    assert machine.any() and np.array_equal(items.group[machine], items.group[items.parent[machine]])


def test_a_quota_of_the_training_data_keeps_a_group_that_machines_would_lose():
    """A mixture that learns from five of its own items at a time, eight seeds: without the quota a group is lost."""
    left = {}
    for share in (0.0, 0.3):
        machines = {"kind": "mixture", "per_tick": 10, "components": 2, "window": 1, "training_size": 5}
        quota = {"kind": "training_quota", "group": "few", "share": share}
        changes = {"system.generators": [machines | {"engagement": 0.0}], "interventions": [quota], "ticks": 20}
        changes |= {"system.warmup": {"ticks": 0}}
        found = []
        for seed in range(1, 9):
            items = run_all(grouped(**changes, seed=seed)).world.items
            found.append((items.group[items.made_by_ai & (items.born > 12)] == 1).mean())
        left[share] = np.array(found)
    assert (left[0.0] == 0).mean() > (left[0.3] == 0).mean()
    assert left[0.3].mean() > left[0.0].mean() + 0.1


def test_what_is_off_the_list_is_not_reviewed_again():
    detector = {"kind": "ai_detector", "action": "delist", **PERFECT}
    review = {"kind": "human_review", "budget": 100, "cost": 1.0, "every": 3}
    alone = run_all(tiny({**MACHINES, "interventions": [review]}))
    both = run_all(tiny({**MACHINES, "interventions": [detector, review]}))
    assert alone.service.ledger["human_review"] > 100
    assert both.service.ledger.get("human_review", 0.0) == 0.0
    assert not (both.service.items["human_review.queued"] & ~both.service.items.listed).any()


def test_a_detector_that_looks_rarely_still_looks_at_all_that_is_new():
    detector = {"kind": "ai_detector", "looks_at": "new", "every": 4, "start": 3, **PERFECT}
    sim = run_all(tiny({**MACHINES, "interventions": [detector], "ticks": 11}))
    looked, born = ~np.isnan(sim.service.items["ai_detector.score"]), sim.world.items.born
    assert looked[born >= 3].all() and not looked[born < 3].any()


@pytest.mark.parametrize("reference", ["first", "best", "previous"])
def test_a_gate_that_starts_late_holds_against_the_model_that_lives(reference):
    gate = {"kind": "gate", "start": 6, "reference": reference, "tolerance": 0.0, "consumer": "generator"}
    spec = tiny({**MACHINES, "interventions": [gate]})
    sim = Simulation(spec)
    for _ in range(5):
        sim.step()
    (gate,), (model,) = sim.spec.interventions, sim.spec.system.generators
    living = sim.service.models.policy(model)
    sim.service.tick = 6
    bad = living._replace(mean=living.mean + 50.0)
    assert gate.on_policy(bad, model, sim.service, sim.draws) is living
    assert sim.service.memory["gate"]["rejections"] == 1


def test_what_a_model_was_learned_from_is_not_what_the_gate_rejected():
    gate = {"kind": "gate", "tolerance": 0.0, "reference": "first", "consumer": "generator"}
    sim = Simulation(tiny({**MACHINES, "interventions": [gate], "ticks": 30}))
    seen = []
    while sim.running:
        before = sim.service.items["generator.gaussian.learned"].copy()
        rejected = int(sim.service.memory["gate"]["rejections"])
        sim.step()
        now = sim.service.items["generator.gaussian.learned"][: len(before)]
        seen.append((int(sim.service.memory["gate"]["rejections"]) > rejected, np.array_equal(before, now)))
    assert any(rejected for rejected, _ in seen)
    assert all(same for rejected, same in seen if rejected)


def test_an_alarm_that_waits_for_itself_is_refused():
    one = {"kind": "cusum", "name": "one", "metric": "coverage", "start": {"after": "other"}}
    other = {"kind": "cusum", "name": "other", "metric": "coverage", "start": {"after": "one"}}
    for several in ([one, other], [one | {"start": {"after": "one"}}]):
        with pytest.raises(ScenarioError, match="waits for an alarm that waits for"):
            tiny({"interventions": several})


def test_a_simulation_of_a_file_name_says_what_it_wants():
    with pytest.raises(TypeError, match="recsim.read"):
        Simulation("mine.yaml")


def test_a_change_that_arms_name_is_carried_out_by_a_simulation():
    change = {"kind": "change", "name": "flood", "path": "system.slate_size", "value": 2, "start": 4}
    fields = tiny({"interventions": [change]}).plain()
    spec = Scenario.parse(fields | {"experiment": {"arms": {"none": {"interventions.flood.value": 5}}}})
    assert run_all(spec).spec.system.slate_size == 2
