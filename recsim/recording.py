"""The arrays that pictures and replays need, kept while a run goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from recsim.base.flow import Feedback
from recsim.base.table import Table

if TYPE_CHECKING:
    from recsim.scenario import Record


class Recorder:
    """Keeps, every few ticks, what the section `record` asks for.

    `arrays()` has a first axis of recorded ticks: `ticks` (t,), `tastes` (t, u, d), `slates` (t, u, k) and `picks`
    (t, u, m) with −1 for users without a session, `views` and `clicks` (t, i) of this tick.
    """

    def __init__(self, section: Record) -> None:
        self.section = section
        self.kept: dict[str, list[NDArray[Any]]] = {}

    def record(self, tick: int, users: Table, items: Table, feedback: Feedback) -> None:
        """Keep one tick, if its turn has come."""
        if tick % self.section.every or (self.section.users == 0 and self.section.items == 0):
            return
        n_users, n_items = _wanted(self.section.users, len(users)), _wanted(self.section.items, len(items))
        self._keep("ticks", np.int32(tick))
        if n_users:
            slates = np.full((n_users, feedback.slate.items.shape[1]), -1, np.int32)
            picks = np.full((n_users, feedback.picks.shape[1]), -1, np.int32)
            here = feedback.slate.users < n_users
            slates[feedback.slate.users[here]] = feedback.slate.items[here]
            picks[feedback.slate.users[here]] = feedback.picks[here]
            for name, array in (("tastes", users.tastes[:n_users]), ("slates", slates), ("picks", picks)):
                self._keep(name, array)
        if n_items:
            self._keep("views", items.views_now[:n_items])
            self._keep("clicks", items.clicks_now[:n_items])

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What was kept, by name; ragged ticks are filled up with −1 (NaN for tastes)."""
        return {name: _stack(parts) for name, parts in self.kept.items()}

    def restore(self, arrays: dict[str, NDArray[Any]]) -> None:
        """Go on from what was kept before."""
        self.kept = {name: list(array) for name, array in arrays.items()}

    def _keep(self, name: str, array: Any) -> None:
        self.kept.setdefault(name, []).append(np.array(array))


def _wanted(wish: int | str, n: int) -> int:
    return n if isinstance(wish, str) else min(wish, n)


def _stack(parts: list[NDArray[Any]]) -> NDArray[Any]:
    """Arrays of one rank as one, each filled up to the largest."""
    if not parts[0].ndim:
        return np.array(parts)
    shape = np.max([part.shape for part in parts], axis=0)
    fill = np.nan if parts[0].dtype.kind == "f" else -1
    out = np.full((len(parts), *shape), fill, parts[0].dtype)
    for number, part in enumerate(parts):
        out[number][tuple(slice(0, size) for size in part.shape)] = part
    return out
