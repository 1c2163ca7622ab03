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


Attribute = Literal["made_by_ai", "poor", "worthless"]
"""What can be looked for in an item: made by a machine; of quality below 0; of less quality than clickbait."""


class Source(IntEnum):
    """Why an item was in front of a user."""

    RECOMMENDED = 0
    """The platform's models chose it."""
    ORGANIC = 1
    """The user came across it."""
    EDITORIAL = 2
    """Somebody's front page, the same for everybody."""
    FRIEND = 3
    """A friend had it."""
    INTERLEAVED = 4
    """The platform put it between what its models chose."""


class Follows(NamedTuple):
    """Who follows whom, in CSR form."""

    indptr: NDArray[Any]
    """(u + 1,) where the row of each user begins."""
    users: Ints
    """(e,) whom they follow, in order of their keys."""


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
    alive: Bools
    """(i,) False once the item is gone."""
    groups: Ints
    """(i,) number of the item's group in `group_names`; 0 where there are none."""
    group_names: tuple[str, ...]
    """Names of the groups of items; empty where there are none."""
    follows: Follows
    """Whom each user follows; empty where there is no network."""


class Catalogue(NamedTuple):
    """What is on offer this tick; `on_items` may take items off the list."""

    new: Ints
    """(j,) items that appeared this tick."""
    listed: Bools
    """(i,) True where the platform may recommend the item."""


class Rows(NamedTuple):
    """Ragged rows in CSR form: items of each user of a request, item numbers ascending."""

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
    """What each of them has clicked, without the pairs that are held out."""
    forbidden: Rows
    """What each of them may not be shown: their clicks, or nothing where repeats are allowed."""
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
    """(n, k) probability of this item in this slot, given the slate before the last random step; NaN: unknown; None:
    all certain."""
    intended: Ints | None = None
    """(n, k) for users served at random: the items that would have stood there, −1 elsewhere; None: nobody is."""
    met: Bools | None = None
    """(n, k) True where the platform shows what the user came across anyway; None: nobody met anything."""

    @property
    def by_platform(self) -> Bools:
        """(n, k) True where the platform put the item, at a rank; False for padding and for what users met."""
        placed = (self.source == Source.RECOMMENDED) | (self.source == Source.INTERLEAVED)
        return np.asarray(placed & (self.items >= 0))

    @property
    def ranks(self) -> Ints:
        """(n, k) 1 for the top of the platform's list; 0 for what users met by themselves."""
        return np.where(self.by_platform, np.arange(1, self.items.shape[1] + 1), 0).astype(np.int32)

    @property
    def seen_ranks(self) -> Ints:
        """(n, k) as `ranks`, but 0 for what users met anyway: nobody has to look down a list for it."""
        return self.ranks if self.met is None else np.where(self.met, 0, self.ranks).astype(np.int32)

    def take(self, columns: NDArray[Any]) -> Slate:
        """The slots (n, m) of each row in another order, or only some of them.

        What was certain stays certain; of anything else nobody knows how likely it is to land in another slot.
        """
        arrays = (None if array is None else np.take_along_axis(array, columns, axis=1) for array in self[1:])
        moved = Slate(self.users, *arrays)  # type: ignore[arg-type]
        if moved.propensity is None:
            return moved
        elsewhere = (columns != np.arange(columns.shape[1])) & (moved.propensity != 1.0)
        return moved._replace(propensity=np.where(elsewhere, np.nan, moved.propensity))


class Feedback(NamedTuple):
    """What each user did with a slate."""

    slate: Slate
    """What they saw, items met without the platform included."""
    picks: Ints
    """(n, m) columns of the slate that were chosen, −1 for nothing."""
    value: Floats
    """(n, m) 1 for a click, else a rating or dwell."""
    stated: Floats | None = None
    """(n, m) what people who were asked say that a pick was worth to them; NaN: not asked; None: nobody is."""

    def of_clicks(self, cells: NDArray[Any]) -> NDArray[Any]:
        """(e,) what stands in cells (n, k) of the slate where it was clicked, one entry a click."""
        row, col = np.nonzero(self.picks >= 0)
        return cells[row, self.picks[row, col]]

    @property
    def clicked(self) -> Bools:
        """(n, k) True where the slate was clicked."""
        found = np.zeros(self.slate.items.shape, np.bool_)
        row, col = np.nonzero(self.picks >= 0)
        found[row, self.picks[row, col]] = True
        return found

    @property
    def users(self) -> Ints:
        """(e,) users of the clicks, one row a click."""
        return np.repeat(self.slate.users, (self.picks >= 0).sum(axis=1))

    @property
    def items(self) -> Ints:
        """(e,) items of the clicks."""
        return self.of_clicks(self.slate.items)

    @property
    def values(self) -> Floats:
        """(e,) values of the clicks."""
        return self.value[self.picks >= 0]

    @property
    def answers(self) -> Floats:
        """(e,) what is said of the clicks; NaN where nobody was asked."""
        return np.full(len(self.users), np.nan) if self.stated is None else self.stated[self.picks >= 0]


def joined(parts: list[Feedback]) -> Feedback:
    """The feedback of several groups of users as one, in the order given."""

    def join(arrays: tuple[NDArray[Any] | None, ...]) -> Any:
        real = [array for array in arrays if array is not None]
        return np.concatenate(real) if len(real) == len(arrays) else None

    slate = Slate._make(join(column) for column in zip(*(part.slate for part in parts), strict=True))
    return Feedback(slate, *(join(cells) for cells in zip(*(part[1:] for part in parts), strict=True)))


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
    clickbait: Floats
    """(j,) how much more it promises than it keeps, in units of utility."""
    genre: Ints
    """(j,) number of its genre, or of the form of its title; −1: nobody says."""
    tokens: Ints
    """(j, w) words of its title as numbers, −1 behind the last; w is 0 where items have no titles."""
    parent: Ints
    """(j,) the item it was made after; −1: none in particular."""


class Introductions(NamedTuple):
    """Whom the platform suggests to follow."""

    users: Ints
    """(e,) to whom."""
    others: Ints
    """(e,) whom; −1 for nobody."""


class Instrument(NamedTuple):
    """A way of looking at items that costs money and makes errors."""

    name: str
    """Keys its errors: looking twice at the same item gives the same reading."""
    attribute: Attribute
    """What it looks for."""
    sensitivity: float
    """Share of the items that have the attribute which it finds."""
    false_alarm: float
    """Share of the others which it accuses."""
    cost: float
    """Price of one look."""
    group: str | None = None
    """Name of the group of items against which it is biased."""
    group_bias: float = 0.0
    """Standard deviations by which items of that group look more like having the attribute than they do."""


class Inspection(NamedTuple):
    """What an instrument read."""

    items: Ints
    """(j,) items looked at."""
    reading: Bools
    """(j,) True where it says that the item has the attribute."""
    score: Floats
    """(j,) standard deviations between what it read and its threshold: above 0 accused; ±inf: it could not be wrong."""


class Unclicked(NamedTuple):
    """What was shown by the platform and not clicked, in the ticks whose exposures the log keeps."""

    users: Ints
    """(x,) who."""
    items: Ints
    """(x,) what."""
    ticks: Ints
    """(x,) when."""
    ranks: Ints
    """(x,) where in the list, 1 for the top."""


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
    ranks: Ints
    """(e,) where in the list it was clicked, 1 for the top; 0: met by the user, or from a file."""
    propensity: Floats
    """(e,) probability with which it was shown in that slot, 1 if certain; NaN: met by the user, or from a file."""
    unclicked: Unclicked
    """What was shown and not clicked, for recommenders that say they learn from it; else empty."""
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
    groups: Ints
    """(u,) number of the user's group in `group_names`; 0 where the file has none."""
    group_names: tuple[str, ...] = ()
    """Names of the groups of users; empty where the file has none."""
    left_out: tuple[tuple[str, int], ...] = ()
    """Why rows of the file were left out, and how many."""


class Links(NamedTuple):
    """A network from a file."""

    followers: Ints
    """(e,) number of the node that follows."""
    followed: Ints
    """(e,) number of the node that is followed."""
    nodes: int
    """How many nodes there are: they are 0 to nodes − 1."""
    groups: Ints
    """(nodes,) number of each node's group in `group_names`; 0 where the file has none."""
    group_names: tuple[str, ...] = ()
    """Names of the groups; empty where the file has none."""
