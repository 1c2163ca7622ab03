"""How much of the catalogue there is left to see: curves and effective sizes of this tick's exposure."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from recsim.base.component import Share
from recsim.base.kernels.concentration import entropy, herfindahl, lorenz, simpson
from recsim.metrics import Context, Metric, Tick, views


class _OfExposure(Metric):
    """What all of them have in common: abstract."""

    platform = True
    by_default = False


class ExposureLorenz(_OfExposure):
    """Lorenz curve of this tick's recommendations: share L(q) of the views that the least shown q of the items get.

    Groups `bottom 10%` to `bottom 90%`, and `top 1%` and `top 10%`, the shares of the most shown (Lorenz 1905); `all`
    is L(½). Over all living items, zeros included; each 0 to 1, L(q) ≤ q. Two curves can cross, which one number, such
    as Gini = 1 − 2∫L, cannot tell. NaN if nothing was recommended.
    """

    unit = "share of the views"

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """Straight between two items."""
        q = np.array([*range(10, 100, 10), 99, 90]) / 100
        held = lorenz(views(tick)[tick.items.alive], q)
        bottom = {f"bottom {10 * tenth}%": float(held[tenth - 1]) for tenth in range(1, 10)}
        return {"all": float(held[4])} | bottom | {"top 1%": float(1 - held[9]), "top 10%": float(1 - held[10])}


class ExposureTopShare(_OfExposure):
    """Share of this tick's recommendations that the most shown items get: 1 − L(1 − top), `top` to 1.

    Over all living items, zeros included. Pitfall: by chance alone the top gets more than its share while counts are
    small; compare with a uniform recommender. NaN if nothing was recommended.
    """

    unit = "share of the views"
    top: Share = 0.01
    """Share of the items that are the top; a fraction of an item counts in proportion."""

    def measure(self, tick: Tick, context: Context) -> float:
        """The end of the Lorenz curve."""
        return float(1.0 - lorenz(views(tick)[tick.items.alive], np.array([1.0 - self.top]))[0])


class EffectiveCatalogue(_OfExposure):
    """How many equally shown items would be as diverse as this tick's recommendations: a Hill number, 1 to n.

    Order 1: e^H with H = −Σ p ln p. Order 2: 1/Σp², by the unbiased Σ x(x − 1)/(m(m − 1)) (Hill, Ecology 1973; Simpson,
    Nature 1949). Pitfall: H from m views is too low by about (n − 1)/(2m) (Miller 1955), so order 1 grows with the
    number of slates; order 2 does not, but may exceed n a little, and is NaN where no item was shown twice. NaN
    if nothing was recommended.
    """

    unit = "equally shown items"
    order: Annotated[int, Field(ge=1, le=2)] = 1
    """1: rare items count by their share; 2: mostly the frequent ones count, without bias for small samples."""

    def measure(self, tick: Tick, context: Context) -> float:
        """Of living items."""
        shown = views(tick)[tick.items.alive]
        if self.order == 1:
            return float(np.exp(entropy(shown)))
        same = simpson(shown)
        return 1.0 / same if same > 0 else float("nan")


class HHI(_OfExposure):
    """Herfindahl–Hirschman index of this tick's recommendations: Σ p² over living items, 1/n to 1.

    `chance` beside it is what m uniform draws give, 1/n + (1 − 1/n)/m: the index is biased up by few views. NaN if
    nothing was recommended. (Hirschman 1945; Herfindahl 1950.)
    """

    unit = "Σ share², 1 one item has all"

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """Of living items, and of chance."""
        shown = views(tick)[tick.items.alive]
        n, m = len(shown), float(shown.sum())
        return {"all": herfindahl(shown), "chance": 1.0 / n + (1.0 - 1.0 / n) / m if m else float("nan")}
