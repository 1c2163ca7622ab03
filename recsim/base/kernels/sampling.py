"""Items drawn at random for many users at once, without replacement."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recsim.base.draws import Draws
from recsim.base.flow import Ints, Request

_ROUNDS = 4


def distinct(request: Request, draws: Draws, also_without: Ints | None = None) -> Ints:
    """`request.n` different items for each user, uniform over what the user may be shown.

    Random positions in `request.items` are drawn until enough are new; the few rows for whom that takes too long (they
    have consumed most of the catalogue) are dealt from a shuffled deck. Either way every set is equally likely.

    Args:
        request: whom to serve, from which items.
        draws: keyed by user and by the number of the draw.
        also_without: (n, c) further items each user may not get, −1 for none.

    Returns:
        (n, k), −1 where too few items are left.
    """
    n, k, m = len(request.users), request.n, len(request.items)
    if not m or not n:
        return np.full((n, k), -1, np.int32)
    keys = request.public.user_keys[request.users]
    width = 2 * k + 8
    taken = _taken(request, also_without)
    if k >= m:
        return _dealt(request, draws, taken)
    place = np.minimum((draws.uniform(keys, np.arange(_ROUNDS * width)) * m).astype(np.int64), m - 1)  # (n, rounds · w)
    drawn, good = np.full((n, 0), -1, np.int32), np.zeros((n, 0), np.bool_)
    for start in range(0, _ROUNDS * width, width):
        more = request.items[place[:, start : start + width]]
        drawn = np.concatenate([drawn, more], axis=1)
        good = np.concatenate([good, ~_contains(taken, more, len(request.public.item_keys))], axis=1)
        good &= new_in_row(drawn)
        if (good.sum(axis=1) >= k).all():
            break
    slates = _take(drawn, good, k)
    for row in np.flatnonzero(good.sum(axis=1) < k):  # nearly everything is consumed: deal from a shuffled deck
        first = row * len(request.public.item_keys)
        lo, hi = np.searchsorted(taken, [first, first + len(request.public.item_keys)])
        left = np.setdiff1d(request.items, taken[lo:hi] - first)
        order = np.argsort(draws.of("deck").keys(keys[row : row + 1], request.public.item_keys[left])[0])
        slates[row, : min(k, len(left))] = left[order[:k]]
        slates[row, len(left) :] = -1
    return slates


def _dealt(request: Request, draws: Draws, taken: NDArray[np.int64]) -> Ints:
    """(n, k) all that is left for each user, as it lies in a shuffled deck; −1 behind it."""
    public, n = request.public, len(request.users)
    luck = draws.of("deck").keys(public.user_keys[request.users], public.item_keys[request.items])  # (n, m)
    deck = np.broadcast_to(request.items, luck.shape)
    luck[gone := _contains(taken, deck, len(public.item_keys))] = np.iinfo(np.uint64).max
    order = np.argsort(luck, axis=1, kind="stable")
    found = np.full((n, request.n), -1, np.int32)
    found[:, : len(request.items)] = np.where(
        np.take_along_axis(gone, order, axis=1), -1, np.take_along_axis(deck, order, axis=1)
    )
    return found


def free(request: Request) -> Ints:
    """(n,) how many of `request.items` each user may still be shown."""
    offered = np.zeros(len(request.public.item_keys), np.bool_)
    offered[request.items] = True
    row = np.repeat(np.arange(len(request.users)), np.diff(request.forbidden.indptr))
    gone = np.bincount(row[offered[request.forbidden.items]], minlength=len(request.users))
    return (len(request.items) - gone).astype(np.int32)


def _taken(request: Request, also_without: Ints | None) -> NDArray[np.int64]:
    """Sorted codes row · i + item of the cells that are out of bounds."""
    size = len(request.public.item_keys)
    row = np.repeat(np.arange(len(request.users)), np.diff(request.forbidden.indptr))
    codes = row * size + request.forbidden.items
    if also_without is not None:
        where, col = np.nonzero(also_without >= 0)
        codes = np.union1d(codes, where * size + also_without[where, col])
    return np.sort(codes)


def _contains(codes: NDArray[np.int64], items: Ints, size: int) -> NDArray[np.bool_]:
    """(n, w) whether each item is among the codes of its row."""
    wanted = np.arange(len(items))[:, None] * size + items
    found = np.searchsorted(codes, wanted)
    return (
        np.asarray(found < len(codes)) & (codes[np.minimum(found, len(codes) - 1)] == wanted)
        if len(codes)
        else (np.zeros(items.shape, np.bool_))
    )


def new_in_row(items: Ints) -> NDArray[np.bool_]:
    """(n, w) True where an item stands for the first time in its row."""
    order = np.argsort(items, axis=1, kind="stable")
    ranked = np.take_along_axis(items, order, axis=1)
    new = np.ones(items.shape, np.bool_)
    new[:, 1:] = ranked[:, 1:] != ranked[:, :-1]
    first = np.empty_like(new)
    np.put_along_axis(first, order, new, axis=1)
    return first


def _take(items: Ints, good: NDArray[np.bool_], k: int) -> Ints:
    """(n, k) the first k good items of each row, in their order; −1 where there are fewer."""
    order = np.argsort(~good, axis=1, kind="stable")[:, :k]
    return np.where(np.take_along_axis(good, order, axis=1), np.take_along_axis(items, order, axis=1), -1).astype(
        np.int32
    )
