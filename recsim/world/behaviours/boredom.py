"""What is like the last things clicked is boring."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from recsim.base.component import AtLeastOne, NonNegative
from recsim.base.draws import Draws
from recsim.base.flow import Feedback, Floats, Slate
from recsim.base.table import Column
from recsim.world.behaviours import Behaviour, Cosine, directions, in_turn

if TYPE_CHECKING:
    from recsim.world.world import World


class Boredom(Behaviour):
    """An item loses appeal for each of the last clicks that it is like: −penalty · #{m in memory: cos(v, v_m) > alike}.

    The boredom of the environment latent-dynamic of RecLab (Krauth et al. 2020: memory 5, penalty 0.4, alike 0). The
    item itself always counts. A topic recovers as other things are clicked, not with time. Appeal falls, utility does
    not: people turn down what they would have enjoyed. Pitfall: at `alike` 0 everything is alike where topics are never
    negative, and boredom is a tax on all clicks.
    """

    memory: AtLeastOne = 5
    """Clicks that a user remembers; larger: bored for longer."""
    penalty: NonNegative = 0.4
    """Appeal lost per remembered item that is alike, in units of utility; larger: more variety is sought."""
    alike: Cosine = 0.5
    """Cosine of two topics above which they are alike; larger: fewer are; 1: only the item itself is."""
    columns = {"last_clicked": Column(np.int32, -1, "memory")}
    null = {"penalty": 0.0}

    def appeal(self, world: World, slate: Slate) -> Floats:
        """Counts the memory."""
        last = world.users.last_clicked[slate.users]  # (n, m)
        cosine = np.einsum("nkd,nmd->nkm", directions(world, slate.items), directions(world, last))
        same = slate.items[:, :, None] == last[:, None, :]
        alike = (same | (cosine > self.alike)) & (last >= 0)[:, None, :]  # (n, k, m)
        return np.asarray(-self.penalty * alike.sum(axis=2))

    def after(self, world: World, feedback: Feedback, draws: Draws) -> None:
        """The newest click stands first."""
        memory = world.users.last_clicked
        for users, items in in_turn(feedback):
            memory[users] = np.concatenate([items[:, None], memory[users, :-1]], axis=1)
