"""How much a user truly likes an item, before its quality is added; one file a mechanism."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from recsim.base.component import Component, import_all
from recsim.base.flow import Floats, Ints

if TYPE_CHECKING:
    from recsim.world.world import World


class Affinity(Component):
    """Family of the rules that turn a taste and a topic into a liking, in units of utility."""

    family = "affinity"

    def between(self, tastes: Floats, topics: Floats) -> Floats:
        """Likings (n, k) of tastes (n, d) for topics (n, k, d), row by row: the grouping of users changes no bit."""
        raise NotImplementedError

    def table(self, tastes: Floats, topics: Floats) -> Floats:
        """Everybody with everything: tastes (n, d), topics (j, d) → likings (n, j)."""
        return self.between(tastes, np.broadcast_to(topics, (len(tastes), *topics.shape)))

    def of_pairs(self, world: World, users: Ints, items: Ints) -> Floats:
        """Likings (n, k) of users (n,) for items (n, k); override where more than tastes and topics counts."""
        return self.between(world.users.tastes[users], world.items.topics[items])

    def of_all(self, world: World, users: Ints, items: Ints) -> Floats:
        """Likings (n, j) of users (n,) for items (j,)."""
        return self.table(world.users.tastes[users], world.items.topics[items])


import_all(__name__, __path__)
