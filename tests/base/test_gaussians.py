"""Gaussians and their mixtures against scipy, numpy and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import multivariate_normal

from recsim.base.draws import Draws
from recsim.base.kernels.gaussians import (
    JITTER,
    kernel_log_density,
    log_density,
    log_sum,
    mixture_log_density,
    mixture_moments,
    root,
    symmetric_root,
    weighted_moments,
)

DRAWS = Draws(8)
POINTS = DRAWS.normal(np.arange(60), np.arange(3)) @ [[1.0, 0.5, 0.0], [0.0, 2.0, 0.0], [0.3, 0.0, 0.1]] + 2.0
WEIGHTS = DRAWS.of("weight").uniform(np.arange(60))
SHARES, CENTRES = np.array([0.2, 0.5, 0.3]), DRAWS.of("centre").normal(np.arange(3), np.arange(3))
SPREADS = np.stack(
    [one @ one.T + 0.1 * np.eye(3) for one in DRAWS.of("s").normal(np.arange(9), np.arange(3)).reshape(3, 3, 3)]
)


@pytest.mark.parametrize("ddof", [0, 1])
def test_moments_are_those_of_numpy(ddof):
    mean, covariance = weighted_moments(POINTS, WEIGHTS, ddof)
    assert mean == pytest.approx(np.average(POINTS, axis=0, weights=WEIGHTS))
    assert covariance == pytest.approx(np.cov(POINTS.T, aweights=WEIGHTS, ddof=ddof))
    equal = weighted_moments(POINTS, np.full(60, 7.0), ddof)[1]
    assert equal == pytest.approx(np.cov(POINTS.T, ddof=ddof))


def test_moments_of_one_point_have_no_variance():
    for ddof in (0, 1):
        mean, covariance = weighted_moments(POINTS[:1], np.array([3.0]), ddof)
        assert np.array_equal(mean, POINTS[0]) and not covariance.any()


@pytest.mark.parametrize("make", [root, symmetric_root])
def test_a_root_times_itself_is_the_covariance(make):
    flat = np.outer([1.0, 2.0, 3.0], [1.0, 2.0, 3.0])
    for covariance in (*SPREADS, flat, np.zeros((3, 3)), -1e-18 * np.eye(3)):
        found = make(covariance)
        assert found @ found.T == pytest.approx(covariance, abs=1e-12)


def test_a_symmetric_root_stays_where_it_is_when_eigenvalues_coincide():
    """The other root turns: its columns are eigenvectors, of which there are then many."""
    noise = 1e-15 * np.array([[0.0, 1.0, -1.0], [1.0, 0.0, 1.0], [-1.0, 1.0, 0.0]])
    plain, shaken = (symmetric_root(0.25 * np.eye(3) + error) for error in (0.0, noise))
    assert np.array_equal(plain, plain.T) and plain == pytest.approx(0.5 * np.eye(3))
    assert np.abs(plain - shaken).max() < 1e-12
    assert np.abs(root(0.25 * np.eye(3)) - root(0.25 * np.eye(3) + noise)).max() > 0.1


def test_densities_are_scipys():
    for mean, covariance in zip(CENTRES, SPREADS, strict=True):
        expected = multivariate_normal(mean, covariance).logpdf(POINTS)
        assert log_density(POINTS, mean, covariance) == pytest.approx(expected, rel=1e-6)


def test_what_has_no_variance_has_that_of_the_jitter():
    """d ln-terms of JITTER at the point; a step of √JITTER costs half a nat."""
    at = log_density(np.array([[1.0, 1.0], [1.0, 1.0 + np.sqrt(JITTER)]]), np.ones(2), np.zeros((2, 2)))
    assert at[0] == pytest.approx(-np.log(2 * np.pi * JITTER))
    assert at[0] - at[1] == pytest.approx(0.5)


def test_sums_of_logarithms_are_scipys():
    logs = np.array([[-1000.0, -1001.0], [0.0, -np.inf], [-np.inf, -np.inf], [700.0, 710.0]])
    assert log_sum(logs) == pytest.approx(logsumexp(logs, axis=1))


def test_densities_of_mixtures_are_scipys():
    normal = [multivariate_normal(mean, covariance) for mean, covariance in zip(CENTRES, SPREADS, strict=True)]
    parts = np.stack([np.log(share) + one.logpdf(POINTS) for share, one in zip(SHARES, normal, strict=True)], axis=1)
    total, found = mixture_log_density(POINTS, SHARES, CENTRES, SPREADS)
    assert found == pytest.approx(parts, rel=1e-6)
    assert total == pytest.approx(logsumexp(parts, axis=1), rel=1e-6)


def test_a_component_of_share_zero_takes_no_part():
    shares = np.array([0.25, 0.0, 0.75])
    total, parts = mixture_log_density(POINTS, shares, CENTRES, SPREADS)
    without, _ = mixture_log_density(POINTS, shares[[0, 2]], CENTRES[[0, 2]], SPREADS[[0, 2]])
    assert np.array_equal(total, without) and (parts[:, 1] == -np.inf).all()


def test_moments_of_a_mixture_by_hand():
    """Half at −1 and half at 3, of variances 1 and 5: mean 1, within 3, between 4."""
    mean, covariance = mixture_moments(np.full(2, 0.5), np.array([[-1.0], [3.0]]), np.array([[[1.0]], [[5.0]]]))
    assert mean == pytest.approx([1.0]) and covariance == pytest.approx(np.array([[7.0]]))
    mean, covariance = mixture_moments(np.array([0.0, 1.0]), np.array([[-1.0], [3.0]]), np.array([[[1.0]], [[5.0]]]))
    assert mean == pytest.approx([3.0]) and covariance == pytest.approx(np.array([[5.0]]))


def test_kernel_densities_are_scipys():
    normal = [multivariate_normal(centre, 0.3 * np.eye(3)) for centre in CENTRES]
    expected = logsumexp(
        [np.log(share) + one.logpdf(POINTS) for share, one in zip(SHARES, normal, strict=True)], axis=0
    )
    assert kernel_log_density(POINTS, SHARES, CENTRES, 0.3) == pytest.approx(expected)
    assert kernel_log_density(np.zeros((0, 3)), SHARES, CENTRES, 0.3).shape == (0,)


def test_blocks_of_a_kernel_density_do_not_matter():
    """A million centres leave room for two points at a time."""
    centres = np.resize(np.arange(7.0), (1_000_000, 1))
    many = kernel_log_density(np.arange(5.0)[:, None], np.full(1_000_000, 1e-6), centres, 0.5)
    few = kernel_log_density(np.arange(5.0)[:, None], np.full(7, 1 / 7), np.arange(7.0)[:, None], 0.5)
    assert many == pytest.approx(few, abs=1e-4)
