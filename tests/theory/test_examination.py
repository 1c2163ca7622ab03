"""What is looked at: examination by rank, the cascade, acceptance by rank."""

from __future__ import annotations

import numpy as np
import pytest

from recsim.base.draws import Draws
from recsim.world.choice.cascade import Cascade
from recsim.world.choice.examine_then_like import ExamineThenLike
from recsim.world.choice.rank_acceptance import RankAcceptance
from tests.helpers import make_offer, run_all, tiny

N, K = 40_000, 10
RANKS = np.arange(1, K + 1)
DRAWS = Draws(6).of("choice", 1)


def by_rank(picks: np.ndarray) -> np.ndarray:
    """(k,) share of the users who clicked at each rank."""
    return np.bincount(picks[picks >= 0], minlength=K) / N


def offered(appeal: np.ndarray) -> np.ndarray:
    return np.broadcast_to(appeal, (N, K))


# -- examine, then like ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("steepness", [0.5, 1.0, 2.0])
def test_a_liked_item_is_clicked_as_often_as_its_rank_is_examined(steepness):
    """loops:O17: P(click at k) = liked · log₂(k + 1)^(−steepness), at 1 that of Zhu et al.; 3 s.e., exactly 0 else."""
    liked = np.array([1, 1, 0, 1, 1, 1, 0, 1, 1, 1], bool)
    model = ExamineThenLike(outside=0.5, steepness=steepness)
    found = by_rank(model.pick(make_offer(offered(np.where(liked, 0.6, 0.4))), DRAWS))
    expected = liked / np.log2(RANKS + 1) ** steepness
    assert (np.abs(found - expected) <= 3 * np.sqrt(expected * (1 - expected) / N)).all()
    assert found[0] == 1.0 and (found[~liked] == 0).all()


def test_examinations_at_different_ranks_are_independent():
    """Covariances of 10 ranks over 40 000 users: s.e. at most 1/(4√n); 4 s.e."""
    picks = ExamineThenLike(outside=0.0).pick(make_offer(offered(np.ones(K))), DRAWS)
    clicked = np.zeros((N, K))
    row, col = np.nonzero(picks >= 0)
    clicked[row, picks[row, col]] = 1
    apart = np.cov(clicked.T)[~np.eye(K, dtype=bool)]
    assert np.abs(apart).max() < 4 / (4 * np.sqrt(N))


def test_weighing_clicks_by_inverse_propensities_counts_what_is_liked():
    """loops:O17: Σ over clicks of log₂(k + 1) is an unbiased estimate of the liked items shown; 3 s.e.

    In the loop, from the log alone, which knows the ranks; variance Σ over liked items shown of log₂(k + 1) − 1.
    """
    spec = tiny(
        {"system.recommender": "uniform", "system.slate_size": K, "system.repeats": True, "ticks": 8},
        users={"count": 500, "choice": {"kind": "examine_then_like", "outside": 2.0}},
        items={"count": 200},
        system={"keep_exposures": 8, "holdout": 0.0},
    )
    sim = run_all(spec)
    model, log = sim.world.people.choice, sim.service.log
    liked = [sim.world.utility(slate.users, slate.items) > 2.0 for slate in log.exposures.values()]
    truth = np.sum(liked)
    weight = 1 / model.examination(RANKS)
    spread = np.sqrt(sum(((weight - 1) * one).sum() for one in liked))
    estimate = (1 / model.examination(log.clicks.rank)).sum()
    assert abs(estimate - truth) < 3 * spread
    assert len(log) < truth - 10 * spread, "clicks alone count far too few"


# -- the cascade -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("patience", [0.0, 0.6, 1.0])
def test_a_cascade_clicks_the_first_that_is_liked(patience):
    """P(click at k) = l_k Π_{j<k} (1 − l_j) · patience^(k−1), with l = 1/(1 + e^(−(appeal − outside)/τ)); 4 s.e."""
    appeal = np.linspace(-1.5, 1.0, K)
    model = Cascade(temperature=0.7, outside=0.5, patience=patience)
    picks = model.pick(make_offer(offered(appeal)), DRAWS)
    liking = 1 / (1 + np.exp(-(appeal - 0.5) / 0.7))
    expected = liking * np.cumprod(np.append(1, (1 - liking[:-1]) * patience))
    found = by_rank(picks)
    assert (np.abs(found - expected) <= 4 * np.sqrt(expected * (1 - expected) / N)).all()
    assert abs(found.sum() - expected.sum()) < 4 * np.sqrt(expected.sum() * (1 - expected.sum()) / N)


def test_reading_on_after_a_click_is_the_dependent_click_model():
    """With all picks free: P(click at k) = l_k · patience^(k−1); 4 s.e."""
    appeal = np.linspace(-1.5, 1.0, K)
    picks = Cascade(temperature=0.7, outside=0.5, patience=0.8, picks=None).pick(make_offer(offered(appeal)), DRAWS)
    expected = 0.8 ** (RANKS - 1) / (1 + np.exp(-(appeal - 0.5) / 0.7))
    assert (np.abs(by_rank(picks) - expected) < 4 * np.sqrt(expected * (1 - expected) / N)).all()


def test_liking_is_certain_when_cold_and_a_coin_toss_when_hot():
    """τ → 0: the first above `outside`; τ → ∞: each is liked half of the time, 4 s.e."""
    appeal = np.array([0.0, 0.4, 0.6, 2.0, *np.zeros(6)])
    cold = Cascade(temperature=0.0, outside=0.5, patience=1.0).pick(make_offer(offered(appeal)), DRAWS)
    assert (cold == 2).all()
    hot = by_rank(Cascade(temperature=1e9, outside=0.5, patience=1.0).pick(make_offer(offered(appeal)), DRAWS))
    expected = 0.5**RANKS
    assert (np.abs(hot - expected) < 4 * np.sqrt(expected * (1 - expected) / N)).all()


# -- acceptance by rank ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("alpha", [0.0, 0.1, 0.5])
def test_acceptance_falls_exponentially_with_the_rank_whatever_stands_there(alpha):
    """P(accepted at k) = e^(−alpha·k), for items of any appeal; 4 s.e."""
    model = RankAcceptance(alpha=alpha)
    found = by_rank(model.pick(make_offer(offered(np.linspace(-50, 50, K))), DRAWS))
    expected = np.exp(-alpha * RANKS)
    assert (np.abs(found - expected) <= 4 * np.sqrt(expected * (1 - expected) / N)).all()


def test_a_list_of_ten_leads_to_six_acceptances():
    """loops:O18 (Mansoury et al. 2020): Σ_{k=1}^{10} e^(−0.1k) = 6.0104 a list; 3 s.e."""
    p = np.exp(-0.1 * RANKS)
    assert p.sum() == pytest.approx(6.0104, abs=5e-5)
    picks = RankAcceptance(alpha=0.1).pick(make_offer(offered(np.zeros(K))), DRAWS)
    assert abs((picks >= 0).sum() / N - 6.0104) < 3 * np.sqrt((p * (1 - p)).sum() / N)


def test_six_acceptances_come_out_of_the_loop_too():
    """loops:O18: 300 users × 6 ticks, lists of ten that the recommender never runs out of; 3 s.e."""
    spec = tiny(
        {"system.recommender": "popularity", "system.slate_size": K, "system.repeats": True},
        users={"count": 300, "choice": "rank_acceptance"},
        items={"count": 100},
    )
    sim = run_all(spec)
    p, lists = np.exp(-0.1 * RANKS), 300 * 6
    assert abs(len(sim.service.log) / lists - p.sum()) < 3 * np.sqrt((p * (1 - p)).sum() / lists)
