"""People follow the platform on some days and their own ways on others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from recsim.base.component import Share
from recsim.base.flow import Floats, Slate
from recsim.world.behaviours import Behaviour

if TYPE_CHECKING:
    from recsim.world.world import World


class Adoption(Behaviour):
    """With probability `share` a user chooses from the platform's slate only, otherwise only from what they met.

    Drawn for each user and tick: the adoption rate of Barlacchi, Pappalardo and colleagues (arXiv 2510.14857), and the
    r of the two urns of Fleder & Hosanagar (Management Science 2009). What is on the slate and was met as well can be
    chosen either way. Without it people choose from both at once. Where nothing is discovered, those who do not follow
    the platform have nothing to choose from.
    """

    share: Share = 0.5
    """Probability of following the platform in a session; larger: it decides more. 1: what people meet is ignored."""
    null = "at 0 and at 1 it still takes one of the two sorts of items away; without it people choose from both"

    def appeal(self, world: World, slate: Slate) -> Floats:
        """−inf for the sort that is not chosen from."""
        follows = world.stream(self).uniform(world.users.key[slate.users]) < self.share  # (n,)
        also = False if slate.met is None else slate.met
        open_ = np.where(follows[:, None], slate.by_platform, ~slate.by_platform | also)
        return np.where(open_, 0.0, -np.inf)  # (n, k)
