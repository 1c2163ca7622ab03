"""A world without a recommender: what people would do anyway."""

from __future__ import annotations

from typing import Any

import numpy as np

from recsim.base.draws import Draws
from recsim.base.flow import Request, Slate, Source
from recsim.system.recommenders import Recommender


class NoRecommender(Recommender):
    """Shows nothing. With a discovery such as `browse` it is the arm without an algorithm."""

    kind = "none"

    def rank(self, policy: Any, request: Request, draws: Draws) -> Slate:
        """Empty slates."""
        shape = len(request.users), request.n
        return Slate(request.users, np.full(shape, -1, np.int32), np.full(shape, Source.RECOMMENDED, np.int8))
