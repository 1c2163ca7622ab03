"""People who agree drive each other further out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from recsim.base.component import NonNegative, Share
from recsim.base.draws import Draws
from recsim.base.flow import Feedback
from recsim.base.kernels.ragged import means
from recsim.world.dynamics import _Opinions

if TYPE_CHECKING:
    from recsim.world.world import World


class Radicalisation(_Opinions):
    """Opinions fade by themselves and are driven outwards by what others think, the more so the more a topic divides.

    x ← x + rate · (−x + K · mean of tanh(α xⱼ) over those followed): Baumann et al. (PRL 2020), one Euler step a tick,
    with the people followed in the place of those met in a tick (K is their K times the number of these). In the mean
    field opinions fade to 0 for Kα ≤ 1, and beyond it end at a solution of x = K tanh(αx); where people of one mind
    follow each other, at both signs of it.
    """

    strength: NonNegative = 3.0
    """Strength K of the influence, in units of taste: the farthest that opinions can be driven; larger: farther."""
    controversy: NonNegative = 3.0
    """How much the topic divides, α, per unit of taste; larger: a small leaning counts like a large one."""
    among: Literal["followed", "anybody"] = "followed"
    """Whose opinions count: of those followed, or of everybody."""
    rate: Share = 0.1
    """Length of a tick, in units of the time in which opinions fade; larger: quicker."""
    null = {"rate": 0.0}

    def after(self, world: World, feedback: Feedback, draws: Draws) -> None:
        """Everybody at once, by the opinions that stood before; who follows nobody fades."""
        mine, living = self.opinions(world), np.flatnonzero(world.users.alive)
        loud = np.tanh(self.controversy * mine)
        if self.among == "followed":
            heard = np.nan_to_num(means(world.follows, loud))
        else:
            in_order = living[np.argsort(world.users.key[living], kind="stable")]
            heard = np.full(len(mine), loud[in_order].mean() if len(living) else 0.0)
        self.move(world, mine + self.rate * (self.strength * heard - mine))
