"""Matrix factorization that learns which of two items a user prefers, through `implicit`."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from scipy.sparse import csr_matrix

from recsim.base.component import AtLeastOne, NonNegative, Positive
from recsim.base.draws import Draws, Keys
from recsim.base.flow import Bools, Floats, Public, Request, Slate, Training
from recsim.base.kernels.ranking import Scores, ranked
from recsim.system.recommenders import Recommender, grown, slate_of


class Preferences(NamedTuple):
    """What `bpr` knows."""

    users: Scores
    """(u, f + 1) user factors and a 1; factors of zero for a user without interactions."""
    items: Scores
    """(i, f + 1) item factors and the item's bias; a row of zeros for an item without interactions."""
    clicks: Floats
    """(i,) weight of the clicks on each item, for users without interactions."""


class BPR(Recommender):
    """Bayesian personalized ranking (Rendle, Freudenthaler, Gantner & Schmidt-Thieme, UAI 2009).

    Maximises Σ ln σ(x·y_clicked + b_clicked − x·y_other − b_other) − λ|·|² by stochastic gradient ascent over pairs of
    a click and an item that the user has not clicked. As in `implicit` the other item is that of a random click, so it
    is drawn by popularity; and a pair is skipped if the user has clicked both. Weights of clicks are not used: neither
    ratings nor an intervention that weighs clicks change what it learns. An item without interactions scores 0, which
    is not the lowest score. One thread: with more, threads write over each other, and no run is like another.
    """

    policy = Preferences

    factors: AtLeastOne = 32
    """Length of the vectors that are learned, not counting the bias."""
    iterations: AtLeastOne = 30
    """Passes per fit, each over as many pairs as there are clicks; a warm start needs few, a cold one about 50."""
    learning_rate: Positive = 0.02
    """Length of a step; larger: learns faster, and forgets faster."""
    regularization: NonNegative = 0.01
    """λ; larger: smaller factors."""
    warm: bool = True
    """Go on from the factors of the last fit; false: start again from the same random factors each time."""
    cold_users: Literal["popular", "uniform"] = "popular"
    """What a user without interactions is shown: the most clicked items, or random ones."""
    dtype: Literal["float32", "float64"] = "float32"
    """Precision of factors and scores; float64 gives the same lists on more machines, at half the speed."""
    start_scale: Positive = 0.5
    """The factors start uniform between −start_scale/factors and start_scale/factors, as in `implicit`."""

    def fit(self, training: Training, public: Public, previous: Preferences | None, draws: Draws) -> Preferences:
        """Climb; newcomers start from draws keyed by who they are. Which pairs are drawn depends on the tick."""
        from implicit.cpu.bpr import BayesianPersonalizedRanking

        shape = len(public.user_keys), len(public.item_keys)
        clicks = csr_matrix((np.ones(len(training.users), np.float32), (training.users, training.items)), shape=shape)
        clicks.sum_duplicates()  # sorts as well: `implicit` looks up what a user has clicked by bisection
        known = previous if self.warm and previous is not None and previous.items.shape[1] == self.factors + 1 else None
        of_item = np.bincount(training.items, training.weights, minlength=shape[1])
        users = self._start(public.user_keys, known and known.users, np.diff(clicks.indptr) > 0, draws.of("users"))
        items = self._start(public.item_keys, known and known.items, clicks.getnnz(axis=0) > 0, draws.of("items"))
        users[:, -1] = 1.0
        assert (len(users), len(items)) == clicks.shape, "implicit reads out of bounds if factors do not fit the matrix"
        if clicks.nnz:  # of no clicks it would draw one all the same
            model = BayesianPersonalizedRanking(
                factors=self.factors,
                learning_rate=self.learning_rate,
                regularization=self.regularization,
                dtype=np.dtype(self.dtype),
                iterations=self.iterations,
                num_threads=1,
                verify_negative_samples=True,
                random_state=int(draws.of("pairs", training.tick).keys(0)) % 2**31,
            )
            model.user_factors, model.item_factors = users, items
            model.fit(clicks, show_progress=False)
        return Preferences(users, items, of_item)

    def rank(self, policy: Preferences, request: Request, draws: Draws) -> Slate:
        """Highest x·y + b among what may be shown; newcomers since the last fit count as without interactions."""
        users = grown(policy.users, len(request.public.user_keys))
        candidates = grown(policy.items, len(request.public.item_keys))[request.items].T.copy()  # (f + 1, j)
        ranking = ranked(request, lambda rows: users[rows] @ candidates, draws)  # (TILE, f + 1) x (f + 1, j)
        cold = ~users[request.users, :-1].any(axis=1)
        return slate_of(request, ranking, cold, self.cold_users, policy.clicks, draws)

    def _start(self, keys: Keys, known: Scores | None, clicked: Bools, draws: Draws) -> Scores:
        """Factors (n, f + 1) to begin with: keyed draws for rows that have clicks and no factors yet.

        Zeros for rows without clicks, also for those that had some in the window of the last fit: nothing moves them.
        """
        rows = np.zeros((len(keys), self.factors + 1)) if known is None else grown(known, len(keys))
        unknown = clicked & ~rows[:, :-1].any(axis=1)
        fresh = self.start_scale / self.factors * (2.0 * draws.uniform(keys, np.arange(self.factors + 1)) - 1.0)
        rows = np.where(clicked[:, None], np.where(unknown[:, None], fresh, rows), 0.0)  # a copy
        return np.ascontiguousarray(rows, dtype=self.dtype)
