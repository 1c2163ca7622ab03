"""Whether slates mirror the mix of what people had."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.sparse import csr_matrix

from recsim.base.component import AtLeastOne
from recsim.base.flow import Floats, Ints
from recsim.metrics import Context, Metric, Tick, by_group, kinds, logged, sampled


class CalibrationError(Metric):
    """KL divergence of a user's slate from their history: Σ p ln(p/q̃), q̃ = (1 − a) q + a p; 0 to ln(1/a), by group.

    Steck (RecSys 2018): p and q are the shares of kinds in all that the user clicked before this tick and in their
    slate, an item of several genres counting in parts; mean over users who have both. Kinds are genres where the
    items have features that are never negative, otherwise true clusters. Pitfall: k slots cannot mirror more than k
    kinds, so the best possible error is not 0; compare slates of one length. NaN where items have no kinds.
    """

    by_default = False
    unit = "nats, 0 as in the history"
    smoothing: Annotated[float, Field(gt=0, le=1)] = 0.01
    """The share a of the history that is mixed into the slate, so that a missing kind costs no more than ln(1/a)."""
    sample: AtLeastOne = 2000
    """How many of the first users to look at, about; the same ones in all arms."""

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """Mean over the sampled users with a slate."""
        slate, mix = tick.slate, kinds(tick)
        rows = np.flatnonzero(sampled(tick, slate.users, self.sample))
        users, a = slate.users[rows], self.smoothing
        if mix is None:
            return by_group(tick, users, np.full(len(users), np.nan))
        row, col = np.nonzero(slate.by_platform[rows])
        q = _shares(row, slate.items[rows[row], col], len(users), mix)
        before = logged(tick, 0, tick.number - 1)
        place = np.full(len(tick.users), -1, np.int32)
        place[users] = np.arange(len(users))
        at, what = place[tick.service.log.clicks.user[before]], tick.service.log.clicks.item[before]
        p = _shares(at[at >= 0], what[at >= 0], len(users), mix)
        odds = np.divide(p, (1.0 - a) * q + a * p, out=np.ones_like(p), where=p > 0)
        return by_group(tick, users, np.where(np.isnan(q[:, 0]), np.nan, (p * np.log(odds)).sum(axis=1)))


def _shares(rows: NDArray[Any], items: Ints, n: int, mix: Floats) -> Floats:
    """(n, g) the mean mix of the items (e,) of each row; NaN where nothing is known of them."""
    counts = csr_matrix((np.ones(len(rows)), (rows, items)), shape=(n, len(mix))) @ mix
    total = counts.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(counts, total, out=np.full(counts.shape, np.nan), where=total > 0))
