"""A mean is about some value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from recsim.base.component import NonNegative, Number
from recsim.claims import Claim, Finding, finding, number
from recsim.inference import within
from recsim.windows import words

if TYPE_CHECKING:
    from recsim.values import Values


class Approximately(Claim):
    """One arm's mean is a value, give or take a margin.

    Two one-sided t tests over seeds (TOST, Schuirmann 1987), as for `equal`: it holds if the mean over seeds is shown
    to be above value − margin and below value + margin, and fails if it is shown to be outside. The estimate is that
    mean. With `margin: 0` every seed must have that very value. Pitfall: a margin that is narrower than what a finite
    world differs from theory makes a true formula fail.

    Example:
        - {expect: approximately, says: Random exposure has the Gini index of Poisson counts, metric: exposure_gini,
           arms: [random], value: 0.249, margin: 0.01, at: end, source: "Poisson with mean 5"}
    """

    fewest, most = 1, 1
    arms: tuple[str, ...]
    """The one arm it is about."""
    value: Number
    """What the mean should be, in units of the metric."""
    margin: NonNegative
    """How far the mean may be from it."""

    @classmethod
    def example(cls) -> Self:
        """A closed form."""
        return cls(
            says="Random exposure has the Gini index of Poisson counts", metric="exposure_gini", arms=("random",),
            value=0.249, margin=0.01, at="end", source="Poisson with mean 5",
        )  # fmt: skip

    def expected(self) -> str:
        """In words."""
        about = f" ± {number(self.margin)}" if self.margin else " exactly"
        return f"{self.arms[0]} = {number(self.value)}{about} {words(self.at)}"

    def find(self, values: Values) -> Finding:
        """The mean."""
        sample = values.over(self.arms[0], self.metric, self.at, self.group)
        return finding(sample, within(sample - self.value, self.margin), "mean")
