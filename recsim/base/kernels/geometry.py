"""Angles between vectors."""

from __future__ import annotations

import numpy as np

from recsim.base.flow import Floats


def units(vectors: Floats) -> Floats:
    """Rows (n, d) scaled to length 1; rows of zeros stay."""
    length = np.sqrt(np.einsum("nd,nd->n", vectors, vectors))[:, None]
    return np.asarray(np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 0))


def angles(one: Floats, other: Floats) -> Floats:
    """Angles (n,) in radians between rows (n, d), 0 to π; exactly 0 for equal rows; NaN where a row has no direction.

    2 atan2(|a − b|, |a + b|) of unit vectors (Kahan 2006): unlike an arccosine it is accurate near 0 and π.
    """
    a, b = units(one), units(other)
    apart, together = a - b, a + b
    angle = 2.0 * np.arctan2(
        np.sqrt(np.einsum("nd,nd->n", apart, apart)), np.sqrt(np.einsum("nd,nd->n", together, together))
    )
    return np.where(a.any(axis=1) & b.any(axis=1), angle, np.nan)


def mean_distance(vectors: Floats) -> float:
    """Mean of 1 − v·w over all pairs of different rows (n, d); with unit rows 1 − cosine. NaN for fewer than two.

    By the norm of the sum: no pair is visited.
    """
    n = len(vectors)
    if n < 2:
        return float("nan")
    total = vectors.sum(axis=0)
    own = float(np.einsum("nd,nd->", vectors, vectors))
    return 1.0 - (float(np.einsum("d,d->", total, total)) - own) / (n * (n - 1.0))
