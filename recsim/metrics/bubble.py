"""How narrow a user's world is."""

from __future__ import annotations

import numpy as np

from recsim.base.kernels.geometry import angles, units
from recsim.metrics import Context, Metric, Tick, by_group


class IntraListDistance(Metric):
    """Mean pairwise distance 1 − cosine of the topics within a slate, averaged over users, by group; 0 to 2.

    ILD of Ziegler et al. (WWW 2005), over the true topics of the items: learned factors turn and shrink at every
    retraining. Pitfall: it depends on the length of the list and on the catalogue; compare with a random slate. NaN if
    nobody got two items.
    """

    unit = "1 − cosine, 0 alike … 2 opposed"

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """By the norm of the sum of unit vectors: no pair is visited."""
        shown = tick.slate.by_platform
        topics = units(tick.items.topics)[tick.slate.items] * shown[:, :, None]  # (n, k, d)
        total = topics.sum(axis=1)  # (n, d)
        k = shown.sum(axis=1)
        pairs = np.where(k > 1, k * (k - 1.0), np.nan)
        own = np.einsum("nkd,nkd->n", topics, topics)
        return by_group(tick, tick.slate.users, 1.0 - (np.einsum("nd,nd->n", total, total) - own) / pairs)


class TasteEntropy(Metric):
    """Entropy −Σ p ln p of the cluster a user would choose, mean over living users, by group; 0 to ln(clusters).

    p is the multinomial logit between one typical item of each cluster, p ∝ exp(utility of its centre): how many kinds
    of items a user would go for, whatever is on offer; 0 is one interest. It does not depend on how the axes of the
    world are turned. Pitfall: people can have one interest each and all the same one, or many and each others; see
    `taste_distance` for that. Where tastes have no clusters (`from_log`) it does not apply, and is NaN.
    """

    unit = "nats, 0 one interest"

    def applies(self, tick: Tick) -> bool:
        """Where tastes have clusters."""
        return len(tick.world.fitted.centres) > 1

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """By log-sum-exp, so that strong tastes do not overflow."""
        users = np.flatnonzero(tick.users.alive).astype(np.int32)
        if not self.applies(tick):
            return by_group(tick, users, np.full(len(users), np.nan))
        tastes = tick.users.tastes[users]
        worth = tick.world.people.affinity.table(tastes, tick.world.fitted.centres)  # (n, c)
        worth = worth - worth.max(axis=1, keepdims=True)
        total = np.log(np.exp(worth).sum(axis=1, keepdims=True))
        return by_group(tick, users, -(np.exp(worth - total) * (worth - total)).sum(axis=1))


class TasteDrift(Metric):
    """Mean angle between a user's taste now and at tick 0, over living users who were there, by group; 0 to π radians.

    True tastes only: the drift of estimated vectors means nothing unless they are aligned. Pitfall: compare with an arm
    without a recommender; people drift anyway.
    """

    unit = "radians"

    def prepare(self, tick: Tick) -> Context:
        """The tastes of tick 0."""
        return {"tastes": tick.users.tastes.copy()}

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """Mean over those of tick 0."""
        first = context["tastes"]
        users = np.flatnonzero(tick.users.alive[: len(first)]).astype(np.int32)
        return by_group(tick, users, angles(first, tick.users.tastes[: len(first)])[users])
