"""People move towards what they consume, the faster the further away it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from recsim.base.component import Positive, Share
from recsim.base.draws import Draws
from recsim.base.flow import Feedback
from recsim.world.behaviours import Behaviour, in_turn

if TYPE_CHECKING:
    from recsim.world.world import World


class DriftToward(Behaviour):
    """Each click moves the user's taste a share of the way to the item: t ← t + rate · (v − t).

    With `nearness` ν a click moves only with probability exp(−|v − t|²/ν): what is far away does not persuade (SIREN:
    Bountouridis et al., FAT* 2019, with rate 0.05; without the gate the moving users of RecLab: Krauth et al. 2020,
    with rate 0.2). Unlike a turn, the strength of a taste moves too: it becomes that of the items, and shrinks where
    their topics differ.
    """

    rate: Share = 0.05
    """Share of the way to the clicked item that is covered per click; larger: quicker to be won over."""
    nearness: Positive | None = None
    """Square of the distance at which a click persuades with probability 1/e, in squared units of taste; larger: more
    clicks persuade; null: all do."""
    null = {"rate": 0.0}

    def after(self, world: World, feedback: Feedback, draws: Draws) -> None:
        """Move the tastes of those who clicked, one click after the other."""
        for users, items in in_turn(feedback):
            way = world.items.topics[items] - world.users.tastes[users]  # (n, d)
            if self.nearness is not None:
                near = np.exp(-np.einsum("nd,nd->n", way, way) / self.nearness)
                chance = draws.uniform(world.users.key[users], world.items.key[items][:, None])[:, 0]
                way[chance >= near] = 0.0
            world.users.tastes[users] += self.rate * way
