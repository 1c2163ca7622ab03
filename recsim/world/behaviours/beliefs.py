"""People do not know what an item is worth to them before they have had it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from recsim.base.component import AtLeastOne, NonNegative, Number, Positive, Share
from recsim.base.draws import Draws
from recsim.base.flow import Feedback, Floats, Ints, Slate
from recsim.base.table import Column
from recsim.world.behaviours import Behaviour, in_turn

if TYPE_CHECKING:
    from recsim.world.world import World


class Beliefs(Behaviour):
    """People choose by a belief, not by the truth: an item appeals by its certainty equivalent μ − ½ risk_aversion σ².

    Utility is believed Gaussian, with mean `prior_mean`, standard deviation `prior_spread` and correlation
    correlation^|v − w| between items at topics v and w, and is conditioned on the last items a user had (Aridor,
    Gonçalves & Sikdar, RecSys 2020). Near what they know people are surer, so the risk-averse stay near it. What the
    platform recommends is also trusted, which closes a share of the gap to the truth. Utility does not change: who
    errs, clicks and is disappointed. An item had twice counts once, as it was last.
    """

    memory: AtLeastOne = 5
    """Items a user remembers the worth of; larger: better informed."""
    prior_mean: Number = 4.0
    """Utility that is expected of an unknown item; larger: more is tried. Far below what choosing nothing is worth
    nobody tries anything."""
    prior_spread: Positive = 2.0
    """Standard deviation of that expectation, in units of utility; larger: less sure."""
    correlation: Share = 0.5
    """Correlation of the worth of two items at distance 1 in the space of topics; larger: an experience tells more."""
    risk_aversion: NonNegative = 0.5
    """Dislike of uncertainty, per unit of utility; larger: closer to what is known; 0: only the mean counts."""
    trust: Share = 0.0
    """Share of the gap between belief and truth that a recommendation closes; larger: the platform informs more."""
    columns = {"had_item": Column(np.int32, -1, "memory"), "had_utility": Column(np.float64, 0.0, "memory")}
    null = "people who know everything beforehand have no use for beliefs"

    def appeal(self, world: World, slate: Slate) -> Floats:
        """Certainty equivalent less utility, so that with the utility the equivalent is left."""
        mean, variance = self.posterior(world, slate.users, slate.items)
        gap = mean - 0.5 * self.risk_aversion * variance - world.utility(slate.users, slate.items)  # (n, k)
        doubt = np.where(slate.by_platform, 1.0 - self.trust, 1.0)
        return np.where(slate.items >= 0, doubt * gap, 0.0)

    def after(self, world: World, feedback: Feedback, draws: Draws) -> None:
        """The newest experience stands first."""
        had, gains = world.users.had_item, world.users.had_utility
        gained = world.gained(feedback)
        for column, (users, items) in enumerate(in_turn(feedback)):
            gain = gained[feedback.picks[:, column] >= 0, column, None]  # (n, 1)
            had[users] = np.concatenate([items[:, None], had[users, :-1]], axis=1)
            gains[users] = np.concatenate([gain, gains[users, :-1]], axis=1)

    def posterior(self, world: World, users: Ints, items: Ints) -> tuple[Floats, Floats]:
        """Mean and variance (n, k) of what users (n,) believe of items (n, k).

        A Cholesky factorisation of the correlations, one remembered item after the other; what earlier ones already
        determine is passed over.
        """
        had, k = world.users.had_item[users], items.shape[1]
        places = world.items.topics[np.concatenate([items, had], axis=1)]  # (n, k + m, d)
        factor, news = np.zeros((*places.shape[:2], self.memory)), np.zeros(had.shape)
        for j in range(self.memory):
            way = places - places[:, k + j, None]
            distance = np.sqrt(np.einsum("nkd,nkd->nk", way, way))
            row = factor[:, k + j, :j]
            column = self.correlation**distance - np.einsum("nkl,nl->nk", factor[:, :, :j], row)
            fresh = (had[:, j] >= 0) & (column[:, k + j] > 1e-9)  # False: known to rounding from newer experience
            root = np.sqrt(np.where(fresh, column[:, k + j], 1.0))
            factor[:, :, j] = np.where(fresh[:, None], column / root[:, None], 0.0)
            told = self.prior_mean + np.einsum("nl,nl->n", row, news[:, :j])
            news[:, j] = np.where(fresh, (world.users.had_utility[users, j] - told) / root, 0.0)
        mean = self.prior_mean + np.einsum("nkl,nl->nk", factor[:, :k], news)
        left = 1.0 - np.einsum("nkl,nkl->nk", factor[:, :k], factor[:, :k])
        return mean, self.prior_spread**2 * np.maximum(left, 0.0)
