"""Several arms in order, or the points of a sweep: which is larger, where it rises, where it is highest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from recsim.claims import Claim, Finding, along, finding, misfit_along, number, unmoved
from recsim.inference import moments, positive
from recsim.windows import words

if TYPE_CHECKING:
    from recsim.values import Values

Floats = NDArray[np.float64]


def _chain(labels: Sequence[str], rows: Floats, same: Sequence[bool], sign: float) -> Finding:
    """Every step from a row (m, s) to the next must have this sign; `same` (m − 1,) says which are known to be none."""
    steps = sign * np.diff(rows, axis=0)  # (m − 1, s)
    holds, fails = positive(steps, same)
    least = int(holds.argmax())
    p = float(holds.max()), min(1.0, len(steps) * float(fails.min()))
    means = ", ".join(f"{label} {number(float(mean))}" for label, mean in zip(labels, moments(rows).mean, strict=True))
    return finding(steps[least], p, f"{means}; weakest step {labels[least]} to {labels[least + 1]}")


class Order(Claim):
    """Several arms in order, the largest first.

    Each is greater than the next: m − 1 paired t tests of neighbours, all of which must be shown, so the largest
    p-value counts (intersection-union, Berger 1982). It fails if any step is shown to go the other way, or to be
    exactly nothing (Bonferroni over the steps). The estimate is the weakest step, above 0 where it holds. Pitfall: two
    neighbours that are nearly equal leave the whole order undecided; claim only the steps that matter.

    Example:
        - {expect: order, says: The more is known the better the lists, metric: slate_utility,
           arms: [oracle, baseline, random], at: last 20 ticks}
    """

    fewest = 3
    arms: tuple[str, ...]
    """Three arms or more, from the one with the largest mean to the one with the smallest."""

    @classmethod
    def example(cls) -> Self:
        """Three arms."""
        says = "The more is known the better the lists"
        return cls(says=says, metric="slate_utility", arms=("oracle", "baseline", "random"))

    def expected(self) -> str:
        """In words."""
        return f"{' > '.join(self.arms)} {words(self.at)}"

    def find(self, values: Values) -> Finding:
        """The weakest step."""
        labels, rows = along(self, values, None, self.metric)
        return _chain(labels, rows, unmoved(self, values, None), -1.0)


class Increasing(Claim):
    """Rises along a swept parameter, or along arms in order: each point is above the one before.

    As `order`: all m − 1 steps must be shown by paired t tests (Berger 1982), any step the other way makes it fail. The
    estimate is the weakest step up. Numbers of a sweep are taken ascending, however they are written. Pitfall: finely
    spaced points have small steps and need many seeds; three or four points are enough.

    Example:
        - {expect: increasing, says: The faster tastes drift the farther they go, metric: taste_drift,
           over: users.behaviours.drift.rate, at: end}
    """

    points = 2
    over: str | None = None
    """Path of a swept parameter, as in `experiment.sweep`; default: the arms, in their order."""

    @classmethod
    def example(cls) -> Self:
        """Along a sweep."""
        says = "The faster tastes drift the farther they go"
        return cls(says=says, metric="taste_drift", over="users.behaviours.drift.rate", at="end")

    def misfit(self) -> str:
        """Arms, or a sweep."""
        return misfit_along(self, self.over) or super().misfit()

    def expected(self) -> str:
        """In words."""
        return f"{f'rises along {self.over}' if self.over else ' < '.join(self.arms)} {words(self.at)}"

    def find(self, values: Values) -> Finding:
        """The weakest step up."""
        labels, rows = along(self, values, self.over, self.metric)
        return _chain(labels, rows, unmoved(self, values, self.over), 1.0)


class Decreasing(Increasing):
    """Falls along a swept parameter, or along arms in order: `increasing` the other way round.

    The estimate is the weakest step down, above 0 where it holds.

    Example:
        - {expect: decreasing, says: Exploration spreads attention, metric: exposure_gini,
           arms: [none, some, much], at: last 20 ticks}
    """

    @classmethod
    def example(cls) -> Self:
        """Along arms."""
        return cls(says="Exploration spreads attention", metric="exposure_gini", arms=("none", "some", "much"))

    def expected(self) -> str:
        """In words."""
        return f"{f'falls along {self.over}' if self.over else ' > '.join(self.arms)} {words(self.at)}"

    def find(self, values: Values) -> Finding:
        """The weakest step down."""
        labels, rows = along(self, values, self.over, self.metric)
        return _chain(labels, rows, unmoved(self, values, self.over), -1.0)


class InteriorMaximum(Claim):
    """Highest inside: some point between the ends of a sweep, or of arms in order, is above both ends.

    For each inner point the larger p-value of two paired t tests, against the first and against the last (Berger 1982);
    the smallest of these counts, times the number of inner points (Bonferroni). It fails if every inner point is shown
    to be no higher than one of the ends. The estimate is how far the best inner point is above the nearer end. Pitfall:
    it says nothing of where the maximum lies, nor that it is the only one.

    Example:
        - {expect: interior_maximum, says: A little exploration serves people best, metric: slate_utility,
           over: system.random_share, at: last 20 ticks}
    """

    points = 3
    over: str | None = None
    """Path of a swept parameter, as in `experiment.sweep`; default: the arms, in their order."""

    @classmethod
    def example(cls) -> Self:
        """Along a sweep."""
        says = "A little exploration serves people best"
        return cls(says=says, metric="slate_utility", over="system.random_share")

    def misfit(self) -> str:
        """Arms, or a sweep."""
        return misfit_along(self, self.over) or super().misfit()

    def expected(self) -> str:
        """In words."""
        return self._told("highest")

    def find(self, values: Values) -> Finding:
        """How far the best inner point is above the nearer end."""
        return self._inside(values, 1.0)

    def _told(self, how: str) -> str:
        return f"{how} inside {self.over or f'{self.arms[0]} … {self.arms[-1]}'} {words(self.at)}"

    def _inside(self, values: Values, sign: float) -> Finding:
        labels, rows = along(self, values, self.over, self.metric)
        above = sign * np.stack([rows[1:-1] - rows[0], rows[1:-1] - rows[-1]])  # (2, m − 2, s)
        holds, fails = positive(above, all(unmoved(self, values, self.over)))
        both = holds.max(axis=0)  # (m − 2,)
        best, neither = int(both.argmin()), np.minimum(1.0, 2.0 * fails.min(axis=0))
        end = int(holds[:, best].argmax())
        p = min(1.0, len(both) * float(both[best])), float(neither.max())
        what = f"{labels[best + 1]} over {labels[0 if end == 0 else -1]}"
        found = finding(above[end, best], p, what if sign > 0 else what.replace(" over ", " under ", 1))
        means = zip(labels, moments(rows).mean, strict=True)
        return found._replace(
            measured=f"{', '.join(f'{label} {number(float(mean))}' for label, mean in means)}; {found.measured}"
        )


class InteriorMinimum(InteriorMaximum):
    """Lowest inside: `interior_maximum` upside down.

    The estimate is how far the best inner point is below the nearer end, above 0 where it holds.

    Example:
        - {expect: interior_minimum, says: A medium memory is the least unfair, metric: exposure_gini,
           arms: [short, medium, long], at: end}
    """

    @classmethod
    def example(cls) -> Self:
        """Along arms."""
        says = "A medium memory is the least unfair"
        return cls(says=says, metric="exposure_gini", arms=("short", "medium", "long"), at="end")

    def expected(self) -> str:
        """In words."""
        return self._told("lowest")

    def find(self, values: Values) -> Finding:
        """How far the best inner point is below the nearer end."""
        return self._inside(values, -1.0)
