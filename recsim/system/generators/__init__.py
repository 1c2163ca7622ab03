"""Models that add items to the catalogue: trained on the log, like the recommender."""

from __future__ import annotations

from typing import Any, ClassVar

from recsim.base.component import AtLeastOne, Component, Count, import_all
from recsim.base.draws import Draws
from recsim.base.flow import Training, Works


class Generator(Component):
    """Family of the generative models in the loop.

    A policy is what `fit` learned: a NamedTuple of arrays, or None before there is anything to learn from.
    """

    family = "generator"
    null = {"per_tick": 0}
    policy: ClassVar[type | None] = None
    """The NamedTuple that `fit` returns."""

    per_tick: Count = 5
    """Items made per tick, from the end of the warm-up."""
    window: AtLeastOne | None = None
    """Ticks of the log it learns from, counted back from now; default: all."""

    def fit(self, training: Training, content: Works, previous: Any, draws: Draws) -> Any:
        """Learn from interactions and the content of their items, row by row; the policy so far if there is nothing."""
        raise NotImplementedError

    def sample(self, policy: Any, n: int, draws: Draws) -> Works:
        """Make n items."""
        raise NotImplementedError


import_all(__name__, __path__)
