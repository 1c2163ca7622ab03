"""The multinomial logit (McFadden 1974): P(i) = exp(V_i/τ) / (exp(V_0/τ) + Σ exp(V_j/τ))."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from recsim.base.draws import Draws
from recsim.world.choice.multinomial_logit import MultinomialLogit
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
