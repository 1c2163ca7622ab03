"""Who decides what is shown: one file a model. What is learned is an array that is passed in, never held."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from recsim.base.component import AtLeastOne, Component, import_all
from recsim.base.draws import Draws
from recsim.base.flow import Bools, Floats, Ints, Keys, Public, Request, Slate, Source, Training
from recsim.base.kernels.ranking import popular
from recsim.base.kernels.sampling import distinct, free

LARGEST = 10_000_000
"""Cells of a table that has a row for each world, user or item."""


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

    @property
    def learns_from_non_clicks(self) -> bool:
        """Whether it uses `training.unclicked`, of which the log keeps `system.keep_exposures` ticks."""
        return False

    def fit(self, training: Training, public: Public, previous: Any, draws: Draws) -> Any:
        """Learn a policy from interactions; `previous` is the policy so far, or None."""
        return None

    def fits(self, policy: Any) -> bool:
        """Whether a policy was learned with fields like these; if not, it is learned anew before it serves."""
        return True

    def rank(self, policy: Any, request: Request, draws: Draws) -> Slate:
        """`request.n` different items for each user, best first; −1 where there are not enough."""
        raise NotImplementedError


def slate_of(
    request: Request,
    ranking: tuple[Ints, Floats],
    cold: Bools,
    how: Literal["popular", "uniform"],
    clicks: Floats,
    draws: Draws,
) -> Slate:
    """Slates of a model that knows nothing of some users.

    Args:
        request: whom to serve.
        ranking: items (n, k) and scores (n, k) of the model; the rows of `cold` users are written over.
        cold: (n,) of whom it knows nothing.
        how: what they get: the most clicked items, or random ones, and then with the propensity of each slot.
        clicks: (i,) weight of the clicks on each item, as of the last fit.
        draws: of the model on this tick.
    """
    lists, scores = ranking
    rows = np.flatnonzero(cold).astype(np.int32)
    propensity = None
    if how == "uniform":
        if len(rows):
            lists[rows], scores[rows] = distinct(request, draws.of("cold"))[rows], 0.0
        chance = 1.0 / np.maximum(free(request), 1)[:, None]
        propensity = np.where(lists >= 0, np.where(cold[:, None], chance, 1.0), np.nan)
    elif len(rows):
        clicks = grown(clicks, len(request.public.item_keys))
        lists[rows], scores[rows] = popular(request, clicks, draws.of("cold"), users=rows)
    return Slate(request.users, lists, np.full(lists.shape, Source.RECOMMENDED, np.int8), scores, propensity=propensity)


def counted(training: Training, public: Public, worlds: int = 1) -> Floats:
    """(w, i) weight of the clicks on each item in each of several worlds of users.

    Raises:
        ValueError: more than 10⁷ counts.
    """
    n_items = len(public.item_keys)
    if worlds * n_items > LARGEST and worlds > 1:
        raise ValueError(f"{worlds} worlds of {n_items} items are more than 10⁷ counts: use fewer worlds")
    cells = world_of(public.user_keys[training.users], worlds) * n_items + training.items
    return np.bincount(cells, training.weights, minlength=worlds * n_items).reshape(worlds, n_items)


def world_of(user_keys: Keys, worlds: int) -> NDArray[np.int64]:
    """(n,) which of the worlds each user lives in."""
    return (user_keys % np.uint64(worlds)).astype(np.int64)


def grown[T: NDArray[Any]](rows: T, n: int) -> T:
    """The rows (m, …) followed by zeros, n rows in all: who came since the last fit."""
    if n <= len(rows):
        return rows
    return np.concatenate([rows, np.zeros((n - len(rows), *rows.shape[1:]), rows.dtype)])  # type: ignore[return-value]


import_all(__name__, __path__)
