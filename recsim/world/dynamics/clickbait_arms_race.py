"""Creators promise more where promises are clicked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from recsim.base.component import AtLeastOne, Share
from recsim.base.draws import Draws
from recsim.base.flow import Signals
from recsim.world.dynamics import Dynamics, sums, told

if TYPE_CHECKING:
    from recsim.world.world import World


class ClickbaitArmsRace(Dynamics):
    """A creator's clickbait moves by how much more of it their clicked items have than their items on average.

    c ← c + rate · (Σ n b/Σ n − mean b) − restraint · c over their recent items, with n the clicks of last tick and b
    the clickbait: the selection differential of the breeder's equation (Lush 1937). Where clicks go like exp(κ b) it is
    κ times the variance of b, whatever the level: the race never ends without restraint, and with it at rate · κ ·
    variance/restraint (the incentive of Immorlica, Jagadeesan & Lucier, WWW 2024). Needs `items.clickbait_spread`, and
    people with the behaviour `clickbait`.
    """

    about = "creators"
    rate: Share = 0.2
    """Share of the differential that is taken over per tick; larger: a faster race; 0: none."""
    restraint: Share = 0.0
    """Share of their clickbait that creators give up again per tick, for what it costs them; larger: less of it."""
    recent: AtLeastOne = 10
    """Age in ticks up to which an item is looked at."""
    counts: Literal["clicks", "views"] = "clicks"
    """What they go by: what people click, or what the platform shows."""
    null = {"rate": 0.0}

    def step(self, world: World, signals: Signals, draws: Draws) -> None:
        """By last tick's counts."""
        own, n = world.creators, len(world.creators)
        items, makers, counts = told(world, getattr(signals, self.counts), self.recent)
        bait, total, there = world.items.clickbait[items], sums(makers, counts, n), np.bincount(makers, minlength=n)
        own.clickbait[own.alive] *= 1.0 - self.restraint
        moves = own.alive & (total > 0)
        clicked = sums(makers, counts * bait, n)[moves] / total[moves]
        own.clickbait[moves] += self.rate * (clicked - sums(makers, bait, n)[moves] / there[moves])
