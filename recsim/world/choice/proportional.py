"""A choice in proportion to how much an item appeals."""

from __future__ import annotations

import numpy as np

from recsim.base.component import NonNegative
from recsim.base.draws import Draws
from recsim.base.flow import Floats
from recsim.world.choice import OUTSIDE, ChoiceModel, Offer


class Proportional(ChoiceModel):
    """P(i) ∝ max(appeal_i, 0) + floor, against nothing with P ∝ outside (Luce 1959).

    Drawn as the argmax of ln(weight) + Gumbel noise. Unlike in a logit the zero of appeal means something: what repels
    is as unlikely as what leaves cold. Removing an item never changes the ratio of two others; several picks follow
    each other without replacement (Plackett–Luce) until nothing is picked.
    """

    floor: NonNegative = 0.01
    """Weight of an item without appeal, in units of appeal; larger: closer to a coin toss."""
    outside: NonNegative = 10.0
    """Weight of choosing nothing; 0: something is always picked, larger: fewer clicks."""

    def chance(self, offer: Offer, draws: Draws) -> tuple[Floats, Floats]:
        """What turns the appeal into the logarithm of its weight plus Gumbel noise."""
        there = offer.appeal > -np.inf
        appeal = np.where(there, offer.appeal, 0.0)
        with np.errstate(divide="ignore"):
            pull = np.log(np.maximum(appeal, 0.0) + self.floor) + draws.gumbel(offer.users, offer.items)
            nothing = np.log(self.outside) + draws.gumbel(offer.users, OUTSIDE)[:, 0]
        return np.where(there, pull - appeal, -np.inf), nothing
