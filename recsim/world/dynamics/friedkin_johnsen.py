"""People hear others, and hold on to what they thought at first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from recsim.base.component import NonNegative, Share
from recsim.base.draws import Draws
from recsim.base.flow import Feedback, Signals
from recsim.base.kernels.ragged import sums
from recsim.base.table import Column
from recsim.world.dynamics import _Opinions

if TYPE_CHECKING:
    from recsim.world.world import World


class FriedkinJohnsen(_Opinions):
    """Each opinion becomes the mean of the innate one and those of the people followed, all at once.

    z ← (k s + Σ zⱼ)/(k + d) over the d people followed, s the opinion a person was first seen with (Friedkin & Johnsen,
    Journal of Mathematical Sociology 1990). With k = 1 and friends it settles at z = (I + L)⁻¹ s, L the Laplacian of
    the network, and Σz = Σs (Musco, Musco & Tsourakakis, WWW 2018; Chitra & Musco, WSDM 2020). Unlike in `degroot`
    differences remain.
    """

    stubbornness: NonNegative = 1.0
    """Weight k of the innate opinion, where that of each person followed is 1; larger: people stay as they were; 0:
    they forget it."""
    rate: Share = 1.0
    """Share of the way to that mean that is covered per tick; larger: quicker; where it settles does not change."""
    columns = {"innate": Column(np.float64, np.nan)}
    """The opinion that a user was first seen with."""
    null = {"rate": 0.0}

    def step(self, world: World, signals: Signals, draws: Draws) -> None:
        """Note what newcomers think before anybody tells them anything."""
        unknown = np.isnan(world.users.innate)
        world.users.innate[unknown] = self.opinions(world)[unknown]

    def after(self, world: World, feedback: Feedback, draws: Draws) -> None:
        """Everybody at once, by the opinions that stood before."""
        self.step(world, Signals(np.zeros(0, np.int64), np.zeros(0, np.int64)), draws)  # who came behind it in the list
        mine, count = self.opinions(world), np.diff(world.follows.indptr)
        weight, total = self.stubbornness + count, self.stubbornness * world.users.innate + sums(world.follows, mine)
        settled = np.divide(total, weight, out=mine.copy(), where=weight > 0)
        self.move(world, mine + self.rate * (settled - mine))
