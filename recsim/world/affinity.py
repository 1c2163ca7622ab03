"""How much a user truly likes an item, before its quality is added."""

from __future__ import annotations

import numpy as np

from recsim.base.component import Component
from recsim.base.flow import Floats


class Affinity(Component):
    """Family of the rules that turn a taste and a topic into a liking, in units of utility."""

    family = "affinity"

    def between(self, tastes: Floats, topics: Floats) -> Floats:
        """Likings (n, k) of tastes (n, d) for topics (n, k, d)."""
        raise NotImplementedError

    def table(self, tastes: Floats, topics: Floats) -> Floats:
        """Everybody with everything: tastes (n, d), topics (j, d) → likings (n, j)."""
        return self.between(tastes, np.broadcast_to(topics, (len(tastes), *topics.shape)))


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
