"""Rows of different lengths: whom each user follows, and the best of what is in a row."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsim.base.flow import Bools, Floats, Follows, Ints, Keys

Places = NDArray[np.int64]


def nobody(n: int) -> Follows:
    """A network of n users without an edge."""
    return Follows(np.zeros(n + 1, np.int64), np.zeros(0, np.int32))


def gathered(follows: Follows, users: Ints) -> tuple[Places, Ints]:
    """The rows of some users (n,), one behind the other: position of the user (e,), and whom they follow (e,)."""
    lengths = np.diff(follows.indptr)[users]
    row = np.repeat(np.arange(len(users)), lengths)
    offset = np.arange(len(row)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return row, follows.users[follows.indptr[users][row] + offset]


def whole(follows: Follows) -> Places:
    """(e,) the follower of each edge."""
    return np.repeat(np.arange(len(follows.indptr) - 1), np.diff(follows.indptr))


def sums(follows: Follows, values: Floats) -> Floats:
    """(u,) sum of the values (u,) of those whom each user follows, added up in order."""
    return np.bincount(whole(follows), values[follows.users], minlength=len(follows.indptr) - 1)


def means(follows: Follows, values: Floats) -> Floats:
    """(u,) mean of the values (u,) of those whom each user follows; NaN for who follows nobody."""
    counts = np.diff(follows.indptr)
    return np.asarray(np.divide(sums(follows, values), counts, out=np.full(len(counts), np.nan), where=counts > 0))


def linked(follows: Follows, users: Ints, others: Ints) -> Bools:
    """(n, c) whether users (n,) follow others (n, c)."""
    size, asked = len(follows.indptr), np.unique(users)
    row, who = gathered(follows, asked)
    return np.isin(users[:, None].astype(np.int64) * size + others, asked[row].astype(np.int64) * size + who)


def best(row: Places, score: NDArray[Any], ties: Keys, k: int) -> Places:
    """Places (b,) of the k largest scores of each row, row after row, the best first; of equals the smaller key.

    Args:
        row: (e,) which row each entry belongs to.
        score: (e,) what it is worth.
        ties: (e,) decides between equals.
        k: how many of a row.
    """
    order = np.lexsort((ties, -score, row))
    inline = row[order]
    return np.asarray(order[np.arange(len(inline)) - np.searchsorted(inline, inline) < k])


def strongest(row: Places, score: Floats, n: int) -> Places:
    """(n,) place of the largest score of each row, the first of equals; −1 for a row without entries."""
    top = np.full(n, -np.inf)
    np.maximum.at(top, row, score)
    found, winners = np.full(n, -1, np.int64), np.flatnonzero(score == top[row])
    found[row[winners[::-1]]] = winners[::-1]
    return found


def spread(row: Places, values: Ints, n: int, k: int) -> Ints:
    """(n, k) the values (b,) of each row from left to right, −1 behind them; `row` (b,) is ascending."""
    cells = np.full((n, k), -1, np.int32)
    cells[row, np.arange(len(row)) - np.searchsorted(row, row)] = values
    return cells
