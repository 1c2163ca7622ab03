"""Show some random items, so that the log is not only what the model believed already."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from recsim.base.component import Share
from recsim.base.draws import Draws
from recsim.base.flow import Floats, Ints, Request, Slate
from recsim.base.kernels.sampling import distinct, free
from recsim.system.interventions import Intervention

if TYPE_CHECKING:
    from recsim.system.service import Service


class Exploration(Intervention):
    """Each slot is given away with probability `share`, to an item drawn uniformly from what the slate left out.

    "Left out" is everything the user may be shown that does not stand in a slot that was kept. The probability of each
    item in its slot is logged: with m items to choose from, K of the other slots' items kept and ε = share, an item
    explored into a foreign slot has ε · E[1/(m − K)], the recommender's own item in its slot has 1 − ε more.
    """

    share: Share = 0.1
    """Share of slots that explore, ε; 1: slates that know nothing of the model."""
    null = {"share": 0.0}

    def does(self) -> str:
        """In words."""
        return f"{self.share:.3g} of the slots of every slate show a random item"

    def on_slate(self, slate: Slate, service: Service, draws: Draws) -> Slate:
        """Replace slots; keyed by user and slot, so a larger share replaces the same slots and more."""
        keys = service.public.user_keys[slate.users]
        given = draws.uniform(keys, np.arange(slate.items.shape[1])) < self.share  # (n, k)
        request = service.request(slate.users, slate.items.shape[1])
        fresh = distinct(request, draws.of("fresh"), also_without=np.where(given, -1, slate.items))
        turn = np.maximum(given.cumsum(axis=1) - 1, 0)
        items = np.where(given, np.take_along_axis(fresh, turn, axis=1), slate.items)
        propensity = self._propensity(slate.items, items, request) if self.share else slate.propensity
        scores = None if slate.scores is None else np.where(given, np.nan, slate.scores)
        return slate._replace(items=items, propensity=propensity, scores=scores)

    def _propensity(self, greedy: Ints, items: Ints, request: Request) -> Floats:
        """(n, k) probability of each item in its slot, over both coins and draws."""
        m, place = free(request)[:, None], np.arange(items.shape[1])
        epsilon, real = self.share, greedy >= 0
        stands = (items[:, :, None] == greedy[:, None, :]) & (items >= 0)[:, :, None]  # (n, slot, greedy slot)
        own = stands[:, place, place]
        moved = stands.any(axis=2) & ~own
        others = real.sum(axis=1, keepdims=True) - real  # (n, k) an empty slot that is kept takes nothing away
        any_item = epsilon * _mean_inverse(m, others, epsilon)
        moved_item = epsilon**2 * _mean_inverse(m, np.maximum(others - 1, 0), epsilon)
        chance = np.where(own, 1.0 - epsilon + any_item, np.where(moved, moved_item, any_item))
        return np.where(items >= 0, chance, np.nan)


def _mean_inverse(m: NDArray[np.integer], others: NDArray[np.integer], epsilon: float) -> Floats:
    """E[1/(m − K)] with K ~ Binomial(others, 1 − ε) slots kept, for m (n, 1) and others (n, k) → (n, k)."""
    kept = np.arange(others.shape[1] + 1)
    weights = binom.pmf(kept, kept[:, None], 1.0 - epsilon)  # (others, kept)
    table = np.einsum("nc,oc->no", 1.0 / np.maximum(m - kept, 1), weights)  # (n, others)
    return np.take_along_axis(table, others, axis=1)
