"""What an ensemble measured, one number a seed: the tidy frame as arrays, aligned over arms by seed."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recsim.base.component import closest
from recsim.windows import ticks_in

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]


class NoSuchArm(ValueError):  # noqa: N818  (what happened, in a word)
    """An arm that was not run."""


class NoSuchMetric(ValueError):  # noqa: N818
    """A metric, or a group of it, that was not measured."""


class NoSuchSweep(ValueError):  # noqa: N818
    """A parameter that was not swept."""


class Point(NamedTuple):
    """One value of a swept parameter."""

    value: float | str
    """The value."""
    arms: tuple[str, ...]
    """The arms that have it: one, or in a grid one for each combination of the other parameters."""


class Values:
    """The measurements of arms × seeds.

    Attributes:
        arms: in the order in which they appear.
        seeds: ascending; arrays "(s,)" have one entry for each, the same one in all arms, so that they pair.
        names: all (metric, group), in the order in which they appear.
        warmup: the last tick of the warm-up.

    Args:
        frame: columns arm, seed, tick, metric, group, value; a cell that failed is not there, or ends early.
        warmup: the last tick of the warm-up.
        sweeps: by path of a swept parameter, its (arm, value) in order.
        alike: what an arm is, by its name, the same text for arms of the same scenario.
    """

    def __init__(
        self,
        frame: pd.DataFrame,
        *,
        warmup: int = 0,
        sweeps: Mapping[str, Sequence[tuple[str, float | str]]] | None = None,
        alike: Mapping[str, str] | None = None,
    ) -> None:
        import pandas as pd

        arm, arms = pd.factorize(frame["arm"])
        metric, metrics = pd.factorize(frame["metric"])
        group, groups = pd.factorize(frame["group"])
        name, pairs = pd.factorize(metric.astype(np.int64) * max(len(groups), 1) + group)
        seeds, seed = np.unique(frame["seed"].to_numpy(), return_inverse=True)
        ticks, tick = np.unique(frame["tick"].to_numpy(np.int64), return_inverse=True)
        self.arms = tuple(map(str, arms))
        self.seeds = tuple(map(int, seeds))
        both = (divmod(int(pair), len(groups)) for pair in pairs)
        self.names = tuple((str(metrics[one]), str(groups[other])) for one, other in both)
        self.warmup = warmup
        self._alike = dict(alike or {})
        self._sweeps = {path: tuple(points) for path, points in (sweeps or {}).items()}
        self._ticks = ticks
        shape = (len(arms), len(pairs), len(seeds), len(ticks))
        self._cube = _filled(shape, (arm, name, seed, tick), frame["value"].to_numpy(np.float64))
        self._measured = np.zeros((len(arms), len(ticks)), np.bool_)
        self._measured[arm, tick] = True
        self._arm = {one: at for at, one in enumerate(self.arms)}
        self._name = {one: at for at, one in enumerate(self.names)}

    def first(self, count: int) -> Values:
        """The same of the first `count` seeds only."""
        few = copy.copy(self)
        few.seeds, few._cube = self.seeds[:count], self._cube[:, :, :count]
        return few

    def over(self, arm: str, metric: str, when: str, group: str = "all") -> Floats:
        """(s,) mean of a metric over the measured ticks of a window, one a seed.

        Ticks at which it was undefined (NaN) are left out; a seed with none is NaN. The end of an arm is its own last
        measured tick.

        Raises:
            NoSuchArm: it was not run.
            NoSuchMetric: it was not measured.
            ValueError: `when` is no window.
        """
        at, name = self.arm(arm), self.name(metric, group)
        return _mean(np.compress(self._window(at, when), self._cube[at, name], axis=-1))

    def table(self, arm: str, when: str) -> Floats:
        """(names, s) the same for all metrics and groups, in the order of `names`."""
        at = self.arm(arm)
        return _mean(np.compress(self._window(at, when), self._cube[at], axis=-1))

    def series(self, arm: str, metric: str, group: str = "all") -> tuple[NDArray[np.int64], Floats]:
        """The ticks (t,) at which an arm was measured, and a metric at each (s, t); NaN where it was undefined.

        Raises:
            NoSuchArm: it was not run.
            NoSuchMetric: it was not measured.
        """
        at, name = self.arm(arm), self.name(metric, group)
        there = self._measured[at]
        return self._ticks[there], np.compress(there, self._cube[at, name], axis=-1)

    def same(self, one: str, other: str) -> bool:
        """Whether two arms are the same by their scenarios, so that no seed can ever tell them apart."""
        mine, theirs = (self._alike.get(self.arms[self.arm(arm)]) for arm in (one, other))
        return one == other or (mine is not None and mine == theirs)

    def points(self, path: str) -> list[Point]:
        """The values of a swept parameter with their arms: numbers ascending, anything else in the order of the sweep.

        Raises:
            NoSuchSweep: it was not swept.
        """
        if path not in self._sweeps:
            raise NoSuchSweep(f"'{path}' was not swept; {_there_is(path, tuple(self._sweeps))}")
        found: dict[str, Point] = {}
        for arm, value in self._sweeps[path]:
            known = found.get(repr(value), Point(value, ()))
            found[repr(value)] = Point(value, (*known.arms, arm))
        points = list(found.values())
        numbers = all(isinstance(one.value, (int, float)) and not isinstance(one.value, bool) for one in points)
        return sorted(points, key=lambda one: float(one.value)) if numbers else points

    def arm(self, arm: str) -> int:
        """Its place in `arms`.

        Raises:
            NoSuchArm: it was not run.
        """
        if arm not in self._arm:
            raise NoSuchArm(f"there is no arm '{arm}'; {_there_is(arm, self.arms)}")
        return self._arm[arm]

    def name(self, metric: str, group: str = "all") -> int:
        """The place of a metric's group in `names`.

        Raises:
            NoSuchMetric: it was not measured.
        """
        if (metric, group) in self._name:
            return self._name[metric, group]
        groups = tuple(dict.fromkeys(its for name, its in self.names if name == metric))
        if groups:
            raise NoSuchMetric(f"'{metric}' was not measured for the group '{group}'; {_there_is(group, groups)}")
        metrics = tuple(dict.fromkeys(name for name, _ in self.names))
        raise NoSuchMetric(f"the metric '{metric}' was not measured; {_there_is(metric, metrics)}")

    def _window(self, arm: int, when: str) -> NDArray[np.bool_]:
        """(t,) which of all ticks lie in a window of an arm."""
        inside: NDArray[np.bool_] = self._measured[arm].copy()
        inside[inside] = ticks_in(when, self._ticks[inside], self.warmup)
        return inside


def _filled(shape: tuple[int, ...], places: tuple[NDArray[np.int64], ...], values: Floats) -> Floats:
    """An array of NaN with values at their places.

    Raises:
        ValueError: two at one place.
    """
    cube = np.full(shape, np.nan)
    if len(values):
        flat = np.ravel_multi_index(places, shape)
        if np.bincount(flat, minlength=1).max() > 1:
            raise ValueError("a metric stands twice at one tick of one arm and seed: a cell has been joined twice")
        cube.reshape(-1)[flat] = values
    return cube


def _mean(values: Floats) -> Floats:
    """Mean over the last axis without NaN; NaN where there is nothing else."""
    there = ~np.isnan(values)
    count = there.sum(axis=-1)
    total = np.where(there, values, 0.0).sum(axis=-1)
    return np.asarray(np.divide(total, count, out=np.full(count.shape, np.nan), where=count > 0))


def _there_is(wrong: str, known: tuple[str, ...]) -> str:
    """What to write instead of a wrong name."""
    near = closest(wrong, known)
    meant = f"did you mean '{near}'? " if near else ""
    some = ", ".join(known[:12]) + (", …" if len(known) > 12 else "")
    return f"{meant}there is {some or 'none at all'}"
