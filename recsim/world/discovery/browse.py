"""People browse: they come across random items, whatever the platform thinks of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from recsim.base.component import Count
from recsim.base.draws import Draws
from recsim.base.flow import Ints
from recsim.world.discovery import Discovery

if TYPE_CHECKING:
    from recsim.world.world import World


class Browse(Discovery):
    """Each user meets some items drawn uniformly from all that exist, delisted ones included.

    Drawn with replacement and shown once, so that a user of a small catalogue may meet a few less.
    """

    count: Count = 5
    """Items met per session."""
    null = {"count": 0}

    def meet(self, world: World, users: Ints, draws: Draws) -> Ints:
        """Uniform over living items, in order of their keys."""
        living = np.flatnonzero(world.items.alive)
        living = living[np.argsort(world.items.key[living], kind="stable")].astype(np.int32)
        if not len(living):
            return np.full((len(users), 0), -1, np.int32)
        place = draws.uniform(world.users.key[users], np.arange(self.count)) * len(living)  # (n, count)
        return np.asarray(living[place.astype(np.int64)], np.int32)
