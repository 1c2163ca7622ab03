"""What a pick leaves behind in the platform's log; one file a mechanism."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recsim.base.component import Component, import_all
from recsim.base.draws import Draws
from recsim.base.flow import Floats, Ints, Slate

if TYPE_CHECKING:
    from recsim.world.world import World


class Response(Component):
    """Family of the values that a pick leaves in the log: what models are given as its weight."""

    family = "response"
    null = "a pick always leaves a trace"

    def values(self, world: World, slate: Slate, picks: Ints, draws: Draws) -> Floats:
        """(n, m) positive values of the picks (n, m), columns of the slate; whatever stands at −1 is ignored."""
        raise NotImplementedError


import_all(__name__, __path__)
