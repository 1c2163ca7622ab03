"""A click needs two things: that the item is looked at, and that it is liked."""

from __future__ import annotations

import numpy as np

from recsim.base.component import AtLeastOne, NonNegative, Number
from recsim.base.draws import Draws
from recsim.base.flow import Floats
from recsim.world.choice import ChoiceModel, Offer


class ExamineThenLike(ChoiceModel):
    """P(click at rank k) = P(examined at k) · [liked], with P(examined at k) = log₂(k + 1)^(−steepness).

    Liked is what has more appeal than `outside`. At steepness 1 these are the users of Zhu, He, Zhao & Caverlee (KDD
    2021); because relevance does not depend on the rank, weighing a click by 1/P(examined) undoes the bias of position.
    What people meet by themselves has no rank and is always examined. Not together with `position_bias`, which would
    count the rank twice.
    """

    picks: AtLeastOne | None = None
    """Most items that are picked in a session, the most appealing ones; null: all that are examined and liked."""
    outside: Number = 4.0
    """Appeal above which an item is liked; higher: fewer clicks."""
    steepness: NonNegative = 1.0
    """How fast attention falls with the rank; 0: everything is examined, larger: only the top is."""

    def chance(self, offer: Offer, draws: Draws) -> tuple[Floats, Floats]:
        """Nothing for what is examined, −inf for what is overlooked."""
        examined = draws.uniform(offer.users, offer.items) < self.examination(offer.rank)
        return np.where(examined, 0.0, -np.inf), np.full(len(offer.appeal), self.outside)

    def examination(self, rank: Floats | np.ndarray) -> Floats:
        """Probability that an item at each rank is looked at; 1 at rank 0, which is no rank."""
        return np.asarray(np.log2(np.maximum(rank, 1) + 1.0) ** -self.steepness)
