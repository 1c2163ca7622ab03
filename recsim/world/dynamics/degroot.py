"""People come to think what those they follow think."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from recsim.base.component import Share
from recsim.base.draws import Draws
from recsim.base.flow import Feedback
from recsim.base.kernels.ragged import means
from recsim.world.dynamics import _Opinions

if TYPE_CHECKING:
    from recsim.world.world import World


class DeGroot(_Opinions):
    """Each opinion moves a share of the way to the mean opinion of those whom the person follows, all at once.

    x ← (1 − rate) x + rate · mean of xⱼ over those followed (DeGroot, JASA 1974, with trust in equal parts). Where
    everybody is connected it ends in consensus; among friends at the mean weighted by their numbers. Who follows nobody
    does not move.
    """

    kind = "degroot"
    rate: Share = 0.1
    """Share of the way that is covered per tick; larger: quicker agreement."""
    null = {"rate": 0.0}

    def after(self, world: World, feedback: Feedback, draws: Draws) -> None:
        """Everybody at once, by the opinions that stood before."""
        mine = self.opinions(world)
        heard = means(world.follows, mine)
        self.move(world, np.where(np.isnan(heard), mine, mine + self.rate * (heard - mine)))
