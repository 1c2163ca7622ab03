"""A click is a click."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from recsim.base.draws import Draws
from recsim.base.flow import Floats, Ints, Slate
from recsim.world.response import Response

if TYPE_CHECKING:
    from recsim.world.world import World


class Click(Response):
    """Every pick counts 1, however much it was liked: implicit feedback."""

    def values(self, world: World, slate: Slate, picks: Ints, draws: Draws) -> Floats:
        """Ones."""
        return np.ones(picks.shape)
