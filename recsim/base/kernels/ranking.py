"""The k best items of many users, exactly, with ties broken by a draw, in blocks of one fixed shape.

The last bits of a BLAS product depend on the shape of the block and on the place of a row in it (OpenBLAS 0.3.34 with
float32: half of the rows on Haswell). So scores are always computed for `TILE` users at once, padded, and each user
always stands at the same place of a tile: how users are grouped can then not change a bit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsim.base.draws import Draws, mix
from recsim.base.flow import Floats, Ints, Keys, Request, Rows
from recsim.base.kernels import threads

TILE = 64
_TEETH = 64
_CREW = 8

Scores = NDArray[Any]
Ties = Callable[[Ints, Ints], Keys]


def ranked(
    request: Request, score: Callable[[Ints], Scores], draws: Draws, *, users: Ints | None = None
) -> tuple[Ints, Floats]:
    """The `request.n` best of `request.items` for each user, what they have consumed left out.

    Args:
        request: whom to serve; `score` maps `TILE` user rows to scores (TILE, j) over `request.items`.
        score: called with exactly `TILE` user numbers, a tile that is not full padded with somebody.
        draws: breaks ties, keyed by user and item.
        users: positions in the request to serve (default: all).

    Returns:
        items (n, k), −1 where the catalogue is exhausted, and their scores (n, k), −inf there.
    """
    where = np.arange(len(request.users), dtype=np.int32) if users is None else users
    items = np.full((len(where), request.n), -1, np.int32)
    scores = np.full((len(where), request.n), -np.inf)
    place = np.full(len(request.public.item_keys), -1, np.int32)
    place[request.items] = np.arange(len(request.items), dtype=np.int32)
    keys = request.public.item_keys[request.items]
    seats = (request.public.user_keys[request.users[where]] % np.uint64(TILE)).astype(np.int64)

    def serve(tile: NDArray[np.int64]) -> None:
        tile = tile[np.argsort(seats[tile])]
        rows = where[tile]
        crew = np.full(TILE, request.users[rows[0]], np.int32)
        crew[seats[tile]] = request.users[rows]
        found = score(crew)  # (TILE, j)
        found = found if len(tile) == TILE else found[seats[tile]]  # (t, j)
        found = _rounded(found) if found.dtype == np.float64 else found
        row, col = consumed(request.forbidden, rows, place)
        found[row, col] = -np.inf
        owner = draws.keys(request.public.user_keys[request.users[rows]])  # (t,)
        cols = top_k(found, request.n, lambda r, c: mix(owner[r], keys[c]))
        kept = cols >= 0
        items[tile] = np.where(kept, request.items[cols], -1)
        scores[tile] = np.where(kept, np.take_along_axis(found, cols, axis=1), -np.inf)

    threads.each(serve, _tiles(seats) if len(request.items) else [])
    return items, scores


def _rounded(scores: Scores) -> Scores:
    """Scores on a grid of 2⁻³² of each row's largest.

    Items with the same clicks have the same score in mathematics but not in the last bits, which depend on the machine:
    on the grid they are equal, and the draw decides. Single precision has no bits to spare for it.
    """
    _, exponent = np.frexp(np.abs(scores).max(axis=1, keepdims=True))
    return np.asarray(np.ldexp(np.rint(np.ldexp(scores, 32 - exponent)), exponent - 32))


def _tiles(seats: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Numbers of those who can be served together, because no two of them have the same seat."""
    order = np.argsort(seats, kind="stable")
    inline = seats[order]
    turn = np.arange(len(seats)) - np.searchsorted(inline, inline)  # how many with this seat came before
    return np.split(order[np.argsort(turn, kind="stable")], np.bincount(turn).cumsum()[:-1]) if len(seats) else []


def popular(request: Request, counts: NDArray[Any], draws: Draws, *, users: Ints | None = None) -> tuple[Ints, Floats]:
    """The items with the largest `counts` (i,) that each user has not consumed; equal counts in random order per user.

    Only items that can reach a list are looked at: for a user with h consumed items, those no worse than rank k + h.
    The scores that are returned are the counts, so that they do not depend on whom else the request serves.
    """
    lengths = np.diff(request.forbidden.indptr)
    deepest = request.n + int(lengths.max(initial=0))
    tally = counts[request.items]
    if len(tally) > deepest:
        floor = np.partition(tally, len(tally) - deepest)[len(tally) - deepest]
        request = request._replace(items=request.items[tally >= floor])
    _, level = np.unique(counts[request.items], return_inverse=True)
    keys = request.public.item_keys[request.items]

    def score(rows: Ints) -> Scores:
        return level + draws.uniform(request.public.user_keys[rows], keys)  # (t, j)

    items, _ = ranked(request, score, draws, users=users)
    return items, np.where(items >= 0, counts[items], -np.inf)


def consumed(history: Rows, rows: Ints, place: Ints) -> tuple[NDArray[Any], NDArray[Any]]:
    """Cells (row of the tile, candidate column) that the history forbids."""
    lengths = history.indptr[rows + 1] - history.indptr[rows]
    row = np.repeat(np.arange(len(rows)), lengths)
    offset = np.arange(len(row)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    col = place[history.items[np.repeat(history.indptr[rows], lengths) + offset]]
    return row[col >= 0], col[col >= 0]


def top_k(scores: Scores, k: int, ties: Ties) -> Ints:
    """Columns of the k largest scores of each row, best first; −1 where only −inf is left.

    Args:
        scores: (n, m); −inf marks what may not be taken.
        k: how many.
        ties: (rows (c,), cols (c,)) → keys (c,); among equal scores the smaller key wins.
    """
    n, m = scores.shape
    if not n or not m:
        return np.full((n, k), -1, np.int32)
    cols = _candidates(scores, k)
    found = np.take_along_axis(scores, cols, axis=1)  # (n, c)
    last = np.partition(found, found.shape[1] - min(k, m), axis=1)[:, found.shape[1] - min(k, m)]  # the k-th best
    enough = np.flatnonzero((found >= last[:, None]).sum(axis=1) <= k)
    best = np.full((n, k), -1, np.int32)
    if len(enough):
        keep = np.argpartition(-found[enough], min(k, found.shape[1] - 1), axis=1)[:, :k]
        best[enough, : keep.shape[1]] = _ordered(scores, enough, np.take_along_axis(cols[enough], keep, axis=1), ties)
    tied = np.setdiff1d(np.arange(n), enough)
    for start in range(0, len(tied), _CREW):  # few rows at once: whole rows may be equal
        crew = tied[start : start + _CREW]
        best[crew] = _settled(scores, crew, last[crew], k, ties)
    return best


def _candidates(scores: Scores, k: int) -> Ints:
    """Columns (n, c) that hold the k best of each row: the k + 1 combs with the largest maxima, and the odd end.

    A comb is every b-th column, so that its maximum is taken over long contiguous rows. Where more than k + 1 combs
    reach the k-th best score, those chosen alone hold more than k equal ones, and `top_k` looks at the whole row.
    """
    n, m = scores.shape
    combs = m // _TEETH
    if combs <= 2 * (k + 1):
        return np.broadcast_to(np.arange(m, dtype=np.int32), (n, m))
    peaks = scores[:, : combs * _TEETH].reshape(n, _TEETH, combs).max(axis=1)
    chosen = np.argpartition(-peaks, k, axis=1)[:, : k + 1]  # (n, k + 1)
    cols = (chosen[:, :, None] + combs * np.arange(_TEETH)).reshape(n, -1)
    end = np.broadcast_to(np.arange(combs * _TEETH, m), (n, m - combs * _TEETH))
    return np.concatenate([cols, end], axis=1).astype(np.int32)


def _settled(scores: Scores, rows: NDArray[Any], edge: Scores, k: int, ties: Ties) -> Ints:
    """Columns (r, k) of the best of rows in which more than k reach the score at the edge: there keys decide."""
    row, col = np.nonzero(scores[rows] >= np.maximum(edge, np.finfo(np.float32).min)[:, None])
    order = np.lexsort((ties(rows[row], col), -scores[rows[row], col], row))
    row, col = row[order], col[order]
    place = np.arange(len(row)) - np.searchsorted(row, row)
    best = np.full((len(rows), k), -1, np.int32)
    best[row[place < k], place[place < k]] = col[place < k]
    return best


def _ordered(scores: Scores, rows: NDArray[Any], cols: Ints, ties: Ties) -> Ints:
    """The columns of each row, best score first, ties by key; −inf becomes −1."""
    found = scores[rows[:, None], cols]
    order = np.lexsort((ties(np.broadcast_to(rows[:, None], cols.shape), cols), -found), axis=-1)
    found = np.take_along_axis(found, order, axis=1)
    return np.where(found > -np.inf, np.take_along_axis(cols, order, axis=1), -1).astype(np.int32)
