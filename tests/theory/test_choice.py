"""Choices in proportion to a weight (Luce 1959): P(i) = w_i / (w_0 + Σ w_j).

The multinomial logit (McFadden 1974) has w = exp(V/τ), `proportional` w = max(V, 0) + floor. Several picks follow each
other without replacement (Plackett–Luce) until nothing is picked.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from recsim.base.draws import Draws
from recsim.world.choice import ChoiceModel
from recsim.world.choice.best import Best
from recsim.world.choice.multinomial_logit import MultinomialLogit
from recsim.world.choice.proportional import Proportional
from tests.helpers import make_offer

N = 100_000
USERS = np.arange(N, dtype=np.uint64)
ITEMS = np.array([11, 5, 900, 2**40, 3], np.uint64)
APPEAL = np.array([0.3, -1.0, 1.2, 0.0, 0.7])
DRAWS = Draws(5).of("choice", 1)


def logit(**fields: float) -> MultinomialLogit:
    return MultinomialLogit(**({"temperature": 1.0, "outside": 0.0} | fields))


def counts(appeal: np.ndarray, draws: Draws = DRAWS, items: np.ndarray = ITEMS, **fields: float) -> np.ndarray:
    """How often each column is picked, and last how often nothing."""
    wide = np.broadcast_to(appeal, (N, len(appeal)))
    keys = np.broadcast_to(items[: len(appeal)], wide.shape)
    picks = logit(**fields).pick(make_offer(wide, USERS, keys), draws)
    assert picks.shape == (N, 1)
    return np.bincount(np.where(picks[:, 0] < 0, len(appeal), picks[:, 0]), minlength=len(appeal) + 1)


def softmax(appeal: np.ndarray, temperature: float = 1.0, outside: float = 0.0) -> np.ndarray:
    weights = np.exp(np.append(appeal, outside) / temperature)
    return weights / weights.sum()


@pytest.mark.parametrize("temperature", [0.4, 1.0, 3.0])
@pytest.mark.parametrize("outside", [-2.0, 0.0, 1.5])
def test_choices_are_as_frequent_as_the_softmax_says(temperature, outside):
    """loops:O16; χ² over the five items and nothing."""
    expected = N * softmax(APPEAL, temperature, outside)
    found = counts(APPEAL, temperature=temperature, outside=outside)
    assert stats.chisquare(found, expected).pvalue > 1e-4


def test_taking_an_item_away_does_not_change_the_odds_of_two_others():
    """Independence of irrelevant alternatives: a/(a + c) stays; s.e. √(p(1 − p)/n); 4 s.e."""
    share = softmax(APPEAL)[0] / (softmax(APPEAL)[0] + softmax(APPEAL)[2])
    for appeal in (APPEAL, np.where(np.arange(5) == 4, -np.inf, APPEAL), np.where(np.arange(5) == 4, 3.0, APPEAL)):
        found = counts(appeal)
        n = found[0] + found[2]
        assert abs(found[0] / n - share) < 4 * np.sqrt(share * (1 - share) / n)


def test_whoever_did_not_pick_the_item_taken_away_picks_as_before():
    """Shocks belong to the pair of user and item, so the others' choices do not move at all."""
    wide, keys = np.broadcast_to(APPEAL, (N, 5)), np.broadcast_to(ITEMS, (N, 5))
    before = logit().pick(make_offer(wide, USERS, keys), DRAWS)[:, 0]
    after = logit().pick(make_offer(wide[:, :4], USERS, keys[:, :4]), DRAWS)[:, 0]
    assert (after[before != 4] == before[before != 4]).all()
    assert (before == 4).any()


def test_a_shock_follows_the_item_wherever_it_stands():
    wide, keys = np.broadcast_to(APPEAL, (N, 5)), np.broadcast_to(ITEMS, (N, 5))
    order = np.array([3, 1, 4, 0, 2])
    one = logit().pick(make_offer(wide, USERS, keys), DRAWS)[:, 0]
    other = logit().pick(make_offer(wide[:, order], USERS, keys[:, order]), DRAWS)[:, 0]
    assert (np.where(other < 0, -1, order[other]) == one).all()


def test_at_temperature_0_the_most_appealing_item_is_picked():
    assert counts(APPEAL, temperature=0.0).tolist() == [0, 0, N, 0, 0, 0]
    assert counts(APPEAL, temperature=0.0, outside=1.3).tolist() == [0, 0, 0, 0, 0, N]


def test_cold_choices_approach_the_argmax_and_hot_ones_a_coin_toss():
    """τ = 0.02: the second best is 0.5 below, so it wins with probability e^(−25); τ = 10⁶: χ² against 1/6 each."""
    assert counts(APPEAL, temperature=0.02)[2] == N
    assert stats.chisquare(counts(APPEAL, temperature=1e6)).pvalue > 1e-4


def test_a_pick_is_the_argmax_of_appeal_plus_gumbel_noise():
    """Yellott (1977): the slow twin, row by row, from the noise that `trace` shows."""
    appeal = DRAWS.of("appeal").normal(USERS[:300], ITEMS)
    keys, model = np.broadcast_to(ITEMS, (300, 5)), logit(temperature=0.7, outside=0.5)
    noise, nothing = model.chance(make_offer(appeal, USERS[:300], keys), DRAWS)
    picks = model.pick(make_offer(appeal, USERS[:300], keys), DRAWS)[:, 0]
    for row in range(300):
        pull = [appeal[row, col] + noise[row, col] for col in range(5)]
        best = max(range(5), key=pull.__getitem__)
        assert picks[row] == (best if pull[best] > nothing[row] else -1)
    assert stats.kstest(noise.ravel() / 0.7, "gumbel_r").pvalue > 1e-4
    assert stats.kstest((nothing - 0.5) / 0.7, "gumbel_r").pvalue > 1e-4


def test_padding_and_empty_slates_are_never_picked():
    assert counts(np.full(5, -np.inf)).tolist() == [0, 0, 0, 0, 0, N]
    assert counts(np.where(np.arange(5) == 1, -np.inf, APPEAL))[1] == 0
    empty = logit().pick(make_offer(np.zeros((3, 0)), USERS[:3]), DRAWS)
    assert empty.tolist() == [[-1], [-1], [-1]]


def test_a_higher_outside_means_fewer_clicks_and_takes_none_from_one_item_to_another():
    wide, keys = np.broadcast_to(APPEAL, (N, 5)), np.broadcast_to(ITEMS, (N, 5))
    picks = [logit(outside=v).pick(make_offer(wide, USERS, keys), DRAWS)[:, 0] for v in (-1.0, 0.0, 1.0)]
    for lower, higher in zip(picks, picks[1:], strict=False):
        assert (higher >= 0).sum() < (lower >= 0).sum()
        assert ((higher == lower) | (higher == -1)).all()


# -- proportional ------------------------------------------------------------------------------------------------------


def share(model: ChoiceModel, appeal: np.ndarray = APPEAL) -> np.ndarray:
    """How often each column is picked, and last how often nothing."""
    wide, keys = np.broadcast_to(appeal, (N, len(appeal))), np.broadcast_to(ITEMS, (N, 5))
    picks = model.pick(make_offer(wide, USERS, keys), DRAWS)[:, 0]
    return np.bincount(np.where(picks < 0, 5, picks), minlength=6)


def weights(model: ChoiceModel, appeal: np.ndarray = APPEAL) -> np.ndarray:
    """Of each item, and last of nothing."""
    if isinstance(model, Proportional):
        return np.append(np.maximum(appeal, 0.0) + model.floor, model.outside)
    assert isinstance(model, MultinomialLogit)
    return np.exp(np.append(appeal, model.outside) / model.temperature)


@pytest.mark.parametrize("floor", [0.0, 0.2, 5.0])
@pytest.mark.parametrize("outside", [0.0, 1.5])
def test_choices_are_proportional_to_appeal(floor, outside):
    """loops:O16; χ² over what has a weight; what has none is never picked."""
    model = Proportional(floor=floor, outside=outside)
    expected = N * weights(model) / weights(model).sum()
    found = share(model)
    assert (found[expected == 0] == 0).all()
    assert stats.chisquare(found[expected > 0], expected[expected > 0]).pvalue > 1e-4


def test_taking_an_item_away_does_not_change_the_odds_of_two_others_in_proportion_either():
    """Independence of irrelevant alternatives: 0.3 to 1.2; s.e. √(p(1 − p)/n); 4 s.e."""
    model, last = Proportional(floor=0.0, outside=0.5), np.arange(5) == 4
    for appeal in (APPEAL, np.where(last, -np.inf, APPEAL), np.where(last, 3.0, APPEAL)):
        found = share(model, appeal)
        n = found[0] + found[2]
        assert abs(found[0] / n - 0.2) < 4 * np.sqrt(0.2 * 0.8 / n)


def test_a_high_floor_is_a_coin_toss():
    assert stats.chisquare(share(Proportional(floor=1e6, outside=1e6))).pvalue > 1e-4


# -- both limits of the temperature ------------------------------------------------------------------------------------


def test_the_best_is_what_a_cold_logit_picks():
    appeal = DRAWS.of("appeal").normal(USERS[:5000], ITEMS)
    offer = make_offer(appeal, USERS[:5000], np.broadcast_to(ITEMS, appeal.shape))
    best = Best(outside=0.8).pick(offer, DRAWS)[:, 0]
    assert np.array_equal(best, np.where(appeal.max(axis=1) > 0.8, appeal.argmax(axis=1), -1))
    for temperature, agreement in ((0.0, 1.0), (1e-4, 0.995), (1.0, 0.0)):
        same = (logit(temperature=temperature, outside=0.8).pick(offer, DRAWS)[:, 0] == best).mean()
        assert same >= agreement
    assert same < 0.8, "and a warm one does not"


def test_between_equals_the_best_is_a_draw():
    """Four equal items and a worse one: each wins a quarter of the time, χ²; the draw belongs to user and item."""
    appeal = np.array([2.0, 2.0, 1.0, 2.0, 2.0])
    found = share(Best(outside=0.0), appeal)
    assert found[2] == found[5] == 0
    assert stats.chisquare(found[[0, 1, 3, 4]]).pvalue > 1e-4


# -- several picks -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "model", [MultinomialLogit(outside=0.3, picks=2), Proportional(floor=0.3, outside=0.8, picks=2)]
)
def test_several_picks_follow_each_other_without_replacement(model):
    """loops:O16. P(i, then j) = w_i/W · w_j/(W − w_i), with nothing as a last pick; χ² over all pairs."""
    weight = weights(model)
    total = weight.sum()
    keys = np.broadcast_to(ITEMS, (N, 5))
    picks = model.pick(make_offer(np.broadcast_to(APPEAL, (N, 5)), USERS, keys), DRAWS)
    assert picks.shape == (N, 2)
    found, expected = [], []
    for first in (*range(5), -1):
        for second in (*range(5), -1):
            if first == second >= 0 or (first < 0 and second >= 0):
                assert not ((picks[:, 0] == first) & (picks[:, 1] == second)).any()
                continue
            p = weight[first] / total * (1.0 if first < 0 else weight[second] / (total - weight[first]))
            found.append(((picks[:, 0] == first) & (picks[:, 1] == second)).sum())
            expected.append(N * p)
    assert sum(found) == N
    assert stats.chisquare(found, expected).pvalue > 1e-4
