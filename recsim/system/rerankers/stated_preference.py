"""What people say they value counts besides what they click."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from recsim.base.component import NonNegative, Share
from recsim.base.draws import Draws
from recsim.base.flow import Bools, Floats, Slate
from recsim.system.rerankers import Reranker, relevance

if TYPE_CHECKING:
    from recsim.system.service import Service


class StatedPreference(Reranker):
    """Scores (1 − weight) · z(engagement) + weight · z(stated value), with z standardised within each list.

    Engagement is the recommender's score (or the rank, where it gives none), the stated value an item's mean answer to
    `users.survey`, pulled to the mean m of all answers: (Σ answers + shrinkage · m)/(asked + shrinkage). To rank by
    what people say they value in place of what they click takes away what clicks are baited with (Milli, Belli & Hardt,
    FAccT 2021; Milli et al., PNAS Nexus 2025, who find less hostility, but more of what people agree with already).
    Pitfalls: only those who clicked are asked; without a survey nothing is known, and the recommender's order stays.
    """

    weight: Share = 0.5
    """Weight of what people say; 0: the recommender's order, 1: by stated value alone."""
    shrinkage: NonNegative = 5.0
    """Answers that the mean of all counts for; larger: an item needs more answers to stand out."""
    null = {"weight": 0.0}

    def does(self) -> str:
        """In words."""
        return f"lists are ordered with weight {self.weight:.3g} on what people say an item is worth"

    def on_candidates(self, slate: Slate, service: Service, draws: Draws) -> Slate:
        """Sort each list by the mixed score; equals keep their order."""
        if not self.weight:
            return slate
        there = slate.items >= 0
        engaging, valued = standardised(relevance(slate), there), standardised(self.stated(service)[slate.items], there)
        score = (1.0 - self.weight) * engaging + self.weight * valued
        return slate.take(np.argsort(np.where(there, -score, np.inf), axis=1, kind="stable"))

    def stated(self, service: Service) -> Floats:
        """(i,) what people say that an item is worth, relative to the mean of all answers; 0: nobody was asked."""
        asked, total = service.items.asked, service.items.stated
        everything = total.sum() / max(asked.sum(), 1)
        known = asked + self.shrinkage
        apart = total - asked * everything
        return np.asarray(np.divide(apart, known, out=np.zeros(len(asked)), where=(asked > 0) & (known > 0)))


def standardised(cells: Floats, there: Bools) -> Floats:
    """(n, c) less the mean of each row's own, in its standard deviations; 0 where all are equal."""
    count = np.maximum(there.sum(axis=1), 1)[:, None]
    mean = np.einsum("nc->n", np.where(there, cells, 0.0))[:, None] / count
    apart = np.where(there, cells - mean, 0.0)
    spread = np.sqrt(np.einsum("nc,nc->n", apart, apart)[:, None] / count)
    return np.asarray(np.divide(apart, spread, out=np.zeros_like(apart), where=spread > 1e-12))
