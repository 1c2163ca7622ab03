"""Everybody has an ideal, and what is further from it is liked less."""

from __future__ import annotations

import numpy as np

from recsim.base.component import Number, Positive
from recsim.base.flow import Floats
from recsim.world.affinity import Affinity


class IdealPoint(Affinity):
    """Liking = peak − |taste − topic|² / (2 tolerance²): unlike for a product, there can be too much of a good thing.

    The spatial model of Hotelling (Economic Journal 1929) and of Davis, Hinich & Ordeshook (APSR 1970). With tolerance
    1 it differs from taste · topic only by (|taste|² + |topic|²)/2. Pitfall: far from everything on offer everybody is
    worse off than with nothing, so mind `choice.outside`.
    """

    null = "a user without affinity would have no taste"

    tolerance: Positive = 1.0
    """Distance at which half a unit of liking is lost, in units of taste; larger: people are less choosy."""
    peak: Number = 4.0
    """Liking of an item that is exactly the ideal, in units of utility; 4 is what nothing is worth by default."""

    def between(self, tastes: Floats, topics: Floats) -> Floats:
        """Row by row in a fixed order."""
        apart = tastes[:, None, :] - topics  # (n, k, d)
        return np.asarray(self.peak - np.einsum("nkd,nkd->nk", apart, apart) / (2.0 * self.tolerance**2))

    def table(self, tastes: Floats, topics: Floats) -> Floats:
        """|a − b|² = |a|² + |b|² − 2 a·b: one matrix product."""
        own, theirs = np.einsum("nd,nd->n", tastes, tastes), np.einsum("jd,jd->j", topics, topics)
        squared = np.maximum(own[:, None] + theirs - 2.0 * (tastes @ topics.T), 0.0)  # (n, j)
        return np.asarray(self.peak - squared / (2.0 * self.tolerance**2))
