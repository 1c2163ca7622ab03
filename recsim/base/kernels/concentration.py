"""How unequal counts are."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def gini(counts: NDArray[Any]) -> float:
    """Gini coefficient of non-negative counts, zeros included.

    G = Σ (2i − n − 1) x₍ᵢ₎ / (n Σ x), range 0 to (n − 1)/n; NaN for no counts or all zero.
    """
    ordered = np.sort(np.asarray(counts, np.float64))
    n, total = len(ordered), ordered.sum()
    if not total > 0:
        return float("nan")
    return float((2.0 * np.arange(1, n + 1) - n - 1.0) @ ordered / (n * total))


def mean(values: NDArray[Any]) -> float:
    """Mean of what is not NaN; NaN if there is nothing."""
    real = values[~np.isnan(values)]
    return float(real.mean()) if len(real) else float("nan")
