"""Who and what comes, ages and goes; one file a mechanism."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from recsim.base.component import Component, Count, import_all
from recsim.base.draws import Draws
from recsim.base.flow import Bools, Feedback, Floats, Ints, Signals
from recsim.base.table import Column

if TYPE_CHECKING:
    from recsim.world.world import World


class Dynamics(Component):
    """Family of the births and deaths of users and items, and of what creators do. Each method is optional."""

    family = "dynamics"
    about: ClassVar[str] = "items"
    """Whose list in the scenario it belongs to: `users`, `items` or `creators`."""
    columns: ClassVar[Mapping[str, Column]] = {}
    """Columns of that table that it remembers things in."""

    def awake(self, world: World, users: Ints) -> Bools | None:
        """(n,) which of the users (n,) may have a session this tick; None: it keeps nobody away. Reads, never writes.

        Only asked of those in the list of the users.
        """
        return None

    def pace(self, world: World) -> Floats | None:
        """(c,) factor on the number of items that each creator publishes; None: it changes nothing.

        Reads, never writes; like `made` only asked of those in the list of the creators.
        """
        return None

    def made(self, world: World, items: Ints, draws: Draws) -> None:
        """What becomes of items (j,) that creators have just made, before anybody sees them."""

    def step(self, world: World, signals: Signals, draws: Draws) -> None:
        """What happens at the beginning of a tick; `signals` are last tick's views and clicks."""

    def after(self, world: World, feedback: Feedback, draws: Draws) -> None:
        """What the tick's clicks lead to."""


# -- what dynamics of creators need ----


def told(world: World, counts: NDArray[Any], recent: int | None = None) -> tuple[Ints, Ints, Floats]:
    """Items (j,) that creators made, who made each (j,), and what the platform, of all items (i,), counted of it (j,).

    Only those of the last `recent` ticks, if that is given.
    """
    mine = world.items.maker[: len(counts)] >= 0
    if recent is not None:
        mine = mine & (world.items.born[: len(counts)] >= world.tick - recent)
    items = np.flatnonzero(mine).astype(np.int32)
    return items, world.items.maker[items], np.asarray(counts[items], np.float64)


def sums(makers: Ints, values: Floats, n: int) -> Floats:
    """(n,) or (n, d) sum of the values (j,) or (j, d) of each creator's items, in order of rows."""
    if values.ndim == 1:
        return np.bincount(makers, values, n)
    return np.stack([np.bincount(makers, column, n) for column in values.T], axis=1)


class _Opinions(Dynamics):
    """What people make of each other's opinions, of everybody once a tick: abstract.

    An opinion is a coordinate of the taste, so that what is recommended and what people tell each other act on the same
    thing; with `users.tastes.dimensions: 1` the opinion is all of it.
    """

    about = "users"

    axis: Count = 0
    """The coordinate of the tastes that is the opinion; the first is 0."""

    @property
    def needs_network(self) -> bool:
        """Whether it means nothing where nobody follows anybody."""
        return getattr(self, "among", "followed") == "followed"

    def opinions(self, world: World) -> Floats:
        """(u,) everybody's opinion; a copy."""
        return np.array(world.users.tastes[:, self.axis])

    def move(self, world: World, opinions: Floats) -> None:
        """Write the opinions (u,) of the living."""
        world.users.tastes[:, self.axis] = np.where(world.users.alive, opinions, world.users.tastes[:, self.axis])


import_all(__name__, __path__)
