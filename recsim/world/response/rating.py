"""People rate what they picked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import numpy as np
from pydantic import Field

from recsim.base.component import NonNegative, Number
from recsim.base.draws import Draws
from recsim.base.flow import Floats, Ints, Slate
from recsim.world.response import Response

if TYPE_CHECKING:
    from recsim.world.world import World


class Rating(Response):
    """Stars: round(midpoint + slope · utility + noise · N(0, 1)), not below 1 nor above `levels`.

    Only what was picked is rated, and people pick what they like: ratings are not missing at random (Marlin & Zemel,
    RecSys 2009). A model that takes the value as a confidence, as ALS does, still takes one star for a little love.
    """

    levels: Annotated[int, Field(ge=2, le=1000)] = 5
    """Number of levels; ratings are 1 to this."""
    midpoint: Number = 2.0
    """Rating of an item of utility 0, before the noise; larger: kinder raters."""
    slope: NonNegative = 0.5
    """Levels per unit of utility; larger: ratings tell more apart. 0: they tell nothing of what was liked."""
    noise: NonNegative = 0.5
    """Standard deviation of a rating before it is rounded, in levels; larger: less is learned from one."""

    def values(self, world: World, slate: Slate, picks: Ints, draws: Draws) -> Floats:
        """Halves are rounded up."""
        worth, luck = self.draw(world, slate, picks, draws)
        return np.clip(np.floor(self.midpoint + self.slope * worth + self.noise * luck + 0.5), 1.0, self.levels)
