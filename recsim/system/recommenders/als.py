"""Matrix factorization by alternating least squares, through `implicit`.

`implicit` trusts its caller: with factors of another size than the matrix it reads out of bounds, and it goes on from
whatever factors it finds. So sizes are padded and asserted here, and going on is a field.
"""

from __future__ import annotations

from functools import cache
from typing import Literal, NamedTuple

import numpy as np
from scipy.sparse import csr_matrix
from threadpoolctl import ThreadpoolController

from recsim.base.component import AtLeastOne, Count, NonNegative, Positive
from recsim.base.draws import Draws, Keys
from recsim.base.flow import Floats, Public, Request, Slate, Training
from recsim.base.kernels.ranking import Scores, ranked
from recsim.system.recommenders import Recommender, grown, slate_of


class Factors(NamedTuple):
    """What `als` knows."""

    users: Scores
    """(u, f) user factors; a row of zeros for a user without interactions."""
    items: Scores
    """(i, f) item factors; a row of zeros for an item without interactions."""
    clicks: Floats
    """(i,) weight of the clicks on each item, for users without interactions."""


class ALS(Recommender):
    """Implicit-feedback matrix factorization (Hu, Koren & Volinsky, ICDM 2008), retrained on what its users chose.

    Minimises Σ c(p − x·y)² + λ(Σ|x|² + Σ|y|²) with p = 1 and c = alpha · weight for clicks, p = 0 and c = 1 elsewhere
    (`implicit`'s convention: alpha · r, not 1 + alpha · r). Stated policies: a user without interactions gets what
    `cold_users` says; an item without interactions scores 0; interactions of users who left stay in the training data;
    a user who has consumed everything gets a short list.

    With `negatives` each time an item was shown to a user who never clicked it is a stored dislike, p = 0 and
    c = alpha · negatives. The log keeps what was shown for `system.keep_exposures` ticks only.
    """

    policy = Factors

    factors: AtLeastOne = 32
    """Length of the vectors that are learned."""
    iterations: AtLeastOne = 3
    """Alternations per fit; a warm start needs few, a cold one about 15."""
    regularization: NonNegative = 0.01
    """λ, not scaled by counts; larger: smaller factors."""
    alpha: Positive = 1.0
    """Confidence of one click, where not having clicked has 1; larger: popular items weigh more."""
    negatives: NonNegative = 0.0
    """Weight of one showing that was not clicked, where a click has 1; 0: unused; below 1/alpha an item that was shown
    once in vain counts as disliked less surely than one that was never shown."""
    warm: bool = True
    """Go on from the factors of the last fit; false: start again from the same random factors each time."""
    solver: Literal["conjugate_gradient", "cholesky"] = "conjugate_gradient"
    """Three steps of conjugate gradients per row (fast), or the exact solution."""
    cold_users: Literal["popular", "uniform"] = "popular"
    """What a user without interactions is shown: the most clicked items, or random ones."""
    dtype: Literal["float32", "float64"] = "float32"
    """Precision of factors and scores; float64 gives the same lists on more machines, at half the speed."""
    start_scale: Positive = 0.01
    """Upper end of the uniform distribution the factors start from, as in `implicit`."""
    threads: Count = 0
    """Threads of a fit; 0: all cores. Changes speed, never a result."""

    @property
    def learns_from_non_clicks(self) -> bool:
        """Whether dislikes are stored."""
        return self.negatives > 0

    def fit(self, training: Training, public: Public, previous: Factors | None, draws: Draws) -> Factors:
        """Alternate between users and items; newcomers start from draws keyed by who they are."""
        from implicit.cpu.als import AlternatingLeastSquares

        shape = len(public.user_keys), len(public.item_keys)
        clicks = csr_matrix((training.weights.astype(np.float32), (training.users, training.items)), shape=shape)
        if self.negatives:
            clicks = clicks + self._dislikes(training, shape)
        known = previous if self.warm and previous is not None and previous.items.shape[1] == self.factors else None
        of_user = np.bincount(training.users, training.weights, minlength=shape[0])
        of_item = np.bincount(training.items, training.weights, minlength=shape[1])
        users = self._start(public.user_keys, None if known is None else known.users, of_user, draws.of("users"))
        items = self._start(public.item_keys, None if known is None else known.items, of_item, draws.of("items"))
        assert (len(users), len(items)) == clicks.shape, "implicit reads out of bounds if factors do not fit the matrix"
        with _linear_algebra().limit(limits=1, user_api="blas"):
            model = AlternatingLeastSquares(
                factors=self.factors,
                regularization=self.regularization,
                alpha=self.alpha,
                dtype=np.dtype(self.dtype),
                use_cg=self.solver == "conjugate_gradient",
                iterations=self.iterations,
                num_threads=self.threads,
            )
            model.user_factors, model.item_factors = users, items
            model.fit(clicks, show_progress=False)
        users[of_user == 0], items[of_item == 0] = (
            0.0,
            0.0,
        )  # of dislikes alone `implicit` comes only close
        return Factors(users, items, of_item)

    def rank(self, policy: Factors, request: Request, draws: Draws) -> Slate:
        """Highest x·y among what may be shown; newcomers since the last fit count as without interactions."""
        users = grown(policy.users, len(request.public.user_keys))
        items = grown(policy.items, len(request.public.item_keys))
        candidates = items[request.items].T.copy()  # (f, j)
        ranking = ranked(request, lambda rows: users[rows] @ candidates, draws)  # (TILE, f) x (f, j) -> (TILE, j)
        cold = ~users[request.users].any(axis=1)
        return slate_of(request, ranking, cold, self.cold_users, policy.clicks, draws)

    def _dislikes(self, training: Training, shape: tuple[int, int]) -> csr_matrix:
        """(u, i) minus the weight of what was shown and never clicked: `implicit` reads p = 0 and c = |value|."""
        shown, width = training.unclicked, np.int64(shape[1])
        never = ~np.isin(shown.users * width + shown.items, training.users * width + training.items)
        weights = np.full(never.sum(), -self.negatives, np.float32)
        return csr_matrix((weights, (shown.users[never], shown.items[never])), shape=shape)

    def _start(self, keys: Keys, known: Scores | None, clicks: Floats, draws: Draws) -> Scores:
        """Factors (n, f) to begin with: keyed draws; in a warm start only for rows that have clicks and no factors yet.

        A row of zeros must not stay one: with all items at zero ALS would never leave it.
        """
        fresh = self.start_scale * draws.uniform(keys, np.arange(self.factors))
        if known is None:
            return np.ascontiguousarray(fresh, dtype=self.dtype)
        rows = grown(known, len(keys)).astype(self.dtype)  # a copy: implicit writes into it
        unknown = ~rows.any(axis=1) & (clicks > 0)
        rows[unknown] = fresh[unknown]
        return np.ascontiguousarray(rows)


@cache
def _linear_algebra() -> ThreadpoolController:
    """The libraries that `implicit` has brought, found once: looking for them costs more than a small fit."""
    return ThreadpoolController()
