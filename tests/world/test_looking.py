"""What instruments read: errors are keyed by name and item, whatever else is looked at (rates: theory)."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

from recsim.base.flow import Instrument
from recsim.simulation import Simulation
from tests.helpers import tiny

EYE = Instrument("eye", "made_by_ai", 0.7, 0.2, 1.0)


def test_the_score_is_how_far_above_its_threshold_it_reads():
    world = Simulation(tiny()).world
    world.items.made_by_ai[::2] = True
    items = np.arange(30, dtype=np.int32)
    found = world.inspect(items, EYE)
    luck = world.draws.of("instrument", "eye").uniform(world.items.key)
    chance = np.where(np.arange(30) % 2 == 0, 0.7, 0.2)
    assert np.array_equal(found.reading, luck < chance), "the same reading as of a coin"
    assert np.array_equal(found.reading, found.score > 0)
    assert np.allclose(found.score, norm.ppf(chance) - norm.ppf(luck))
    some = world.inspect(items[[7, 3]], EYE)
    assert np.array_equal(some.score, found.score[[7, 3]]), "a second look reads the same"


def test_a_bias_shifts_the_scores_of_one_group():
    groups = [{"name": "us", "share": 0.5}, {"name": "them", "share": 0.5}]
    world = Simulation(tiny(items={"groups": groups})).world
    items = np.arange(30, dtype=np.int32)
    fair, biased = (world.inspect(items, EYE._replace(group="them", group_bias=bias)).score for bias in (0.0, 1.5))
    assert np.allclose(biased - fair, 1.5 * (world.items.group == 1))
    assert 0 < (world.items.group == 1).sum() < 30
    assert np.array_equal(fair, world.inspect(items, EYE).score)
