"""Position bias: −strength · ln(rank), which multiplies the odds of rank k by k^(−strength/temperature)."""

from __future__ import annotations

import numpy as np
import pytest

from recsim.base.draws import Draws
from recsim.base.flow import Source
from recsim.simulation import Simulation
from recsim.world.behaviours.position_bias import PositionBias
from recsim.world.choice.multinomial_logit import MultinomialLogit
from tests.helpers import make_offer, make_slate, tiny


def picked(strength: float, better: float) -> int:
    """The rank chosen, without noise, between an item of utility 1 on top and one that is better by `better` below."""
    sim = Simulation(
        tiny(
            {
                "users.behaviours": [{"kind": "position_bias", "strength": strength}],
                "users.choice": {"kind": "multinomial_logit", "temperature": 0.0, "outside": -10.0},
            }
        )
    )
    sim.world.users.tastes = np.eye(8)[0]
    sim.world.items.topics = 0.0
    sim.world.items.topics[:2, 0] = [1.0, 1.0 + better]
    sim.world.items.quality = 0.0
    return int(sim.world.choose(make_slate([[0, 1]])).picks[0, 0]) + 1


def test_the_top_wins_over_a_slightly_better_item_below_it():
    """A7 of T-RECS: a gap of 0.5 is less than 0.8 · ln 2 = 0.554."""
    assert picked(0.8, better=0.5) == 1


def test_without_bias_the_better_item_wins():
    assert picked(0.0, better=0.5) == 2


def test_the_flip_is_exactly_where_the_formula_says():
    gap = 0.8 * np.log(2)
    assert picked(0.8, better=gap - 1e-9) == 1
    assert picked(0.8, better=gap + 1e-9) == 2


def test_appeal_is_minus_strength_times_the_logarithm_of_the_rank():
    slate = make_slate(np.arange(12).reshape(3, 4))
    found = PositionBias(strength=0.8).appeal(None, slate)
    assert found == pytest.approx(np.tile([0, -0.8 * np.log(2), -0.8 * np.log(3), -0.8 * np.log(4)], (3, 1)))


def test_a_larger_strength_costs_more_below_and_nothing_on_top():
    slate = make_slate([[0, 1, 2]])
    found = np.array([PositionBias(strength=s).appeal(None, slate)[0] for s in (0.0, 0.4, 0.8, 1.6)])
    assert (found[:, 0] == 0).all()
    assert (np.diff(found[:, 1:], axis=0) < 0).all()
    assert (found[0] == 0).all()


def test_what_people_find_by_themselves_has_no_rank():
    slate = make_slate([[0, 1, 2, 3]])
    slate.source[0, 2:] = Source.ORGANIC
    assert PositionBias(strength=1.0).appeal(None, slate)[0] == pytest.approx([0, -np.log(2), 0, 0])


def test_attention_falls_like_a_power_of_the_rank():
    """Equal items, no outside: P(k) ∝ k^(−strength/temperature). 10⁵ users; 4 s.e. of each share."""
    n, k, strength, temperature = 100_000, 6, 0.8, 0.5
    appeal = PositionBias(strength=strength).appeal(None, make_slate(np.zeros((n, k), int)))
    model = MultinomialLogit(temperature=temperature, outside=-1e6)
    picks = model.pick(make_offer(appeal), Draws(8))[:, 0]
    expected = np.arange(1, k + 1) ** (-strength / temperature)
    expected /= expected.sum()
    assert (np.abs(np.bincount(picks, minlength=k) / n - expected) < 4 * np.sqrt(expected * (1 - expected) / n)).all()
