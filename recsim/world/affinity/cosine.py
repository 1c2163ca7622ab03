"""Only the direction of a taste counts, not how strong it is."""

from __future__ import annotations

import numpy as np

from recsim.base.component import NonNegative
from recsim.base.flow import Floats
from recsim.base.kernels.geometry import units
from recsim.world.affinity import Affinity


class Cosine(Affinity):
    """Liking = strength · cos(taste, topic), from −strength to strength; without a direction it is 0.

    The likeness of vector-space retrieval (Salton, Wong & Yang, CACM 1975). Everybody likes something equally much:
    no user is easier to please and no item more appealing by the length of its vector.
    """

    null = "a user without affinity would have no taste"

    strength: NonNegative = 4.0
    """Liking of an item in exactly the direction of a taste, in units of utility; larger: taste decides more."""

    def between(self, tastes: Floats, topics: Floats) -> Floats:
        """Row by row in a fixed order."""
        directions = units(topics.reshape(-1, topics.shape[-1])).reshape(topics.shape)  # (n, k, d)
        return np.asarray(self.strength * np.einsum("nd,nkd->nk", units(tastes), directions))

    def table(self, tastes: Floats, topics: Floats) -> Floats:
        """One matrix product."""
        return np.asarray(self.strength * (units(tastes) @ units(topics).T))  # (n, d) x (d, j) -> (n, j)
