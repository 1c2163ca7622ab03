"""Inverse propensity weighting: weights by hand, and that it corrects what it is meant to correct."""

from __future__ import annotations

import numpy as np
import pytest

from recsim.base.draws import Draws
from recsim.base.flow import Training
from recsim.simulation import Simulation
from recsim.system.interventions.debiasing import Debiasing
from tests.helpers import make_training, run_all, tiny

DRAWS = Draws(2)
SERVICE = Simulation(tiny()).service


def clicks_at(ranks, propensity=None, weights=None, consumer: str = "recommender") -> Training:
    n = len(ranks)
    training = make_training(np.arange(n), np.arange(n), weights)
    shown = np.where(np.asarray(ranks) > 0, 1.0, np.nan) if propensity is None else np.asarray(propensity, float)
    return training._replace(ranks=np.asarray(ranks, np.int32), propensity=shown, consumer=consumer)


def weights(training: Training, **fields) -> list[float]:
    return Debiasing(**fields).on_training(training, SERVICE, DRAWS).weights.tolist()


def test_a_click_at_rank_three_weighs_twice_one_at_the_top():
    """log2(rank + 1): 1, log2 3, 2, 3; a click without a rank keeps its weight."""
    found = weights(clicks_at([1, 2, 3, 7, 0], weights=[1, 1, 2, 1, 5]))
    assert found == pytest.approx([1.0, np.log2(3), 4.0, 3.0, 5.0])


def test_a_power_of_the_rank():
    """rank^strength: 1, 2^0.5, 3^0.5; strength 0 changes nothing."""
    found = weights(clicks_at([1, 2, 3]), examination="power", strength=0.5)
    assert found == pytest.approx([1.0, 2**0.5, 3**0.5])
    assert weights(clicks_at([1, 2, 3]), examination="power", strength=0.0) == [1.0, 1.0, 1.0]


def test_a_larger_strength_weighs_lower_ranks_more():
    ratio = [weights(clicks_at([1, 5]), examination="power", strength=s)[1] for s in (0.0, 0.3, 1.0, 1.2)]
    assert ratio == sorted(ratio) and len(set(ratio)) == 4


def test_the_propensity_divides_where_it_is_known():
    """Rank 3 with probability 0.25: 2 · 4; an unknown one counts as 1."""
    training = clicks_at([3, 3, 0], [0.25, np.nan, np.nan])
    assert weights(training, use_propensity=True) == pytest.approx([8.0, 2.0, 1.0])
    assert weights(training) == pytest.approx([2.0, 2.0, 1.0])


def test_no_factor_is_above_the_clip():
    training = clicks_at([1, 1000, 3], [1.0, 1e-9, 0.0])
    assert weights(training, use_propensity=True, clip=6.0) == pytest.approx([1.0, 6.0, 6.0])
    assert weights(training, clip=1.0) == [1.0, 1.0, 1.0]


def test_normalised_weights_keep_their_total_and_their_proportions():
    plain, scaled = (np.array(weights(clicks_at([1, 3, 7, 0]), normalised=how)) for how in (False, True))
    assert scaled.sum() == pytest.approx(4.0)
    assert scaled / scaled[0] == pytest.approx(plain / plain[0])
    assert weights(clicks_at([]), normalised=True) == []


def test_generators_learn_from_plain_clicks_unless_all_are_meant():
    training = clicks_at([7], consumer="gaussian")
    assert weights(training) == [1.0]
    assert weights(training, consumer="all") == [3.0]


def test_it_changes_the_value_not_the_array_it_was_given():
    training = clicks_at([7, 3])
    Debiasing().on_training(training, SERVICE, DRAWS)
    assert training.weights.tolist() == [1.0, 1.0]


def test_clicks_at_their_true_examination_count_as_if_all_had_been_looked_at():
    """Items of equal appeal 0.6, item k always at rank k and looked at with probability 1/log2(k + 1): counts of 40 000
    clicks fall with the rank, weighted ones do not (4 standard errors)."""
    n, ranks = 40_000, np.arange(1, 11)
    look = 1 / np.log2(ranks + 1)
    users, slots = np.nonzero(DRAWS.of("looks").uniform(np.arange(n), ranks) < 0.6 * look)
    training = make_training(users, slots)._replace(ranks=ranks[slots].astype(np.int32), propensity=np.ones(len(users)))
    weighted = Debiasing().on_training(training, SERVICE, DRAWS).weights
    share = np.bincount(slots, weighted, minlength=10) / n
    error = np.sqrt(0.6 * look * (1 - 0.6 * look) / n) / look
    assert (np.abs(share - 0.6) < 4 * error).all()
    assert np.bincount(slots)[-1] < 0.5 * np.bincount(slots)[0]


def test_it_acts_in_the_loop_from_its_start_on():
    plain = tiny({"system.recommender": "popularity", "system.repeats": True, "ticks": 8}, seed=3)
    treated = plain.override("interventions", [{"kind": "debiasing", "start": 5}])
    one, other = run_all(plain), run_all(treated)
    clicks, weighted = (sim.service.policies["recommender.popularity"].clicks for sim in (one, other))
    ranks = other.service.log.clicks
    expected = np.where(ranks.rank > 0, np.log2(np.maximum(ranks.rank, 1) + 1.0), 1.0)[~ranks.held]
    assert weighted[0] == pytest.approx(np.bincount(ranks.item[~ranks.held], expected, minlength=30))
    assert not np.allclose(clicks, weighted)
