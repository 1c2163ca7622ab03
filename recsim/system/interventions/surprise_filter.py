"""Let a generator learn from what it would not have made itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from recsim.base.component import Share
from recsim.base.draws import Draws
from recsim.base.flow import Training
from recsim.system.interventions import Intervention
from recsim.system.lessons import kept

if TYPE_CHECKING:
    from recsim.system.service import Service


class SurpriseFilter(Intervention):
    """Drops the items that surprise a generator least: −log G(item) below a quantile, G its policy in force.

    Nobody needs to know who made what: the least surprising items are those that are most like its own (Gambetta,
    Gezici, Giannotti, Pedreschi, Knott & Pappalardo, "Learning by Surprise", 2024: learning from the least surprising
    collapses fastest). The quantile is over different items, each once. The first training is left as it is, since
    there is nothing yet to be surprised.
    """

    quantile: Share = 0.3
    """Share of the items that are dropped; larger: only what is more surprising is learned from; 1: the single most
    surprising."""
    null = {"quantile": 0.0}

    def does(self) -> str:
        """In words."""
        return f"generators do not learn from the {self.quantile:.3g} of the items that surprise them least"

    def on_training(self, training: Training, service: Service, draws: Draws) -> Training:
        """Keep the rows of surprising items."""
        named = {one.label: one for one in service.section.generators if one.label == training.consumer}
        policy = service.models.policy(named[training.consumer]) if named else None
        if policy is None or not len(training.items):
            return training
        items, which = np.unique(training.items, return_inverse=True)
        surprise = -named[training.consumer].log_likelihood(policy, service.content(items.astype(np.int32)))
        least = np.quantile(surprise, self.quantile, method="higher")
        return kept(training, (surprise >= least)[which])
