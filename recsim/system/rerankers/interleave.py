"""New items at random places between the model's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from recsim.base.component import AtLeastOne, Count
from recsim.base.draws import Draws
from recsim.base.flow import Bools, Floats, Ints, Request, Slate, Source
from recsim.base.kernels.sampling import distinct, free
from recsim.system.rerankers import Reranker

if TYPE_CHECKING:
    from recsim.system.service import Service

NOWHERE = np.iinfo(np.int64).max
"""Place of what leaves the list."""


class Interleave(Reranker):
    """New items at random slots of every slate (Chaney, Stewart & Engelhardt, RecSys 2018), so that they get a chance.

    `count` different items are drawn uniformly for each user and tick from those born in the last `newest` ticks that
    the user may be shown and whose place is not in the slate anyway; the first catalogue is not new. They stand in
    slots drawn uniformly; the model's items keep their order around them and the last ones drop out. Interleaved items
    have no score. The probability of every slot is logged: with m of L slots given away and E items to draw from, a new
    item has m/(L·E), and the model's r-th item of L − m stands in slot s with C(s−1, r−1)·C(L−s, L−m−r)/C(L, m).
    Pitfall: whatever re-ranks afterwards moves them again, so let it be the last.
    """

    count: Count = 2
    """Slots of each slate that are given to new items, if there are as many; larger: more of the slate is new."""
    newest: AtLeastOne = 5
    """Age in ticks below which an item is new; larger: an item is interleaved for longer."""
    null = {"count": 0}

    def does(self) -> str:
        """In words."""
        return f"{self.count} items younger than {self.newest} ticks stand at random places of every slate"

    def on_candidates(self, slate: Slate, service: Service, draws: Draws) -> Slate:
        """Insert into the part of the list that will be the slate; keyed by user and tick."""
        c = slate.items.shape[1]
        k = min(c, service.slate_size)
        count = min(self.count, k)
        if not count:
            return slate
        request = self._among_new(service.request(slate.users, count))
        fresh = distinct(request, draws.of("items"), also_without=slate.items[:, :k])  # (n, count)
        luck = draws.of("slots").uniform(service.public.user_keys[slate.users], np.arange(k))  # (n, k)
        m, kept = _lengths(fresh, slate.items[:, :k])
        given = np.where(np.arange(k) < m + kept, luck, 2.0).argsort(axis=1).argsort(axis=1) < m  # (n, k)
        order = np.argsort(_places(slate.items, fresh, given, m, kept), axis=1, kind="stable")[:, :c]
        mixed = _joined(fresh, slate).take(order)
        assert mixed.propensity is not None
        known = (mixed.source == Source.INTERLEAVED) | (mixed.propensity == 1.0)
        chance = np.where(known[:, :k], _chance(given, m, kept, request, slate), np.nan)
        before = mixed.propensity if slate.propensity is None else slate.propensity
        mixed.propensity[:, :k] = np.where(m > 0, chance, before[:, :k])
        return mixed

    def _among_new(self, request: Request) -> Request:
        """The same request for new items only."""
        born = request.public.born[request.items]
        return request._replace(items=request.items[born > max(request.tick - self.newest, 0)])


def _lengths(fresh: Ints, slots: Ints) -> tuple[NDArray[Any], NDArray[Any]]:
    """How many new items (n, 1) each slate takes, and how many of its own it keeps."""
    m = (fresh >= 0).sum(axis=1, keepdims=True)
    return m, np.minimum((slots >= 0).sum(axis=1, keepdims=True), slots.shape[1] - m)


def _places(items: Ints, fresh: Ints, given: Bools, m: NDArray[Any], kept: NDArray[Any]) -> NDArray[np.int64]:
    """(n, count + c) where each new item and each item of the list will stand."""
    count, c = fresh.shape[1], items.shape[1]
    mine, theirs = np.argsort(~given, axis=1, kind="stable"), np.argsort(given, axis=1, kind="stable")  # (n, k)
    new = np.where(np.arange(count) < m, mine[:, :count], NOWHERE)
    old = np.tile(c + np.arange(c), (len(items), 1))
    old[:, : given.shape[1]] = np.where(np.arange(given.shape[1]) < kept, theirs, old[:, : given.shape[1]])
    again = (items >= 0) & (items[:, :, None] == fresh[:, None, :]).any(axis=2)
    return np.concatenate([new, np.where(again, NOWHERE, old)], axis=1)


def _joined(fresh: Ints, slate: Slate) -> Slate:
    """The list behind the new items; what stood there was certain unless it says otherwise."""
    certain = np.where(slate.items >= 0, 1.0, np.nan) if slate.propensity is None else slate.propensity
    blank: dict[str, float] = {"source": Source.INTERLEAVED, "scores": np.nan, "shown": np.nan, "propensity": np.nan}
    blank["intended"] = -1

    def before(name: str, cells: NDArray[Any] | None) -> NDArray[Any] | None:
        return None if cells is None else np.hstack([np.full(fresh.shape, blank[name], cells.dtype), cells])

    own = slate._replace(propensity=certain)._asdict()
    items = np.concatenate([fresh, slate.items], axis=1)
    return Slate(slate.users, items, **{name: before(name, own[name]) for name in blank})  # type: ignore[arg-type]


def _chance(given: Bools, m: NDArray[Any], kept: NDArray[Any], request: Request, slate: Slate) -> Floats:
    """(n, k) probability of each item in its slot, over items and slots drawn; NaN where there is none."""
    k = given.shape[1]
    new = np.zeros(len(request.public.item_keys), np.bool_)
    new[request.items] = True
    there = ((slate.items[:, :k] >= 0) & new[slate.items[:, :k]]).sum(axis=1)
    eligible = np.maximum(free(request) - there, 1)[:, None]
    slot, length = np.arange(k), m + kept
    rank = (~given).cumsum(axis=1) - 1  # of the list's own items
    with np.errstate(invalid="ignore", divide="ignore"):
        own = np.exp(_choose(slot, rank) + _choose(length - 1 - slot, kept - 1 - rank) - _choose(length, m))
        return np.where(slot < length, np.where(given, m / (length * eligible), own), np.nan)


def _choose(n: NDArray[Any], k: NDArray[Any]) -> Floats:
    """The logarithm of a binomial coefficient."""
    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))
