"""People take what stands at the top, whatever it is."""

from __future__ import annotations

import numpy as np

from recsim.base.component import AtLeastOne, NonNegative, Share
from recsim.base.draws import Draws
from recsim.base.flow import Floats
from recsim.world.choice import ChoiceModel, Offer


class RankAcceptance(ChoiceModel):
    """The item at rank k is accepted with probability exp(−alpha · k), whatever it is.

    The users of Mansoury et al. (CIKM 2020), who write the same with a negative alpha (−0.1): at 0.1 a list of ten
    leads to 6.01 acceptances. As appeal plays no role, all that such a loop learns is its own ranking: a control.
    """

    picks: AtLeastOne | None = None
    """Most items that are picked in a session, of the accepted ones the most appealing; null: all that are accepted."""
    alpha: NonNegative = 0.1
    """How fast acceptance falls with the rank, per rank; 0: all is accepted, larger: only the top of the list is."""
    met: Share = 0.0
    """Probability of accepting an item that people meet by themselves, which has no rank; larger: more are picked."""

    def chance(self, offer: Offer, draws: Draws) -> tuple[Floats, Floats]:
        """Nothing for what is accepted, −inf for the rest."""
        chance = np.where(offer.rank > 0, np.exp(-self.alpha * offer.rank), self.met)
        accepted = draws.uniform(offer.users, offer.items) < chance
        return np.where(accepted, 0.0, -np.inf), np.full(len(offer.appeal), -np.inf)
