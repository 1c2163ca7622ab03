"""A scenario: everything that decides a run, as one frozen tree. A missing key is the field's default."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, Self

from pydantic import ValidationError, model_validator
from pydantic_core import PydanticCustomError

import recsim.metrics
import recsim.system
import recsim.world  # noqa: F401  (importing the families registers their members)
from recsim.base.component import AtLeastOne, Block, Component, Count, Seed, closest, discover_plugins
from recsim.base.flow import History
from recsim.data import Data
from recsim.metrics import Metric
from recsim.problems import NoSuchPath, Problem, ScenarioError, clean, listed, problems_of
from recsim.problems.misfits import misfits
from recsim.problems.mistakes import unknown
from recsim.problems.trail import spot
from recsim.system.interventions import Intervention
from recsim.system.sections import System
from recsim.world.sections import Items, Users

discover_plugins()


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
    seed: Seed = 1
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
    """What to measure; default: the usual ones that apply; `recsim explain metric` marks the others "by name"."""

    def __init__(self, /, **fields: Any) -> None:
        error = None
        try:
            super().__init__(**fields)
        except ValidationError as found:
            error = found
        if problems := problems_of(error, type(self), fields):
            raise ScenarioError(problems)

    @classmethod
    def parse(cls, fields: Mapping[str, Any]) -> Self:
        """A scenario from plain data, as read from a file."""
        return cls(**{str(key): value for key, value in fields.items()})

    def plain(self) -> dict[str, Any]:
        """Itself as plain data, all defaults written out; `parse` reads it back."""
        return self.model_dump(mode="json")

    def override(self, path: str, value: Any) -> Self:
        """A new scenario with another value at a path such as `system.slate_size`.

        A path names members of a list by kind or name: `users.behaviours.drift.rate`.

        Raises:
            ScenarioError: no such path, or a value that does not fit there.
        """
        return self.override_all({path: value})

    def override_all(self, changes: Mapping[str, Any]) -> Self:
        """A new scenario with other values at several paths at once, so that they need to fit only together.

        Raises:
            ScenarioError: as `override`; all mistakes at once.
        """
        fields = self.plain()
        common = dict(fields["users"]["tastes"])
        lost: list[Problem] = []
        for path, value in changes.items():
            try:
                plain = value.block() if isinstance(value, Component) else value
                plain = plain.model_dump(mode="json") if isinstance(plain, Block) else plain
                _put(type(self), fields, path.split("."), plain)
            except NoSuchPath as error:
                lost += error.problems
        if lost:
            raise NoSuchPath(lost)
        _follow(fields["users"], common)
        return type(self).parse(fields)

    def history(self) -> History | None:
        """The log that `data` names, read; None without.

        Raises:
            DataError: it cannot be found or read.
            ScenarioError: it brings groups of users, and so does the scenario.
        """
        history = self.data.read() if self.data is not None else None
        if history is not None and history.group_names and self.users.groups:
            text = f"the log brings groups of users itself: {listed(history.group_names)}"
            hint = "leave 'users.groups' out, or the log's own (the field 'group' of 'data')"
            raise ScenarioError([Problem(("users", "groups"), text, hint)])
        return history

    def components(self) -> Iterator[tuple[str, Component]]:
        """Every component with its path."""
        yield from _walk(self, "")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        found = misfits(self)
        if found:
            raise PydanticCustomError("misfits", "the parts do not fit together", {"problems": found})
        return self


def _put(model: type[Scenario], fields: dict[str, Any], steps: list[str], value: Any) -> None:
    """Write a value to a path in plain data; a new `kind` starts from that kind's defaults."""
    above: Any = None
    place: Any = fields
    at: tuple[str | int, ...] = ()
    for step in steps:
        key = _key(model, fields, at, place, step)
        above, at = place, (*at, key)
        place = place.get(key) if isinstance(place, dict) else place[key]
    if at[-1] == "kind":
        above.clear()
    above[at[-1]] = value


def _follow(people: Any, before: dict[str, Any]) -> None:
    """Groups' tastes of everybody's kind go with everybody's, but for the fields in which they differed."""
    if not isinstance(people, dict) or not isinstance(people.get("groups"), list):
        return
    after = people.get("tastes")
    after = {"kind": after} if isinstance(after, str) else after
    if not isinstance(after, dict) or after == before:
        return
    for group in people["groups"]:
        mine = group.get("tastes") if isinstance(group, dict) else None
        if isinstance(mine, dict) and mine.get("kind") == before["kind"]:
            own = {key: value for key, value in mine.items() if before.get(key) != value}
            group["tastes"] = {"kind": before["kind"]} | after | own


def _key(model: type[Scenario], fields: dict[str, Any], at: tuple[str | int, ...], place: Any, step: str) -> str | int:
    """The key or index that a step of a path names."""
    if isinstance(place, list):
        members = [member if isinstance(member, dict) else {"kind": member} for member in place]
        kinds = [str(member.get("kind")) for member in members]
        names = [str(member.get("name") or kind) for member, kind in zip(members, kinds, strict=True)]
        for known in (names, kinds, [str(index) for index in range(len(place))]):
            if step in known:
                return known.index(step)
        near = closest(step, names)
        hint = f"did you mean '{near}'?" if near else f"there is {listed(names) or 'nothing'}"
        raise NoSuchPath([Problem((*at, step), f"no '{clean(step)}' in '{'.'.join(map(str, at))}'", hint, at_key=True)])
    if isinstance(place, dict) and (step in place or (step == "name" and "kind" in place)):
        return step
    raise NoSuchPath([unknown(model, spot(model, fields, (*at, step)))])


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
