"""What most people clicked."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from recsim.base.draws import Draws
from recsim.base.flow import Floats, Public, Request, Slate, Source, Training
from recsim.base.kernels.ranking import popular
from recsim.system.recommenders import Recommender


class Counts(NamedTuple):
    """What `popularity` knows."""

    clicks: Floats
    """(i,) weight of the clicks on each item."""


class Popularity(Recommender):
    """The most clicked items that the user has not consumed; equal counts in random order, other for each user.

    Everybody has the same list, so without `repeats` people use the popular items up, and get what is left.
    """

    policy = Counts

    def fit(self, training: Training, public: Public, previous: Any, draws: Draws) -> Counts:
        """Count the clicks."""
        return Counts(np.bincount(training.items, training.weights, minlength=len(public.item_keys)))

    def rank(self, policy: Counts, request: Request, draws: Draws) -> Slate:
        """Items born since the last fit count as never clicked."""
        clicks = np.zeros(len(request.public.item_keys))
        clicks[: len(policy.clicks)] = policy.clicks
        items, scores = popular(request, clicks, draws)
        return Slate(request.users, items, np.full(items.shape, Source.RECOMMENDED, np.int8), scores)
