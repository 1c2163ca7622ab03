"""Creators work as hard as it pays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from recsim.base.component import NonNegative, Positive
from recsim.base.draws import Draws
from recsim.base.flow import Signals
from recsim.world.dynamics import Dynamics, sums, told

if TYPE_CHECKING:
    from recsim.world.world import World


class Effort(Dynamics):
    """A creator's effort x, which adds to the quality of their items, moves along what more of it would earn.

    They reckon with a contest (Tullock 1980; between creators: Yao et al., ICML 2024): payoff prize · s − cost · x, s
    being their share of all views and s ∝ x^decisiveness. x ← x · exp(rate · (prize · decisiveness · s(1 − s) − cost ·
    x)), a step up the payoff over log x; n alike rest at x = (n − 1) decisiveness prize/(n² cost): more competitors,
    less effort each. With a decisiveness above n/(n − 2) they part into winners and those who hardly try. That shares
    go like this is what they believe; what effort earns is up to people and ranking.
    """

    about = "creators"
    rate: NonNegative = 0.05
    """Step per tick; larger: quicker to respond; 0: effort stays what it is. Above 2/(cost · x) it swings."""
    prize: NonNegative = 50.0
    """What all views of a tick are worth, in units of utility; larger: more effort."""
    decisiveness: NonNegative = 1.0
    """Percent of views relative to others' that a percent of effort earns, they believe; 0: views are luck."""
    cost: Positive = 1.0
    """Price of a unit of effort; larger: less effort."""
    least: Positive = 0.05
    """Effort below which nobody falls, so that everybody can rise again."""
    null = {"rate": 0.0}

    def step(self, world: World, signals: Signals, draws: Draws) -> None:
        """By last tick's views; where nothing was shown nothing is learned."""
        own, total = world.creators, signals.views.sum()
        if not total or not self.rate:
            return
        _, makers, views = told(world, signals.views)
        share, effort = sums(makers, views, len(own)) / total, np.maximum(own.effort, self.least)
        gain = self.prize * self.decisiveness * share * (1.0 - share) - self.cost * effort
        after = np.maximum(effort * np.exp(np.clip(self.rate * gain, -30.0, 30.0)), self.least)
        own.effort[own.alive] = after[own.alive]
