"""A model of genres that learns from its own samples is a Wright-Fisher process (Seddik et al. 2024); and curation."""

from __future__ import annotations

import numpy as np
import pytest

from recsim.base.draws import Draws
from recsim.base.flow import Works
from recsim.system.generators import anonymous
from recsim.system.generators.categorical import Categorical, Genres
from recsim.world.choice import Offer
from recsim.world.choice.multinomial_logit import MultinomialLogit
from tests.theory.loops import fitted, near

CHAINS = 1500


def of_genres(genre: np.ndarray) -> Works:
    """Items of these genres, all at one place."""
    nothing = np.zeros(len(genre))
    return anonymous(nothing[:, None], nothing, nothing, np.asarray(genre, np.int32))


def start(shares: np.ndarray, generator: Categorical) -> Genres:
    """A model that knows exactly these shares."""
    return fitted(generator, of_genres(np.arange(len(shares))), shares)


def shares_after(
    first: np.ndarray, m: int, generations: int, generator: Categorical, seed: int, chains: int = CHAINS
) -> np.ndarray:
    """(chains, generations, genres) shares of what was fitted on m of its own samples."""
    found = np.zeros((chains, generations, len(first)))
    for number in range(chains):
        policy, draws = start(first, generator), Draws(seed).of("chain", number)
        for generation in range(generations):
            made = generator.sample(policy, m, draws.of(generation))
            policy = fitted(generator, made, previous=policy)
            found[number, generation] = policy.shares
    return found


def test_diversity_is_lost_and_no_genre_is_preferred() -> None:
    """O20: 1 − E Σp² = (1 − 1/M)^n (1 − Σp₀²) and E p_i = p_i(0)."""
    first, m = np.array([0.5, 0.25, 0.15, 0.1]), 20
    found = shares_after(first, m, 8, Categorical(), 1)
    for n in (1, 4, 8):
        assert near(1 - (found[:, n - 1] ** 2).sum(axis=1), (1 - 1 / m) ** n * (1 - (first**2).sum())), n
    for genre in range(4):
        assert near(found[:, -1, genre], first[genre]), genre


def test_a_fixed_share_from_elsewhere_keeps_genres() -> None:
    """O21: F* = [1/M + (1 − 1/M)(1 − (1 − α)²)Σq²]/[1 − (1 − 1/M)(1 − α)²], q uniform as smoothing has it."""
    first, m, alpha = np.full(5, 0.2), 10, 0.2
    found = shares_after(first, m, 25, Categorical(smoothing=alpha), 2, 400)[:, -1]
    kept = (1 - alpha) ** 2
    expected = (1 / m + (1 - 1 / m) * (1 - kept) * 0.2) / (1 - (1 - 1 / m) * kept)
    assert near((found**2).sum(axis=1), expected)
    assert not near((found**2).sum(axis=1), 1 / m + (1 - 1 / m) * 0.2), "that is one generation"


def test_how_many_genres_survive_a_generation() -> None:
    """O22: E richness = Σ 1 − (1 − p_i)^M, and what is gone does not come back by itself."""
    first = 1 / np.arange(1, 31)
    first /= first.sum()
    found = shares_after(first, 25, 2, Categorical(), 3)
    assert near((found[:, 0] > 0).sum(axis=1), (1 - (1 - first) ** 25).sum())
    assert (found[:, 1][found[:, 0] == 0] == 0).all()


def test_curation_tilts_shares_by_what_pleases() -> None:
    """O12: kept in proportion to e^r, p_n ∝ p_0 e^{n r} exactly (Ferbach et al., NeurIPS 2024, endless samples)."""
    first, r = np.array([0.4, 0.3, 0.2, 0.1]), np.array([0.0, 0.3, 0.5, 1.0])
    generator = Categorical()
    policy = start(first, generator)
    for n in range(1, 9):
        policy = fitted(generator, of_genres(np.arange(4)), policy.shares * np.exp(r), policy)
        expected = first * np.exp(n * r)
        assert policy.shares == pytest.approx(expected / expected.sum(), rel=1e-12)


def test_reference_data_stop_the_tilt() -> None:
    """O14: p* = (1 − w) q/(1 − w e^r/Z) with Σp* = 1, and KL(q‖p*) ≤ −ln(1 − w)."""
    q, r, w = np.array([0.4, 0.3, 0.2, 0.1]), np.array([0.0, 0.3, 0.5, 1.0]), 0.6
    generator = Categorical()
    policy = start(q, generator)
    for _ in range(2000):
        curated = policy.shares * np.exp(r)
        both = np.concatenate([(1 - w) * q, w * curated / curated.sum()])
        policy = fitted(generator, of_genres(np.tile(np.arange(4), 2)), both, policy)
    p = policy.shares
    z = (p * np.exp(r)).sum()
    assert p == pytest.approx((1 - w) * q / (1 - w * np.exp(r) / z), rel=1e-9)
    assert 0 < (q * np.log(q / p)).sum() <= -np.log(1 - w)
    assert p @ r > q @ r, "and yet people are pleased better"


def test_what_people_choose_never_becomes_less_likely() -> None:
    """E_u log E_p[e^U] never falls when a model is refitted to what logit users choose: expectation maximisation.

    Any utilities: 50 users, 30 items, 200 generations; it stops rising only when the model stands still.
    """
    utility = 3.0 * Draws(11).normal(np.arange(50), np.arange(30))
    generator = Categorical()
    policy = start(np.full(30, 1 / 30), generator)
    likelihood = []
    for _ in range(200):
        pull = policy.shares * np.exp(utility)  # (u, i)
        likelihood.append(np.log(pull.sum(axis=1)).mean())
        clicks = (pull / pull.sum(axis=1, keepdims=True)).sum(axis=0)
        policy = fitted(generator, of_genres(np.arange(30)), clicks, policy)
    assert (np.diff(likelihood) > -1e-12).all()
    assert (np.diff(likelihood)[:20] > 0).all()


def test_real_choices_tilt_shares_as_expected_ones_do() -> None:
    """O12 with choices that are drawn by the logit from a pool of what the model made, two generations.

    600 items, 40 000 users who gain r from an item of a genre; 4 s.e. of a multinomial share, of users and of the pool.
    """
    r, n_items, n_users = np.array([0.0, 0.3, 0.5, 1.0]), 600, 40_000
    generator, draws = Categorical(), Draws(23)
    policy = start(np.array([0.4, 0.3, 0.2, 0.1]), generator)
    for generation in range(2):
        made = generator.sample(policy, n_items, draws.of("made", generation))
        pool = np.bincount(made.genre, minlength=4) / n_items
        clicks = np.zeros(n_items)
        for lo in range(0, n_users, 4000):
            users = np.arange(lo, lo + 4000, dtype=np.uint64)
            appeal = np.broadcast_to(r[made.genre], (len(users), n_items))
            keys = np.broadcast_to(np.arange(n_items, dtype=np.uint64), appeal.shape)
            offer = Offer(appeal, np.zeros(appeal.shape, np.int32), users, keys, np.zeros(appeal.shape))
            picks = MultinomialLogit(outside=-1e6).pick(offer, draws.of("choice", generation))[:, 0]
            clicks += np.bincount(picks, minlength=n_items)
        before, policy = policy.shares, fitted(generator, made, clicks, policy)
        expected = before * np.exp(r) / (before @ np.exp(r))
        error = np.sqrt(expected * (1 - expected) * (1 / n_users + np.exp(1.0) / n_items))
        assert (np.abs(policy.shares - expected) < 4 * error).all()
        assert (np.abs(policy.shares - pool * np.exp(r) / (pool @ np.exp(r))) < 4 * np.sqrt(0.25 / n_users)).all()
