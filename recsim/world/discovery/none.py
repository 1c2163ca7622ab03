"""People see what the platform shows them and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from recsim.base.draws import Draws
from recsim.base.flow import Ints
from recsim.world.discovery import Discovery

if TYPE_CHECKING:
    from recsim.world.world import World


class NoDiscovery(Discovery):
    """The slate is all there is."""

    kind = "none"
    null = "it is the absence of discovery"

    def meet(self, world: World, users: Ints, draws: Draws) -> Ints:
        """No columns."""
        return np.full((len(users), 0), -1, np.int32)
