"""People get enough of a topic, and want it again after a while."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from recsim.base.component import NonNegative, Share
from recsim.base.draws import Draws
from recsim.base.flow import Feedback, Floats, Ints
from recsim.base.table import Column
from recsim.world.behaviours import Behaviour, directions, in_turn

if TYPE_CHECKING:
    from recsim.world.world import World


class Satiation(Behaviour):
    """What a user had lately gives less: utility of an item falls by strength · max(0, s · v/|v|).

    s ← decay · (s + v/|v| of every click), once a tick: the rebounding bandits of Leqi, Kilinc-Karzan, Lipton &
    Montgomery (NeurIPS 2021) in the space of topics. The same topic every d ticks meets a satiation of
    decayᵈ/(1 − decayᵈ). Topics at a right angle satiate separately; opposed ones offset each other.
    """

    strength: NonNegative = 0.5
    """Utility lost per unit of satiation, in units of utility; larger: more need for variety."""
    decay: Share = 0.8
    """Share of the satiation that is left after a tick; larger: slower to want it again; 1: never."""
    columns = {"satiation": Column(np.float64, width="dimensions")}
    null = {"strength": 0.0}

    def utility(self, world: World, users: Ints, items: Ints) -> Floats:
        """What is taken off."""
        sated = np.einsum("nd,nkd->nk", world.users.satiation[users], directions(world, items))
        return np.asarray(-self.strength * np.maximum(sated, 0.0))

    def after(self, world: World, feedback: Feedback, draws: Draws) -> None:
        """Clicks add, the tick wears off."""
        for users, items in in_turn(feedback):
            world.users.satiation[users] += directions(world, items)
        world.users.satiation *= self.decay
