"""Creators go where their clicks are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from recsim.base.component import AtLeastOne, Share
from recsim.base.draws import Draws
from recsim.base.flow import Signals
from recsim.world.dynamics import Dynamics, sums, told

if TYPE_CHECKING:
    from recsim.world.world import World


class FollowTheAudience(Dynamics):
    """A creator's topics move towards what was clicked of their own recent items, and so against what was not.

    t ← t + rate · (Σ n v/Σ n − t) with n the clicks of last tick on each item and v its topics. As items scatter around
    t with a variance s², the clicked mean lies s² ∇ log P(click) ahead (Stein's identity): creators climb the clicks
    they get, of which they are told, without knowing anybody's taste. They respond to exposure as those of Hron,
    Krauth, Jordan, Kilbertus & Dean (ICLR 2023) do, in small steps and with less knowledge. Without a click they stay.
    With `imitation` a part of the way leads to the mean of all that was clicked, which is the same for everybody: who
    makes what runs elsewhere becomes like the others, as the firms of Hotelling (Economic Journal 1929) do.
    """

    about = "creators"
    rate: Share = 0.05
    """Share of the way that is covered per tick; larger: quicker to follow; 0: creators stay what they are."""
    imitation: Share = 0.0
    """Weight of what was clicked of everybody's items, machines' included, against what was clicked of their own;
    larger: creators become alike; 1: they look at others only."""
    recent: AtLeastOne = 10
    """Age in ticks up to which an item's clicks are looked at."""
    counts: Literal["clicks", "views"] = "clicks"
    """What they follow: what people click, or what the platform shows."""
    null = {"rate": 0.0}

    def step(self, world: World, signals: Signals, draws: Draws) -> None:
        """By last tick's counts, of where everybody is now."""
        own, everything = world.creators, getattr(signals, self.counts)
        items, makers, counts = told(world, everything, self.recent)
        total = sums(makers, counts, len(own))
        moves = own.alive & (total > 0)
        way = np.zeros(own.topics.shape)
        way[moves] = sums(makers, counts[:, None] * world.items.topics[items], len(own))[moves] / total[moves, None]
        way[moves] -= own.topics[moves]
        fresh = np.flatnonzero(world.items.born[: len(everything)] >= world.tick - self.recent)
        if self.imitation and everything[fresh].any():
            weights = everything[fresh] / everything[fresh].sum()
            trend = np.einsum("i,id->d", weights, world.items.topics[fresh])
            way = (1.0 - self.imitation) * way + self.imitation * (trend - own.topics)
        own.topics[own.alive] += self.rate * way[own.alive]
