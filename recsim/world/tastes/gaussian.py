"""No kinds of people: everybody somewhere in one cloud."""

from __future__ import annotations

import numpy as np

from recsim.base.component import AtLeastOne, NonNegative, Number
from recsim.base.draws import Draws
from recsim.base.flow import Floats, History, Keys
from recsim.world.tastes import Drawn, Fitted, Tastes


class Gaussian(Tastes):
    """Tastes and topics are N(center, spread²) in every coordinate; `center` is that of the first, the others' is 0.

    The world of probabilistic matrix factorization (Salakhutdinov & Mnih, NIPS 2007). taste·topic has mean center² and
    variance d spread⁴ + 2 center² spread²; groups with different centres are kinds of people a distance apart.
    """

    dimensions: AtLeastOne = 8
    """Number of dimensions of tastes and topics."""
    center: Number = 0.0
    """Mean of the first coordinate, in units of taste; a group with another one has tastes of its own."""
    spread: NonNegative = 1.0
    """Standard deviation of each coordinate; larger: tastes weigh more against the noise of a choice. With 1, six in
    ten random slates of ten win against nothing, as in the default world."""

    @property
    def width(self) -> int:
        """Number of dimensions."""
        return self.dimensions

    def fit(self, history: History | None, draws: Draws) -> Fitted:
        """The one mean (1, d); there are no clusters."""
        mean = np.zeros((1, self.dimensions))
        mean[0, 0] = self.center
        return Fitted(mean, mean, np.zeros((0, self.dimensions)))

    def users(self, keys: Keys, fitted: Fitted, draws: Draws) -> Drawn:
        """Tastes around the mean."""
        return self._scatter(keys, fitted.users, draws.of("users"))

    def items(self, keys: Keys, fitted: Fitted, draws: Draws) -> Drawn:
        """Topics around the same mean."""
        return self._scatter(keys, fitted.items, draws.of("items"))

    def _scatter(self, keys: Keys, mean: Floats, draws: Draws) -> Drawn:
        vectors = mean + self.spread * draws.normal(keys, np.arange(self.dimensions))  # (n, d)
        return Drawn(vectors, np.zeros(len(keys), np.int32))
