"""Creators let a machine help."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from recsim.base.component import AtLeastOne, NonNegative, Share
from recsim.base.draws import Draws
from recsim.base.flow import Bools, Floats, Ints
from recsim.world.dynamics import Dynamics

if TYPE_CHECKING:
    from recsim.world.world import World


class AIAssistance(Dynamics):
    """What a creator makes is part their own idea and part a machine's: v = (1 − degree) · own + degree · machine's.

    The machine's is a random one of its recent items; items of machines come from `system.generators`, and as long as
    there is none nothing changes. With covariances Σ of people's ideas and S of machines' the items have the covariance
    (1 − degree)² Σ + degree² S: even where machines are as diverse as people, what comes out is more alike (as stories
    written with help are, Doshi & Hauser, Science Advances 2024). The items count as made by people, whatever the
    degree, and remember their source as `parent`.
    """

    about = "creators"
    degree: Share = 0.3
    """Weight of the machine's idea in the topics of an item; 0: no assistance, 1: the creator only signs."""
    share: Share = 1.0
    """Share of the creators who use it; larger: more do, those who did among them."""
    speedup: NonNegative = 0.0
    """How much faster they are with a machine's help alone, relative to without: 1 is twice as many items at degree 1;
    it counts in proportion to the degree."""
    recent: AtLeastOne = 10
    """Age in ticks up to which a machine's item may be the source."""
    null = {"degree": 0.0}

    def pace(self, world: World) -> Floats:
        """Faster as soon as there is a machine to help."""
        helped = self._users(world) if len(self._sources(world)) else np.zeros(len(world.creators), np.bool_)
        return np.asarray(1.0 + self.speedup * self.degree * helped, np.float64)

    def made(self, world: World, items: Ints, draws: Draws) -> None:
        """Mix; which source it is is drawn by the item's key."""
        mine, sources = items[self._users(world)[world.items.maker[items]]], self._sources(world)
        if len(sources) and self.degree:
            luck = draws.of("source").uniform(world.items.key[mine])
            source = sources[(luck * len(sources)).astype(np.int64)]
            world.items.topics[mine] *= 1.0 - self.degree
            world.items.topics[mine] += self.degree * world.items.topics[source]
            world.items.parent[mine] = source

    def _users(self, world: World) -> Bools:
        """(c,) who lets it help."""
        return np.asarray(world.keyed(self).of("users").uniform(world.creators.key) < self.share)

    def _sources(self, world: World) -> Ints:
        """(j,) what machines have made lately and is there, in order of keys."""
        items = world.items
        found = np.flatnonzero(items.made_by_ai & items.alive & (items.born >= world.tick - self.recent))
        return found[np.argsort(items.key[found], kind="stable")].astype(np.int32)
