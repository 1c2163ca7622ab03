"""What is better than expected attracts, what is worse repels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from recsim.base.component import Share
from recsim.base.draws import Draws
from recsim.base.flow import Feedback
from recsim.base.kernels.geometry import units
from recsim.base.table import Column
from recsim.world.behaviours import Behaviour, in_turn

if TYPE_CHECKING:
    from recsim.world.world import World


class Operant(Behaviour):
    """Each click moves the taste along the item by how much it surprised: t ← t + rate · (u − e) · v/|v|.

    u is what the click truly gave, e what the user expected: a running average e ← e + learning · (u − e) of what they
    got before, the first click being no surprise. Operant conditioning as a model of preferences, after Curmei, Haupt,
    Recht & Hadfield-Menell (RecSys 2022). The same item over and over surprises less each time, by the factor
    1 − learning + rate · |v|; where this exceeds 1, surprise feeds on itself and tastes run away.
    """

    rate: Share = 0.05
    """Step per unit of utility above expectation, in units of taste; larger: surprise teaches more."""
    learning: Share = 0.3
    """Share of a surprise that the expectation takes up; larger: people get used to things sooner."""
    columns = {"expected_utility": Column(np.float64, np.nan)}
    null = {"rate": 0.0}

    def after(self, world: World, feedback: Feedback, draws: Draws) -> None:
        """Experience by experience, in the order of the clicks."""
        gained = world.gained(feedback)
        for column, (users, items) in enumerate(in_turn(feedback)):
            gain = gained[feedback.picks[:, column] >= 0, column]
            expected = world.users.expected_utility[users]
            expected = np.where(np.isnan(expected), gain, expected)
            surprise = gain - expected
            world.users.expected_utility[users] = expected + self.learning * surprise
            world.users.tastes[users] += self.rate * surprise[:, None] * units(world.items.topics[items])
