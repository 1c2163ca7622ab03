"""What makes people people: how the slate, their past and their clicks change what appeals; one file a mechanism."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from recsim.base.component import Component, import_all
from recsim.base.draws import Draws
from recsim.base.flow import Feedback, Floats, Slate
from recsim.base.table import Column

if TYPE_CHECKING:
    from recsim.world.world import World


class Behaviour(Component):
    """Family of the mechanisms of a person. Each method is optional."""

    family = "behaviour"
    columns: ClassVar[Mapping[str, Column]] = {}
    """Columns of the users' table that it remembers things in."""

    def appeal(self, world: World, slate: Slate) -> Floats:
        """(n, k) what it adds to the appeal of each item, in units of utility. Reads, never writes."""
        return np.zeros(slate.items.shape)

    def after(self, world: World, feedback: Feedback, draws: Draws) -> None:
        """What the tick's clicks do to the users; writes columns of `world.users`."""


import_all(__name__, __path__)
