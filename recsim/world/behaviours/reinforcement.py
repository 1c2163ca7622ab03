"""What is shown and clicked is liked more, what is shown and left is liked less."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from recsim.base.component import NonNegative, Share
from recsim.base.draws import Draws
from recsim.base.flow import Feedback, Floats, Ints
from recsim.world.behaviours import FIRST_TASTE, Behaviour, first_tastes

if TYPE_CHECKING:
    from recsim.world.world import World


class Reinforcement(Behaviour):
    """Every item in front of a user moves their taste along its topics: t ← t + δ · (±1) · v, + if clicked, − if not.

    With one topic per item this is the interest of Jiang et al. (AIES 2019): without restarts nothing bounds it, and
    whatever is served for ever is loved or hated in the end. A restart takes a taste part of the way back to what it
    was at first sight, t ← kept · t + (1 − kept) · t₀, and keeps it bounded. A click moves by |v|, so that long topics
    count more. List it before other drifts if t₀ is to be the taste people came with.
    """

    rate: NonNegative = 0.005
    """Mean step δ per item shown, in lengths of its topics; larger: faster."""
    steps: Literal["uniform", "fixed"] = "uniform"
    """`uniform`: each δ is drawn from 0 to twice the rate; `fixed`: each is the rate."""
    restart: Share = 0.0
    """Probability per session that the taste is taken back; larger: closer to the first taste."""
    kept: Share = 0.5
    """Share of the change since the first taste that a restart leaves; larger: a weaker restart."""
    columns = FIRST_TASTE
    null = {"rate": 0.0, "restart": 0.0}

    def after(self, world: World, feedback: Feedback, draws: Draws) -> None:
        """All slots of the slate in order of rank, then the restarts."""
        first = first_tastes(world)
        slate, clicked = feedback.slate, feedback.clicked
        for column in range(slate.items.shape[1]):
            row = np.flatnonzero(slate.items[:, column] >= 0)
            users, items = slate.users[row], slate.items[row, column]
            step = self._steps(world, users, items, draws) * np.where(clicked[row, column], 1.0, -1.0)
            world.users.tastes[users] += step[:, None] * world.items.topics[items]
        luck = draws.of("restart").uniform(world.users.key[slate.users])
        back = slate.users[luck < self.restart]
        world.users.tastes[back] = self.kept * world.users.tastes[back] + (1.0 - self.kept) * first[back]

    def _steps(self, world: World, users: Ints, items: Ints, draws: Draws) -> Floats:
        if self.steps == "fixed":
            return np.full(len(users), self.rate)
        luck = draws.uniform(world.users.key[users], world.items.key[items][:, None])[:, 0]
        return 2.0 * self.rate * luck
