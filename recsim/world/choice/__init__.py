"""How a user picks from what is in front of them; nothing is always a possible pick. One file a mechanism."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recsim.base.component import AtLeastOne, Component, import_all
from recsim.base.draws import Draws, word
from recsim.base.flow import Floats, Ints, Keys

OUTSIDE = np.array([word("nothing")])
"""The column key of choosing nothing, for draws."""


class Offer(NamedTuple):
    """What is in front of users, as they see it."""

    appeal: Floats
    """(n, k) pull of each item, −inf for padding and for what cannot be picked."""
    rank: Ints
    """(n, k) 1 for the top of the platform's list; 0 for what people met by themselves."""
    users: Keys
    """(n,) keys of the users."""
    items: Keys
    """(n, k) keys of the items."""
    clickbait: Floats | None = None
    """(n, k) how much more each item promises than it keeps; None: nothing promises anything."""


class ChoiceModel(Component):
    """Family of the ways in which a user picks.

    Every model says what chance adds to the appeal of each item, and what pull nothing has; picked are the items with
    the strongest pull, as long as it is stronger than that of nothing. Between equals a draw decides, not their place.
    """

    family = "choice"
    null = "a user always picks somehow"

    picks: AtLeastOne | None = 1
    """Most items that are picked in a session; null: as many as pull more than nothing."""

    def chance(self, offer: Offer, draws: Draws) -> tuple[Floats, Floats]:
        """What chance adds to the appeal of each item (n, k), −inf: it cannot be picked, and the pull of nothing (n,).

        Draws are keyed by user and item: the same pair gets the same shock wherever the item stands.
        """
        raise NotImplementedError

    def pick(self, offer: Offer, draws: Draws) -> Ints:
        """(n, m) columns of the offer that are picked, strongest pull first; −1 for nothing."""
        n, k = offer.appeal.shape
        if not k:
            return np.full((n, 1), -1, np.int32)
        noise, nothing = self.chance(offer, draws)
        pull = offer.appeal + noise  # (n, k)

        def ties(rows: NDArray[np.int64]) -> Keys:
            return draws.of("ties").keys(offer.users[rows], offer.items[rows])

        order = _strongest(pull, k if self.picks is None else min(self.picks, k), ties)
        return np.where(np.take_along_axis(pull, order, axis=1) > nothing[:, None], order, -1).astype(np.int32)


def _strongest(pull: Floats, count: int, ties: Callable[[NDArray[np.int64]], Keys]) -> NDArray[np.int64]:
    """(n, count) columns of the strongest pulls (n, k), strongest first; among equals the smaller key wins."""
    if count == 1:
        order = pull.argmax(axis=1)[:, None]  # (n, 1)
        best = np.take_along_axis(pull, order, axis=1)
        tied = (best[:, 0] > -np.inf) & ((pull == best).sum(axis=1) > 1)
    else:
        order = np.argsort(-pull, axis=1, kind="stable")  # (n, k)
        sorted_ = np.take_along_axis(pull, order, axis=1)
        tied = ((sorted_[:, 1:] == sorted_[:, :-1]) & (sorted_[:, 1:] > -np.inf)).any(axis=1)
        order = order[:, :count]
    rows = np.flatnonzero(tied)
    if len(rows):
        order[rows] = np.lexsort((ties(rows), -pull[rows]), axis=-1)[:, :count]
    return order


import_all(__name__, __path__)
