"""How much of what is wanted is found in a list."""

from __future__ import annotations

import numpy as np

from recsim.base.flow import Floats, Ints


def hits(lists: Ints, users: Ints, held_users: Ints, held_items: Ints, n_items: int) -> tuple[Floats, Floats]:
    """Recall and nDCG (n,) of lists (n, k) for users (n,) against held-out pairs (e,); NaN of an empty list."""
    wanted = np.unique(held_users.astype(np.int64) * n_items + held_items)
    hit = np.isin(users[:, None].astype(np.int64) * n_items + lists, wanted) & (lists >= 0)  # (n, k)
    sizes = np.bincount(wanted // n_items, minlength=int(users.max(initial=0)) + 1)[users]
    possible = np.minimum(sizes, lists.shape[1])
    gain = 1.0 / np.log2(np.arange(2, lists.shape[1] + 2))  # (k,)
    empty = (lists < 0).all(axis=1)
    recall, ndcg = hit.sum(axis=1) / possible, (hit * gain).sum(axis=1) / gain.cumsum()[possible - 1]
    return np.where(empty, np.nan, recall), np.where(empty, np.nan, ndcg)
