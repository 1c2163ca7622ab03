"""Interventions on the ranking itself: they reorder a list of candidates before it is cut to the slate."""

from __future__ import annotations

import numpy as np

from recsim.base.component import import_all
from recsim.base.flow import Floats, Slate
from recsim.system.interventions import Intervention


class Reranker(Intervention):
    """Family of the re-rankers: interventions that use `on_candidates`."""

    family = "reranker"


def relevance(slate: Slate) -> Floats:
    """(n, c) scores scaled to 0…1 within each list; the rank, where a recommender gives no scores.

    An item without a score of its own, such as an interleaved one, counts 0, as the least relevant one does.
    """
    n, c = slate.items.shape
    scores = -np.arange(c, dtype=np.float64)[None].repeat(n, axis=0) if slate.scores is None else slate.scores
    scored = (slate.items >= 0) & np.isfinite(scores)
    low = np.where(scored, scores, np.inf).min(axis=1, keepdims=True, initial=np.inf)
    high = np.where(scored, scores, -np.inf).max(axis=1, keepdims=True, initial=-np.inf)
    with np.errstate(invalid="ignore"):
        scaled = (scores - low) / np.where(high > low, high - low, 1.0)
    return np.where(scored, scaled, 0.0)


import_all(__name__, __path__)
