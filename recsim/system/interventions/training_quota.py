"""A share of what models learn from for one group of items."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from recsim.base.component import Name, Share
from recsim.base.draws import Draws
from recsim.base.flow import Training
from recsim.system.interventions import Consumer, Intervention, feeds

if TYPE_CHECKING:
    from recsim.system.service import Service


class TrainingQuota(Intervention):
    """Items of a group have at least a share of the weight that a model learns from; what they lack the others give.

    Within the group and without it all weights keep their proportions, and the total stays. Without it a group of share
    p is lost from M samples with chance (1 − p)^M at every generation; with it, never, as long as there is one row of
    it (algorithmic reparation: Wyllie, Shumailov & Papernot, FAccT 2024). `group_quota` does the same for slates.
    """

    group: Name
    """Name of the group of items, one of `items.groups`."""
    share: Share = 0.3
    """Smallest share of the weight; larger: more of the group, which may have more; 1: nothing else."""
    consumer: Consumer = "generator"
    """Whose data is treated."""
    null = {"share": 0.0}

    @classmethod
    def example(cls) -> Self:
        """Half of what everybody learns from."""
        return cls(group="niche", share=0.5, consumer="all")

    def does(self) -> str:
        """In words."""
        return f"at least {self.share:.3g} of the training weight are items of the group '{self.group}'"

    def on_training(self, training: Training, service: Service, draws: Draws) -> Training:
        """Scale both sides."""
        if not feeds(training, self.consumer):
            return training
        public, weights = service.public, training.weights.copy()
        mine = public.groups[training.items] == public.group_names.index(self.group)
        total, own = weights.sum(), weights[mine].sum()
        if not own > 0 or own >= self.share * total:
            return training
        weights[mine] *= self.share * total / own
        weights[~mine] *= (1.0 - self.share) * total / weights[~mine].sum()
        return training._replace(weights=weights)
