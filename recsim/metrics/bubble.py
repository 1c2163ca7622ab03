"""How narrow a user's world is."""

from __future__ import annotations

import numpy as np

from recsim.base.kernels.concentration import mean
from recsim.base.kernels.geometry import angles, units
from recsim.metrics import Context, Metric, Tick, recommended


class IntraListDistance(Metric):
    """Mean pairwise distance 1 − cosine of the topics within a slate, averaged over users; range 0 to 2.

    ILD of Ziegler et al. (WWW 2005), over the true topics of the items: learned factors turn and shrink at every
    retraining. Pitfall: it depends on the length of the list and on the catalogue; compare with a random slate. NaN if
    nobody got two items.
    """

    unit = "1 − cosine, 0 alike … 2 opposed"

    def measure(self, tick: Tick, context: Context) -> float:
        """By the norm of the sum of unit vectors: no pair is visited."""
        shown = recommended(tick.slate)
        topics = units(tick.items.topics)[tick.slate.items] * shown[:, :, None]  # (n, k, d)
        total = topics.sum(axis=1)  # (n, d)
        k = shown.sum(axis=1)
        pairs = np.where(k > 1, k * (k - 1.0), np.nan)
        own = np.einsum("nkd,nkd->n", topics, topics)
        return mean(1.0 - (np.einsum("nd,nd->n", total, total) - own) / pairs)


class TasteEntropy(Metric):
    """Mean over living users of the entropy of their taste, −Σ p ln p with p_d = t_d²/Σ t²; range 0 to ln d.

    How many interests a user has: exp(entropy) of them. Pitfall: it is measured along the axes of the world, which
    never turn, not along clusters; a user halfway between two topics counts as having both. NaN for tastes of length 0.
    """

    unit = "nats, 0 one interest"

    def measure(self, tick: Tick, context: Context) -> float:
        """Squares as shares."""
        power = tick.users.tastes[tick.users.alive] ** 2  # (n, d)
        total = power.sum(axis=1, keepdims=True)
        share = np.divide(power, total, out=np.full_like(power, np.nan), where=total > 0)
        return mean(-np.where(share > 0, share * np.log(np.where(share > 0, share, 1.0)), share * 0.0).sum(axis=1))


class TasteDrift(Metric):
    """Mean angle between a user's taste now and at tick 0, over living users who were there; 0 to π radians.

    True tastes only: the drift of estimated vectors means nothing unless they are aligned. Pitfall: compare with an arm
    without a recommender; people drift anyway.
    """

    unit = "radians"

    def prepare(self, tick: Tick) -> Context:
        """The tastes of tick 0."""
        return {"tastes": tick.users.tastes.copy()}

    def measure(self, tick: Tick, context: Context) -> float:
        """Mean over those of tick 0."""
        first = context["tastes"]
        return mean(angles(first, tick.users.tastes[: len(first)])[tick.users.alive[: len(first)]])
