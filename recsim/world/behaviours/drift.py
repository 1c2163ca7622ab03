"""People grow to like what they consume."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from recsim.base.component import Share
from recsim.base.draws import Draws
from recsim.base.flow import Feedback, Floats
from recsim.base.kernels.geometry import angles, units
from recsim.world.behaviours import Behaviour, in_turn

if TYPE_CHECKING:
    from recsim.world.world import World


class Drift(Behaviour):
    """Each click turns the user's taste towards the item's topics, by a share of the angle between them.

    t ← |t| · slerp(t/|t|, v/|v|; rate) (Shoemake 1985): the strength of a taste stays, its direction moves; the drift
    of T-RECS (Lucherini et al. 2021). A taste exactly opposite to the item has no nearest way and stays.
    """

    rate: Share = 0.02
    """Share of the angle to the clicked item that is covered per click; larger: quicker to be won over."""
    null = {"rate": 0.0}

    def after(self, world: World, feedback: Feedback, draws: Draws) -> None:
        """Turn the tastes of those who clicked, one click after the other."""
        for users, items in in_turn(feedback):
            topics = world.items.topics[items]  # (n, d)
            world.users.tastes[users] += turn(world.users.tastes[users], topics, self.rate)


def turn(tastes: Floats, topics: Floats, rate: float) -> Floats:
    """What to add to tastes (n, d) to turn each by `rate` of its angle to topics (n, d); exactly 0 at rate 0."""
    length = np.sqrt(np.einsum("nd,nd->n", tastes, tastes))[:, None]
    angle = angles(tastes, topics)[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        stay, go = np.sin((1.0 - rate) * angle) / np.sin(angle), np.sin(rate * angle) / np.sin(angle)
    defined = (angle > 1e-9) & (angle < np.pi - 1e-9)  # False for NaN: a vector of zeros has no direction
    return np.where(defined, length * (stay * units(tastes) + go * units(topics) - units(tastes)), 0.0)
