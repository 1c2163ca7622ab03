"""Whether success goes where merit is: by audience, by quality, by what items are truly worth."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from recsim.base.component import AtLeastOne, Number
from recsim.base.flow import Floats, Ints
from recsim.metrics import Context, Metric, Tick, sampled, views

_CELLS = 500_000
"""Pairs of users and items that are looked at together, for the sake of memory."""


class AudienceConcentration(Metric):
    """Whether clicks favour items that many like, beyond their being liked by many: signed concentration, −1 to 1.

    GC = Σ (2r − n − 1) x₍ᵣ₎ / (n Σ x), x the clicks so far per potential reader, items in ascending order of their
    audience: how many people of a fixed sample truly like them (utility > `threshold`) at tick 0 (equal opportunity;
    Zhu, He, Zhao & Caverlee, KDD 2021). Above 0: items with a large audience get more than their audience explains;
    below 0: niche items do; 0: everybody's readers find them alike. It is ordered by audience, not by value, hence no
    Gini. Items with one audience share the mean of their ranks. Living items of tick 0 only; human data from a file
    is no click.

    Pitfalls: an audience counted too small makes x too large, which pulls GC down: take a large sample; items that
    nobody of the sample likes are left out, although they may get clicks. Readers who drift, come or go change nothing
    in the audience, and one who clicks twice counts twice. NaN without clicks, and where all audiences are equal.
    """

    by_default = False
    unit = "concentration, −1 niche … 0 fair … 1 large audiences"
    threshold: Number = 4.0
    """Utility above which an item is liked, usually the `outside` of the choice; larger: smaller audiences."""
    sample: AtLeastOne = 1000
    """How many of the first users to look at, about; the same ones in all arms."""

    def prepare(self, tick: Tick) -> Context:
        """The audience (i,) of each item of tick 0."""
        items = np.arange(len(tick.items), dtype=np.int32)
        return {"audience": _over_sample(tick, self.sample, items, lambda worth: worth > self.threshold)}

    def measure(self, tick: Tick, context: Context) -> float:
        """Clicks since tick 1 over the audience of tick 0."""
        audience = context["audience"]
        keep = (audience > 0) & tick.items.alive[: len(audience)]
        x = tick.service.items.clicks[: len(audience)][keep] / audience[keep]
        ranks, n = rankdata(audience[keep]), len(x)
        if not x.any() or not np.ptp(ranks):
            return float("nan")
        return float((2.0 * ranks - n - 1.0) @ x / (n * x.sum()))


class QualitySuccess(Metric):
    """Spearman's correlation of true quality and the clicks of the last `system.recent` ticks, living items; −1 to 1.

    Pearson's correlation of the ranks, ties at their mean: 1 where the better has always more clicks, 0 where quality
    does not tell (as in the markets of Salganik, Dodds & Watts, Science 2006). Pitfalls: quality is only what all
    agree on, so even perfect personal service stays below 1; many items without clicks are many ties, which pull it
    towards 0; the newborn had less time. NaN where all clicks or all qualities are equal, such as without clicks.
    """

    by_default = False
    unit = "rank correlation, −1 … 1"

    def measure(self, tick: Tick, context: Context) -> float:
        """Over living items."""
        alive = tick.items.alive
        both = (tick.items.quality[alive], tick.service.items.clicks_past.sum(axis=1)[alive])
        one, other = (rankdata(values) - (len(values) + 1) / 2.0 for values in both)
        spread = np.sqrt((one @ one) * (other @ other))
        return float(np.clip(one @ other / spread, -1.0, 1.0)) if spread > 0 else float("nan")


class ExposureMeritRatio(Metric):
    """Share of this tick's recommendations that each group of items gets, over its share of the merit; 0 upwards.

    The merit of an item is what it is truly worth to people beyond nothing: the mean over a sample of living users of
    max(utility − outside, 0), as it is at the end of the tick; that of a group is the sum over its living items. 1: in
    proportion to merit, as Singh & Joachims (KDD 2018) ask of fair exposure; below 1: the group is shown too little.
    Slots count alike at every rank, as in `item_group_exposure`. Pitfalls: merit depends on `outside`, and people who
    serve one taste only may well see less of a group than the mean over all people; ratios of a small group are
    unstable. NaN if nothing was recommended, and for a group without merit.
    """

    by_default = False
    unit = "share of the slots over share of the merit, 1 in proportion"
    outside: Number = 4.0
    """Utility of nothing, usually the `outside` of the choice; larger: only what a few love has merit."""
    sample: AtLeastOne = 200
    """How many of the first users to look at, about; the same ones in all arms."""

    def applies(self, tick: Tick) -> bool:
        """Where items have groups."""
        return bool(tick.world.catalogue.groups)

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """Share over share."""
        names = [group.name for group in tick.world.catalogue.groups]
        living = np.flatnonzero(tick.items.alive).astype(np.int32)
        merit = _over_sample(tick, self.sample, living, lambda worth: np.maximum(worth - self.outside, 0.0))
        of_merit = np.bincount(tick.items.group[living], weights=merit, minlength=len(names))
        of_slots = np.bincount(tick.items.group, weights=views(tick), minlength=len(names))
        above, below = of_slots * of_merit.sum(), of_merit * of_slots.sum()
        return {name: float(above[at] / below[at]) if below[at] > 0 else np.nan for at, name in enumerate(names)}


def _over_sample(tick: Tick, sample: int, items: Ints, of: Callable[[Floats], NDArray[Any]]) -> Floats:
    """Sum (j,) over the living people of a fixed sample of something made of the true utility (n, j)."""
    everybody = np.arange(len(tick.users), dtype=np.int32)
    users = everybody[sampled(tick, everybody, sample) & tick.users.alive]
    size, truth = max(_CELLS // max(len(items), 1), 1), tick.world.truth()
    total = np.zeros(len(items))
    for at in range(0, len(users), size):
        total += of(truth.utility(users[at : at + size], items)).sum(axis=0)
    return total
