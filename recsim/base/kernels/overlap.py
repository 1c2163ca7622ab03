"""How much sets have in common, and how much they would by chance."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recsim.base.flow import Floats, Rows


def jaccard(one: Rows, other: Rows, n_items: int) -> Floats:
    """|A ∩ B| / |A ∪ B| (n,) of the sets in the same row of both; NaN where both are empty."""
    codes = [np.repeat(np.arange(len(rows.indptr) - 1), sizes(rows)) * n_items + rows.items for rows in (one, other)]
    shared = codes[0][np.isin(codes[0], codes[1], assume_unique=True)] // n_items
    both = np.bincount(shared, minlength=len(one.indptr) - 1)
    union = sizes(one) + sizes(other) - both
    return np.asarray(np.divide(both, union, out=np.full(len(union), np.nan), where=union > 0))


def sizes(rows: Rows) -> NDArray[np.int64]:
    """(n,) how many items each row has."""
    return np.diff(rows.indptr).astype(np.int64)


_FEW = 64
"""Items of the smaller set up to which every overlap is summed."""


def expected_jaccard(one: NDArray[np.int64], other: NDArray[np.int64], n_items: int) -> Floats:
    """Expected Jaccard index (n,) of random subsets with these sizes of n items; NaN where both are empty.

    E[X/(s − X)], s = a + b, the overlap X hypergeometric with mean μ = ab/n and variance σ²: the exact sum where the
    smaller set is small, otherwise μ/(s − μ) + σ²s/(s − μ)³, equal to 0.1 % there. The usual k/(2n − k) for equal
    sizes k is its first term; for 10 of 200 that is 5 % too low.
    """
    small, large, n = np.minimum(one, other), np.maximum(one, other), n_items
    total, overlap = (small + large).astype(np.float64), small * large / max(n, 1)
    spread = overlap * (1.0 - small / max(n, 1)) * (n - large) / max(n - 1, 1)
    union = np.where(total > 0, total - overlap, np.nan)
    found = overlap / union + spread * total / union**3
    few = (small > 0) & (small <= _FEW)
    a, b, s = small[few, None], large[few, None], total[few, None]
    x = np.arange(_FEW + 1)  # every overlap
    possible = (x <= a) & (b - x <= n - a)
    x = np.where(possible, x, np.maximum(a + b - n, 0))
    log = np.concatenate([[0.0], np.log(np.arange(1, n + 1)).cumsum()])  # of n!
    ways = log[a] - log[x] - log[a - x] + log[n - a] - log[b - x] - log[n - a - b + x]
    chance = np.exp(ways - log[n] + log[b] + log[n - b])
    found[few] = np.where(possible, chance * x / (s - x), 0.0).sum(axis=1)
    return np.asarray(found)
