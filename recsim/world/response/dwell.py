"""People stay longer with what they like."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from recsim.base.component import NonNegative, Positive
from recsim.base.draws import Draws
from recsim.base.flow import Floats, Ints, Slate
from recsim.world.response import Response

if TYPE_CHECKING:
    from recsim.world.world import World

SHORTEST = -80.0
"""Logarithm of a dwell that single precision still tells from none."""


class Dwell(Response):
    """Minutes spent with a pick: median · exp(slope · utility + spread · N(0, 1)), at most `longest`.

    Dwell times of items are about log-normal (Yin, Luo, Lee & Wang, KDD 2013); those of web pages have also been fitted
    by a Weibull (Liu, White & Dumais, SIGIR 2010). `median` is no mean, which is exp(spread²/2) times larger.
    """

    median: Positive = 1.0
    """Minutes that half of the people stay at least with an item of utility 0; larger: longer."""
    slope: NonNegative = 0.25
    """Relative growth of the median per unit of utility (0.25: by 28 %); 0: time tells nothing of what was liked."""
    spread: NonNegative = 0.7
    """Standard deviation of the logarithm of a dwell; larger: less is learned from one."""
    longest: Positive = 60.0
    """Minutes after which everybody has left."""

    def values(self, world: World, slate: Slate, picks: Ints, draws: Draws) -> Floats:
        """Positive minutes."""
        worth, luck = self.draw(world, slate, picks, draws)
        logs = np.log(self.median) + self.slope * worth + self.spread * luck
        return np.asarray(np.exp(np.clip(logs, SHORTEST, np.log(self.longest))))
