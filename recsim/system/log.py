"""What happened: an append-only log of clicks, windowed, as a sparse matrix on demand; its hold-out never trains."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix

from recsim.base.draws import Draws
from recsim.base.flow import Feedback, Floats, Ints, Keys, Rows, Slate, Training
from recsim.base.table import Column, Table

_CLICK = {
    "tick": Column(np.int32),
    "user": Column(np.int32),
    "item": Column(np.int32),
    "value": Column(np.float32),
    "human": Column(np.bool_),
    "held": Column(np.bool_),
}
"""`human`: from a file or the warm-up, before any model decided; `held`: the part of it that is held out."""


class Log:
    """Clicks for ever, exposures for a few ticks.

    Args:
        keep_exposures: ticks for which exposures are kept.
    """

    def __init__(self, keep_exposures: int) -> None:
        self.keep_exposures = keep_exposures
        self.clicks = Table(_CLICK)
        self.exposures: dict[int, Slate] = {}
        self._known = self._human = csr_matrix((0, 0), dtype=np.int32)

    def append(self, tick: int, feedback: Feedback, n_users: int, n_items: int) -> None:
        """Add one tick's feedback."""
        self.exposures[tick] = feedback.slate
        for old in [then for then in self.exposures if then <= tick - self.keep_exposures]:
            del self.exposures[old]
        self.extend(tick, feedback.users, feedback.items, feedback.values, n_users, n_items)

    def extend(self, tick: int, users: Ints, items: Ints, values: Floats, n_users: int, n_items: int) -> None:
        """Add interactions: a tick's clicks, or human data from a file at tick 0."""
        self.clicks.grow(len(users), tick=tick, user=users, item=items, value=values)
        self._known = _resized(self._known, n_users, n_items) + _cells(users, items, n_users, n_items)

    def hold_out(self, share: float, user_keys: Keys, item_keys: Keys, draws: Draws) -> None:
        """Call all interactions so far human, and freeze a random share: never trained on, not known as consumed."""
        cells = draws.keys(user_keys[self.clicks.user])
        self.clicks.held = draws.uniform(cells ^ item_keys[self.clicks.item]) < share
        self.clicks.human = True
        self.rebuild(len(user_keys), len(item_keys))

    def held(self) -> tuple[Ints, Ints]:
        """Users and items (e,) of the hold-out."""
        return self.clicks.user[self.clicks.held], self.clicks.item[self.clicks.held]

    def training(self, window: int | None, tick: int, consumer: str) -> Training:
        """What a model may learn from: all but the hold-out, of the last `window` ticks."""
        clicks = self.clicks
        keep = ~clicks.held
        if window is not None:
            keep &= clicks.tick > tick - window
        weights = clicks.value[keep].astype(np.float64)
        return Training(clicks.user[keep], clicks.item[keep], weights, clicks.tick[keep], consumer, tick)

    def history(self, users: Ints, n_users: int, n_items: int, *, human: bool = False) -> Rows:
        """What these users are known to have clicked, or only the human part of it; items ascending."""
        self._known, self._human = (_resized(matrix, n_users, n_items) for matrix in (self._known, self._human))
        rows = (self._human if human else self._known)[users]
        return Rows(rows.indptr, rows.indices)

    def rebuild(self, n_users: int, n_items: int) -> None:
        """Make the matrices of clicks anew from the log."""
        clicks, known = self.clicks, ~self.clicks.held
        self._known = _cells(clicks.user[known], clicks.item[known], n_users, n_items)
        human = known & clicks.human
        self._human = _cells(clicks.user[human], clicks.item[human], n_users, n_items)

    def __len__(self) -> int:
        return len(self.clicks)

    def __repr__(self) -> str:
        return f"<Log of {len(self)} clicks, {int(self.clicks.held.sum())} of them held out>"


def _cells(users: Ints, items: Ints, n_users: int, n_items: int) -> csr_matrix:
    """How often each user clicked each item."""
    cells = csr_matrix((np.ones(len(users), np.int32), (users, items)), shape=(n_users, n_items))
    cells.sum_duplicates()
    return cells


def _resized(matrix: csr_matrix, n_users: int, n_items: int) -> csr_matrix:
    if matrix.shape != (n_users, n_items):
        matrix.resize((n_users, n_items))  # type: ignore[arg-type]  # scipy-stubs do not know it
    return matrix
