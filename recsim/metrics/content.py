"""What is made and what is consumed of it: quality and clickbait, of people's items and machines'."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from recsim.base.flow import Ints
from recsim.base.kernels.concentration import mean
from recsim.metrics import Context, Metric, Tick


class _Content(Metric):
    """Mean of a column of items, of all of them, of people's and of machines': abstract."""

    by_default = False
    unit = "units of utility"
    column: ClassVar[str] = ""
    """Which column."""

    def items(self, tick: Tick) -> Ints:
        """(e,) the items it is a mean over."""
        raise NotImplementedError

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """NaN for a group without any."""
        items = self.items(tick)
        values, machine = tick.items[self.column][items], tick.items.made_by_ai[items]
        return {"all": mean(values), "human": mean(values[~machine]), "machine": mean(values[machine])}


class _Made(_Content):
    """Over the items that appeared this tick: abstract."""

    def items(self, tick: Tick) -> Ints:
        """Those born now; at tick 0 the first catalogue."""
        return np.flatnonzero(tick.items.born == tick.number).astype(np.int32)


class _Consumed(_Content):
    """Over this tick's clicks: abstract."""

    def items(self, tick: Tick) -> Ints:
        """One entry a click."""
        return tick.feedback.items


class QualityMade(_Made):
    """Mean quality of the items that appeared this tick (tick 0: of the catalogue), of `human` and `machine` ones.

    Unbounded, in units of utility. NaN if none appeared.
    """

    column = "quality"


class QualityConsumed(_Consumed):
    """Mean quality of what was clicked this tick, an item as often as it was clicked, of `human` and `machine` ones.

    Unbounded, in units of utility; above `quality_made` where ranking or people find what is good. NaN without clicks.
    """

    column = "quality"


class ClickbaitMade(_Made):
    """Mean clickbait of the items that appeared this tick (tick 0: of the catalogue), of `human` and `machine` ones.

    Unbounded, in units of utility that are promised and not kept. NaN if none appeared.
    """

    column = "clickbait"


class ClickbaitConsumed(_Consumed):
    """Mean clickbait of what was clicked this tick, an item as often as it was clicked, of `human` and `machine` ones.

    Unbounded, in units of utility that are promised and not kept. NaN without clicks.
    """

    column = "clickbait"
