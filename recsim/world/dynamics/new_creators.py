"""New creators begin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recsim.base.component import Count
from recsim.base.draws import Draws
from recsim.base.flow import Signals
from recsim.world.dynamics import Dynamics

if TYPE_CHECKING:
    from recsim.world.world import World


class NewCreators(Dynamics):
    """A fixed number of creators joins each tick, drawn like the first ones; they have no items yet."""

    about = "creators"
    per_tick: Count = 1
    """Creators who join per tick."""
    null = {"per_tick": 0}

    def step(self, world: World, signals: Signals, draws: Draws) -> None:
        """Add this tick's creators."""
        world.add_creators(draws.of("birth").keys(range(self.per_tick)))
