"""What happened: an append-only log of clicks, windowed, as a sparse matrix on demand; its hold-out never trains."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from recsim.base.draws import Draws
from recsim.base.flow import Bools, Feedback, Floats, Ints, Keys, Rows, Slate, Training, Unclicked
from recsim.base.table import Column, Table

_CLICK = {
    "tick": Column(np.int32),
    "user": Column(np.int32),
    "item": Column(np.int32),
    "value": Column(np.float32),
    "stated": Column(np.float32, np.nan),
    "rank": Column(np.int32),
    "propensity": Column(np.float32, np.nan),
    "human": Column(np.bool_),
    "held": Column(np.bool_),
}
"""`human`: from a file or the warm-up, before the model decided; `held`: of a pair held out, never trained on."""


class Log:
    """Clicks for ever, exposures for a few ticks.

    Args:
        keep_exposures: ticks for which exposures are kept.
    """

    def __init__(self, keep_exposures: int) -> None:
        self.keep_exposures = keep_exposures
        self.clicks = Table(_CLICK)
        self.exposures: dict[int, Slate] = {}
        self._known = self._trained = csr_matrix((0, 0), dtype=np.int32)
        self._held_pairs = np.zeros(0, np.int64)

    def append(self, tick: int, feedback: Feedback, n_users: int, n_items: int) -> None:
        """Add one tick's feedback."""
        self.exposures[tick] = feedback.slate
        for old in [then for then in self.exposures if then <= tick - self.keep_exposures]:
            del self.exposures[old]
        start = len(self.clicks)
        self.extend(tick, feedback.users, feedback.items, feedback.values, n_users, n_items)
        self.clicks.stated[start:] = feedback.answers
        self.clicks.rank[start:] = feedback.of_clicks(feedback.slate.ranks)
        self.clicks.propensity[start:] = feedback.of_clicks(_propensities(feedback.slate))

    def extend(self, tick: int, users: Ints, items: Ints, values: Floats, n_users: int, n_items: int) -> None:
        """Add interactions: a tick's clicks, or human data from a file at tick 0."""
        held = np.isin(_pairs(users, items), self._held_pairs)
        self.clicks.grow(len(users), tick=tick, user=users, item=items, value=values, held=held)
        self._known = _resized(self._known, n_users, n_items) + _cells(users, items, n_users, n_items)
        learn = users[~held], items[~held]
        self._trained = _resized(self._trained, n_users, n_items) + _cells(*learn, n_users, n_items)

    def hold_out(self, share: float, user_keys: Keys, item_keys: Keys, draws: Draws, by: str = "random") -> None:
        """Call all interactions so far human, and hold a share of the pairs out: at `random`, or each user's `latest`.

        A model never learns that such a user clicked such an item, then or later; the platform knows it as consumed all
        the same, and so does not show it again.
        """
        cells = draws.keys(user_keys[self.clicks.user])
        luck = draws.uniform(cells ^ item_keys[self.clicks.item])
        self.clicks.held = luck < share if by == "random" else _latest(self.clicks.user, self.clicks.item, share)
        self.clicks.human = True
        self.rebuild(len(user_keys), len(item_keys))

    def held(self) -> tuple[Ints, Ints]:
        """Users and items (e,) of the hold-out."""
        frozen = self.clicks.held & self.clicks.human
        return self.clicks.user[frozen], self.clicks.item[frozen]

    def training(self, window: int | None, tick: int, consumer: str, *, with_missed: bool = True) -> Training:
        """What a model may learn from: all but the pairs held out, of the last `window` ticks.

        Not `with_missed`: nothing is told of what was not clicked, which takes long to find.
        """
        clicks = self.clicks
        keep = ~clicks.held
        if window is not None:
            keep &= clicks.tick > tick - window
        weights, propensity = (column[keep].astype(np.float64) for column in (clicks.value, clicks.propensity))
        who, what, when = clicks.user[keep], clicks.item[keep], clicks.tick[keep]
        missed = self.unclicked(window if with_missed else 0, tick)
        return Training(who, what, weights, when, clicks.rank[keep], propensity, missed, consumer, tick)

    def unclicked(self, window: int | None, tick: int) -> Unclicked:
        """What was shown by the platform and not clicked; of pairs held out nothing is told."""
        parts = [np.zeros((4, 0), np.int32)]
        for then, slate in self.exposures.items():
            if window is None or then > tick - window:
                row, col = np.nonzero(slate.by_platform)
                users, items = slate.users[row], slate.items[row, col]
                now = slice(*np.searchsorted(self.clicks.tick, [then, then + 1]))
                known = np.union1d(_pairs(self.clicks.user[now], self.clicks.item[now]), self._held_pairs)
                keep = ~np.isin(_pairs(users, items), known)
                parts.append(np.stack([users, items, np.full(len(users), then), col + 1])[:, keep].astype(np.int32))
        return Unclicked(*np.concatenate(parts, axis=1))

    def history(self, users: Ints, n_users: int, n_items: int, *, trained: bool = False) -> Rows:
        """What these users have clicked, or only the pairs that models may learn from; items ascending."""
        self._known, self._trained = (_resized(matrix, n_users, n_items) for matrix in (self._known, self._trained))
        rows = (self._trained if trained else self._known)[users]
        return Rows(rows.indptr, rows.indices)

    def rebuild(self, n_users: int, n_items: int) -> None:
        """Make the matrices of clicks anew from the log."""
        clicks, learn = self.clicks, ~self.clicks.held
        self._held_pairs = np.unique(_pairs(*self.held()))
        self._known = _cells(clicks.user, clicks.item, n_users, n_items)
        self._trained = _cells(clicks.user[learn], clicks.item[learn], n_users, n_items)

    def __len__(self) -> int:
        return len(self.clicks)

    def __repr__(self) -> str:
        return f"<Log of {len(self)} clicks, {int(self.clicks.held.sum())} of them held out>"


def _propensities(slate: Slate) -> Floats:
    """(n, k) probability of each slot's item; 1 where it was certain, NaN for what users met by themselves."""
    chance = np.ones(slate.items.shape) if slate.propensity is None else slate.propensity
    return np.where(slate.by_platform, chance, np.nan)


def _pairs(users: Ints, items: Ints) -> NDArray[np.int64]:
    """One number (e,) for each pair."""
    return (users.astype(np.int64) << 32) | items


def _latest(users: Ints, items: Ints, share: float) -> Bools:
    """(e,) True for interactions of the share of each user's pairs that come last; rounded down, but one of two."""
    backwards = _pairs(users, items)[::-1]
    pairs, last, which = np.unique(backwards, return_index=True, return_inverse=True)
    owner = pairs >> 32
    order = np.lexsort((last, owner))  # each user's pairs, the latest first
    _, starts, counts = np.unique(owner, return_index=True, return_counts=True)
    wanted = np.floor(share * counts + 1e-9)
    wanted = np.where((counts > 1) & (share > 0), np.maximum(wanted, 1), wanted)
    held = np.zeros(len(pairs), np.bool_)
    held[order] = np.arange(len(pairs)) - np.repeat(starts, counts) < np.repeat(wanted, counts)
    return np.asarray(held[which][::-1])


def _cells(users: Ints, items: Ints, n_users: int, n_items: int) -> csr_matrix:
    """How often each user clicked each item."""
    cells = csr_matrix((np.ones(len(users), np.int32), (users, items)), shape=(n_users, n_items))
    cells.sum_duplicates()
    return cells


def _resized(matrix: csr_matrix, n_users: int, n_items: int) -> csr_matrix:
    if matrix.shape != (n_users, n_items):
        matrix.resize((n_users, n_items))  # type: ignore[arg-type]  # scipy-stubs do not know it
    return matrix
