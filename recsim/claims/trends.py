"""What one arm does over time: it rises, or it falls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recsim.claims import Claim, Finding, finding
from recsim.inference import centred, positive
from recsim.windows import When, ticks_in, words

if TYPE_CHECKING:
    from recsim.values import Values


class Rising(Claim):
    """One arm rises over the ticks of a window.

    The slope of a straight line through each seed's values by least squares, b = Σ(t − t̄)(y − ȳ)/Σ(t − t̄)², then a
    t test over seeds of its mean: seeds are independent, so what ticks have in common does no harm. The estimate is the
    mean slope, in units of the metric a tick. A seed with fewer than two ticks is left out; a flat line has slope 0 and
    makes it fail. Pitfall: a curve that rises and then falls has a slope too; say in which window.

    Example:
        - {expect: rising, says: Attention concentrates, metric: exposure_gini, arms: [baseline],
           at: after warm-up, evidence: derived}
    """

    fewest, most = 1, 1
    arms: tuple[str, ...]
    """The one arm it is about."""
    at: When = "after warm-up"
    """The window of time through whose ticks the line goes."""

    @classmethod
    def example(cls) -> Self:
        """One arm."""
        return cls(says="Attention concentrates", metric="exposure_gini", arms=("baseline",))

    def misfit(self) -> str:
        """A line needs more than one tick."""
        if self.at == "end" or self.at.startswith("tick "):
            return f"'{self.at}' is one tick, and a line needs two: let 'at' be a longer window, such as after warm-up"
        return super().misfit()

    def expected(self) -> str:
        """In words."""
        return f"{self.arms[0]} rises {words(self.at)}"

    def find(self, values: Values) -> Finding:
        """The mean slope."""
        return self._line(values, 1.0)

    def _line(self, values: Values, sign: float) -> Finding:
        ticks, series = values.series(self.arms[0], self.metric, self.group)
        inside = ticks_in(self.at, ticks, values.warmup)
        sample = slopes(ticks[inside], series[:, inside])
        return finding(sample, positive(sign * sample), "slope")


class Falling(Rising):
    """One arm falls over the ticks of a window: `rising` the other way round.

    The estimate is the mean slope, below 0 where it holds.

    Example:
        - {expect: falling, says: The bubble closes, metric: intra_list_distance, arms: [baseline],
           at: ticks 10 to 60}
    """

    @classmethod
    def example(cls) -> Self:
        """One arm."""
        return cls(says="The bubble closes", metric="intra_list_distance", arms=("baseline",), at="ticks 10 to 60")

    def expected(self) -> str:
        """In words."""
        return f"{self.arms[0]} falls {words(self.at)}"

    def find(self, values: Values) -> Finding:
        """The mean slope."""
        return self._line(values, -1.0)


def slopes(at: ArrayLike, series: ArrayLike) -> NDArray[np.float64]:
    """(s,) slopes of least squares of series (s, t) over the places (t,); exactly 0 for a flat one, NaN below two."""
    y = np.asarray(series, np.float64)
    x = np.where(np.isnan(y), np.nan, np.asarray(at, np.float64))
    (_, _, across), (_, _, up) = centred(x), centred(y)
    with np.errstate(invalid="ignore"):
        return np.asarray((across * up).sum(axis=-1) / (across**2).sum(axis=-1))
