"""What makes people people: how the slate, their past and their clicks change what appeals; one file a mechanism."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from recsim.base.component import Component, import_all
from recsim.base.draws import Draws
from recsim.base.flow import Feedback, Floats, Ints, Slate
from recsim.base.table import Column

if TYPE_CHECKING:
    from recsim.world.world import World


class Behaviour(Component):
    """Family of the mechanisms of a person. Each method is optional."""

    family = "behaviour"
    columns: ClassVar[Mapping[str, Column]] = {}
    """Columns of the users' table that it remembers things in."""
    item_columns: ClassVar[Mapping[str, Column]] = {}
    """Columns of the items' table that it remembers things in."""

    def utility(self, world: World, users: Ints, items: Ints) -> Floats | None:
        """(n, k) what it adds to what users (n,) truly gain from items (n, k), −1 being nothing; None: nothing at all.

        What people gain also appeals to them: it is part of the appeal without `appeal` saying so again. Reads, never
        writes; users differ in nothing but their own rows, so that an ideal recommender may ask about anybody.
        """
        return None

    def appeal(self, world: World, slate: Slate) -> Floats:
        """(n, k) what it adds to the appeal of each item, in units of utility; −inf: not now. Reads, never writes.

        Random numbers of this tick are `world.stream(self)`.
        """
        return np.zeros(slate.items.shape)

    def after(self, world: World, feedback: Feedback, draws: Draws) -> None:
        """What the tick's slates and clicks do to the users; writes columns of `world.users` and of its own."""


import_all(__name__, __path__)
