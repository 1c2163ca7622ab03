"""Strong interests that meet add up."""

from __future__ import annotations

import numpy as np

from recsim.base.flow import Floats
from recsim.world.affinity import Affinity


class InnerProduct(Affinity):
    """Liking = taste · topic: matched strong interests add up, opposed ones repel.

    The latent-factor world of Chaney, Stewart & Engelhardt (RecSys 2018), which matrix factorization can represent.
    """

    null = "a user without affinity would have no taste"

    def between(self, tastes: Floats, topics: Floats) -> Floats:
        """Row by row in a fixed order, so that the grouping of users cannot change a bit."""
        return np.asarray(np.einsum("nd,nkd->nk", tastes, topics))  # (n, k)

    def table(self, tastes: Floats, topics: Floats) -> Floats:
        """One matrix product."""
        return np.asarray(tastes @ topics.T)  # (n, d) x (d, j) -> (n, j)
