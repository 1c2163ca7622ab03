"""Somebody's front page, the same for everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from recsim.base.component import Count
from recsim.base.draws import Draws
from recsim.base.flow import Ints, Source
from recsim.world.discovery import Discovery

if TYPE_CHECKING:
    from recsim.world.world import World

PAGE = np.zeros(1, np.uint64)
"""The row key of the one page there is, for draws."""


class Editorial(Discovery):
    """On each tick some living items stand on a front page, drawn ∝ prominence without replacement.

    The newsroom of SIREN (Bountouridis et al., FAT* 2019) as a channel of its own. Drawn as the largest ln(prominence)
    + Gumbel noise (Efraimidis & Spirakis 2006). It draws attention to the prominent however little they are clicked.
    """

    source = Source.EDITORIAL
    count: Count = 5
    """Items on the page; larger: people meet more of what everybody else meets."""
    null = {"count": 0}

    def meet(self, world: World, users: Ints, draws: Draws) -> Ints:
        """The page, the item drawn first at its top."""
        open_to = np.flatnonzero(world.items.alive & (world.items.prominence > 0))
        keys = world.items.key[open_to]
        pull = np.log(world.items.prominence[open_to]) + draws.gumbel(PAGE, keys)[0]  # (j,)
        page = open_to[np.lexsort((keys, -pull))[: self.count]].astype(np.int32)
        return np.repeat(page[None], len(users), axis=0)
