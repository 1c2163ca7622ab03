"""The ideal: a recommender that knows what users truly gain."""

from __future__ import annotations

from typing import Any

import numpy as np

from recsim.base.draws import Draws
from recsim.base.flow import Request, Slate, Source
from recsim.base.kernels.ranking import ranked
from recsim.system.recommenders import Recommender


class Oracle(Recommender):
    """The items of highest true utility that the user has not consumed: the upper arm of every comparison.

    The ideal recommender of Chaney, Stewart & Engelhardt (RecSys 2018). It optimises what a user gains, not what a user
    clicks: position and other behaviours are not part of utility.
    """

    sees_truth = True

    def rank(self, policy: Any, request: Request, draws: Draws) -> Slate:
        """Ask the truth."""
        truth = request.truth
        assert truth is not None, "the service hands the truth to recommenders that declare sees_truth"
        items, scores = ranked(request, lambda users: truth.utility(users, request.items), draws)
        return Slate(request.users, items, np.full(items.shape, Source.RECOMMENDED, np.int8), scores)
