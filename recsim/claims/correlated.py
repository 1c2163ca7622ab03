"""Two metrics go together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recsim.claims import Claim, Finding, along, bounds, finding, misfit_along
from recsim.inference import centred, positive
from recsim.windows import ticks_in, words

if TYPE_CHECKING:
    from recsim.values import Values

Floats = NDArray[np.float64]
_CLOSEST = 1 - 1e-9
"""A correlation is cut to this size, as z is infinite at 1."""


class Correlated(Claim):
    """Two metrics go together, or against each other: over time in one arm, or over arms or the points of a sweep.

    Pearson's r within each seed, over the ticks of the window or over the means of the arms; then a t test over seeds
    of the mean of z = artanh r (Fisher 1921). Seeds are independent, so what ticks have in common does no harm to the
    test. The estimate is tanh of the mean z, with its interval. Seeds in which either is flat, or with fewer than three
    pairs, have no r and are left out. Pitfall: any two curves that both rise correlate; over arms it means more.

    Example:
        - {expect: correlated, says: Where attention concentrates people are served worse, metric: slate_utility,
           other: exposure_gini, sign: negative, over: users.behaviours.drift.rate, at: last 20 ticks}
    """

    points = 3
    other: str
    """The metric it goes together with, in the same group."""
    sign: Literal["positive", "negative"]
    """Whether one is large where the other is (positive) or where it is small (negative)."""
    arms: tuple[str, ...] = ()
    """One arm, over whose ticks they correlate; or three or more, over whose means they do."""
    over: str | None = None
    """Path of a swept parameter, over whose points they correlate, in place of arms."""

    @classmethod
    def example(cls) -> Self:
        """Along a sweep."""
        return cls(
            says="Where attention concentrates people are served worse", metric="slate_utility",
            other="exposure_gini", sign="negative", over="users.behaviours.drift.rate",
        )  # fmt: skip

    def misfit(self) -> str:
        """Arms, or a sweep; and more than one tick."""
        if len(self.arms) == 1 and (self.at == "end" or self.at.startswith("tick ")):
            return f"'{self.at}' is one tick, and a correlation over time needs three: let 'at' be a longer window"
        return misfit_along(self, self.over, one_arm_too=True) or super().misfit()

    def expected(self) -> str:
        """In words."""
        where = self.over or ", ".join(self.arms)
        how = "in" if len(self.arms) == 1 else "along" if self.over else "over"
        return f"{self.sign} correlation with {self.other}, {how} {where} {words(self.at)}"

    def find(self, values: Values) -> Finding:
        """The mean correlation."""
        x, y = (self._series(values, metric) for metric in (self.metric, self.other))
        z = np.arctanh(np.clip(correlations(x, y), -_CLOSEST, _CLOSEST))
        found = finding(z, positive(z if self.sign == "positive" else -z), "")
        r, low, high = (float(np.tanh(one)) for one in (found.estimate, found.low, found.high))
        return found._replace(estimate=r, low=low, high=high, measured=f"correlation {bounds(r, low, high)}")

    def _series(self, values: Values, metric: str) -> Floats:
        """(s, t) over ticks, or (s, m) over arms."""
        if len(self.arms) == 1:
            ticks, series = values.series(self.arms[0], metric, self.group)
            return series[:, ticks_in(self.at, ticks, values.warmup)]
        return along(self, values, self.over, metric)[1].T


def correlations(this: ArrayLike, that: ArrayLike) -> Floats:
    """(s,) Pearson correlations of two series (s, t); NaN where fewer than three pairs are defined, or one is flat."""
    x, y = np.asarray(this, np.float64), np.asarray(that, np.float64)
    both = ~np.isnan(x) & ~np.isnan(y)
    (n, _, across), (_, _, up) = centred(np.where(both, x, np.nan)), centred(np.where(both, y, np.nan))
    with np.errstate(invalid="ignore"):
        r = (across * up).sum(axis=-1) / np.sqrt((across**2).sum(axis=-1) * (up**2).sum(axis=-1))
    return np.where(n > 2, r, np.nan)
