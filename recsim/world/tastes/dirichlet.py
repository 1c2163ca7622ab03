"""Everybody is a mixture of interests, every item a mixture of topics."""

from __future__ import annotations

import numpy as np
from scipy.special import gammaincinv

from recsim.base.component import AtLeastOne, NonNegative, Positive
from recsim.base.draws import Draws
from recsim.base.flow import Floats, History, Keys
from recsim.world.tastes import Drawn, Fitted, Tastes

TINIEST = 1e-290
"""Smallest shape of a gamma number: below it the logarithm of one would overflow."""


class Dirichlet(Tastes):
    """Users ρ ~ Dirichlet(m_u), items α ~ Dirichlet(m_i), taste·topic = strength · ρ·α.

    The world of Chaney, Stewart & Engelhardt (RecSys 2018): the base measures are drawn once a run, m_u ~ user
    concentration · Dirichlet(user evenness · 1) and m_i ~ item concentration · Dirichlet(item evenness · 1). With their
    values people have a few interests, some common and some rare, and an item has almost always a single topic.
    Pitfall: replications differ in the users' concentration, 10 (Lucherini et al. 2021) or 100.
    """

    dimensions: AtLeastOne = 20
    """Number of interests and topics."""
    user_concentration: Positive = 10.0
    """Sum of m_u; larger: people closer to the base, and to each other; smaller: one interest each."""
    item_concentration: Positive = 0.1
    """Sum of m_i; larger: items with more topics; smaller: with a single one."""
    user_evenness: Positive = 1.0
    """Parameter of the Dirichlet of m_u; larger: all interests equally common."""
    item_evenness: Positive = 100.0
    """Parameter of the Dirichlet of m_i; larger: all topics equally common."""
    strength: NonNegative = 20.0
    """Taste·topic of a user with one interest and an item of just that topic, in units of utility; larger: tastes weigh
    more. With 20, six in ten random slates of ten win against nothing, as in the default world; 1 in the paper."""

    @property
    def width(self) -> int:
        """Number of dimensions."""
        return self.dimensions

    def fit(self, history: History | None, draws: Draws) -> Fitted:
        """The base measures m_u (1, d) and m_i (1, d); there are no clusters."""
        one, axes = np.zeros(1, np.uint64), np.ones((1, self.dimensions))
        users = _dirichlet(self.user_evenness * axes, one, draws.of("base", "users"))
        items = _dirichlet(self.item_evenness * axes, one, draws.of("base", "items"))
        empty = np.zeros((0, self.dimensions))
        return Fitted(self.user_concentration * users, self.item_concentration * items, empty)

    def users(self, keys: Keys, fitted: Fitted, draws: Draws) -> Drawn:
        """Mixtures of interests."""
        return self._mixed(keys, fitted.users, draws.of("users"))

    def items(self, keys: Keys, fitted: Fitted, draws: Draws) -> Drawn:
        """Mixtures of topics."""
        return self._mixed(keys, fitted.items, draws.of("items"))

    def _mixed(self, keys: Keys, base: Floats, draws: Draws) -> Drawn:
        mixtures = _dirichlet(base, keys, draws)
        return Drawn(np.sqrt(self.strength) * mixtures, np.zeros(len(keys), np.int32))


def _dirichlet(shapes: Floats, keys: Keys, draws: Draws) -> Floats:
    """(n, d) rows that sum to 1: gamma numbers of these shapes (1, d) over their sum, keyed by row and axis.

    By logarithms, as a shape of 0.005 makes numbers around 10⁻¹⁰⁰: Γ(a) = Γ(a + 1) · U^(1/a) (Marsaglia & Tsang 2000).
    """
    shapes, axes = np.maximum(shapes, TINIEST), np.arange(shapes.shape[1])
    body = np.log(gammaincinv(shapes + 1.0, draws.of("body").uniform(keys, axes)))
    logs = body + np.log(draws.of("tail").uniform(keys, axes)) / shapes  # (n, d)
    weights = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))
