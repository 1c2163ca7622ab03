"""Show what was clicked most often when it was shown, and keep trying the rest."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

from recsim.base.component import NonNegative, Positive, Share
from recsim.base.draws import Draws
from recsim.base.flow import Floats, Ints, Public, Request, Slate, Source, Training
from recsim.base.kernels.ranking import Scores, popular, ranked
from recsim.base.kernels.sampling import distinct, free
from recsim.system.recommenders import Recommender, grown


class Arms(NamedTuple):
    """What `bandit` knows."""

    clicks: Floats
    """(i,) clicks on each item where the platform had shown it."""
    misses: Floats
    """(i,) times the platform showed it and it was not clicked."""
    until: NDArray[np.int64]
    """() last tick that is counted."""


class Bandit(Recommender):
    """Each item is an arm, its click rate what is learned: clicks / (clicks + showings without a click), of everybody.

    `epsilon_greedy` shows a random list with probability ε, else the items of the highest rates. `ucb1` adds
    exploration · √(2 ln T / n) to the rate of an item shown n times of T (Auer, Cesa-Bianchi & Fischer, Machine
    Learning 2002). `thompson` draws each rate from Beta(prior_clicks + clicks, prior_misses + misses) (Thompson,
    Biometrika 1933). What was clicked without being shown by the platform does not count, and nothing is counted twice.
    An item in a lower slot that nobody looks at is counted as not clicked: rates depend on ranks.

    The log keeps non-clicks for `system.keep_exposures` ticks: clicks of earlier ticks are left out as well, for rates
    would be too high. With a `window` counts begin anew at each fit.
    """

    policy = Arms

    rule: Literal["epsilon_greedy", "ucb1", "thompson"] = "thompson"
    """How it explores."""
    epsilon: Share = 0.1
    """Share of lists that are random, for `epsilon_greedy`; larger: explores more."""
    exploration: NonNegative = 1.0
    """Weight of what an item's rate could be beyond its mean, for `ucb1`; larger: explores more."""
    prior_clicks: Positive = 1.0
    """Clicks that every item is born with, for `thompson`; larger: hopes more."""
    prior_misses: Positive = 1.0
    """Showings without a click that every item is born with, for `thompson`; larger: hopes less."""
    drawn: Literal["for each user", "once a tick"] = "for each user"
    """Whose draw of the rates a list is made by, for `thompson`: the user's own, or one for everybody (faster)."""

    @property
    def learns_from_non_clicks(self) -> bool:
        """A rate needs them."""
        return True

    def fit(self, training: Training, public: Public, previous: Arms | None, draws: Draws) -> Arms:
        """Add what was shown since the last fit, clicked or not."""
        n, missed = len(public.item_keys), training.unclicked
        known = Arms(np.zeros(0), np.zeros(0), np.array(-1)) if previous is None or self.window else previous
        first = max(int(known.until) + 1, int(missed.ticks.min(initial=training.tick)))
        hits = training.items[(training.ranks > 0) & (training.ticks >= first)]
        fails = missed.items[missed.ticks >= first]
        latest = max(int(training.ticks.max(initial=-1)), int(missed.ticks.max(initial=-1)), int(known.until))
        clicks, misses = (
            grown(old, n) + np.bincount(items, minlength=n)
            for old, items in ((known.clicks, hits), (known.misses, fails))
        )
        return Arms(clicks, misses, np.array(latest))

    def rank(self, policy: Arms, request: Request, draws: Draws) -> Slate:
        """Highest index first; equal ones in random order, other for each user."""
        n = len(request.public.item_keys)
        clicks, misses = grown(policy.clicks, n), grown(policy.misses, n)
        propensity = None
        if self.rule == "thompson":
            items, scores = self._sampled(clicks, misses, request, draws)
            propensity = np.full(items.shape, np.nan)
        elif self.rule == "ucb1":
            items, scores = popular(request, self._optimistic(clicks, misses), draws)
        else:
            items, scores = popular(request, clicks / np.maximum(clicks + misses, 1.0), draws)
            items, scores, propensity = self._explored(items, scores, request, draws)
        source = np.full(items.shape, Source.RECOMMENDED, np.int8)
        return Slate(request.users, items, source, scores, propensity=propensity)

    def _explored(self, greedy: Ints, scores: Floats, request: Request, draws: Draws) -> tuple[Ints, Floats, Floats]:
        """A random list for some users, and the probability of each item in its slot, given the greedy list."""
        keys = request.public.user_keys[request.users]
        explores = draws.of("explores").uniform(keys)[:, None] < self.epsilon  # (n, 1)
        items = np.where(explores, distinct(request, draws.of("random")), greedy)
        chance = self.epsilon / np.maximum(free(request), 1)[:, None] + (1.0 - self.epsilon) * (items == greedy)
        return items, np.where(explores, np.nan, scores), np.where(items >= 0, chance, np.nan)

    def _optimistic(self, clicks: Floats, misses: Floats) -> Floats:
        """(i,) the largest rate that an item may well have; what was never shown comes first."""
        shown = clicks + misses
        bonus = self.exploration * np.sqrt(2.0 * np.log(max(shown.sum(), 1.0)) / np.maximum(shown, 1.0))
        bound = clicks / np.maximum(shown, 1.0) + bonus
        return np.asarray(np.where(shown > 0, bound, bound.max(initial=0.0) + 1.0))

    def _sampled(self, clicks: Floats, misses: Floats, request: Request, draws: Draws) -> tuple[Ints, Floats]:
        """Lists by rates drawn from what is believed of them, through the inverse of the distribution function."""
        a, b = self.prior_clicks + clicks[request.items], self.prior_misses + misses[request.items]
        keys, user_keys = request.public.item_keys[request.items], request.public.user_keys
        if self.drawn == "once a tick":
            rates = np.zeros(len(clicks))
            rates[request.items] = betaincinv(a, b, draws.of("rates").uniform(keys))
            return popular(request, rates, draws)

        def score(rows: Ints) -> Scores:
            return np.asarray(betaincinv(a, b, draws.of("rates").uniform(user_keys[rows], keys)))  # (TILE, j)

        return ranked(request, score, draws)
