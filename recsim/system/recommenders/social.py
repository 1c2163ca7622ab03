"""What the people one follows clicked."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from recsim.base.draws import Draws
from recsim.base.flow import Floats, Ints, Public, Request, Slate, Training
from recsim.base.kernels.ragged import gathered
from recsim.base.kernels.ranking import Scores, ranked
from recsim.system.recommenders import Recommender, grown, slate_of


class Shares(NamedTuple):
    """What `social` knows: a sparse matrix (u, i) of clicks, row by row."""

    indptr: NDArray[Any]
    """(u + 1,) where the clicks of each user begin."""
    items: Ints
    """(c,) items clicked."""
    weights: Floats
    """(c,) weight of these clicks."""
    clicks: Floats
    """(i,) weight of the clicks on each item."""


class Social(Recommender):
    """Items ranked by the clicks of the people whom the user follows: a feed of friends, ordered by engagement.

    score = Σ weight of the clicks of those followed now on the item, in the `window` it learns from; ties in random
    order. The network is the one of the moment, the clicks are those of the last fit. Its chronological counterparts
    are `latest` and, of friends' clicks, the discovery `feed`.
    """

    policy = Shares
    needs_network: ClassVar[bool] = True
    cold_users: Literal["popular", "uniform"] = "popular"
    """What a user is shown of whose friends nobody has clicked anything: the most clicked items, or random ones."""

    def fit(self, training: Training, public: Public, previous: Any, draws: Draws) -> Shares:
        """Sum up the clicks of each user on each item."""
        shape = (len(public.user_keys), len(public.item_keys))
        cells = csr_matrix((training.weights, (training.users, training.items)), shape=shape)
        cells.sum_duplicates()
        clicks = np.bincount(training.items, training.weights, minlength=shape[1])
        return Shares(cells.indptr, cells.indices, cells.data, clicks)

    def rank(self, policy: Shares, request: Request, draws: Draws) -> Slate:
        """Friends who came since the last fit have not clicked anything."""
        follows, n_users, n_items = request.public.follows, len(policy.indptr) - 1, len(request.public.item_keys)
        clicks = csr_matrix((policy.weights, policy.items, policy.indptr), shape=(n_users, n_items))[:, request.items]

        keys, item_keys = request.public.user_keys, request.public.item_keys[request.items]

        def friends(rows: Ints) -> csr_matrix:
            row, who = gathered(follows, rows)
            known = who < n_users
            indptr = np.concatenate([[0], np.cumsum(np.bincount(row[known], minlength=len(rows)))])
            return csr_matrix((np.ones(len(who[known])), who[known], indptr), shape=(len(rows), n_users)) @ clicks

        def score(rows: Ints) -> Scores:
            liked = np.asarray(friends(rows).toarray())
            luck = draws.uniform(keys[rows], item_keys) - 1.0  # ties of nothing are many: settled here they cost less
            return np.where(liked > 0, liked, luck)  # (TILE, j)

        known = np.diff(friends(request.users).indptr) > 0
        found = ranked(request, score, draws, users=np.flatnonzero(known).astype(np.int32))
        lists = np.full((len(known), request.n), -1, np.int32), np.full((len(known), request.n), -np.inf)
        lists[0][known], lists[1][known] = found[0], np.where(found[0] >= 0, np.maximum(found[1], 0.0), -np.inf)
        clicked = grown(policy.clicks, n_items)
        return slate_of(request, lists, ~known, self.cold_users, clicked, draws)
