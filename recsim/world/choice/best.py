"""A choice without chance: the most appealing, or nothing."""

from __future__ import annotations

import numpy as np

from recsim.base.component import Number
from recsim.base.draws import Draws
from recsim.base.flow import Floats
from recsim.world.choice import ChoiceModel, Offer


class Best(ChoiceModel):
    """The item with the most appeal, if it has more than `outside`: argmax of appeal.

    The fully rational user of economics, and a multinomial logit at temperature 0; between equals a draw decides. Two
    loops that differ in nothing else show what the noise in people's choices does.
    """

    outside: Number = 4.0
    """Appeal of choosing nothing; higher: fewer clicks."""

    def chance(self, offer: Offer, draws: Draws) -> tuple[Floats, Floats]:
        """None."""
        return np.zeros(offer.appeal.shape), np.full(len(offer.appeal), self.outside)
