"""People accept more readily what supports the opinion they have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from recsim.base.component import NonNegative, Positive
from recsim.base.draws import Draws
from recsim.base.flow import Feedback
from recsim.world.behaviours import Behaviour, in_turn

if TYPE_CHECKING:
    from recsim.world.world import World


class BiasedOpinions(Behaviour):
    """Every dimension of a taste is an opinion x = ½ + t/(2 · scale) between two poles; topics are evidence s likewise.

    x ← (x + rate · xᵇ s) / (1 + rate · (xᵇ s + (1 − x)ᵇ (1 − s))): the biased assimilation of Dandekar, Goel & Lee
    (PNAS 2013), b the bias and 1/rate the weight of the own opinion. Below bias 1 opinions settle between the poles,
    above they run to one of them. Beyond the poles nothing moves, unless bias is 0; evidence there counts as the pole.
    """

    rate: NonNegative = 0.05
    """Weight of one click against that of the opinion held; larger: faster."""
    bias: NonNegative = 1.0
    """Exponent of the own opinion; 0: evidence counts as it is (DeGroot), larger: contrary evidence counts less."""
    scale: Positive = 2.0
    """Distance of a pole from 0, in units of taste."""
    null = {"rate": 0.0}

    def after(self, world: World, feedback: Feedback, draws: Draws) -> None:
        """Move the opinions of those who clicked, one click after the other."""
        for users, items in in_turn(feedback):
            x = np.clip(0.5 + world.users.tastes[users] / (2.0 * self.scale), 0.0, 1.0)  # (n, d)
            s = np.clip(0.5 + world.items.topics[items] / (2.0 * self.scale), 0.0, 1.0)
            up, down = x**self.bias * s, (1.0 - x) ** self.bias * (1.0 - s)
            step = self.rate * (up * (1.0 - x) - down * x) / (1.0 + self.rate * (up + down))
            world.users.tastes[users] += 2.0 * self.scale * step
