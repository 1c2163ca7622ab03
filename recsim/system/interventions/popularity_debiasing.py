"""Let hits count less than their clicks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from recsim.base.component import NonNegative
from recsim.base.draws import Draws
from recsim.base.flow import Training
from recsim.system.interventions import Consumer, Intervention, feeds

if TYPE_CHECKING:
    from recsim.system.service import Service


class PopularityDebiasing(Intervention):
    """Weight · popularity^−strength before a model learns; popularity is an item's weight in the data; the total stays.

    An item then weighs popularity^(1 − strength) altogether: with 1 all items that were clicked at all weigh the same
    (Steck, RecSys 2011; the weights of Koren, Bell & Volinsky's implicit model, IEEE Computer 2009). It knows nothing
    of why an item is popular: where the popular is the better it takes quality away; `debiasing` divides by how likely
    a click could happen instead. Models that do not use weights (`bpr`, `bandit`) learn the same as before.
    """

    strength: NonNegative = 0.5
    """γ; larger: hits count less; 1: all items alike; above 1: hits less than rarities."""
    consumer: Consumer = "recommender"
    """Whose data is weighed."""
    null = {"strength": 0.0}

    def does(self) -> str:
        """In words."""
        return f"clicks are divided by their item's popularity to the power {self.strength:.3g}"

    def on_training(self, training: Training, service: Service, draws: Draws) -> Training:
        """Weigh; rows without weight keep none."""
        if not self.strength or not feeds(training, self.consumer) or not training.weights.sum() > 0:
            return training
        popularity = np.bincount(training.items, training.weights)[training.items]
        factor = np.where(popularity > 0, popularity / popularity.max(), 1.0) ** -self.strength
        weights = training.weights * factor
        return training._replace(weights=weights * (training.weights.sum() / weights.sum()))
