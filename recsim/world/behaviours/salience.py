"""What is recommended stands out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from recsim.base.component import NonNegative, Share
from recsim.base.flow import Floats, Slate
from recsim.world.behaviours import Behaviour

if TYPE_CHECKING:
    from recsim.world.world import World


class Salience(Behaviour):
    """What the platform puts at rank k has strength · decay^(k−1) more appeal, compared to what people meet otherwise.

    Fleder & Hosanagar (Management Science 2009) have decay 1, SIREN (Bountouridis et al., FAT* 2019) 0.9, both strength
    5 on their scale of utility. It changes what is clicked, not what is gained: the recommended is liked no better.
    """

    strength: NonNegative = 1.0
    """Appeal added at the top of the list, in units of utility; larger: recommendations are followed more often."""
    decay: Share = 1.0
    """What each rank has of the one above it; larger: the whole list stands out, 0: only its top does."""
    null = {"strength": 0.0}

    def appeal(self, world: World, slate: Slate) -> Floats:
        """Nothing for what people meet by themselves."""
        below = np.maximum(slate.ranks - 1.0, 0.0)
        return np.asarray(self.strength * np.where(slate.ranks > 0, self.decay**below, 0.0))  # (n, k)
