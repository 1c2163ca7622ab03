"""A scenario: everything that decides a run, as one frozen tree. A missing key is the field's default."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, Self

from pydantic import ValidationError, model_validator
from pydantic_core import PydanticCustomError

import recsim.claims
import recsim.metrics
import recsim.system
import recsim.world  # noqa: F401  (importing the families registers their members)
from recsim import paths
from recsim.arms import Design
from recsim.base.component import AtLeastOne, Block, Component, Count, Seed, discover_plugins
from recsim.base.flow import History, Links
from recsim.claims import Claim
from recsim.data import Data
from recsim.data.links import read_links
from recsim.metrics import Metric
from recsim.problems import NoSuchPath, Problem, ScenarioError, listed, problems_of
from recsim.problems.misfits import misfits
from recsim.system.interventions import Intervention
from recsim.system.sections import System
from recsim.world.sections import Creators, Items, Users

discover_plugins()


class Record(Block):
    """Arrays kept for pictures and replay, in `traces/`."""

    users: Count | Literal["all"] = 0
    """How many users (the first ones) to keep tastes, slates and picks of; 0: none."""
    items: Count | Literal["all"] = 0
    """How many items (the first ones) to keep views and clicks of, and, where they have them, titles; 0: none."""
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
    creators: Creators | None = None
    """Those who make what people make; default: items come from nobody in particular."""
    system: System = System()
    """The platform."""
    interventions: tuple[Intervention, ...] = ()
    """What is done about the loop, and when."""
    metrics: tuple[Metric, ...] | None = None
    """What to measure; default: the usual ones that apply; `recsim explain metric` marks the others "by name"."""
    experiment: Design | None = None
    """What else would have happened: arms, and how many seeds; default: one run of the scenario as it stands."""
    claims: tuple[Claim, ...] = ()
    """What must come out of the experiment; `recsim verify` says whether it does."""

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
        unused = {name for name in ("creators", "experiment", "claims") if not getattr(self, name)}
        return self.model_dump(mode="json", exclude=unused)

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
        fields = self.model_dump(mode="json")
        for name, section in (("creators", Creators), ("experiment", Design)):  # they begin with what is named of them
            if fields[name] is None and any(path.startswith(f"{name}.") for path in changes):
                fields[name] = section().model_dump(mode="json")
        common = dict(fields["users"]["tastes"])
        lost: list[Problem] = []
        for path, value in changes.items():
            try:
                plain = value.block() if isinstance(value, Component) else value
                plain = plain.model_dump(mode="json") if isinstance(plain, Block) else plain
                paths.put(type(self), fields, path.split("."), plain)
            except NoSuchPath as error:
                lost += error.problems
        if lost:
            raise NoSuchPath(lost)
        paths.follow(fields["users"], common)
        return type(self).parse(fields)

    def at(self, path: str) -> Any:
        """What stands at a path such as `system.slate_size`, as plain data.

        Raises:
            NoSuchPath: nothing is there.
        """
        return paths.at(type(self), self.model_dump(mode="json"), path.split("."))

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

    def links(self, history: History | None = None) -> Links | None:
        """The network that `users.network` takes from a file, read and cut to its users; None without.

        Raises:
            DataError: it cannot be found or read, or has too few nodes.
            ScenarioError: it brings groups of users, and there are some already.
        """
        network = self.users.network
        if not network.needs_links:
            return None
        links = read_links(network, self.users.count if history is None else len(history.user_ids))
        known = self.users.groups or (history is not None and history.group_names)
        if links.group_names and known:
            text = f"the network brings groups of users itself: {listed(links.group_names)}"
            hint = "leave out its field 'groups', or the groups of the users or of the log"
            raise ScenarioError([Problem(("users", "network", "groups"), text, hint)])
        return links

    def components(self) -> Iterator[tuple[str, Component]]:
        """Every component with its path."""
        yield from _walk(self, "")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        found = misfits(self)
        if found:
            raise PydanticCustomError("misfits", "the parts do not fit together", {"problems": found})
        return self


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
