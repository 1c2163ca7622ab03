"""Whether people drift to the ends: variance is not bimodality, so both are there."""

from __future__ import annotations

import numpy as np

from recsim.base.flow import Floats
from recsim.metrics import Context, Metric, Tick, by_group


class TasteExtremity(Metric):
    """Mean length of the taste vector over living users, by group; 0 upwards, in units of strength.

    How strongly people prefer: |x| of an opinion where tastes have one dimension. True tastes. Pitfall: the mean can
    rise without two camps; see `taste_bimodality`.
    """

    by_default = False
    unit = "length of a taste"

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """Mean over users."""
        users = np.flatnonzero(tick.users.alive).astype(np.int32)
        return by_group(tick, users, np.sqrt(np.einsum("nd,nd->n", tick.users.tastes[users], tick.users.tastes[users])))


class TasteBimodality(Metric):
    """Sarle's bimodality coefficient of tastes along the axis on which people differed most at tick 0; 0 to 1.

    BC = (g₁² + 1)/(g₂ + 3(n − 1)²/((n − 2)(n − 3))), g₁ and g₂ the sample skewness and excess kurtosis (SAS Institute
    1990; Pfister et al., Frontiers in Psychology 2013); 5/9 uniform, 1/3 normal, 1 two points. Over living users; in
    one dimension the axis is the opinion itself. Pitfall: skewness alone raises it. NaN for fewer than four users, or
    all alike.
    """

    by_default = False
    unit = "coefficient, above 5/9 two camps"

    def prepare(self, tick: Tick) -> Context:
        """The axis: first principal component of the tastes, its largest part positive."""
        tastes = tick.users.tastes - tick.users.tastes.mean(axis=0)
        axis = np.linalg.eigh(np.einsum("nd,ne->de", tastes, tastes))[1][:, -1]
        return {"axis": axis * np.sign(axis[np.abs(axis).argmax()])}

    def measure(self, tick: Tick, context: Context) -> float:
        """Of the positions on the axis."""
        return bimodality(np.einsum("nd,d->n", tick.users.tastes[tick.users.alive], context["axis"]))


def bimodality(values: Floats) -> float:
    """Sarle's coefficient of values (n,), with the unbiased sample skewness and kurtosis."""
    n = len(values)
    apart = values - values.mean() if n else values
    spread = float((apart**2).mean()) if n else 0.0
    if n < 4 or not spread > 1e-24 * float((values**2).mean()):
        return float("nan")
    skew, tails = float((apart**3).mean()) / spread**1.5, float((apart**4).mean()) / spread**2 - 3.0
    g1 = skew * np.sqrt(n * (n - 1.0)) / (n - 2.0)
    g2 = (n - 1.0) / ((n - 2.0) * (n - 3.0)) * ((n + 1.0) * tails + 6.0)
    return float((g1**2 + 1.0) / (g2 + 3.0 * (n - 1.0) ** 2 / ((n - 2.0) * (n - 3.0))))
