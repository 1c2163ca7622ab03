"""People do not know each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from recsim.base.draws import Draws
from recsim.base.flow import Ints
from recsim.world.network import Network, Pairs

if TYPE_CHECKING:
    from recsim.world.world import World


class NoNetwork(Network):
    """Nobody follows anybody."""

    kind = "none"
    null = "it is the absence of a network"

    def edges(self, world: World, users: Ints, draws: Draws) -> Pairs:
        """None."""
        return np.zeros(0, np.int32), np.zeros(0, np.int32)

    def greet(self, world: World, newcomers: Ints, draws: Draws) -> Pairs:
        """None either."""
        return self.edges(world, newcomers, draws)
