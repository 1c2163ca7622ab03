"""How well the model ranks what it never saw: the frozen hold-out of the human data."""

from __future__ import annotations

import numpy as np

from recsim.base.component import AtLeastOne
from recsim.base.flow import Floats, Ints
from recsim.metrics import Context, Metric, Tick, by_group, shared


class HoldoutRecall(Metric):
    """Recall@k on the hold-out: |top-k ∩ held out| / min(k, |held out|), mean over living users, by group; 0 to 1.

    The model ranks what there was at the end of the warm-up, without the pairs it has learned from, with the same draws
    at every tick; later births, re-rankers and interventions take no part, and no pair that is held out ever trains a
    model. Pitfalls: the hold-out is what people did at the start, so recall falls when tastes move on; and the more a
    user has clicked, the fewer items compete. Users for whom the model lists nothing are left out. NaN before the
    hold-out is cut, and where nobody has a list.
    """

    platform = True
    unit = "share of the hold-out found"
    k: AtLeastOne = 10
    """Length of the list."""

    def applies(self, tick: Tick) -> bool:
        """Where there is human data."""
        return _has_holdout(tick)

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """Mean over users."""
        users, *found = _hits(tick, self.k)
        return by_group(tick, users, found[0])


class HoldoutNDCG(Metric):
    """nDCG@k on the hold-out: Σ hit/log2(rank + 1) over its largest possible value, mean over users, by group; 0 to 1.

    Järvelin & Kekäläinen (TOIS 2002) with binary gains; otherwise as `holdout_recall`.
    """

    platform = True
    unit = "share of the ideal gain"
    k: AtLeastOne = 10
    """Length of the list."""

    def applies(self, tick: Tick) -> bool:
        """Where there is human data."""
        return _has_holdout(tick)

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """Mean over users."""
        users, *found = _hits(tick, self.k)
        return by_group(tick, users, found[1])


def _has_holdout(tick: Tick) -> bool:
    section = tick.service.section
    return section.holdout > 0 and (section.warmup.ticks > 0 or len(tick.service.log) > 0)


def _hits(tick: Tick, k: int) -> tuple[Ints, Floats, Floats]:
    """Living users with a hold-out, and recall and nDCG of each; ranked once a tick, whoever asks."""

    def rank() -> tuple[Ints, Floats, Floats]:
        held_users, held_items = tick.service.log.held()
        users = np.unique(held_users[tick.users.alive[held_users]]).astype(np.int32)
        lists = tick.service.models.lists(users, k) if len(users) else None
        if lists is None:
            return np.zeros(0, np.int32), np.zeros(0), np.zeros(0)
        return users, *hits(lists, users, held_users, held_items, len(tick.items))

    return shared(tick, f"holdout@{k}", rank)


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
