"""People know all there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from recsim.base.draws import Draws
from recsim.base.flow import Ints
from recsim.world.discovery import MOST_CELLS, Discovery

if TYPE_CHECKING:
    from recsim.world.world import World


class Everything(Discovery):
    """Each user meets every item that exists, delisted ones included: full information, the benchmark of economics.

    What the platform adds is then only its order and what behaviours make of a recommendation. Refused above 10⁷ users
    × items, because each of these pairs is looked at on every tick.
    """

    null = "people who know everything do not know nothing"

    def too_large(self, users: int, items: int) -> str | None:
        """More than 10⁷ pairs."""
        if users * items <= MOST_CELLS:
            return None
        return f"'everything' is for up to {MOST_CELLS:,} users × items; here are {users:,} × {items:,}"

    def step(self, world: World, draws: Draws) -> None:
        """Refuse a world that has grown too large for it."""
        text = self.too_large(int(world.users.alive.sum()), int(world.items.alive.sum()))
        if text is not None:
            raise ValueError(f"{text}; lower users.count or items.count, or write discovery: awareness")

    def meet(self, world: World, users: Ints, draws: Draws) -> Ints:
        """All living items, in order of their keys."""
        living = np.flatnonzero(world.items.alive)
        living = living[np.argsort(world.items.key[living], kind="stable")].astype(np.int32)
        return np.repeat(living[None], len(users), axis=0)
