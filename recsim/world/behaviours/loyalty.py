"""People come back to what they are used to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from recsim.base.component import NonNegative, Share
from recsim.base.draws import Draws
from recsim.base.flow import Feedback, Floats, Slate
from recsim.base.table import Column
from recsim.world.behaviours import Behaviour, directions, in_turn

if TYPE_CHECKING:
    from recsim.world.world import World


class Loyalty(Behaviour):
    """Appeal grows with likeness to the habit: + strength · h · v/|v|, and clicks make the habit.

    h ← kept · h + (1 − kept) · v/|v| per click: the loyalty of Guadagni & Little (1983) as in Fleder & Hosanagar
    (Management Science 2009, smoothing 0.75), in the space of topics. A habit is at most 1 long, so that strength is
    the appeal of what a user always takes. What is opposed to the habit loses as much.
    """

    strength: NonNegative = 1.0
    """Appeal gained in the direction of a lasting habit, in units of utility; larger: harder to win over."""
    kept: Share = 0.75
    """Share of the habit that a click leaves; larger: habits form and fade more slowly."""
    columns = {"habit": Column(np.float64, width="dimensions")}
    null = {"strength": 0.0}

    def appeal(self, world: World, slate: Slate) -> Floats:
        """Newcomers have no habit."""
        likeness = np.einsum("nd,nkd->nk", world.users.habit[slate.users], directions(world, slate.items))
        return np.asarray(self.strength * likeness)

    def after(self, world: World, feedback: Feedback, draws: Draws) -> None:
        """Click by click."""
        for users, items in in_turn(feedback):
            taken = (1.0 - self.kept) * directions(world, items)
            world.users.habit[users] = self.kept * world.users.habit[users] + taken
