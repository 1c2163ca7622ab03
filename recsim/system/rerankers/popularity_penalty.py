"""What is popular already counts for less."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from recsim.base.component import NonNegative
from recsim.base.draws import Draws
from recsim.base.flow import Slate
from recsim.system.rerankers import Reranker, relevance

if TYPE_CHECKING:
    from recsim.system.service import Service


class PopularityPenalty(Reranker):
    """Scores scaled by popularity (the arm `Scale` of Zhu, He, Zhao & Caverlee, KDD 2021): s · (1/(n + 1))^strength.

    s is the recommender's score scaled to 0…1 within the list (or the rank, where it gives no scores), n the number of
    clicks on the item since the run began. Pitfalls: clicks of a log that the scenario brings as `data` are not in n; n
    grows, so that a fixed strength weighs more and more against differences in s but distinguishes less between two
    items that are both popular: in the paper its effect fades; only what is among the candidates can rise.
    """

    strength: NonNegative = 0.5
    """Exponent α; larger: popular items sink deeper; 0: the recommender's order, 1: score per click."""
    null = {"strength": 0.0}

    def does(self) -> str:
        """In words."""
        return f"scores are divided by (clicks + 1) to the power of {self.strength:.3g}"

    def on_candidates(self, slate: Slate, service: Service, draws: Draws) -> Slate:
        """Sort each list by the scaled score; equals keep their order."""
        if not self.strength:
            return slate
        scale = -self.strength * np.log1p(service.items.clicks[slate.items])  # (n, c)
        with np.errstate(divide="ignore"):
            value = np.log(relevance(slate)) + scale  # a logarithm, so that no strength makes everything 0
        value = np.where(slate.items >= 0, np.maximum(value, np.finfo(float).min), -np.inf)
        return slate.take(np.argsort(-value, axis=1, kind="stable"))
