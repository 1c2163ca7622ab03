"""Kinds of people and kinds of items, around common centres."""

from __future__ import annotations

import numpy as np

from recsim.base.component import AtLeastOne, NonNegative, Number, Positive
from recsim.base.draws import Draws
from recsim.base.flow import Floats, History, Keys
from recsim.base.kernels.geometry import units
from recsim.world.tastes import Drawn, Fitted, Tastes


class Clusters(Tastes):
    """Users and items scatter around common centres: taste = centre + spread · N(0, I), topics likewise.

    Centres are random directions of length `strength`: an item of a user's own cluster is worth strength² on average,
    one of another cluster 0, with a standard deviation of strength²(1 + spread²)/√d between pairs of people and items.
    A group with another `center` has the same clusters in another place: what its members like is then worth
    center² more to them, and on average nothing more to everybody else.
    """

    dimensions: AtLeastOne = 8
    """Number of dimensions of tastes and topics."""
    clusters: AtLeastOne = 6
    """Number of centres, equally likely for users and items."""
    spread: NonNegative = 0.4
    """Length of the scatter around a centre, relative to that of the centre; 0: everybody in a cluster is alike."""
    strength: Positive = 2.0
    """Length of a centre; larger: tastes weigh more against the noise of a choice."""
    center: Number = 0.0
    """What is added to the first coordinate of all centres, in units of taste; for a group with tastes of its own."""

    @property
    def width(self) -> int:
        """Number of dimensions."""
        return self.dimensions

    def fit(self, history: History | None, draws: Draws) -> Fitted:
        """The centres (c, d)."""
        directions = draws.of("centres").normal(np.arange(self.clusters), np.arange(self.dimensions))
        centres = self.strength * units(directions)
        centres[:, 0] += self.center
        return Fitted(centres, centres, centres)

    def users(self, keys: Keys, fitted: Fitted, draws: Draws) -> Drawn:
        """Tastes around the centres."""
        return self._scatter(keys, fitted.users, draws.of("users"))

    def items(self, keys: Keys, fitted: Fitted, draws: Draws) -> Drawn:
        """Topics around the same centres."""
        return self._scatter(keys, fitted.items, draws.of("items"))

    def _scatter(self, keys: Keys, centres: Floats, draws: Draws) -> Drawn:
        home = (draws.of("home").uniform(keys) * self.clusters).astype(np.int32)  # (n,)
        scatter = self.spread * self.strength / np.sqrt(self.dimensions)
        return Drawn(centres[home] + scatter * draws.normal(keys, np.arange(self.dimensions)), home)
