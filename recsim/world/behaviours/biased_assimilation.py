"""People turn towards what they like and away from what they dislike, whatever they consume."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from recsim.base.component import NonNegative
from recsim.base.draws import Draws
from recsim.base.flow import Feedback, Floats
from recsim.base.kernels.geometry import units
from recsim.world.behaviours import Behaviour, in_turn

if TYPE_CHECKING:
    from recsim.world.world import World


class BiasedAssimilation(Behaviour):
    """Each click turns the taste along the item in proportion to how much it is liked, dislike included.

    p ← (p + rate · ⟨v, p⟩ v) scaled back to its length, with v the item's direction (Dean & Morgenstern, EC 2022). The
    tangent of the angle to ±v shrinks by 1 + rate: people end at the pole they were nearer to. Who is at a right angle
    does not move, so that one item for all splits a population in two.
    """

    rate: NonNegative = 0.05
    """Pull per click, as a share of the liking; larger: faster."""
    null = {"rate": 0.0}

    def after(self, world: World, feedback: Feedback, draws: Draws) -> None:
        """Turn the tastes of those who clicked, one click after the other."""
        for users, items in in_turn(feedback):
            tastes, topics = world.users.tastes[users], units(world.items.topics[items])
            liking = np.einsum("nd,nd->n", tastes, topics)[:, None]
            moved = tastes + self.rate * liking * topics  # (n, d)
            old, new = _lengths(tastes), _lengths(moved)
            shrink = np.divide(old, new, out=np.ones_like(old), where=new > 0)
            world.users.tastes[users] = moved * shrink[:, None]


def _lengths(vectors: Floats) -> Floats:
    return np.asarray(np.sqrt(np.einsum("nd,nd->n", vectors, vectors)))
