"""What people consume moves them, and they get over it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recsim.base.component import Share
from recsim.base.draws import Draws
from recsim.base.flow import Feedback
from recsim.world.behaviours import FIRST_TASTE, Behaviour, first_tastes, in_turn

if TYPE_CHECKING:
    from recsim.world.world import World


class Hedonic(Behaviour):
    """Clicks move the taste towards the item, t ← t + push · (v − t); every tick it relaxes to what it first was.

    t ← t + rate · (t₀ − t): hedonic adaptation as a model of preferences, after Curmei, Haupt, Recht & Hadfield-Menell
    (RecSys 2022). One click a tick gives t ← rate · t₀ + (1 − rate)(1 − push) · t + (1 − rate) push · v, which is also
    the opinion with a prejudice t₀ of Rossi, Polderman & Frasca (IEEE TNSE 2022). t₀ is the taste at first sight: list
    it before other drifts if it is to be the taste people came with.
    """

    rate: Share = 0.05
    """Share of the way back to the first taste per tick; larger: quicker to get over things."""
    push: Share = 0.1
    """Share of the way to the clicked item that is covered per click; larger: easier to move."""
    columns = FIRST_TASTE
    null = {"rate": 0.0, "push": 0.0}

    def after(self, world: World, feedback: Feedback, draws: Draws) -> None:
        """Clicks first, then everybody relaxes, whether they had a session or not."""
        first = first_tastes(world)
        for users, items in in_turn(feedback):
            world.users.tastes[users] += self.push * (world.items.topics[items] - world.users.tastes[users])
        world.users.tastes += self.rate * (first - world.users.tastes)
