"""One after the other, or a handful at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from recsim.base.component import AtLeastOne
from recsim.base.draws import Draws
from recsim.base.flow import Bools, Ints
from recsim.world.activity import Activity

if TYPE_CHECKING:
    from recsim.world.world import World


class FewAtATime(Activity):
    """`count` of the living users have a session in a tick, drawn without replacement; all if there are fewer.

    The sequential arrivals of trial-offer markets and urns: with 1, what one person does is there for the next one to
    see. Whoever is drawn does not depend on earlier ticks, so somebody may come twice in a row; who rests just then
    stays away, and nobody comes instead.
    """

    null = "with as many as there are users it is everybody"

    count: AtLeastOne = 1
    """Users who have a session in a tick; larger: more happens before anybody can learn from it."""

    @classmethod
    def example(cls) -> FewAtATime:
        """Twelve at once."""
        return cls(count=12)

    def active(self, world: World, users: Ints, draws: Draws) -> Bools:
        """The living with the smallest draws, whoever is asked about."""
        alive = np.flatnonzero(world.users.alive)
        keys = world.users.key[alive]
        chosen = np.zeros(len(world.users), np.bool_)
        chosen[alive[np.lexsort((keys, draws.keys(keys)))[: self.count]]] = True
        return chosen[users]

    def rate(self, users: int) -> float:
        """So many out of all."""
        return min(1.0, self.count / users)
