"""A few come often, most come seldom."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from recsim.base.component import NonNegative, Share
from recsim.base.draws import Draws
from recsim.base.flow import Bools, Ints
from recsim.world.activity import Activity

if TYPE_CHECKING:
    from recsim.world.world import World


class Lognormal(Activity):
    """Each user has their own probability of a session: P = min(1, share · exp(spread · z − spread²/2)), z ~ N(0, 1).

    A lognormal is what many independent factors make together (Mitzenmacher, Internet Mathematics 2004); in MovieLens
    latest-small the logarithm of the ratings per user has a standard deviation of 1.0. z is a user's for ever. The mean
    of P is `share` as long as the cap at 1 does not bind; with a large share and spread it falls below.
    """

    null = {"share": 1.0, "spread": 0.0}

    share: Share = 0.2
    """Mean probability of a session per user and tick, before the cap at 1; larger: more sessions."""
    spread: NonNegative = 1.0
    """Standard deviation of the logarithm of the probability between users; 0: all alike, larger: more unequal."""

    def active(self, world: World, users: Ints, draws: Draws) -> Bools:
        """Who somebody is depends on their key alone; the tick's luck is keyed by user too."""
        keys = world.users.key[users]
        z = world.draws.of(self.stream, "rate").normal(keys)
        chance = np.minimum(1.0, self.share * np.exp(self.spread * z - self.spread**2 / 2))
        return np.asarray(draws.uniform(keys) < chance)

    def rate(self, users: int) -> float:
        """The share."""
        return self.share
