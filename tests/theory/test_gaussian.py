"""The Gaussian generator, and the collapse of a model that learns from itself (Shumailov et al., Nature 2024)."""

from __future__ import annotations

import numpy as np
import pytest

from recsim.base.draws import Draws
from recsim.base.flow import Works
from recsim.system.generators import anonymous
from recsim.system.generators.gaussian import Gaussian, Moments
from tests.helpers import make_training

DRAWS = Draws(12)


def content(n: int, d: int, name: str = "content") -> Works:
    turn = DRAWS.of(name, "turn").normal(np.arange(d), np.arange(d))
    topics = DRAWS.of(name).normal(np.arange(n), np.arange(d)) @ turn + 1.5
    return anonymous(topics, DRAWS.of(name, "q").normal(np.arange(n)))


def fit(works: Works, weights: np.ndarray | None = None, previous: Moments | None = None) -> Moments:
    rows = np.arange(len(works.quality))
    return Gaussian().fit(make_training(rows * 0, rows, weights), works, previous, DRAWS)


def test_a_fit_has_the_moments_of_what_it_learned_from():
    """ddof = 0: `np.cov` divides by n − 1 unless told, which would hide the collapse."""
    works = content(50, 4)
    found = fit(works)
    assert found.mean == pytest.approx(works.topics.mean(axis=0))
    assert found.root @ found.root.T == pytest.approx(np.cov(works.topics.T, ddof=0))
    assert found.traits[0] == pytest.approx([works.quality.mean(), works.quality.std(ddof=0)])


def test_a_click_of_weight_two_counts_like_two_clicks():
    works = content(6, 3)
    weights = np.array([1.0, 2, 1, 3, 1, 1])
    rows = np.repeat(np.arange(6), weights.astype(int))
    one, other = fit(works, weights), fit(anonymous(works.topics[rows], works.quality[rows]))
    assert one.mean == pytest.approx(other.mean)
    assert one.root @ one.root.T == pytest.approx(other.root @ other.root.T)
    assert one.traits == pytest.approx(other.traits)


def test_without_clicks_it_knows_what_it_knew():
    nothing = anonymous(np.zeros((0, 3)), np.zeros(0))
    before = fit(content(5, 3))
    assert fit(nothing) is None
    assert fit(nothing, previous=before) is before


@pytest.mark.parametrize("temperature", [0.0, 0.25, 1.0])
def test_samples_have_the_moments_of_the_policy(temperature):
    """n = 10⁵. s.e. of a mean σ/√n, of a covariance √((σ_ii σ_jj + σ_ij²)/n); 4 s.e."""
    n, policy = 100_000, fit(content(40, 3))
    works = Gaussian(temperature=temperature, quality_loss=0.7).sample(policy, n, DRAWS.of("sample"))
    expected = temperature * policy.root @ policy.root.T
    power = np.diag(expected)
    assert (np.abs(works.topics.mean(axis=0) - policy.mean) <= 4 * np.sqrt(power / n) + 1e-9).all()
    spread = np.sqrt((np.outer(power, power) + expected**2) / n)
    assert (np.abs(np.cov(works.topics.T, ddof=0) - expected) <= 4 * spread + 1e-9).all()
    assert abs(works.quality.mean() - (policy.traits[0, 0] - 0.7)) < 4 * policy.traits[0, 1] / np.sqrt(n)
    assert abs(works.quality.std() / policy.traits[0, 1] - 1) < 4 / np.sqrt(2 * n)


def test_the_same_item_is_made_however_many_are_made():
    policy = fit(content(40, 3))
    few, many = (Gaussian().sample(policy, n, DRAWS.of("some")) for n in (3, 30))
    assert np.array_equal(few.topics, many.topics[:3]) or np.abs(few.topics - many.topics[:3]).max() < 1e-14
    assert np.array_equal(few.quality, many.quality[:3])


def test_variance_shrinks_by_one_minus_one_over_n_each_generation():
    """E[σ²_{g+1}] = (1 − 1/n) E[σ²_g] when a model is refitted on n of its own samples: 5 generations of n = 8.

    300 chains of 10 dimensions each; 4 s.e. of the mean over chains.
    """
    n, chains, generations, d = 8, 300, 5, 10
    variance = np.zeros((generations + 1, chains))
    for chain in range(chains):
        policy = Moments(np.zeros(d), np.eye(d), np.array([[0.0, 1.0], [0.0, 0.0]]))
        variance[0, chain] = 1.0
        for generation in range(1, generations + 1):
            policy = fit(Gaussian().sample(policy, n, DRAWS.of("chain", chain, generation)))
            variance[generation, chain] = np.einsum("de,de->", policy.root, policy.root) / d
    for generation in range(1, generations + 1):
        found, expected = variance[generation], (1 - 1 / n) ** generation
        assert abs(found.mean() - expected) < 4 * found.std(ddof=1) / np.sqrt(chains)
        assert expected / found.mean() < 1 / (1 - 1 / n), "so an unbiased fit, which does not shrink, would be noticed"


def test_a_lower_temperature_makes_items_more_alike():
    policy = fit(content(40, 3))
    spreads = [Gaussian(temperature=t).sample(policy, 500, DRAWS).topics.var() for t in (0.0, 0.5, 1.0, 2.0)]
    assert spreads == sorted(spreads)
    assert spreads[0] == pytest.approx(policy.mean.var())
