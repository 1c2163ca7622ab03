"""Slates whose items differ from each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from recsim.base.component import Share
from recsim.base.draws import Draws
from recsim.base.flow import Slate
from recsim.system.rerankers import Reranker, relevance

if TYPE_CHECKING:
    from recsim.system.service import Service


class Diversity(Reranker):
    """Maximal marginal relevance (Carbonell & Goldstein, SIGIR 1998), greedily slot by slot.

    The next item maximises (1 − strength) · relevance − strength · max cosine to the items already chosen, with cosine
    over the features that the platform sees and relevance the recommender's score scaled to 0…1 within the list (or the
    rank, where a recommender gives no scores).
    """

    strength: Share = 0.3
    """Weight of being different against being relevant; 0: the recommender's order, 1: only the first is relevant."""
    null = {"strength": 0.0}

    def does(self) -> str:
        """In words."""
        return f"slates are made diverse, with weight {self.strength:.3g} on being different"

    def on_candidates(self, slate: Slate, service: Service, draws: Draws) -> Slate:
        """Reorder each list; its end beyond the slate keeps its order."""
        if not self.strength:
            return slate  # what stood before others moved it is not put back
        n, c = slate.items.shape
        features = service.public.features[slate.items]  # (n, c, d)
        length = np.sqrt(np.einsum("ncd,ncd->nc", features, features))
        features = features / np.where(length > 0, length, 1.0)[:, :, None]
        value = (1.0 - self.strength) * relevance(slate)  # (n, c)
        nearest = np.full((n, c), -1.0)
        order = np.empty((n, c), np.int64)
        left = np.ones((n, c), np.bool_)
        rows = np.arange(n)
        for slot in range(min(c, service.slate_size)):
            gain = value if slot == 0 else value - self.strength * nearest
            chosen = np.where(left, np.where(slate.items >= 0, gain, -1e9), -np.inf).argmax(axis=1)
            order[:, slot] = chosen
            left[rows, chosen] = False
            nearest = np.maximum(nearest, np.einsum("nd,ncd->nc", features[rows, chosen], features))
        rest = np.argsort(~left, axis=1, kind="stable")[:, : c - min(c, service.slate_size)]
        order[:, min(c, service.slate_size) :] = rest
        return slate.take(order)
