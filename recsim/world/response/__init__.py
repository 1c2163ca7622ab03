"""What a pick leaves behind in the platform's log; one file a mechanism."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

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

    def draw(self, world: World, slate: Slate, picks: Ints, draws: Draws) -> tuple[Floats, Floats]:
        """(n, m) what the picks are truly worth to those who made them, and a standard normal draw; 0 where none is."""
        picked = picks >= 0
        row, col = np.nonzero(picked)
        users, items = slate.users[row], slate.items[row, picks[row, col]]  # (e,)
        worth, luck = np.zeros(picks.shape), np.zeros(picks.shape)
        worth[picked] = world.utility(users, items[:, None])[:, 0]
        luck[picked] = draws.normal(world.users.key[users], world.items.key[items][:, None])[:, 0]
        return worth, luck


import_all(__name__, __path__)
