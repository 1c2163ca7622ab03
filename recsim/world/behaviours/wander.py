"""Tastes change by themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from recsim.base.component import Share
from recsim.base.draws import Draws
from recsim.base.flow import Feedback
from recsim.world.behaviours import FIRST_TASTE, Behaviour, first_tastes

if TYPE_CHECKING:
    from recsim.world.world import World


class Wander(Behaviour):
    """taste ← √(1 − rate²) · taste + rate · |first taste|/√d · N(0, I), every tick, whatever is shown or clicked.

    A stationary random walk (Ornstein & Uhlenbeck 1930) that keeps how strongly people prefer and forgets what: after t
    ticks the expected cosine with the first taste is near (1 − rate²)^{t/2}. The drift of a world that moves on, which
    no recommender causes: data of yesterday tell less and less of today.
    """

    rate: Share = 0.1
    """Share of a taste that is new each tick, in standard deviations; larger: what was learned is sooner out of date;
    1: nothing is left from one tick to the next."""
    columns = FIRST_TASTE
    null = {"rate": 0.0}

    def after(self, world: World, feedback: Feedback, draws: Draws) -> None:
        """Keyed by user: others do not matter."""
        tastes, first = world.users.tastes, first_tastes(world)
        width = tastes.shape[1]
        length = np.sqrt(np.einsum("nd,nd->n", first, first) / width)  # (n,)
        noise = draws.normal(world.users.key, np.arange(width))
        if self.rate:
            world.users.tastes = np.sqrt(1.0 - self.rate**2) * tastes + self.rate * length[:, None] * noise
