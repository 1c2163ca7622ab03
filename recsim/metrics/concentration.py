"""How attention is spread over the catalogue."""

from __future__ import annotations

import numpy as np

from recsim.base.kernels.concentration import gini
from recsim.metrics import Context, Metric, Tick, recommended


class ExposureGini(Metric):
    """Gini coefficient of this tick's recommendations over all living items, zeros included.

    G = Σ (2i − n − 1) x₍ᵢ₎ / (n Σ x), range 0 (all equal) to (n − 1)/n. Pitfall: even uniform exposure has a Gini, that
    of Poisson counts, e^(−2λ)(I₀(2λ) + I₁(2λ)) with λ the mean count: 0.25 at λ = 5. NaN if nothing was recommended.
    """

    platform = True
    unit = "Gini, 0 equal … 1 one item has all"

    def measure(self, tick: Tick, context: Context) -> float:
        """Counts of what the platform showed."""
        shown = np.bincount(tick.slate.items[recommended(tick.slate)], minlength=len(tick.items))
        return gini(shown[tick.items.alive])


class ClickGini(Metric):
    """Gini coefficient of this tick's clicks over all living items, zeros included; see `exposure_gini`."""

    platform = True
    unit = "Gini, 0 equal … 1 one item has all"

    def measure(self, tick: Tick, context: Context) -> float:
        """Counts of what users chose, found by themselves or recommended."""
        clicks = np.bincount(tick.feedback.items, minlength=len(tick.items))
        return gini(clicks[tick.items.alive])


class Coverage(Metric):
    """Share of the living items that were recommended to anybody this tick, 0 to 1.

    Aggregate diversity (Adomavicius & Kwon 2012) over the size of the catalogue. Pitfall: it grows with the number of
    slates; m uniform draws cover n(1 − (1 − 1/n)^m) of n items. NaN if nothing was recommended.
    """

    platform = True
    unit = "share of the catalogue"

    def measure(self, tick: Tick, context: Context) -> float:
        """Items seen at least once."""
        shown = np.bincount(tick.slate.items[recommended(tick.slate)], minlength=len(tick.items))
        return float((shown[tick.items.alive] > 0).mean()) if shown.any() else float("nan")
