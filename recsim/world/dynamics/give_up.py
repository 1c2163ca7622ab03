"""Creators whom nobody sees give up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from recsim.base.component import AtLeastOne, NonNegative, Share
from recsim.base.draws import Draws
from recsim.base.flow import Signals
from recsim.base.table import Column
from recsim.world.dynamics import Dynamics, sums, told

if TYPE_CHECKING:
    from recsim.world.world import World


class GiveUp(Dynamics):
    """A creator whose audience stays below what makes the work viable for some ticks in a row stops for good.

    audience ← audience + memory · (views − audience), from the first tick with an item of theirs on; gone after
    `patience` ticks with audience < viability. The providers of Mladenov, Creager, Ben-Porat, Swersky, Zemel &
    Boutilier (ICML 2020), who need a minimum of engagement to stay: to serve each user with the best item of today can
    lose those who serve the few.
    """

    about = "creators"
    viability: NonNegative = 5.0
    """Views (or clicks) per tick that a creator needs; larger: more give up; 0: nobody does."""
    patience: AtLeastOne = 5
    """Ticks in a row below it after which a creator is gone; larger: they hold out longer."""
    memory: Share = 0.2
    """Weight of the latest tick in the audience; 1: only the last tick counts."""
    counts: Literal["views", "clicks"] = "views"
    """What they live on."""
    takes_items: bool = True
    """Whether their items disappear with them, as in the model; else others go on finding these."""
    columns = {"audience": Column(np.float64, np.nan), "below": Column(np.int32)}
    null = {"viability": 0.0}

    def step(self, world: World, signals: Signals, draws: Draws) -> None:
        """By last tick's counts; in the first tick nothing has been shown yet."""
        own, n = world.creators, len(world.creators)
        _, makers, counts = told(world, getattr(signals, self.counts))
        if world.tick <= 1:
            return
        here = own.alive & (np.bincount(makers, minlength=n) > 0)
        latest = sums(makers, counts, n)
        audience = np.where(np.isnan(own.audience), latest, own.audience + self.memory * (latest - own.audience))
        own.audience[here] = audience[here]
        own.below = np.where(here & (audience < self.viability), own.below + 1, 0)
        gone = own.below >= self.patience
        own.alive &= np.logical_not(gone)
        if self.takes_items and gone.any():
            made = world.items.maker
            world.items.alive &= ~((made >= 0) & gone[made])
