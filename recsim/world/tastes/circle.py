"""People and items stand on a circle and like what is near."""

from __future__ import annotations

import numpy as np

from recsim.base.component import AtLeastOne, NonNegative
from recsim.base.draws import Draws
from recsim.base.flow import History, Keys
from recsim.world.tastes import Drawn, Fitted, Tastes


class Circle(Tastes):
    """Users and items at uniform angles: taste·topic = strength · (1/h) Σ cos(j · angle between), j = 1 … harmonics h.

    The circular city of Salop (Bell Journal of Economics 1979), and the circle of items of Aridor, Gonçalves & Sikdar
    (RecSys 2020): no place is special, nobody is at an edge. With one harmonic the liking is a cosine, so that half of
    all items please a little; more make the interest of each user narrower.
    """

    strength: NonNegative = 4.0
    """Taste·topic where user and item stand in the same place, in units of utility; larger: tastes weigh more. With 4,
    six in ten random slates of ten win against nothing, as in the default world."""
    harmonics: AtLeastOne = 1
    """Cosines that make up the liking; larger: it falls faster with the angle. There are 2 dimensions to each."""

    @property
    def width(self) -> int:
        """Two dimensions, sine and cosine, a harmonic."""
        return 2 * self.harmonics

    def fit(self, history: History | None, draws: Draws) -> Fitted:
        """Nothing in common: there are no clusters."""
        return Fitted(*[np.zeros((0, self.width))] * 3)

    def users(self, keys: Keys, fitted: Fitted, draws: Draws) -> Drawn:
        """Tastes by the angles of these users."""
        return self._placed(keys, draws.of("users"))

    def items(self, keys: Keys, fitted: Fitted, draws: Draws) -> Drawn:
        """Topics by the angles of these items."""
        return self._placed(keys, draws.of("items"))

    def _placed(self, keys: Keys, draws: Draws) -> Drawn:
        angle = 2.0 * np.pi * draws.uniform(keys)[:, None] * np.arange(1, self.harmonics + 1)  # (n, h)
        length = np.sqrt(self.strength / self.harmonics)
        return Drawn(length * np.concatenate([np.cos(angle), np.sin(angle)], axis=1), np.zeros(len(keys), np.int32))
