"""How unequal counts are, and how unequal they would be by chance."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsim.base.flow import Bools, Floats


def gini(counts: NDArray[Any]) -> float:
    """Gini coefficient of non-negative counts, zeros included.

    G = Σ (2i − n − 1) x₍ᵢ₎ / (n Σ x), range 0 to (n − 1)/n; NaN for no counts or all zero.
    """
    ordered = np.sort(np.asarray(counts, np.float64))
    n, total = len(ordered), ordered.sum()
    if not total > 0:
        return float("nan")
    return float((2.0 * np.arange(1, n + 1) - n - 1.0) @ ordered / (n * total))


def lorenz(counts: NDArray[Any], bottom: Floats) -> Floats:
    """Shares (q,) of the total that the `bottom` shares (q,) of the items hold; NaN for no counts or all zero.

    Between two items the curve is straight, so that G = 1 − 2∫L.
    """
    ordered = np.sort(np.asarray(counts, np.float64))
    total = ordered.sum()
    if not total > 0:
        return np.full(len(bottom), np.nan)
    held = np.concatenate([[0.0], np.cumsum(ordered)]) / total
    return np.asarray(np.interp(bottom, np.linspace(0.0, 1.0, len(held)), held))


def entropy(counts: NDArray[Any]) -> Floats:
    """−Σ p ln p of the shares of each row (n, g) or of all counts (g,); NaN where everything is 0."""
    total = np.asarray(counts.sum(axis=-1, keepdims=True), np.float64)
    p = np.divide(counts, total, out=np.full(counts.shape, np.nan), where=total > 0)
    return np.asarray(-(p * np.log(np.where(p > 0, p, 1.0))).sum(axis=-1))


def herfindahl(counts: NDArray[Any]) -> float:
    """Σ p² of the shares: 1/n all equal, 1 one has all; NaN where everything is 0."""
    x = np.asarray(counts, np.float64)
    return float((x @ x) / x.sum() ** 2) if x.any() else float("nan")


def simpson(counts: NDArray[Any]) -> float:
    """Σ x(x − 1) / (m(m − 1)): unbiased probability that two draws are of one kind (Simpson 1949); NaN for m < 2."""
    x = np.asarray(counts, np.float64)
    total = x.sum()
    return float((x @ (x - 1.0)) / (total * (total - 1.0))) if total > 1 else float("nan")


def covered(n: int, draws: float) -> float:
    """Share of n items that so many uniform draws meet at least once: 1 − (1 − 1/n)^m."""
    return float(-np.expm1(draws * np.log1p(-1.0 / n))) if n > 1 else float(n == 1 and draws > 0)


def mean(values: NDArray[Any]) -> float:
    """Mean of what is not NaN; NaN if there is nothing."""
    real = values[~np.isnan(values)]
    return float(real.mean()) if len(real) else float("nan")


def row_means(cells: NDArray[Any], where: Bools) -> Floats:
    """Mean (n,) of the marked cells (n, k) of each row; NaN for a row without any."""
    count = where.sum(axis=1)
    total = np.where(where, cells, 0.0).sum(axis=1)
    return np.asarray(np.divide(total, count, out=np.full(len(count), np.nan), where=count > 0))
