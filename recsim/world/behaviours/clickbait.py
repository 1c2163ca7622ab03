"""What promises more than it keeps is clicked more and enjoyed less."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recsim.base.component import NonNegative
from recsim.base.flow import Floats, Ints, Slate
from recsim.world.behaviours import Behaviour

if TYPE_CHECKING:
    from recsim.world.world import World


class Clickbait(Behaviour):
    """A unit of an item's clickbait takes `cost` from what users gain and adds `pull` to what draws them.

    With U = liking + quality − cost · c the appeal is U + pull · c: for pull > cost clickbait pays whoever lives on
    clicks, and those who click pay for it (after Milli, Belli & Hardt, FAccT 2021; Immorlica, Jagadeesan & Lucier, WWW
    2024). Items get theirs from `items.clickbait_mean` and `clickbait_spread`, or from the machines that make them.
    """

    pull: NonNegative = 2.0
    """Appeal added per unit of clickbait, κ; larger: people are easier to bait; 0: they are not fooled."""
    cost: NonNegative = 1.0
    """Utility lost per unit of clickbait; larger: more disappointing; 0: it does no harm."""
    null = {"pull": 0.0, "cost": 0.0}

    def utility(self, world: World, users: Ints, items: Ints) -> Floats:
        """What the promise was not worth."""
        return -self.cost * world.items.clickbait[items]  # (n, k)

    def appeal(self, world: World, slate: Slate) -> Floats:
        """The promise; its cost is part of the utility."""
        return self.pull * world.items.clickbait[slate.items]  # (n, k)
