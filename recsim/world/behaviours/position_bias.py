"""People look at the top of a list."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from recsim.base.component import NonNegative
from recsim.base.flow import Floats, Slate
from recsim.world.behaviours import Behaviour

if TYPE_CHECKING:
    from recsim.world.world import World


class PositionBias(Behaviour):
    """Appeal falls with the logarithm of the rank: −strength · ln(rank).

    Under a multinomial logit this multiplies the odds of rank k by k^(−strength/temperature): the attention k^(−0.8) of
    Chaney, Stewart & Engelhardt (RecSys 2018). What people meet by themselves has no rank and no penalty, whether
    or not the platform shows it, too.
    """

    strength: NonNegative = 0.8
    """Appeal lost per e-fold of rank, in units of utility; larger: the top wins more often."""
    null = {"strength": 0.0}

    def appeal(self, world: World, slate: Slate) -> Floats:
        """Rank 1 loses nothing."""
        return -self.strength * np.log(np.maximum(slate.seen_ranks, 1))  # (n, k)
