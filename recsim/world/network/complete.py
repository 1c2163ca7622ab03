"""Everybody knows everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from recsim.base.draws import Draws
from recsim.base.flow import Ints
from recsim.world.network import Network, Pairs, befriended, elders

if TYPE_CHECKING:
    from recsim.world.world import World

MOST_EDGES = 10_000_000
"""Follows above which a network of everybody is refused."""


class Complete(Network):
    """Each user follows all others: the mean field that formulas are about. Refused above 10⁷ follows, 3,162 users.

    Newcomers and all who are there follow each other.
    """

    def too_large(self, users: int) -> str | None:
        """More than 10⁷ pairs."""
        if users * (users - 1) <= MOST_EDGES:
            return None
        return f"'complete' is for up to {MOST_EDGES:,} follows; {users:,} users make {users * (users - 1):,}"

    def edges(self, world: World, users: Ints, draws: Draws) -> Pairs:
        """All pairs of different people."""
        text = self.too_large(len(users))
        if text is not None:
            raise ValueError(f"{text}; lower users.count, or write network: small_world")
        return np.repeat(users, len(users)), np.tile(users, len(users))

    def greet(self, world: World, newcomers: Ints, draws: Draws) -> Pairs:
        """Everybody who is there, and each other."""
        older, younger = befriended(newcomers, np.tile(elders(world, newcomers), (len(newcomers), 1)))
        one, other = np.repeat(newcomers, len(newcomers)), np.tile(newcomers, len(newcomers))
        return np.concatenate([older, one]), np.concatenate([younger, other])
