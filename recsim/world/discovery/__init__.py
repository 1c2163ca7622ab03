"""What people meet without the platform; one file a mechanism."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from recsim.base.component import Component, import_all
from recsim.base.draws import Draws
from recsim.base.flow import Feedback, Ints, Source
from recsim.base.table import Column

if TYPE_CHECKING:
    from recsim.world.world import World


MOST_CELLS = 10_000_000
"""Users × items above which nobody can look at everything."""


class Discovery(Component):
    """Family of the ways in which people come across items by themselves."""

    family = "discovery"
    source: ClassVar[Source] = Source.ORGANIC
    """Why the items are there."""
    columns: ClassVar[Mapping[str, Column]] = {}
    """Columns of the users' table that it remembers things in."""
    item_columns: ClassVar[Mapping[str, Column]] = {}
    """Columns of the items' table that it remembers things in."""

    def too_large(self, users: int, items: int) -> str | None:
        """Why it refuses a world of so many users and items; None: it does not."""
        return None

    def step(self, world: World, draws: Draws) -> None:
        """What happens at the beginning of a tick, newborn users and items included; writes its columns."""

    def meet(self, world: World, users: Ints, draws: Draws) -> Ints:
        """(n, c) items that each user meets this tick besides the slate, −1 for none; c is the same for everybody."""
        raise NotImplementedError

    def come_across(self, world: World, users: Ints, draws: Draws) -> tuple[Ints, NDArray[np.int8]]:
        """(n, c) what `meet` finds, and (n, c) why each of them is there."""
        found = self.meet(world, users, draws)
        return found, np.full(found.shape, self.source, np.int8)

    def after(self, world: World, feedback: Feedback, draws: Draws) -> None:
        """What the tick's slates and clicks lead to; writes its columns."""


import_all(__name__, __path__)
