"""People have only so much time, and good items make more of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from recsim.base.component import AtLeastOne, NonNegative, Positive
from recsim.base.draws import Draws
from recsim.base.flow import Bools, Feedback, Ints
from recsim.base.table import Column
from recsim.world.dynamics import Dynamics

if TYPE_CHECKING:
    from recsim.world.world import World


class SessionBudget(Dynamics):
    """Sessions use up a user's time; who has none left goes, or rests a while and begins with a full budget.

    A click costs click_cost − refill · quality of the item, a session without one idle_cost: the budget of Ie et al.
    (RecSim 2019, interest evolution: 200 units, 4, 0.9 · 4/3.4 and 0.5). Poor items cost more than their time, and
    those of a quality above click_cost/refill give time back, without a limit.
    """

    about = "users"
    budget: Positive = 40.0
    """Time at the start, in units of budget; larger: longer stays."""
    click_cost: NonNegative = 4.0
    """Time that a click takes."""
    refill: NonNegative = 1.0
    """Time given back per unit of quality of the clicked item; larger: quality keeps people longer."""
    idle_cost: NonNegative = 0.5
    """Time that a session without a click takes."""
    rest: AtLeastOne | None = None
    """Ticks away once the time is up; null: for ever."""
    columns = {"spent": Column(np.float64), "back": Column(np.int32)}
    null = {"click_cost": 0.0, "refill": 0.0, "idle_cost": 0.0}

    def awake(self, world: World, users: Ints) -> Bools:
        """Those who do not rest."""
        return np.asarray(world.users.back[users] <= world.tick)

    def after(self, world: World, feedback: Feedback, draws: Draws) -> None:
        """The bill of the session."""
        users, spent = feedback.slate.users, world.users.spent
        np.add.at(spent, feedback.users, self.click_cost - self.refill * world.items.quality[feedback.items])
        spent[users[(feedback.picks < 0).all(axis=1)]] += self.idle_cost
        done = users[spent[users] >= self.budget]
        if self.rest is None:
            world.users.alive[done] = False
            return
        spent[done], world.users.back[done] = 0.0, world.tick + self.rest + 1
