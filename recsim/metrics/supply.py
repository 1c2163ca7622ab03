"""Whose items, and how new, are shown and chosen."""

from __future__ import annotations

import numpy as np

from recsim.base.component import AtLeastOne
from recsim.base.flow import Bools, Ints
from recsim.metrics import Context, Metric, Tick


class _OfItemGroups(Metric):
    """Shares that go to each group of items: abstract."""

    platform = True
    by_default = False

    def applies(self, tick: Tick) -> bool:
        """Where items have groups."""
        return bool(tick.world.catalogue.groups)

    def shares(self, tick: Tick, items: Ints) -> dict[str, float]:
        """Share of `items` (e,) that belongs to each group; NaN if there are none."""
        names = [group.name for group in tick.world.catalogue.groups]
        counts = np.bincount(tick.items.group[items], minlength=len(names))
        total = len(items) or np.nan
        return {name: float(counts[number] / total) for number, name in enumerate(names)}


class ItemGroupExposure(_OfItemGroups):
    """Share of this tick's recommendations that goes to each group of items; 0 to 1, together 1.

    The exposure of Singh & Joachims (KDD 2018) without weights of ranks. Compare with the group's share of the
    catalogue, and with `item_group_clicks`, what people made of it. NaN if nothing was recommended.
    """

    unit = "share of the slots"

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """Over slots."""
        return self.shares(tick, tick.slate.items[tick.slate.by_platform])


class ItemGroupClicks(_OfItemGroups):
    """Share of this tick's clicks that goes to each group of items; 0 to 1, together 1. NaN if nobody clicked."""

    unit = "share of the clicks"

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """Over clicks, on what people met by themselves, too."""
        return self.shares(tick, tick.feedback.items)


class _OfNewItems(Metric):
    """What goes to items that were born lately: abstract."""

    platform = True
    by_default = False
    age: AtLeastOne = 10
    """Age in ticks below which an item is new."""

    def applies(self, tick: Tick) -> bool:
        """Where items are born."""
        made = tick.world.catalogue.dynamics or tick.service.section.generators
        return bool(made or len(tick.world.creators))

    def new(self, tick: Tick) -> Bools:
        """(i,) born in the run, and less than `age` ticks ago."""
        return np.asarray((tick.items.born > 0) & (tick.number - tick.items.born < self.age))


class NewItemExposure(_OfNewItems):
    """Share of this tick's recommendations that goes to new items, born less than `age` ticks ago; 0 to 1.

    `chance` is their share of the living catalogue: what random slates would give. The first catalogue is never new.
    Pitfall: whom a model knows nothing of it cannot show (cold start). NaN if nothing was recommended.
    """

    unit = "share of the slots"

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """Over slots."""
        new, shown = self.new(tick), tick.slate.items[tick.slate.by_platform]
        alive = tick.items.alive
        share = float(new[shown].mean()) if len(shown) else float("nan")
        return {"all": share, "chance": float(new[alive].mean()) if alive.any() else float("nan")}


class NewItemClicks(_OfNewItems):
    """Share of this tick's clicks that goes to new items, born less than `age` ticks ago; 0 to 1.

    Clicks on what people met by themselves count, too. NaN if nobody clicked.
    """

    unit = "share of the clicks"

    def measure(self, tick: Tick, context: Context) -> float:
        """Over clicks."""
        clicked = tick.feedback.items
        return float(self.new(tick)[clicked].mean()) if len(clicked) else float("nan")
