"""The values that cross between the world and the system: together they *are* the feedback loop.

Everywhere: users and items are row numbers (int32), n users in a request, k slots of a slate, i items, e interactions;
padding is −1.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Keys = NDArray[np.uint64]


class Source(IntEnum):
    """Why an item was in front of a user."""

    RECOMMENDED = 0
    ORGANIC = 1


class Public(NamedTuple):
    """What everybody, and so the platform, can see of the world."""

    user_keys: Keys
    """(u,) the name of each user that never changes."""
    user_alive: Bools
    """(u,) False once the user has left."""
    item_keys: Keys
    """(i,) the name of each item that never changes."""
    features: Floats
    """(i, d) what the system sees of an item's content."""
    born: Ints
    """(i,) tick at which the item appeared; 0 for the first catalogue."""
    maker: Ints
    """(i,) who signed it; −1 for nobody in particular."""
    alive: Bools
    """(i,) False once the item is gone."""


class Catalogue(NamedTuple):
    """What is on offer this tick; `on_items` may take items off the list."""

    new: Ints
    """(j,) items that appeared this tick."""
    listed: Bools
    """(i,) True where the platform may recommend the item."""


class Rows(NamedTuple):
    """Ragged rows in CSR form: what each user of a request has clicked, item numbers ascending."""

    indptr: NDArray[Any]
    """(n + 1,) where each row begins."""
    items: NDArray[Any]
    """(indptr[-1],) item numbers."""


class Truth(NamedTuple):
    """What an ideal recommender is allowed to know: what a user would gain from each item. Read-only."""

    utility: Callable[[Ints, Ints], Floats]
    """(users (n,), items (j,)) → true utility (n, j)."""


class Request(NamedTuple):
    """Who wants a slate, and what is known of them now (history up to this tick, not as of the last fit)."""

    users: Ints
    """(n,) users to serve, ascending."""
    history: Rows
    """What each of them may not be shown again: their clicks, or nothing where repeats are allowed."""
    n: int
    """Length of the list that is asked for."""
    tick: int
    """Tick the list is for."""
    public: Public
    """The visible world."""
    items: Ints
    """(j,) items that may be recommended: alive and listed, in order of their keys."""
    truth: Truth | None
    """Only for recommenders that declare `sees_truth`."""


class Slate(NamedTuple):
    """Who sees what at which rank: column 0 is the top."""

    users: Ints
    """(n,) who sees it."""
    items: Ints
    """(n, k) items in order of rank, −1 where there is none."""
    source: NDArray[np.int8]
    """(n, k) why it is there, see `Source`."""
    scores: Floats | None = None
    """(n, k) what the recommender thought of it; only the system sees this."""
    shown: Floats | None = None
    """(n, k) a score or rating that the user can see."""
    propensity: Floats | None = None
    """(n, k) probability of this item in this slot, given the slate before the last random step; None: certain."""


class Feedback(NamedTuple):
    """What each user did with a slate."""

    slate: Slate
    """What they saw, items met without the platform included."""
    picks: Ints
    """(n, m) columns of the slate that were chosen, −1 for nothing."""
    value: Floats
    """(n, m) 1 for a click, else a rating or dwell."""

    @property
    def users(self) -> Ints:
        """(e,) users of the clicks, one row a click."""
        return np.repeat(self.slate.users, (self.picks >= 0).sum(axis=1))

    @property
    def items(self) -> Ints:
        """(e,) items of the clicks."""
        row, col = np.nonzero(self.picks >= 0)
        return self.slate.items[row, self.picks[row, col]]

    @property
    def values(self) -> Floats:
        """(e,) values of the clicks."""
        return self.value[self.picks >= 0]


def joined(parts: list[Feedback]) -> Feedback:
    """The feedback of several groups of users as one, in the order given."""

    def join(arrays: tuple[NDArray[Any] | None, ...]) -> Any:
        real = [array for array in arrays if array is not None]
        return np.concatenate(real) if len(real) == len(arrays) else None

    slate = Slate._make(join(column) for column in zip(*(part.slate for part in parts), strict=True))
    return Feedback(slate, join(tuple(part.picks for part in parts)), join(tuple(part.value for part in parts)))


class Signals(NamedTuple):
    """What the platform tells about each item: last tick's counts."""

    views: NDArray[np.int64]
    """(i,) times it was shown by the platform."""
    clicks: NDArray[np.int64]
    """(i,) times it was chosen."""


class Works(NamedTuple):
    """Content of items: what a generator makes, and what it may read of its training items (never who made them)."""

    topics: Floats
    """(j, d) where the item lies in the space of tastes."""
    quality: Floats
    """(j,) what everybody gains from it, in units of utility."""


class Instrument(NamedTuple):
    """A way of looking at items that costs money and makes errors."""

    name: str
    """Keys its errors: looking twice at the same item gives the same reading."""
    attribute: Literal["made_by_ai", "poor"]
    """What it looks for: made by a machine, or worth less than nothing (quality below 0)."""
    sensitivity: float
    """Share of the items that have the attribute which it finds."""
    false_alarm: float
    """Share of the others which it accuses."""
    cost: float
    """Price of one look."""


class Inspection(NamedTuple):
    """What an instrument read."""

    items: Ints
    """(j,) items looked at."""
    reading: Bools
    """(j,) True where it says that the item has the attribute."""


class Training(NamedTuple):
    """Interactions that a model is about to learn from; filters act on it."""

    users: Ints
    """(e,) who."""
    items: Ints
    """(e,) what."""
    weights: Floats
    """(e,) how much it counts."""
    ticks: Ints
    """(e,) when; 0 for human data from a file."""
    consumer: str
    """Whom it feeds: `recommender`, or a generator's label."""
    tick: int
    """Now."""


class History(NamedTuple):
    """A log of real interactions, read once: the human data before tick 0."""

    users: Ints
    """(e,) row of the user, 0 to u − 1."""
    items: Ints
    """(e,) row of the item, 0 to i − 1."""
    values: Floats
    """(e,) rating, or 1."""
    features: Floats
    """(i, d) what is known of an item's content, such as genres."""
    feature_names: tuple[str, ...]
    """d names."""
    user_ids: NDArray[Any]
    """(u,) ids as in the file."""
    item_ids: NDArray[Any]
    """(i,) ids as in the file."""
