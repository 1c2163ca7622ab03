"""What most people clicked."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recsim.base.component import AtLeastOne
from recsim.base.draws import Draws
from recsim.base.flow import Floats, Ints, Public, Request, Slate, Source, Training
from recsim.base.kernels.ranking import Scores, popular, ranked
from recsim.system.recommenders import Recommender, counted, grown, world_of


class Counts(NamedTuple):
    """What `popularity` knows."""

    clicks: Floats
    """(w, i) weight of the clicks on each item in each world."""


class Popularity(Recommender):
    """The most clicked items that the user has not consumed; equal counts in random order, other for each user.

    Everybody has the same list, so without `repeats` people use the popular items up, and get what is left. With
    several worlds it is the ranking of the MusicLab (Salganik, Dodds & Watts, Science 2006): chance makes another
    success in each of them.
    """

    policy = Counts

    direction: Literal["most", "least"] = "most"
    """Which end of the ranking is shown: the most clicked items, or the least clicked ones."""
    worlds: AtLeastOne = 1
    """Number of worlds that users are split into, by key modulo this number; each sees only its own counts."""

    def fit(self, training: Training, public: Public, previous: Any, draws: Draws) -> Counts:
        """Count the clicks."""
        return Counts(counted(training, public, self.worlds))

    def fits(self, policy: Counts) -> bool:
        """One row of counts a world."""
        return len(policy.clicks) == self.worlds

    def rank(self, policy: Counts, request: Request, draws: Draws) -> Slate:
        """Items born since the last fit count as never clicked."""
        clicks = grown(policy.clicks.T, len(request.public.item_keys)).T
        clicks = clicks if self.direction == "most" else -clicks
        if self.worlds == 1:
            items, scores = popular(request, clicks[0], draws)
        else:
            items, scores = self._by_world(clicks, request, draws)
        scores = scores if self.direction == "most" else np.where(items >= 0, -scores, scores)
        return Slate(request.users, items, np.full(items.shape, Source.RECOMMENDED, np.int8), scores)

    def _by_world(self, clicks: Floats, request: Request, draws: Draws) -> tuple[Ints, Floats]:
        """The same for users who look at different counts (w, i)."""
        user_keys, item_keys = request.public.user_keys, request.public.item_keys[request.items]
        level = _levels(clicks[:, request.items])

        def score(rows: Ints) -> Scores:
            world = world_of(user_keys[rows], self.worlds)
            return level[world] + draws.uniform(user_keys[rows], item_keys)  # (TILE, j)

        items, _ = ranked(request, score, draws)
        world = world_of(user_keys[request.users], self.worlds)
        return items, np.where(items >= 0, clicks[world[:, None], items], -np.inf)


def _levels(counts: Floats) -> NDArray[np.int64]:
    """(w, j) how many different counts of its row are smaller than each count."""
    order = np.argsort(counts, axis=1, kind="stable")
    steps = np.diff(np.take_along_axis(counts, order, axis=1), axis=1, prepend=np.nan) > 0
    levels = np.empty(counts.shape, np.int64)
    np.put_along_axis(levels, order, steps.cumsum(axis=1), axis=1)
    return levels
