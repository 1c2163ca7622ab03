"""This against that: greater, less, equal, or in some ratio to each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from recsim.base.component import NonNegative, Number
from recsim.claims import Claim, Finding, bounds, finding, number
from recsim.inference import fieller, moments, positive, within
from recsim.windows import When, words

if TYPE_CHECKING:
    from recsim.values import Values

Floats = NDArray[np.float64]


class _Pair(Claim):
    """Two arms, or one arm at two times: abstract."""

    fewest, most = 1, 2
    arms: tuple[str, ...]
    """This and that, in this order; one arm alone with `than`."""
    than: When | None = None
    """The window of that side; default: the same as of this, `at`."""

    def misfit(self) -> str:
        """With a single arm there must be two windows."""
        if len(self.arms) == 1 and self.than is None:
            return f"'arms' names one: name another to compare with, or say 'than:', another window of {self.arms[0]}"
        if len(self.arms) == 1 and self.than == self.at:
            return f"it compares {self.arms[0]} with itself: let 'than' be another window than 'at'"
        return super().misfit()

    @property
    def window(self) -> str:
        """Both windows where there are two."""
        return self.at if self.than is None else f"{self.at} / {self.than}"

    def sides(self, values: Values) -> tuple[Floats, Floats]:
        """(s,) means of this and of that, seed by seed; NaN in both where one is undefined."""
        this = values.over(self.arms[0], self.metric, self.at, self.group)
        that = values.over(self.arms[-1], self.metric, self.than or self.at, self.group)
        both = ~np.isnan(this) & ~np.isnan(that)
        return np.where(both, this, np.nan), np.where(both, that, np.nan)

    def told(self, sign: str, after: str = "") -> str:
        """`this > that in the last 20 ticks`."""
        one, other = self.arms[0], self.arms[-1]
        if self.than is None:
            return f"{one} {sign} {other}{after} {words(self.at)}"
        return f"{one} {words(self.at)} {sign} {other} {words(self.than)}{after}"

    def difference(self, values: Values, sign: float) -> Finding:
        """The paired difference of this and that, which must have a sign."""
        this, that = self.sides(values)
        return finding(this - that, positive(sign * (this - that), self.same(values)), _against(this, that))

    def same(self, values: Values) -> bool:
        """Whether both sides are the same window of arms that did the same."""
        return self.than in (None, self.at) and values.same(self.arms[0], self.arms[-1])


def _against(this: Floats, that: Floats) -> str:
    return f"{number(float(moments(this).mean))} against {number(float(moments(that).mean))}, difference"


class Greater(_Pair):
    """This is greater than that.

    Paired t test of the differences d of their window means, seed by seed: against d ≤ 0 for it, against d > 0
    against it (Student 1908). The estimate is the mean difference this − that. Arms that differ by exactly 0 in every
    seed make it fail. Pitfall: any difference counts, however small; look at the interval.

    Example:
        - {expect: greater, says: Learning from what it has caused makes people more alike, metric: homogenization,
           arms: [baseline, ideal], at: last 20 ticks, evidence: published, source: "Chaney et al., RecSys 2018"}
    """

    @classmethod
    def example(cls) -> Self:
        """Two arms."""
        return cls(
            says="Learning from what it has caused makes people more alike", metric="homogenization",
            arms=("baseline", "ideal"), evidence="published", source="Chaney et al., RecSys 2018",
        )  # fmt: skip

    def expected(self) -> str:
        """In words."""
        return self.told(">")

    def find(self, values: Values) -> Finding:
        """The mean difference."""
        return self.difference(values, 1.0)


class Less(_Pair):
    """This is less than that: `greater` the other way round.

    With a single arm and `than`, this is the window `at` and that the window `than` of the same arm. The estimate is
    the mean difference this − that, below 0 where it holds.

    Example:
        - {expect: less, says: People become more alike, metric: taste_distance, arms: [baseline],
           at: end, than: first 5 ticks}
    """

    @classmethod
    def example(cls) -> Self:
        """One arm at two times."""
        says = "People become more alike"
        return cls(says=says, metric="taste_distance", arms=("baseline",), at="end", than="first 5 ticks")

    def expected(self) -> str:
        """In words."""
        return self.told("<")

    def find(self, values: Values) -> Finding:
        """The mean difference."""
        return self.difference(values, -1.0)


class Equal(_Pair):
    """This is the same as that, give or take a margin.

    Two one-sided paired t tests (TOST, Schuirmann 1987): it holds if the mean difference is shown to be above −margin
    and below margin, it fails if it is shown to be outside. A large p-value of a test for a difference is no evidence
    for this. The estimate is the mean difference. With `margin: 0` the window means must be the same to the last bit in
    every seed, as of arms that do the same: then one seed is enough, either way; undefined is not the same as a number.

    Example:
        - {expect: equal, says: Position bias does not change how much is clicked, metric: clicks_per_session,
           arms: [biased, baseline], margin: 0.02, at: after warm-up}
    """

    margin: NonNegative
    """Largest mean difference that still counts as none, in units of the metric; 0: exactly the same."""

    @classmethod
    def example(cls) -> Self:
        """Two arms and a margin."""
        says = "Position bias does not change how much is clicked"
        return cls(says=says, metric="clicks_per_session", arms=("biased", "baseline"), margin=0.02, at="after warm-up")

    def expected(self) -> str:
        """In words."""
        return self.told("=", f" ± {number(self.margin)}" if self.margin else " exactly")

    def find(self, values: Values) -> Finding:
        """The mean difference."""
        this, that = self.sides(values)
        if self.margin == 0:
            return self._exactly(values)
        return finding(this - that, within(this - that, self.margin, self.same(values)), _against(this, that))

    def _exactly(self, values: Values) -> Finding:
        """Whether all seeds are the same; one that is defined on one side only is not."""
        one = values.over(self.arms[0], self.metric, self.at, self.group)
        other = values.over(self.arms[-1], self.metric, self.than or self.at, self.group)
        unlike = np.where(np.isnan(one) != np.isnan(other), np.inf, one - other)
        holds, fails = within(unlike, 0.0)
        this, that = self.sides(values)
        count = int((np.nan_to_num(unlike) != 0).sum())
        found = finding(this - that, (holds, fails), _against(this, that))
        return found._replace(
            measured=f"{found.measured}, " + (f"unlike in {count} seeds" if count else "exactly the same")
        )


class Ratio(_Pair):
    """This is so many times that: above a bound, below one, or between two.

    Tested without dividing: this − above·that > 0 and below·that − this > 0 by paired t tests, and that > 0, without
    which a ratio says nothing; all of them must be shown (intersection-union, Berger 1982). It fails if a bound is
    shown to be broken (with two, Bonferroni). So it is about the ratio of the means, not the mean of the ratios. The
    estimate is that ratio with Fieller's interval (1954), which has no end where that side may be 0.

    Example:
        - {expect: ratio, says: The long tail loses a third of its exposure, metric: long_tail_share,
           arms: [baseline, random], below: 0.67, at: last 20 ticks}
    """

    above: Number | None = None
    """The ratio must be above this; default: no bound."""
    below: Number | None = None
    """The ratio must be below this; default: no bound."""

    @classmethod
    def example(cls) -> Self:
        """Two arms and a bound."""
        says = "The long tail loses a third of its exposure"
        return cls(says=says, metric="long_tail_share", arms=("baseline", "random"), below=0.67)

    def misfit(self) -> str:
        """There must be a bound."""
        if self.above is None and self.below is None:
            return "'ratio' needs 'above:' or 'below:', or both: what the ratio must be above or below"
        if self.above is not None and self.below is not None and self.above >= self.below:
            return f"no ratio is above {number(self.above)} and below {number(self.below)}: 'above' is the smaller one"
        return super().misfit()

    def expected(self) -> str:
        """In words."""
        parts = [f"> {number(self.above)}"] if self.above is not None else []
        parts += [f"< {number(self.below)}"] if self.below is not None else []
        return self.told("/", f" {' and '.join(parts)}")

    def find(self, values: Values) -> Finding:
        """The ratio of the means."""
        this, that = self.sides(values)
        wanted = [this - self.above * that] if self.above is not None else []
        wanted += [self.below * that - this] if self.below is not None else []
        holds, fails = zip(*(positive(one) for one in wanted), strict=True)
        whole = float(positive(that)[0])  # there is no ratio before its lower part is above 0
        p = max(float(max(holds)), whole), max(min(1.0, len(wanted) * float(min(fails))), whole)
        ratio, low, high = (float(one) for one in fieller(this, that))
        sides = f"{number(float(moments(this).mean))} to {number(float(moments(that).mean))}, ratio"
        return Finding(ratio, low, high, *p, int(moments(this).n), f"{sides} {bounds(ratio, low, high)}")
