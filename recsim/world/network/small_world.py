"""A ring of neighbours with a few shortcuts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import numpy as np
from pydantic import Field

from recsim.base.component import Share
from recsim.base.draws import Draws
from recsim.base.flow import Ints
from recsim.world.network import ROUNDS, Network, Pairs, befriend_anybody, fresh, mutual

if TYPE_CHECKING:
    from recsim.world.world import World


class SmallWorld(Network):
    """People on a ring know their nearest neighbours; of each friendship one end may be moved to anybody.

    Watts & Strogatz (Nature 1998): without rewiring a ring, of clustering 3(k − 2)/(4(k − 1)) for k friends; with all
    of it rewired a random graph. Friends follow each other. Somebody who joins later befriends k people at random.
    """

    degree: Annotated[int, Field(ge=2, le=10_000)] = 10
    """Mean number of friends, an even number: half of the first ones on each side; larger: more is heard."""
    rewiring: Share = 0.1
    """Probability that a friendship is with anybody instead; larger: shorter ways, fewer common friends."""

    def edges(self, world: World, users: Ints, draws: Draws) -> Pairs:
        """The ring, and then its rewiring."""
        rng, n = draws.generator(), len(users)
        half = min(self.degree // 2, (n - 1) // 2)
        one = np.tile(np.arange(n, dtype=np.int32), half)
        other = (one + np.repeat(np.arange(1, half + 1), n)).astype(np.int32) % np.int32(n)
        moved = rng.random(len(one)) < self.rewiring
        order = np.argsort(moved, kind="stable")  # those that stay come first, so that nobody takes their place
        one, other, todo = one[order], other[order], np.flatnonzero(moved[order])
        for _ in range(ROUNDS):
            other[todo] = rng.integers(n, size=len(todo), dtype=np.int32)
            todo = np.flatnonzero(~fresh(one, other, n))
            if not len(todo):
                break
        keep = fresh(one, other, n)
        return mutual(users[one[keep]], users[other[keep]])

    def greet(self, world: World, newcomers: Ints, draws: Draws) -> Pairs:
        """Anybody, each equally likely; who is drawn twice counts once."""
        return befriend_anybody(world, newcomers, self.degree, draws)
