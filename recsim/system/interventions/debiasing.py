"""Weigh clicks by how unlikely it was that they could happen at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field

from recsim.base.component import NonNegative
from recsim.base.draws import Draws
from recsim.base.flow import Floats, Training
from recsim.system.interventions import Intervention

if TYPE_CHECKING:
    from recsim.system.service import Service


class Debiasing(Intervention):
    """Inverse propensity weighting: weight / (examination(rank) · propensity), before a model learns.

    A click that took place at a rank where few people look, or of an item that was rarely shown, stands for those that
    did not take place (Schnabel, Swaminathan, Singh, Chandak & Joachims, ICML 2016; in a loop: Zhu, He, Zhao &
    Caverlee, KDD 2021). Unbiased only where the examination is the users' own and no factor is clipped; what was never
    shown gets no weight whatever is divided. Clicks without a rank, of what users met by themselves or from a file,
    keep their weight. Models that do not use weights (`bpr`, `bandit`) learn the same as before.
    """

    examination: Literal["log2", "power"] = "log2"
    """How likely a user looks at a rank: 1 / log2(rank + 1), or rank^−strength."""
    strength: NonNegative = 1.0
    """Exponent of `power`; larger: lower ranks are looked at less, so that their clicks weigh more; 0: ranks do not
    matter."""
    use_propensity: bool = False
    """Whether to divide by the logged probability of the item in its slot as well; unknown ones count as 1."""
    clip: Annotated[float, Field(ge=1, le=1e15)] = 10.0
    """Largest factor of a weight; larger: less biased, noisier; 1: nothing is done."""
    normalised: bool = False
    """Whether all weights are scaled to the same total as before."""
    consumer: Literal["recommender", "all"] = "recommender"
    """Who learns from the weights: the recommender, or generators too."""
    null = {"clip": 1.0}

    def does(self) -> str:
        """In words."""
        law = "1/log2(rank + 1)" if self.examination == "log2" else f"rank^-{self.strength:.3g}"
        return f"clicks are divided by {law}{' and by propensity' if self.use_propensity else ''}"

    def on_training(self, training: Training, service: Service, draws: Draws) -> Training:
        """Weigh."""
        if self.consumer != "all" and training.consumer != self.consumer:
            return training
        weights = training.weights / self._chance(training)
        if self.normalised and weights.sum() > 0:
            weights = weights * (training.weights.sum() / weights.sum())
        return training._replace(weights=weights)

    def _chance(self, training: Training) -> Floats:
        """(e,) how likely it was that the user looked at the item; 1 for what the platform did not place."""
        rank = np.maximum(training.ranks, 1).astype(np.float64)
        look = 1.0 / np.log2(rank + 1.0) if self.examination == "log2" else rank**-self.strength
        shown = training.propensity if self.use_propensity else np.ones(len(rank))
        chance = look * np.where(np.isnan(shown), 1.0, shown)
        return np.where(training.ranks > 0, np.maximum(chance, 1.0 / self.clip), 1.0)
