"""What a machine made looks good."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recsim.base.component import NonNegative
from recsim.base.flow import Floats, Slate
from recsim.world.behaviours import Behaviour

if TYPE_CHECKING:
    from recsim.world.world import World


class Polish(Behaviour):
    """The surface of machine-made items adds `pull` to their appeal, and nothing to what people gain from them.

    A bias of people towards a source at equal content: among equal items a share g of which is machine-made gets a
    share x of the clicks with odds x/(1 − x) = e^pull · g/(1 − g) under a logit (Dai et al., KDD 2024, find such a
    preference in rankers). Without it a source bias can still emerge, from what machines make.
    """

    pull: NonNegative = 0.5
    """Appeal added to what a machine made, in units of utility; larger: people fall for it more."""
    null = {"pull": 0.0}

    def appeal(self, world: World, slate: Slate) -> Floats:
        """By who made it."""
        return self.pull * world.items.made_by_ai[slate.items]  # (n, k)
