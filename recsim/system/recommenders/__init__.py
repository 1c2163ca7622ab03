"""Who decides what is shown: one file a model. What is learned is an array that is passed in, never held."""

from __future__ import annotations

from typing import Any, ClassVar

from recsim.base.component import AtLeastOne, Component, import_all
from recsim.base.draws import Draws
from recsim.base.flow import Public, Request, Slate, Training


class Recommender(Component):
    """Family of the models that rank items for users.

    A policy is what `fit` learned: a NamedTuple of arrays, or None before there is anything to learn from.
    """

    family = "recommender"
    null = "a platform always shows something; `none` shows nothing"
    sees_truth: ClassVar[bool] = False
    """True for ideals that are handed the `Truth` of the world in their requests."""
    policy: ClassVar[type | None] = None
    """The NamedTuple that `fit` returns; None for a recommender that learns nothing."""

    window: AtLeastOne | None = None
    """Ticks of the log it learns from, counted back from now; default: all, the human data included."""

    def fit(self, training: Training, public: Public, previous: Any, draws: Draws) -> Any:
        """Learn a policy from interactions; `previous` is the policy so far, or None."""
        return None

    def rank(self, policy: Any, request: Request, draws: Draws) -> Slate:
        """`request.n` different items for each user, best first; −1 where there are not enough."""
        raise NotImplementedError


import_all(__name__, __path__)
