"""How much of what people see was made by machines."""

from __future__ import annotations

import numpy as np

from recsim.metrics import Context, Metric, Tick


class _Provenance(Metric):
    """What the four shares have in common: abstract."""

    unit = "share made by AI"

    def applies(self, tick: Tick) -> bool:
        """Where a generator makes items."""
        return bool(tick.service.section.generators)


class AICatalogueShare(_Provenance):
    """Share of the living items that a machine made, 0 to 1; delisted ones live, so moderation does not show here."""

    def measure(self, tick: Tick, context: Context) -> float:
        """Listed or not."""
        alive = tick.items.alive
        return float(tick.items.made_by_ai[alive].mean()) if alive.any() else float("nan")


class AIExposureShare(_Provenance):
    """Share of this tick's recommendations that a machine made, 0 to 1; NaN if nothing was recommended."""

    def measure(self, tick: Tick, context: Context) -> float:
        """Over slots."""
        shown = tick.slate.items[tick.slate.by_platform]
        return float(tick.items.made_by_ai[shown].mean()) if len(shown) else float("nan")


class AIClickShare(_Provenance):
    """Share of this tick's clicks that went to items a machine made, 0 to 1; NaN if there were none."""

    def measure(self, tick: Tick, context: Context) -> float:
        """Over clicks."""
        clicked = tick.feedback.items
        return float(tick.items.made_by_ai[clicked].mean()) if len(clicked) else float("nan")


class AITrainingShare(_Provenance):
    """Share of the interactions in the whole log (hold-out left out) whose item a machine made, 0 to 1; NaN if empty.

    What the next retraining would learn from without filters or windows.
    """

    def measure(self, tick: Tick, context: Context) -> float:
        """Over rows of the log."""
        clicks = tick.service.log.clicks
        items = clicks.item[np.logical_not(clicks.held)]
        return float(tick.items.made_by_ai[items].mean()) if len(items) else float("nan")
