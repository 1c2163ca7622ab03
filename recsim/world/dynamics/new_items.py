"""People keep making new items."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recsim.base.component import Count
from recsim.base.draws import Draws
from recsim.base.flow import Signals
from recsim.world.dynamics import Dynamics

if TYPE_CHECKING:
    from recsim.world.world import World


class NewItems(Dynamics):
    """A fixed number of new items each tick, drawn like the first catalogue.

    The n-th item of a tick is the same in every arm, however many others are born.
    """

    per_tick: Count = 1
    """Items born per tick."""
    null = {"per_tick": 0}

    def step(self, world: World, signals: Signals, draws: Draws) -> None:
        """Add this tick's items."""
        world.add_items(draws.of("birth").keys(range(self.per_tick)))
