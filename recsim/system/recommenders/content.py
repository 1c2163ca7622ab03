"""More of what is like what one has clicked."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np
from scipy.sparse import csr_matrix

from recsim.base.component import AtLeastOne, Positive
from recsim.base.draws import Draws
from recsim.base.flow import Floats, Public, Request, Slate, Training
from recsim.base.kernels.ranking import ranked
from recsim.system.recommenders import Recommender, grown, slate_of


class Leanings(NamedTuple):
    """What `content` knows."""

    users: Floats
    """(u, d) how much each user leans to each feature; zeros for a user without interactions."""
    clicks: Floats
    """(i,) weight of the clicks on each item, for users without interactions."""


class Content(Recommender):
    """A user is a vector w that predicts the clicks from the items' public features F: least |F w − clicks|² + λ|w|².

    The closed form is w = (F′F + λI)⁻¹ F′ clicks, one matrix for all users. Chaney, Stewart & Engelhardt (RecSys 2018)
    ask for w ≥ 0 besides: `nonnegative`. It knows an item as soon as it is born, and whatever the features leave out it
    can never learn. The larger λ, the closer w comes to the direction of the mean of the features clicked.
    """

    policy = Leanings

    regularization: Positive = 1.0
    """λ; larger: features that many items share count less against the others."""
    nonnegative: bool = False
    """Whether nobody can lean away from a feature."""
    sweeps: AtLeastOne = 100
    """Passes over the features to find the non-negative solution; larger: closer to it."""
    cold_users: Literal["popular", "uniform"] = "popular"
    """What a user without interactions is shown: the most clicked items, or random ones."""

    def fit(self, training: Training, public: Public, previous: Any, draws: Draws) -> Leanings:
        """Solve for all users."""
        features, shape = public.features, (len(public.user_keys), len(public.item_keys))
        clicks = csr_matrix((training.weights, (training.users, training.items)), shape=shape)
        gram = features.T @ features + self.regularization * np.eye(features.shape[1])  # (d, d)
        found = clicks @ features  # (u, d)
        users = _nonnegative(gram, found, self.sweeps) if self.nonnegative else np.linalg.solve(gram, found.T).T.copy()
        return Leanings(users, np.bincount(training.items, training.weights, minlength=shape[1]))

    def rank(self, policy: Leanings, request: Request, draws: Draws) -> Slate:
        """Highest w·features among what may be shown, items born since the last fit included."""
        users = grown(policy.users, len(request.public.user_keys))
        candidates = request.public.features[request.items].T.copy()  # (d, j)
        ranking = ranked(request, lambda rows: users[rows] @ candidates, draws)  # (TILE, d) x (d, j) -> (TILE, j)
        cold = ~users[request.users].any(axis=1)
        return slate_of(request, ranking, cold, self.cold_users, policy.clicks, draws)


def _nonnegative(gram: Floats, found: Floats, sweeps: int) -> Floats:
    """The w ≥ 0 (u, d) with least ½ w′Gw − w·b for each row b of `found`: one feature after the other, again and again.

    Each step is exact for its feature, so the loss never rises (Franc, Hlaváč & Navara, CAIP 2005).
    """
    users = np.zeros_like(found)
    for _ in range(sweeps):
        for feature, row in enumerate(gram):
            slope = found[:, feature] - users @ row + users[:, feature] * row[feature]  # (u,)
            users[:, feature] = np.maximum(slope / row[feature], 0.0)
    return users
