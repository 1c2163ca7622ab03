"""What is seen is made more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from recsim.base.component import AtLeastOne, NonNegative
from recsim.system.arrivals import Arrivals

if TYPE_CHECKING:
    from recsim.system.generators import Generator
    from recsim.system.service import Service


class Response(Arrivals):
    """Creation follows exposure: n ← n · (1 + strength · (x/g − 1)), from `per_tick` on, between 1 and `most`.

    x is the share of the platform's machines in last tick's recommendations, g their share of the items that may be
    recommended: made more where each machine-made item is shown more than another (the bias that encourages creation of
    Zhou et al., SIGIR 2025). While nothing was shown or made n stays.
    """

    kind = "in_answer_to_exposure"
    strength: NonNegative = 0.1
    """Change of n per unit of relative over-exposure, ζ; larger: a quicker answer; 0: n stays."""
    most: AtLeastOne = 1000
    """Most items in a tick."""
    memory = {"pace": np.float64(-1.0)}

    def count(self, generator: Generator, service: Service, uploads: int) -> int:
        """The number is kept with its fraction, and rounded."""
        pace = service.memory[generator.home]["pace"]
        own, views = service.items.own, service.items.views_now
        on_offer = service.on_offer
        if pace < 0:
            pace[...] = np.clip(generator.per_tick, 1.0, self.most)
        elif views.sum() and own[on_offer].any():
            exposure, share = views[own].sum() / views.sum(), own[on_offer].mean()
            pace[...] = np.clip(pace * (1.0 + self.strength * (exposure / share - 1.0)), 1.0, self.most)
        return int(np.rint(pace))
