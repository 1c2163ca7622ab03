"""People who gain too little leave."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from recsim.base.component import NonNegative, Number, Share
from recsim.base.draws import Draws
from recsim.base.flow import Feedback
from recsim.base.table import Column
from recsim.world.dynamics import Dynamics

if TYPE_CHECKING:
    from recsim.world.world import World


class Dissatisfaction(Dynamics):
    """After each session a user leaves with a probability that falls with their satisfaction, a running mean of gains.

    s ← s + memory · (gain − s), gain = Σ over the clicks of utility − outside, and logit P(leave) = logit(base) −
    sensitivity · s. A session without a click gains 0. Retention thus depends on what people truly gained, not on how
    much they clicked (Kleinberg, Mullainathan & Raghavan, Management Science 2024). Means over those who stay rise as
    the dissatisfied go: look at everybody, too.
    """

    about = "users"
    base: Share = 0.02
    """Probability of leaving per session at satisfaction 0: as well off as elsewhere; larger: shorter lives."""
    sensitivity: NonNegative = 1.0
    """Fall of the log-odds of leaving per unit of satisfaction; larger: quality matters more; 0: it does not."""
    memory: Share = 0.2
    """Weight of the latest session in satisfaction; larger: quicker to forgive and to resent."""
    outside: Number = 4.0
    """Utility to be had elsewhere, that a click is held against; larger: harder to please."""
    columns = {"satisfaction": Column(np.float64)}
    null = {"base": 0.0}

    def after(self, world: World, feedback: Feedback, draws: Draws) -> None:
        """Only those who had a session, with the utilities as they were when they clicked."""
        users, known = feedback.slate.users, world.users.satisfaction
        gain = np.where(feedback.picks >= 0, world.gained(feedback) - self.outside, 0.0).sum(axis=1)  # (n,)
        known[users] += self.memory * (gain - known[users])
        factor = np.exp(np.clip(-self.sensitivity * known[users], -300.0, 300.0))
        hazard = self.base * factor / (1.0 - self.base + self.base * factor)
        world.users.alive[users[draws.uniform(world.users.key[users]) < hazard]] = False
