"""Nobody stays away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from recsim.base.draws import Draws
from recsim.base.flow import Bools, Ints
from recsim.world.activity import Activity

if TYPE_CHECKING:
    from recsim.world.world import World


class Everyone(Activity):
    """Everybody has a session in every tick."""

    null = "it is the absence of inactivity"
    kind = "everyone"

    def active(self, world: World, users: Ints, draws: Draws) -> Bools:
        """All True."""
        return np.ones(len(users), np.bool_)
