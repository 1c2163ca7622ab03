"""Some people leave and never come back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from recsim.base.component import Share
from recsim.base.draws import Draws
from recsim.base.flow import Feedback
from recsim.world.dynamics import Dynamics

if TYPE_CHECKING:
    from recsim.world.world import World


class Churn(Dynamics):
    """Every living user leaves with the same probability at the end of each tick: a geometric lifetime."""

    about = "users"
    hazard: Share = 0.01
    """Probability of leaving per user and tick; a mean lifetime of 1/hazard ticks."""
    null = {"hazard": 0.0}

    def after(self, world: World, feedback: Feedback, draws: Draws) -> None:
        """Keyed by user: a larger hazard makes the same people leave, and more."""
        leaves = draws.uniform(world.users.key) < self.hazard
        world.users.alive &= np.logical_not(leaves)
