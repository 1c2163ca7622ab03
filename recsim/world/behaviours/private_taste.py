"""Part of what people like is theirs alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recsim.base.component import NonNegative
from recsim.base.flow import Floats, Ints
from recsim.world.behaviours import Behaviour

if TYPE_CHECKING:
    from recsim.world.world import World


class PrivateTaste(Behaviour):
    """Utility has a part θ ~ N(0, strength²) for every user and item, independent of all others and lasting.

    The private preference of Schmit & Riquelme (AISTATS 2018): people act on it, and nobody's clicks tell of anybody
    else's, so that no model can learn it from others. Clicks on what somebody privately loves overstate the item.
    """

    strength: NonNegative = 0.5
    """Standard deviation between pairs of user and item, in units of utility; larger: less can be learned."""
    null = {"strength": 0.0}

    def utility(self, world: World, users: Ints, items: Ints) -> Floats:
        """The same pair, the same value, in every tick and arm."""
        draws = world.draws.of(self.stream)
        return self.strength * draws.normal(world.users.key[users], world.items.key[items])
