"""Everything is shown with the same probability."""

from __future__ import annotations

from typing import Any

import numpy as np

from recsim.base.draws import Draws
from recsim.base.flow import Request, Slate, Source
from recsim.base.kernels.sampling import distinct, free
from recsim.system.recommenders import Recommender


class Uniform(Recommender):
    """Random items the user has not consumed, drawn without replacement anew for every user and tick.

    The control of every claim about learning: exposure without a model. It logs its propensity, 1 over the number of
    items the user may be shown.
    """

    def rank(self, policy: Any, request: Request, draws: Draws) -> Slate:
        """Uniform over all lists."""
        items = distinct(request, draws)
        propensity = np.where(items >= 0, 1.0 / np.maximum(free(request), 1)[:, None], np.nan)
        return Slate(request.users, items, np.full(items.shape, Source.RECOMMENDED, np.int8), propensity=propensity)
