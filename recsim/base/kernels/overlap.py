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


def expected_jaccard(one: NDArray[np.int64], other: NDArray[np.int64], n_items: int) -> Floats:
    """Expected Jaccard index (n,) of random subsets with these sizes of n items; NaN where both are empty.

    μ/(s − μ) + σ²s/(s − μ)³ with s = a + b, overlap hypergeometric: mean μ = ab/n, variance σ². The first term alone is
    the usual k/(2n − k) for equal sizes k; it is 5 % too low for 10 of 200.
    """
    a, b, n = one.astype(np.float64), other.astype(np.float64), max(float(n_items), 1.0)
    overlap = a * b / n
    spread = overlap * (1.0 - a / n) * (n - b) / max(n - 1.0, 1.0)
    union = a + b - overlap
    curved = overlap + spread * (a + b) / np.maximum(union, 1.0) ** 2
    return np.asarray(np.divide(curved, union, out=np.full(len(a), np.nan), where=union > 0))
