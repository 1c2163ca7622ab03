"""What many have chosen attracts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from recsim.base.component import NonNegative
from recsim.base.draws import Draws
from recsim.base.flow import Feedback, Floats, Slate
from recsim.base.table import Column
from recsim.world.behaviours import Behaviour

if TYPE_CHECKING:
    from recsim.world.world import World


class Conformity(Behaviour):
    """Appeal grows with the clicks of everybody so far: + strength · ln(1 + clicks).

    The download counts of the MusicLab (Salganik, Dodds & Watts, Science 2006). Under a multinomial logit of
    temperature τ the odds of an item grow as (1 + clicks)^(strength/τ), the social signal of trial-offer markets
    (Maldonado, Berbeglia & Van Hentenryck 2018): above an exponent of 1 some item takes all, whichever leads early.
    Counts begin with the run: human data from a file is not in them.
    """

    strength: NonNegative = 0.3
    """Appeal gained per e-fold of clicks, in units of utility; larger: the rich get richer faster."""
    item_columns = {"clicks_by_all": Column(np.int64)}
    null = {"strength": 0.0}

    def appeal(self, world: World, slate: Slate) -> Floats:
        """An item nobody has clicked gains nothing."""
        return self.strength * np.log1p(world.items.clicks_by_all[slate.items])  # (n, k)

    def after(self, world: World, feedback: Feedback, draws: Draws) -> None:
        """Count."""
        np.add.at(world.items.clicks_by_all, feedback.items, 1)
