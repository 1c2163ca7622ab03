"""Slates that hold each of a user's interests in proportion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.sparse import csr_matrix

from recsim.base.component import Share
from recsim.base.draws import Draws
from recsim.base.flow import Floats, Rows, Slate
from recsim.system.rerankers import Reranker, relevance

if TYPE_CHECKING:
    from recsim.system.service import Service


class Calibration(Reranker):
    """Calibrated recommendations (Steck, RecSys 2018), greedily slot by slot.

    The next item maximises (1 − strength) · Σ relevance − strength · C_KL(p‖q̃) of the slate so far and itself, with
    C_KL = Σ p ln(p/q̃) and q̃ = (1 − a)q + a·p: p is the genre share of what the user has clicked, q that of the slate,
    a the smoothing. Genres are the features that the platform sees, scaled to shares of 1 within each item; where
    features can be negative, a feature and its opposite are two genres. Relevance is the recommender's score scaled to
    0…1 within the list, or the rank. A user without history keeps the order. Pitfalls: a slate shorter than the number
    of genres cannot be calibrated; an item without any features counts for no genre.
    """

    strength: Share = 0.5
    """Weight of being in proportion against being relevant; 0: the recommender's order, 1: only proportions count."""
    smoothing: Annotated[float, Field(gt=0, le=1)] = 0.01
    """Share a of the user's own genres that is mixed into the slate's, above 0 so that C_KL is finite; larger: what is
    missing altogether matters less; 1: everything is calibrated."""
    null = {"strength": 0.0}

    def does(self) -> str:
        """In words."""
        return f"slates are calibrated to what users have clicked, with weight {self.strength:.3g} on proportions"

    def on_candidates(self, slate: Slate, service: Service, draws: Draws) -> Slate:
        """Reorder each list; its end beyond the slate keeps its order."""
        if not self.strength:
            return slate
        genres = genre_shares(service.public.features)  # (i, g)
        wanted = proportions(service.request(slate.users, 1).history, genres)  # (n, g)
        mine = np.where((slate.items >= 0)[:, :, None], genres[slate.items], 0.0)  # (n, c, g)
        order = self._greedy(slate, mine, wanted, min(slate.items.shape[1], service.slate_size))
        return slate.take(np.where(wanted.any(axis=1)[:, None], order, np.arange(order.shape[1])))

    def _greedy(self, slate: Slate, mine: Floats, wanted: Floats, slots: int) -> NDArray[np.int64]:
        """(n, c) columns in the order of being chosen."""
        n, c, _ = mine.shape
        value = (1.0 - self.strength) * relevance(slate)  # (n, c)
        order, rows = np.empty((n, c), np.int64), np.arange(n)
        left, so_far = np.ones((n, c), np.bool_), np.zeros_like(wanted)
        for slot in range(slots):
            gain = value - self.strength * miscalibration(wanted, so_far[:, None] + mine, self.smoothing)
            order[:, slot] = chosen = np.where(left, np.where(slate.items >= 0, gain, -1e9), -np.inf).argmax(axis=1)
            left[rows, chosen] = False
            so_far += mine[rows, chosen]
        order[:, slots:] = np.argsort(~left, axis=1, kind="stable")[:, : c - slots]
        return order


def genre_shares(features: Floats) -> Floats:
    """(i, g) share of each genre in each item; a row of zeros for an item without features."""
    halves = np.concatenate([np.maximum(features, 0.0), np.maximum(-features, 0.0)], axis=1)
    halves = halves[:, halves.any(axis=0)]
    total = halves.sum(axis=1, keepdims=True)
    return np.asarray(halves / np.where(total > 0, total, 1.0))


def proportions(history: Rows, genres: Floats) -> Floats:
    """(n, g) mean share of each genre in what each user has clicked; a row of zeros without any."""
    shape = len(history.indptr) - 1, len(genres)
    clicked = csr_matrix((np.ones(len(history.items)), history.items, history.indptr), shape=shape)
    total = np.asarray(clicked @ genres)  # row by row: who else is asked about changes no bit
    return np.asarray(total / np.where(total.any(axis=1), total.sum(axis=1), 1.0)[:, None])


def miscalibration(wanted: Floats, total: Floats, smoothing: float) -> Floats:
    """(n, c) C_KL between wanted shares (n, g) and slates whose shares add up to `total` (n, c, g)."""
    size = total.sum(axis=2, keepdims=True)
    mixed = (1.0 - smoothing) * total / np.where(size > 0, size, 1.0) + smoothing * wanted[:, None]
    real = np.broadcast_to(wanted[:, None] > 0, mixed.shape)
    ratio = np.divide(wanted[:, None], mixed, out=np.ones_like(mixed), where=real)
    return np.asarray(np.einsum("ng,ncg->nc", wanted, np.log(ratio)))
