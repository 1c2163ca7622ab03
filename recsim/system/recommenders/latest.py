"""The newest items first."""

from __future__ import annotations

from typing import Any

import numpy as np

from recsim.base.draws import Draws
from recsim.base.flow import Request, Slate, Source
from recsim.base.kernels.ranking import popular
from recsim.system.recommenders import Recommender


class Latest(Recommender):
    """What was born last, nothing consumed; equally new items in random order, other for each user.

    The chronological feed, which learns nothing: the control of whatever ranks by engagement (Huszár et al., PNAS 2022;
    Milli et al., PNAS Nexus 2025).
    """

    def rank(self, policy: Any, request: Request, draws: Draws) -> Slate:
        """By the tick of birth."""
        items, scores = popular(request, request.public.born, draws)
        return Slate(request.users, items, np.full(items.shape, Source.RECOMMENDED, np.int8), scores)
