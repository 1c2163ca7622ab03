"""People choose, and a Gaussian learns from what they chose: where that ends hangs on how much they differ.

Likings are the simulator's own affinities, the model is the generator `gaussian`. Of a whole crowd the expected choices
are used, a softmax: that the choice model makes them is shown by drawn ones, here and in test_genres, and
test_population has the whole loop. Refitting a model to what logit users choose is expectation maximisation for the
distribution of tastes.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from recsim.base.draws import Draws
from recsim.base.flow import Works
from recsim.system.generators.gaussian import Gaussian, Moments
from recsim.world.affinity import Affinity
from recsim.world.affinity.ideal_point import IdealPoint
from recsim.world.affinity.inner_product import InnerProduct
from recsim.world.choice import Offer
from recsim.world.choice.multinomial_logit import MultinomialLogit
from tests.theory.loops import fitted, points, variance


def chosen(affinity: Affinity, tastes: np.ndarray, works: Works, draws: Draws) -> np.ndarray:
    """(j,) how often each item is chosen from all of them, by users with these tastes (n, d)."""
    clicks, keys = np.zeros(len(works.quality)), np.arange(len(works.quality), dtype=np.uint64)
    for lo in range(0, len(tastes), 500):
        block = np.arange(lo, min(lo + 500, len(tastes)), dtype=np.uint64)
        appeal = affinity.table(tastes[block.astype(int)], works.topics)
        rank = np.zeros(appeal.shape, np.int32)
        offer = Offer(appeal, rank, block, np.broadcast_to(keys, appeal.shape))
        picks = MultinomialLogit(outside=-1e6).pick(offer, draws)[:, 0]
        clicks += np.bincount(picks, minlength=len(clicks))
    return clicks


def grid(policy: Moments, n: int = 4001, reach: float = 9.0) -> tuple[Works, np.ndarray]:
    """Items along a line and how likely the model makes each: as good as infinitely many samples."""
    mean, spread = policy.mean[0], np.sqrt(variance(Gaussian(), policy))
    z = np.linspace(-reach, reach, n)
    return points(mean + spread * z), np.exp(-0.5 * z**2)


def test_one_judge_adds_precision_every_generation() -> None:
    """O13: kept by e^{−(x − c)²/2τ²} for one ideal c the precision rises by 1/τ² each time: S_n = 1/(1/S_0 + n/τ²)."""
    tau, policy = 0.7, fitted(Gaussian(), points(np.array([-1.0, 1.0])))
    judge = IdealPoint(tolerance=tau)
    for n in range(1, 11):
        works, likely = grid(policy)
        liking = judge.table(np.array([[2.0]]), works.topics)[0]
        policy = fitted(Gaussian(), works, likely * np.exp(liking - liking.max()))
        assert variance(Gaussian(), policy) == pytest.approx(1 / (1 + n / tau**2), rel=1e-6)
    assert policy.mean[0] == pytest.approx(2.0 - 2.0 / (1 + 10 / tau**2), rel=1e-6)


def crowd(policy: Moments, affinity: Affinity, users: np.ndarray) -> Moments:
    """The model refitted to the expected choices of users (u,) from everything it could make."""
    works, likely = grid(policy)
    liking = affinity.table(users[:, None], works.topics)
    pull = likely * np.exp(liking - liking.max(axis=1, keepdims=True))
    return fitted(Gaussian(), works, (pull / pull.sum(axis=1, keepdims=True)).sum(axis=0))


def normal_users(spread: float) -> np.ndarray:
    """400 users at the quantiles of a normal distribution, scaled to its exact variance."""
    quantiles = norm.ppf((np.arange(400) + 0.5) / 400)
    return spread * quantiles / quantiles.std()


@pytest.mark.parametrize(("tau2", "expected"), [(0.25, 0.75), (0.5, 0.5), (1.5, 0.0)])
def test_people_who_differ_keep_what_is_made_diverse(tau2: float, expected: float) -> None:
    """O15: S' = Sτ²/(S + τ²) + (S/(S + τ²))²σ², with σ² = 1, settles at max(0, σ² − τ²).

    Expected choices of the whole crowd, 2 % for its finite size. Where nothing remains S falls slowly, like τ⁴/((τ² −
    σ²) n).
    """
    policy, users, s = fitted(Gaussian(), points(np.array([-1.0, 1.0]))), normal_users(1.0), 1.0
    for _ in range(120):
        policy = crowd(policy, IdealPoint(tolerance=float(np.sqrt(tau2))), users)
        s = s * tau2 / (s + tau2) + (s / (s + tau2)) ** 2
        assert variance(Gaussian(), policy) == pytest.approx(s, rel=0.02)
    late = tau2**2 / (tau2 - 1.0) / 120 if expected == 0 else 0.0
    assert variance(Gaussian(), policy) == pytest.approx(expected, abs=0.015 + late)
    assert policy.mean[0] == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(
    ("alpha", "sigma2", "tau2", "human", "expected"), [(0.1, 0.5, 1.0, 1.5, 0.500), (0.3, 1.0, 0.5, 1.5, 0.992)]
)
def test_an_anchor_lifts_the_floor(alpha: float, sigma2: float, tau2: float, human: float, expected: float) -> None:
    """O18: S(S + τ²)² = αΣ(S + τ²)² + (1 − α)[Sτ²(S + τ²) + S²σ²]."""
    policy, users = fitted(Gaussian(), points(np.array([-1.0, 1.0]))), normal_users(np.sqrt(sigma2))
    affinity = IdealPoint(tolerance=float(np.sqrt(tau2)))
    for _ in range(200):
        curated = crowd(policy, affinity, users)
        spread = np.sqrt(variance(Gaussian(), curated))
        four = points(np.array([-1, 1, 0, 0]) * np.sqrt(human) + np.array([0, 0, -1, 1]) * spread)
        policy = fitted(Gaussian(), four, np.array([alpha, alpha, 1 - alpha, 1 - alpha]))
    s = variance(Gaussian(), policy)
    left, right = s * (s + tau2) ** 2, (1 - alpha) * (s * tau2 * (s + tau2) + s**2 * sigma2)
    assert left == pytest.approx(alpha * human * (s + tau2) ** 2 + right, rel=0.01)
    assert s == pytest.approx(expected, abs=0.006)


def test_real_choices_agree_with_expected_ones() -> None:
    """O15 with choices that are drawn: one generation, 6000 users, 3000 items; s.e. of a variance √(2/n), 4 s.e."""
    draws, s, tau2 = Draws(21), 1.0, 0.5
    users = draws.of("users").normal(np.arange(6000), np.arange(1))
    works = points(draws.of("items").normal(np.arange(3000), np.arange(1)))
    policy = fitted(Gaussian(), works, chosen(IdealPoint(tolerance=np.sqrt(tau2)), users, works, draws))
    expected = s * tau2 / (s + tau2) + (s / (s + tau2)) ** 2
    n = 2000  # users and items both scatter: clicks weigh some items often
    assert abs(variance(Gaussian(), policy) - expected) < 4 * expected * np.sqrt(2 / n)
    assert abs(variance(Gaussian(), policy) - s) > 4 * expected * np.sqrt(2 / n), "they do choose"


def test_a_liking_without_a_peak_spreads_items_out() -> None:
    """O19: utility u · v with E u = 0 gives S' = S + SΣS, no collapse."""
    policy, users = fitted(Gaussian(), points(np.array([-1.0, 1.0]) * np.sqrt(0.7))), normal_users(np.sqrt(0.3))
    after = crowd(policy, InnerProduct(), users)
    assert variance(Gaussian(), after) == pytest.approx(0.7 + 0.7 * 0.3 * 0.7, rel=1e-3)


def test_an_average_user_prefers_what_lies_close_together() -> None:
    """O24: without any bias machines are ahead by Δ = (tr Σ_H − tr S)/2τ² nats in the mean; 4 s.e. of 20 000 items."""
    n, tau2, draws = 20_000, 0.5, Draws(22)
    human, machine = Gaussian(), Gaussian(temperature=0.3)
    corners = np.sqrt(3) * np.concatenate([np.eye(3), -np.eye(3)])
    policy = fitted(human, points(corners))
    lots = [one.sample(policy, n, draws.of(name)).topics for one, name in ((human, "human"), (machine, "machine"))]
    likings = [IdealPoint(tolerance=float(np.sqrt(tau2))).table(np.zeros((1, 3)), topics)[0] for topics in lots]
    gap = likings[1].mean() - likings[0].mean()
    error = np.sqrt((likings[0].var() + likings[1].var()) / n)
    assert abs(gap - (3.0 - 0.9) / (2 * tau2)) < 4 * error
