"""What an experiment measured, and what can be said of it: effects, claims, attribution, pictures."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from recsim.arms import BASELINE, Design, changes_of, plainly, points, without
from recsim.base.component import Component, closest
from recsim.claims import verdicts
from recsim.effects import COLUMNS, attribution, effects
from recsim.experiment.settings import differing, world
from recsim.scenario import Scenario
from recsim.values import Values

MOST_LINES = 8
"""Arms that can be told apart in one panel."""
_ABOUT = ("metric", "other")
"""Fields of a claim that name a metric."""

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Ensemble:
    """The metrics of all arms on all seeds, detached from any live model.

    Attributes:
        metrics: DataFrame with columns arm, seed, tick, metric, group, value.
        scenario: the scenario with its experiment and claims.
        arms: the scenario of each arm, by name.
        provenance: versions, hashes and seeds.
        failures: DataFrame of the runs that failed: arm, seed, problem.
    """

    def __init__(
        self,
        metrics: pd.DataFrame,
        scenario: Scenario,
        arms: Mapping[str, Scenario],
        provenance: Mapping[str, Any] | None = None,
        failures: pd.DataFrame | None = None,
    ) -> None:
        self.metrics, self.scenario, self.arms = metrics, scenario, dict(arms)
        self.provenance = dict(provenance or {})
        self.failures = pd.DataFrame({"arm": [], "seed": [], "problem": []}) if failures is None else failures

    @property
    def design(self) -> Design:
        """How it was done."""
        return self.scenario.experiment or Design()

    @property
    def seeds(self) -> list[int]:
        """The seeds on which anything was measured."""
        return list(dict.fromkeys(self.metrics["seed"]))

    @cached_property
    def values(self) -> Values:
        """The numbers as arrays, seed by seed."""
        sweep = self.design.sweep
        swept = {path: points(path, values, list(sweep)) for path, values in sweep.items()}
        parts = [frame for frame in (self.metrics, self._unknown()) if len(frame)]
        frame = pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0] if parts else self.metrics
        alike = {arm: world(spec) for arm, spec in self.arms.items()}
        return Values(frame, warmup=self.scenario.system.warmup.ticks, sweeps=swept, alike=alike)

    def _unknown(self) -> pd.DataFrame:
        """Rows of NaN for the arms that failed on all seeds: they were run, and nothing is known of them."""
        columns = ["seed", "tick", "metric", "group"]
        cells = list(self.metrics[columns].head(1).itertuples(index=False, name=None))
        if not cells:  # nothing was measured at all
            about = [(getattr(one, field, None), one.group) for one in self.scenario.claims for field in _ABOUT]
            names = dict.fromkeys(name for name in about if name[0] is not None)
            cells = [(self.scenario.seed, self.scenario.ticks, *name) for name in names]
        there = set(self.metrics["arm"])
        rows = [(arm, *cell, float("nan")) for arm in self.arms if arm not in there for cell in cells]
        return pd.DataFrame(rows, columns=["arm", *columns, "value"])

    @cached_property
    def settings(self) -> pd.DataFrame:
        """In what the arms differ: one row a path, one column an arm."""
        return differing(self.arms)

    def effects(self, against: str | None = None, at: str | Sequence[str] | None = None) -> pd.DataFrame:
        """What each arm did to each metric: mean paired differences with 95 % intervals; see `recsim.effects`.

        Args:
            against: the arm to compare with; default: that of the experiment.
            at: a window such as `last 20 ticks`, or several; default: those of the experiment.

        Raises:
            ValueError: no such arm or window.
        """
        arm = against or self.design.against
        if arm not in self.arms:
            near = closest(arm, self.arms)
            hint = f"did you mean '{near}'?" if near else f"there are {', '.join(self.arms)}"
            raise ValueError(f"no arm is called '{arm}'; {hint}")
        windows = self.design.windows if at is None else (at,) if isinstance(at, str) else tuple(at)
        if self.metrics.empty:
            return pd.DataFrame(columns=list(COLUMNS))
        return effects(self.values, arm, windows)

    def claims(self) -> pd.DataFrame:
        """The scenario's claims, judged once on all seeds there are; see `recsim.claims`."""
        return verdicts(self.scenario.claims, self.values)

    def attribution(self, at: str | None = None) -> pd.DataFrame:
        """How much of each metric each factor of the section `attribution` contributes: Shapley values with intervals.

        Raises:
            ValueError: the experiment has no such section.
        """
        factors = list(self.design.attribution)
        if not factors:
            raise ValueError("the experiment has no 'attribution': name there what an outcome may be due to")
        windows = self.design.windows if at is None else (at,)
        return attribution(self.values, factors, lambda on: without([one for one in factors if one not in on]), windows)

    def points(self, at: str | None = None) -> pd.DataFrame:
        """One row a run and metric (group `all`): the values of what was swept, arm, seed, metric, value in the window.

        The columns of what was swept are named by their `parameters`. Arms that change anything else are no points.
        """
        paths, there = self.parameters, set(self.values.arms)
        places = {
            arm: {path: changed[path] if path in changed else self._usual(path) for path in paths}
            for arm, changed in changes_of(self.scenario).items()
            if arm in there and (set(changed) <= set(paths) or not paths)
        }
        at = at or self.design.windows[0]
        rows = [
            {**place, "arm": arm, "seed": seed, "metric": metric, "value": value}
            for arm, place in places.items()
            for metric, group in self.values.names
            if group == "all"
            for seed, value in zip(self.values.seeds, self.values.over(arm, metric, at), strict=True)
        ]
        return pd.DataFrame(rows, columns=[*paths, "arm", "seed", "metric", "value"])

    def _usual(self, path: str) -> Any:
        """What the scenario as it stands has at a path, without what a component has by default."""
        found: Component | None = dict(plainly(self.scenario).components()).get(path)
        if found is None:
            return self.scenario.at(path)
        usual = {name: field.default for name, field in type(found).model_fields.items()}
        own = {name: value for name, value in found.block().items() if name not in usual or value != usual[name]}
        return own if len(own) > 1 else found.kind

    @property
    def parameters(self) -> list[str]:
        """The paths that were swept: those of the section `sweep`, or those that every arm sets."""
        changes = [changed for arm, changed in changes_of(self.scenario).items() if changed or arm != BASELINE]
        every = [list(changed) for changed in changes]
        alike = len(every) > 1 and bool(every[0]) and all(paths == every[0] for paths in every)
        return list(self.design.sweep) or (every[0] if alike else [])

    def pictures(self) -> dict[str, Figure]:
        """The figures that stand beside the tables, by name."""
        from recsim import plot

        found = {"metrics": self.plot()} if len(self.arms) <= MOST_LINES else {}
        if self.parameters:
            window = self.design.windows[0]
            found["sweep"] = plot.over_points(self.points(), self.scenario, parameters=self.parameters, window=window)
        if self.design.attribution:
            found["attribution"] = plot.contributions(self.attribution(), self.scenario)
        return found

    def wide(self) -> pd.DataFrame:
        """One row an arm, seed and tick, one column a metric (`metric[group]` for groups other than `all`)."""
        others = self.metrics["group"] != "all"
        name = self.metrics["metric"].where(~others, self.metrics["metric"] + "[" + self.metrics["group"] + "]")
        index = ["arm", "seed", "tick"]
        wide = self.metrics.assign(name=name).pivot(index=index, columns="name", values="value")
        order = pd.MultiIndex.from_frame(self.metrics[index].drop_duplicates())
        return wide.loc[order, list(dict.fromkeys(name))].rename_axis(columns=None)

    def to_xarray(self) -> Any:
        """The same as an `xarray.Dataset`: a variable a metric, over arm, seed and tick.

        Raises:
            ImportError: xarray is not installed.
        """
        try:
            import xarray  # noqa: F401  (pandas needs it)
        except ImportError:
            raise ImportError("to_xarray needs xarray: pip install 'recsim-loop[xarray]'") from None
        found = self.wide().to_xarray()
        ordered = {"arm": [arm for arm in self.arms if arm in found["arm"].to_numpy()]}
        return found.sel(ordered).assign_attrs(about=self.scenario.about)

    def plot(self, *names: str) -> Figure:
        """One panel a metric over time: a line an arm, the mean over seeds, with a band of 95 %.

        Raises:
            ValueError: nothing was measured, or nothing of that name.
        """
        from recsim.plot import over_arms

        if self.metrics.empty:
            raise ValueError("nothing was measured: give the scenario 'metrics'")
        return over_arms(self.metrics, self.scenario, self.arms, names)

    def save(self, place: str | Path) -> Path:
        """Write the tables and the picture into a directory that holds no results yet.

        Raises:
            RunExistsError: it does.
        """
        from recsim.experiment.storage import save

        return save(self, Path(place))

    def __repr__(self) -> str:
        from recsim.experiment.telling import effects_told

        return f"{self._title()}\n{effects_told(self)}"

    def _repr_html_(self) -> str:
        """How a notebook shows it."""
        from recsim.experiment.telling import effects_told

        return f"<p><b>{html.escape(self._title())}</b></p><pre>{html.escape(effects_told(self))}</pre>"

    def _title(self) -> str:
        about = self.scenario.about or "An experiment"
        return f"{about}\n{len(self.arms)} arm{'s' * (len(self.arms) != 1)} × {len(self.seeds)} seeds"
