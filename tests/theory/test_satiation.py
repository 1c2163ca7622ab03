"""Satiation with a known end: rebounding bandits (Leqi et al. 2021), loops' genai:O36."""

from __future__ import annotations

import numpy as np
import pytest

from recsim.base.draws import Draws
from recsim.world.behaviours.satiation import Satiation
from tests.helpers import run_all, tiny
from tests.world.hand import clicks, hand_world

DRAWS = Draws(36)
NOTHING = -1
SOMEBODY = np.array([0], np.int32)


def lost(world, items) -> np.ndarray:
    """Utility lost to satiation; all tastes are 0 here, so that it is all there is."""
    return -world.utility(SOMEBODY, np.array([items], np.int32))[0]


@pytest.mark.parametrize("decay", [0.3, 0.8, 0.95])
@pytest.mark.parametrize("every", [1, 2, 5])
def test_what_is_consumed_every_d_ticks_meets_the_satiation_of_the_geometric_series(decay, every):
    """decayᵈ/(1 − decayᵈ) before the next time, to rounding: 10⁻¹²."""
    one = Satiation(strength=1.0, decay=decay)
    world = hand_world([[0.0, 0.0, 0.0]], [[2.0, -1.0, 0.5]], [one])
    for tick in range(800):
        if tick % every == 0:
            before = lost(world, [0])[0]
        one.after(world, clicks([0 if tick % every == 0 else NOTHING]), DRAWS)
    assert before == pytest.approx(decay**every / (1 - decay**every), rel=1e-12)


@pytest.mark.parametrize("arms", [2, 3, 6])
def test_the_greedy_go_round_in_circles_of_as_many_as_there_are_topics(arms):
    """Equal arms: the best now is what was had longest ago, for ever; the optimum of the paper's Theorem."""
    one = Satiation(strength=1.0, decay=0.7)
    world = hand_world(np.zeros((1, arms)), 3.0 * np.eye(arms), [one])
    chosen = []
    for _ in range(5 * arms):
        pull = world.utility(SOMEBODY, np.arange(arms, dtype=np.int32)[None])[0]
        chosen.append(int(np.argmax(pull)))
        one.after(world, clicks([chosen[-1]]), DRAWS)
    assert chosen == list(range(arms)) * 5


@pytest.mark.parametrize("arms", [2, 4])
def test_the_circle_gives_more_than_any_other_order_of_some_hundred(arms):
    """Mean utility over 60 ticks of the cyclic policy against random ones on the same world."""

    def mean_loss(order) -> float:
        one = Satiation(strength=1.0, decay=0.8)
        world = hand_world(np.zeros((1, arms)), np.eye(arms), [one])
        total = 0.0
        for item in order:
            total += lost(world, [item])[0]
            one.after(world, clicks([item]), DRAWS)
        return total / len(order)

    circle = mean_loss(np.arange(60) % arms)
    for trial in range(30):
        order = (DRAWS.of(arms, trial).uniform(np.arange(60)) * arms).astype(int)
        assert mean_loss(order) > circle


def test_satiated_people_change_topics_more_often():
    """In the loop, with all items on the slate: clicks that stay in the cluster of the click before become rarer."""
    stayed = []
    for strength in (0.0, 1.0, 4.0):
        behaviours = [{"kind": "satiation", "strength": strength, "decay": 0.9}]
        paths = {"system.slate_size": 60, "system.recommender": "uniform", "system.repeats": True, "ticks": 20}
        sim = run_all(tiny(paths, users={"count": 100, "behaviours": behaviours}, items={"count": 60}))
        log, home = sim.service.log.clicks, sim.world.items.home
        order = np.lexsort((log.tick, log.user))
        same = (np.diff(log.user[order]) == 0) & (np.diff(home[log.item[order]]) == 0)
        stayed.append(same.sum() / (np.diff(log.user[order]) == 0).sum())
    assert stayed[0] > stayed[1] + 0.05 > stayed[2] + 0.1, stayed
