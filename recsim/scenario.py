"""A scenario: everything that decides a run, as one frozen tree. A missing key is the field's default."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, Self

from pydantic import ValidationError, model_validator
from pydantic_core import PydanticCustomError

import recsim.metrics
import recsim.system
import recsim.world  # noqa: F401  (importing the families registers their members)
from recsim.base.component import AtLeastOne, Block, Component, Count, closest, discover_plugins
from recsim.data import Data
from recsim.metrics import Metric
from recsim.problems import Problem, ScenarioError, problems_of
from recsim.system.interventions import After, Intervention
from recsim.system.interventions.change import Change
from recsim.system.interventions.monitor import Monitor
from recsim.system.sections import System
from recsim.world.sections import Items, Users

discover_plugins()

FIXED = ("seed", "ticks", "data", "record", "metrics", "interventions", "users.count", "users.tastes", "items.count", "system.warmup")
"""What a change in the middle of a run cannot touch: sizes of what exists, and the past."""


class Record(Block):
    """Arrays kept for pictures and replay, in `traces/`."""

    users: Count | Literal["all"] = 0
    """How many users (the first ones) to keep tastes, slates and picks of; 0: none."""
    items: Count | Literal["all"] = 0
    """How many items (the first ones) to keep views and clicks of; 0: none."""
    every: AtLeastOne = 1
    """Ticks between two records."""
    events: bool = False
    """Whether to write every click to `events/clicks.parquet`."""


class Scenario(Block):
    """What to simulate; `Scenario()` is ALS retrained every tick on what its users chose.

    Raises:
        ScenarioError: fields that do not fit, all of them at once.
    """

    about: str = ""
    """The question this scenario answers, in a sentence."""
    ticks: Count = 50
    """How long to run, warm-up included."""
    seed: Count = 1
    """Root of all random numbers: same seed, same bytes."""
    cohort_size: AtLeastOne = 4096
    """Users who are served together; changes speed and memory, never a result. 1 is the textbook one agent per user."""
    measure_every: AtLeastOne = 1
    """Ticks between measurements; tick 0 and the last one are always measured."""
    record: Record = Record()
    """Arrays to keep besides the metrics."""
    data: Data | None = None
    """Your own log as the human data before tick 0."""
    users: Users = Users()
    """The people."""
    items: Items = Items()
    """The catalogue."""
    system: System = System()
    """The platform."""
    interventions: tuple[Intervention, ...] = ()
    """What is done about the loop, and when."""
    metrics: tuple[Metric, ...] | None = None
    """What to measure; default: all that apply."""

    def __init__(self, **fields: Any) -> None:
        try:
            super().__init__(**fields)
        except ValidationError as error:
            raise ScenarioError(problems_of(error, type(self))) from None

    @classmethod
    def parse(cls, fields: Mapping[str, Any]) -> Self:
        """A scenario from plain data, as read from a file."""
        return cls(**fields)

    def plain(self) -> dict[str, Any]:
        """Itself as plain data, all defaults written out; `parse` reads it back."""
        return self.model_dump(mode="json")

    def override(self, path: str, value: Any) -> Self:
        """A new scenario with another value at a path such as `system.slate_size`.

        A path names members of a list by kind or name: `users.behaviours.drift.rate`.

        Raises:
            ScenarioError: no such path, or a value that does not fit there.
        """
        fields = self.plain()
        *above, last = path.split(".")
        place: Any = fields
        for depth, step in enumerate(above):
            place = place[_key(place, step, path, above[:depth])]
        place[_key(place, last, path, above)] = value.model_dump(mode="json") if isinstance(value, Block) else value
        return type(self).parse(fields)

    def components(self) -> Iterator[tuple[str, Component]]:
        """Every component with its path."""
        yield from _walk(self, "")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        found = [{"path": path, "text": text} for path, text in _misfits(self)]
        if found:
            raise PydanticCustomError("misfits", "the parts do not fit together", {"problems": found})
        return self


def _key(place: Any, step: str, path: str, above: list[str]) -> Any:
    """The key or index that a step of a path names."""
    where = ".".join(above) or "the scenario"
    if isinstance(place, list):
        names = [member.get("name") or member["kind"] for member in place]
        kinds = [member["kind"] for member in place]
        for known in (names, kinds):
            if step in known:
                return known.index(step)
        known_steps = names
    elif isinstance(place, dict):
        if step in place or (step == "name" and "kind" in place):
            return step
        known_steps = list(place)
    else:
        known_steps = []
    near = closest(step, known_steps)
    hint = f"did you mean '{near}'?" if near else f"there is {', '.join(map(str, known_steps)) or 'nothing below it'}"
    raise ScenarioError([Problem(tuple(path.split(".")), f"no '{step}' in {where}", hint)])


def _walk(block: Block, path: str) -> Iterator[tuple[str, Component]]:
    for name in type(block).model_fields:
        value = getattr(block, name)
        members = value if isinstance(value, tuple) else (value,)
        for member in members:
            if isinstance(member, Block):
                step = f".{member.label}" if isinstance(value, tuple) and isinstance(member, Component) else ""
                here = f"{path}{'.' if path else ''}{name}{step}"
                if isinstance(member, Component):
                    yield here, member
                yield from _walk(member, here)


def _misfits(scenario: Scenario) -> Iterator[tuple[str, str]]:
    """What no single field can know: where, and what is wrong."""
    yield from _data_misfits(scenario)
    yield from _name_misfits(scenario)
    for section, dynamics in (("users", scenario.users.dynamics), ("items", scenario.items.dynamics)):
        for one in dynamics:
            if one.about != section:
                yield f"{section}.dynamics.{one.label}", f"'{one.kind}' belongs under '{one.about}.dynamics'"
    for treatment in (*scenario.system.rerankers, *scenario.interventions):
        yield from _treatment_misfits(scenario, treatment)
    yield from _change_misfits(scenario)


def _data_misfits(scenario: Scenario) -> Iterator[tuple[str, str]]:
    if scenario.data is None and scenario.users.tastes.needs_history:
        yield "users.tastes", f"'{scenario.users.tastes.kind}' is fitted to a log: give the scenario a 'data:'"
    if scenario.data is not None:
        for name, section in (("users", scenario.users), ("items", scenario.items)):
            if section.count is not None:
                yield f"{name}.count", f"the data brings its {name}: leave 'count' out"
        if not scenario.users.tastes.needs_history:
            yield "users.tastes", "with 'data:' the truth is fitted to the log: use {kind: from_log}"


def _name_misfits(scenario: Scenario) -> Iterator[tuple[str, str]]:
    lists: dict[str, Iterable[Component]] = {
        "users.behaviours": scenario.users.behaviours,
        "users.dynamics": (*scenario.users.dynamics, *scenario.items.dynamics),
        "system.rerankers": scenario.system.rerankers,
        "system.generators": scenario.system.generators,
        "interventions": scenario.interventions,
        "metrics": scenario.metrics or (),
    }
    for path, members in lists.items():
        for label, count in Counter(member.label for member in members).items():
            if count > 1:
                yield path, f"{count} of them are called '{label}': give each its own 'name:'"


def _treatment_misfits(scenario: Scenario, treatment: Intervention) -> Iterator[tuple[str, str]]:
    path = f"{'system.rerankers' if treatment.family == 'reranker' else 'interventions'}.{treatment.label}"
    monitors = [one.label for one in scenario.interventions if isinstance(one, Monitor)]
    if isinstance(treatment.start, After) and treatment.start.after not in monitors:
        near = closest(treatment.start.after, monitors)
        hint = f"did you mean '{near}'?" if near else f"monitors here: {', '.join(monitors) or 'none'}"
        yield f"{path}.start.after", f"no monitor is called '{treatment.start.after}'; {hint}"
    if isinstance(treatment, Monitor):
        yield from _monitor_misfits(scenario, treatment, path)


def _monitor_misfits(scenario: Scenario, monitor: Monitor, path: str) -> Iterator[tuple[str, str]]:
    measured = {one.label: type(one) for one in scenario.metrics} if scenario.metrics is not None else Metric.members()
    watchable = [name for name, metric in measured.items() if issubclass(metric, Metric) and metric.platform]
    if monitor.metric not in watchable:
        why = "uses the truth, which a platform cannot see" if monitor.metric in measured else "is not measured here"
        yield f"{path}.metric", f"'{monitor.metric}' {why}; a monitor may watch {', '.join(watchable) or 'nothing here'}"
    if monitor.above is None and monitor.below is None:
        yield path, "a monitor needs 'above:' or 'below:'"


def _change_misfits(scenario: Scenario) -> Iterator[tuple[str, str]]:
    """Carry the changes out one after the other, to see whether each is possible when its turn comes."""
    changes = [one for one in scenario.interventions if isinstance(one, Change)]
    others = tuple(one for one in scenario.interventions if not isinstance(one, Change))
    then = scenario.model_copy(update={"interventions": others})
    for change in sorted(changes, key=lambda one: one.start if isinstance(one.start, int) else scenario.ticks):
        path = f"interventions.{change.label}"
        fixed = next((known for known in FIXED if f"{change.path}.".startswith(f"{known}.")), None)
        if fixed is not None:
            yield f"{path}.path", f"'{fixed}' cannot be changed in the middle of a run"
            continue
        try:
            then = then.override(change.path, change.value)
        except ScenarioError as error:
            for problem in error.problems:
                yield f"{path}.value", f"{'.'.join(map(str, problem.path))}: {problem.text}"
