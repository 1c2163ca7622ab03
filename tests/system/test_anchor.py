"""Verified data: the share is exact, and the rows are what they should be."""

from __future__ import annotations

import numpy as np
import pytest

from recsim.scenario import Scenario
from recsim.simulation import Simulation
from recsim.system.interventions.anchor import Anchor
from tests.bits import at
from tests.helpers import make_training, run_all, tiny


def anchored(**anchor) -> Scenario:
    """Four items of a machine and three of people a tick, from tick 3 on."""
    return tiny(
        {"ticks": 8},
        items={"dynamics": [{"kind": "new_items", "per_tick": 3}]},
        system={"generators": [{"kind": "gaussian", "per_tick": 4}], "recommender": "uniform", "holdout": 0.2},
        interventions=[{"kind": "anchor", **anchor}],
    )


def taught(sim: Simulation, consumer: str = "gaussian"):
    given = make_training([0, 1, 2], [4, 5, 6], [1.0, 2.0, 3.0], tick=7)._replace(consumer=consumer, tick=sim.tick)
    one = sim.spec.interventions[0]
    return one.on_training(given, sim.service, sim.service.stream(one))


@pytest.mark.parametrize("refresh", ["fixed", "fresh"])
@pytest.mark.parametrize("share", [0.1, 0.35, 1.0])
def test_its_share_of_the_weight_is_exact_and_the_total_stays(share, refresh):
    found = taught(at(anchored(share=share, refresh=refresh), 6))
    assert found.weights[3:].sum() == pytest.approx(6 * share, rel=1e-12)
    assert found.weights.sum() == pytest.approx(6.0, rel=1e-12)
    assert found.weights[:3] == pytest.approx(np.array([1.0, 2.0, 3.0]) * (1 - share))
    assert (found.users[3:] == -1).all() and (found.ticks[3:] == 6).all() and np.isnan(found.propensity[3:]).all()


def test_a_fixed_anchor_is_a_fixed_part_of_the_human_data_and_never_of_the_hold_out():
    sim = at(anchored(size=12), 4)
    first = taught(sim).items[3:]
    log = sim.service.log.clicks
    human = np.bincount(log.item[log.human & ~log.held], minlength=len(sim.world.items))
    assert len(first) == 12 and (np.bincount(first, minlength=len(human)) <= human).all()
    sim.step(), sim.step()
    assert np.array_equal(taught(sim).items[3:], first)
    assert sim.service.ledger.get("anchor", 0.0) == 0.0, "what is older than the loop needs no verification"
    assert len(taught(at(anchored(size=10_000), 4)).items) == 3 + human.sum(), "all there is"


def test_a_recommender_s_anchor_is_interactions_of_people():
    sim = at(anchored(size=12, consumer="all"), 4)
    found = taught(sim, "recommender")
    log = sim.service.log.clicks
    pairs = set(zip(log.user[log.human].tolist(), log.item[log.human].tolist(), strict=True))
    assert set(zip(found.users[3:].tolist(), found.items[3:].tolist(), strict=True)) <= pairs


def test_a_fresh_anchor_is_the_newest_verified_items_and_leaves_out_its_own():
    sim = at(anchored(refresh="fresh", size=5, budget=4, cost=2.0), 7)
    items, world = taught(sim).items[3:], sim.world.items
    assert not world.made_by_ai[items].any()
    assert np.array_equal(np.sort(world.born[items]), [6, 6, 7, 7, 7])
    assert sim.service.ledger["anchor"] == 2.0 * 4 * 6, "once for the fit at the end of the warm-up, then on five ticks"


def test_verification_errs_as_it_says():
    """Others' machines: the platform does not know that they are. Half of these are missed, all people accused."""
    sim = Simulation(anchored(refresh="fresh", budget=1000, sensitivity=0.0, false_alarm=1.0))
    sim.world.items.made_by_ai[:10] = True
    sim.step(), sim.step()
    assert np.array_equal(np.unique(taught(sim).items[3:]), np.arange(10)), "only machines' pass"


def test_where_there_is_nothing_verified_nothing_changes():
    sim = Simulation(anchored(refresh="fresh", budget=0))
    assert taught(sim).weights.tolist() == [1.0, 2.0, 3.0]
    sim = at(anchored(consumer="recommender"), 4)
    assert len(taught(sim, "gaussian").items) == 3


def test_an_empty_lesson_is_all_anchor():
    sim = at(anchored(size=4), 4)
    nothing = make_training([], [], [])._replace(consumer="gaussian", tick=4)
    one = sim.spec.interventions[0]
    assert isinstance(one, Anchor)
    assert one.on_training(nothing, sim.service, sim.draws).weights == pytest.approx([0.1] * 4)


def test_an_anchor_keeps_the_variance_that_a_loop_loses():
    """A generator of 8 samples on its own output collapses; with a third of human data it does not."""
    loop = tiny(
        {"ticks": 30, "users.count": 60},
        system={
            "recommender": "uniform",
            "retrain_every": 1,
            "generators": [{"kind": "gaussian", "per_tick": 8, "window": 3, "engagement": 0, "training_size": 8}],
        },
        metrics=[],
    )

    def spread(spec: Scenario) -> float:
        return float(np.trace((root := run_all(spec).service.policies["generator.gaussian"].root) @ root.T))

    bare = spread(loop)
    kept = spread(loop.override("interventions", [{"kind": "anchor", "share": 0.5}]))
    assert kept > 3 * bare
