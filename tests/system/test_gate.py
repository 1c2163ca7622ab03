"""The gate: what is worse on the hold-out does not go live."""

from __future__ import annotations

import numpy as np
import pytest

from recsim.scenario import Scenario
from recsim.simulation import Simulation
from recsim.system.interventions.gate import Gate
from tests.helpers import run_all, tiny


def collapsing(**gate) -> Scenario:
    """A generator of few samples that learns from its own output only: it gets worse nearly every tick."""
    generator = {"kind": "gaussian", "per_tick": 60, "window": 3, "engagement": 0, "training_size": 60}
    return tiny(
        {"ticks": 20},
        system={"recommender": "uniform", "generators": [generator], "holdout": 0.3},
        interventions=[{"kind": "gate", "consumer": "generator", **gate}],
        metrics=["gate_rejections"],
    )


def scores(spec: Scenario) -> tuple[list[float], Simulation]:
    """Of the policy in force at the end of every tick from the first fit on."""
    sim, found, judge = Simulation(spec), [], Gate()
    while sim.running:
        sim.step()
        if sim.tick >= 2:
            generator = sim.spec.system.generators[0]
            found.append(judge.score(sim.service.models.policy(generator), generator, sim.service))
    return found, sim


@pytest.mark.parametrize("tolerance", [0.0, 1.0, 2.0])
def test_what_is_in_force_is_never_worse_than_the_first_by_more_than_the_tolerance(tolerance):
    held, sim = scores(collapsing(reference="first", tolerance=tolerance))
    assert min(held) >= held[0] - tolerance
    free, _ = scores(collapsing(tolerance=1e15))
    assert min(free) < free[0] - 1.0, "without a gate it is"
    assert sim.service.memory["gate"]["rejections"] > 3
    assert sim.rows[-1][-1] == sim.service.memory["gate"]["rejections"]


def test_against_the_best_scores_never_fall_and_against_the_last_they_may_creep():
    best, _ = scores(collapsing(reference="best"))
    assert (np.diff(best) >= 0).all()
    creeping, _ = scores(collapsing(reference="previous", tolerance=1.0))
    assert (np.diff(creeping) >= -1.0).all()
    assert min(creeping) < creeping[0] - 1.0, "small losses add up"


def test_a_rejected_generator_is_not_a_new_generation():
    sim = run_all(collapsing(reference="best"))
    fits, rejected = (int(sim.service.memory[place][name]) for place, name in
                      (("generator.gaussian", "fits"), ("gate", "rejections")))  # fmt: skip
    assert fits + rejected == 19 and fits >= 1, "ticks 2 to 20"


def test_every_test_is_paid_but_for_where_there_is_nothing_to_test_on():
    assert run_all(collapsing(cost=3.0)).service.ledger == {"gate": 3.0 * 19}
    spec = collapsing(cost=3.0).override("system.holdout", 0.0)
    sim = run_all(spec)
    assert sim.service.ledger == {} and sim.service.memory["gate"]["rejections"] == 0


class _Watched(Gate):
    """Notes the scores that it compared."""

    def on_policy(self, policy, model, service, draws):
        known = service.models.policy(model) if service.models.knows(model) else None
        kept = super().on_policy(policy, model, service, draws)
        if known is not None:
            new, old = (self.score(one, model, service) for one in (policy, known))
            assert (kept is known) == (new < old), "the better one is in force"
            assert kept is known or kept is policy
        return kept


@pytest.mark.parametrize("measure", ["ndcg", "recall"])
def test_a_recommender_goes_live_only_if_it_finds_as_much_of_the_hold_out(measure):
    spec = tiny({"ticks": 12, "system.holdout": 0.4}, metrics=["holdout_ndcg"])
    gate = _Watched(measure=measure, k=10, consumer="recommender")
    sim = run_all(spec.override("interventions", [gate]))
    assert 0 < sim.service.memory[gate.label]["rejections"] < 10


def test_a_gate_for_others_lets_everything_through():
    sim = run_all(collapsing(consumer="recommender"))
    assert sim.service.memory["gate"]["rejections"] == 0
