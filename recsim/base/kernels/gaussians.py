"""Gaussians: weighted moments, roots and densities; and mixtures of them."""

from __future__ import annotations

import numpy as np

from recsim.base.flow import Floats

JITTER = 1e-9
"""Variance added to every direction before a density is computed: a model that has collapsed still has one."""


def weighted_moments(points: Floats, weights: Floats, ddof: int = 0) -> tuple[Floats, Floats]:
    """Mean (d,) and covariance (d, d) of points (n, d) with weights (n,).

    The weights are counts up to a factor: with `ddof` = 1 and n equal weights the divisor is n − 1; in general it is
    1 − Σw²/(Σw)² of the sum of the weights.
    """
    share = weights / weights.sum()
    mean = share @ points
    apart = points - mean
    covariance = (apart * share[:, None]).T @ apart  # (d, d)
    if ddof:
        covariance = covariance / max(1.0 - float(share @ share), 1e-12)
    return mean, covariance


def root(covariance: Floats) -> Floats:
    """(d, d) R with R R′ the covariance, negative rounding errors left out."""
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)))


def symmetric_root(covariance: Floats) -> Floats:
    """(d, d) the R = R′ with R R the covariance: it does not turn with rounding errors where eigenvalues coincide."""
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T)


def log_density(points: Floats, mean: Floats, covariance: Floats) -> Floats:
    """(n,) logarithm of the normal density at points (n, d)."""
    d = len(mean)
    values, vectors = np.linalg.eigh(covariance)
    values = np.maximum(values, 0.0) + JITTER
    scaled = np.einsum("nd,de->ne", points - mean, vectors) / np.sqrt(values)  # (n, d)
    square = np.einsum("ne,ne->n", scaled, scaled)
    return np.asarray(-0.5 * (square + np.log(values).sum() + d * np.log(2.0 * np.pi)))


def log_sum(logs: Floats) -> Floats:
    """(n,) ln Σ exp over the second axis of (n, c)."""
    top = logs.max(axis=1)
    top = np.where(np.isfinite(top), top, 0.0)
    with np.errstate(divide="ignore"):
        return np.asarray(top + np.log(np.exp(logs - top[:, None]).sum(axis=1)))


def mixture_log_density(points: Floats, shares: Floats, means: Floats, covariances: Floats) -> tuple[Floats, Floats]:
    """(n,) log density of a mixture of c normals at points (n, d), and (n, c) the parts ln(share · density)."""
    with np.errstate(divide="ignore"):
        logs = np.log(shares)
    parts = [logs[c] + log_density(points, means[c], covariances[c]) for c in range(len(shares))]
    joint = np.stack(parts, axis=1)  # (n, c)
    return log_sum(joint), joint


def mixture_moments(shares: Floats, means: Floats, covariances: Floats) -> tuple[Floats, Floats]:
    """Mean (d,) and covariance (d, d) of a mixture: within plus between."""
    mean = shares @ means
    apart = means - mean
    return mean, np.einsum("c,cde->de", shares, covariances) + (apart * shares[:, None]).T @ apart


def kernel_log_density(points: Floats, shares: Floats, centres: Floats, variance: float) -> Floats:
    """(n,) log density of round normals around m centres (m, d) at points (n, d), a block of points at a time."""
    d, size = points.shape[1], max(2_000_000 // max(len(centres), 1), 1)
    own = np.einsum("md,md->m", centres, centres)
    weights = np.log(shares) - 0.5 * d * np.log(2.0 * np.pi * variance)
    found = [np.zeros(0)]
    for start in range(0, len(points), size):
        block = points[start : start + size]
        square = np.einsum("nd,nd->n", block, block)[:, None] + own - 2.0 * (block @ centres.T)  # (n, m)
        found.append(log_sum(weights - 0.5 * np.maximum(square, 0.0) / variance))
    return np.concatenate(found)
