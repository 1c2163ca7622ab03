"""New people join."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recsim.base.component import Count
from recsim.base.draws import Draws
from recsim.base.flow import Signals
from recsim.world.dynamics import Dynamics

if TYPE_CHECKING:
    from recsim.world.world import World


class NewUsers(Dynamics):
    """A fixed number of users joins each tick, with tastes drawn like those of the first ones."""

    about = "users"
    per_tick: Count = 1
    """Users who join per tick."""
    null = {"per_tick": 0}

    def step(self, world: World, signals: Signals, draws: Draws) -> None:
        """Add this tick's users."""
        world.add_users(draws.of("birth").keys(range(self.per_tick)))
