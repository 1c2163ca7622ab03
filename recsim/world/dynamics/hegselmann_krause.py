"""People listen to all those who do not differ too much from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from recsim.base.component import Positive, Share
from recsim.base.draws import Draws
from recsim.base.flow import Feedback, Floats
from recsim.base.kernels.ragged import whole
from recsim.world.dynamics import _Opinions

if TYPE_CHECKING:
    from recsim.world.world import World


class HegselmannKrause(_Opinions):
    """Each opinion becomes the mean of all that differ from it by ε at most, its own included, all at once.

    Hegselmann & Krause (JASSS 2002). Among `anybody` opinions keep their order, and after finitely many ticks stand
    still in camps that are more than ε apart; it takes sorting and sums, no pair is visited.
    """

    tolerance: Positive = 0.5
    """Largest difference ε at which somebody is listened to, in units of taste; larger: fewer camps."""
    among: Literal["followed", "anybody"] = "followed"
    """To whom one listens: those followed, or anybody."""
    rate: Share = 1.0
    """Share of the way to that mean that is covered per tick; larger: quicker."""
    null = {"rate": 0.0}

    def after(self, world: World, feedback: Feedback, draws: Draws) -> None:
        """Everybody at once, by the opinions that stood before."""
        mine = self.opinions(world)
        heard = self._of_followed(world, mine) if self.among == "followed" else self._of_anybody(world, mine)
        self.move(world, mine + self.rate * (heard - mine))

    def _of_followed(self, world: World, mine: Floats) -> Floats:
        row, who = whole(world.follows), world.follows.users
        way = mine[who] - mine[row]
        near = np.abs(way) <= self.tolerance
        count = np.bincount(row[near], minlength=len(mine)) + 1.0
        return np.asarray(mine + np.bincount(row[near], way[near], minlength=len(mine)) / count)

    def _of_anybody(self, world: World, mine: Floats) -> Floats:
        living = np.flatnonzero(world.users.alive)
        line = living[np.lexsort((world.users.key[living], mine[living]))]
        x, heard = mine[line], mine.copy()
        below, above = np.searchsorted(x, x - self.tolerance), np.searchsorted(x, x + self.tolerance, side="right")
        ends = np.concatenate([[0.0], np.cumsum(x)])
        heard[line] = (ends[above] - ends[below]) / (above - below)
        return heard
