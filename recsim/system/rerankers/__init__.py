"""Interventions on the ranking itself: they reorder a list of candidates before it is cut to the slate."""

from __future__ import annotations

from recsim.base.component import import_all
from recsim.system.interventions import Intervention


class Reranker(Intervention):
    """Family of the re-rankers: interventions that use `on_candidates`."""

    family = "reranker"


import_all(__name__, __path__)
