"""People grow to like what they see, clicked or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from recsim.base.component import Share
from recsim.base.draws import Draws
from recsim.base.flow import Feedback
from recsim.world.behaviours import Behaviour

if TYPE_CHECKING:
    from recsim.world.world import World


class MereExposure(Behaviour):
    """Every item in front of a user moves their taste a share of the way to it: t ← t + rate · (v − t).

    The effect that repeated exposure is enough for liking (Zajonc 1968), as a model of preferences after Curmei, Haupt,
    Recht & Hadfield-Menell (RecSys 2022). A slate of n items covers 1 − (1 − rate)ⁿ of the way to what it shows, the
    bottom of the list last; items of opposed topics pull the taste towards 0.
    """

    rate: Share = 0.002
    """Share of the way to an item that is covered per exposure; larger: quicker to be won over."""
    null = {"rate": 0.0}

    def after(self, world: World, feedback: Feedback, draws: Draws) -> None:
        """All slots of the slate, in order of rank."""
        slate = feedback.slate
        for column in range(slate.items.shape[1]):
            row = np.flatnonzero(slate.items[:, column] >= 0)
            users, items = slate.users[row], slate.items[row, column]
            world.users.tastes[users] += self.rate * (world.items.topics[items] - world.users.tastes[users])
