"""What people meet without the platform; one file a mechanism."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recsim.base.component import Component, import_all
from recsim.base.draws import Draws
from recsim.base.flow import Ints

if TYPE_CHECKING:
    from recsim.world.world import World


class Discovery(Component):
    """Family of the ways in which people come across items by themselves."""

    family = "discovery"

    def meet(self, world: World, users: Ints, draws: Draws) -> Ints:
        """(n, c) items that each user meets this tick besides the slate, −1 for none."""
        raise NotImplementedError


import_all(__name__, __path__)
