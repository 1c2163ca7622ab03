"""Items are news for a while only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from recsim.base.component import AtLeastOne, Share
from recsim.base.draws import Draws
from recsim.base.flow import Signals
from recsim.base.table import Column
from recsim.world.dynamics import Dynamics

if TYPE_CHECKING:
    from recsim.world.world import World


class Ageing(Dynamics):
    """Prominence falls with age a, in ticks since birth: z = z₀ · max(0, 1 − rate · a), or z₀ · (1 − rate)ᵃ.

    The linear form at rate 0.1 is SIREN's (Bountouridis et al., FAT* 2019: news are ten days old and gone). Prominence
    is what people come across by themselves; a recommender does not know it. With a `lifetime` old items disappear
    altogether, recommended or not.
    """

    rate: Share = 0.1
    """Share of the prominence that is lost per tick; larger: things age faster."""
    form: Literal["linear", "exponential"] = "linear"
    """`linear`: a share of the first prominence; `exponential`: of what is left."""
    lifetime: AtLeastOne | None = None
    """Ticks after its birth at which an item disappears; null: never."""
    columns = {"first_prominence": Column(np.float64, np.nan)}
    null = {"rate": 0.0, "lifetime": None}

    def step(self, world: World, signals: Signals, draws: Draws) -> None:
        """From the first prominence anew: nothing adds up."""
        items = world.items
        items.first_prominence = np.where(np.isnan(items.first_prominence), items.prominence, items.first_prominence)
        age = (world.tick - items.born).astype(np.float64)
        left = np.maximum(0.0, 1.0 - self.rate * age) if self.form == "linear" else (1.0 - self.rate) ** age
        items.prominence = items.first_prominence * left
        if self.lifetime is not None:
            items.alive &= age < self.lifetime
