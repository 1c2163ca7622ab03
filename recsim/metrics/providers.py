"""How creators fare: how many go on, who is seen, how far apart they are and how hard they work."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recsim.base.component import AtLeastOne
from recsim.base.kernels.concentration import gini
from recsim.metrics import Context, Metric, Tick, views


class _OfCreators(Metric):
    """A number about creators: abstract."""

    def applies(self, tick: Tick) -> bool:
        """Where the world has creators."""
        return len(tick.world.creators) > 0


class ActiveCreators(_OfCreators):
    """Number of creators who have not given up; 0 upwards."""

    unit = "creators"

    def measure(self, tick: Tick, context: Context) -> float:
        """At the end of the tick."""
        return float(tick.world.creators.alive.sum())


class CreatorExposureGini(_OfCreators):
    """Gini coefficient of this tick's recommendations over living creators, zeros included: 0 all equal, up to 1 − 1/n.

    G = Σ (2i − n − 1) x₍ᵢ₎ / (n Σ x) with x the views of all of a creator's items; those of machines count for nobody.
    `chance` beside it are as many views spread at random over the living items of these creators: who has more of them
    is seen more. NaN if nothing of theirs was recommended.
    """

    unit = "Gini, 0 equal … 1 one creator has all"
    draws: AtLeastOne = 4
    """Over how many random spreads `chance` is a mean; larger: less noise in it, more time."""

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """Of those who are still there."""
        alive, there = tick.world.creators.alive, tick.items.alive.astype(np.int64)
        seen, items = (_per_creator(tick, counts)[alive] for counts in (views(tick), there))
        if not seen.any() or not items.any():
            return {"all": gini(seen), "chance": float("nan")}
        luck = tick.world.draws.of("metric", "creator chance", tick.number).generator()
        spreads = luck.multinomial(seen.sum(), items / items.sum(), self.draws)
        return {"all": gini(seen), "chance": float(np.mean([gini(spread) for spread in spreads]))}


class CreatorTopicSpread(_OfCreators):
    """How far apart living creators are: trace of the covariance of their topics (divided by n); 0 all make the same.

    In units of topics squared, summed over dimensions; NaN without creators. How far the items of one creator are apart
    is not in it.
    """

    unit = "units of topics²"

    def measure(self, tick: Tick, context: Context) -> float:
        """Of those who are still there."""
        own = tick.world.creators
        return float(own.topics[own.alive].var(axis=0).sum()) if own.alive.any() else float("nan")


class CreatorEffort(_OfCreators):
    """Mean effort of the living creators: what they add to the quality of their items, in units of utility; 0 upwards.

    NaN without creators.
    """

    by_default = False
    unit = "units of utility"

    def measure(self, tick: Tick, context: Context) -> float:
        """Of those who are still there."""
        own = tick.world.creators
        return float(own.effort[own.alive].mean()) if own.alive.any() else float("nan")


def _per_creator(tick: Tick, counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """(c,) sum of the counts (i,) of each creator's items."""
    makers = tick.items.maker
    total = np.bincount(makers[makers >= 0], counts[makers >= 0], len(tick.world.creators))
    return np.asarray(total, np.int64)
