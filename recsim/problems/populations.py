"""What does not fit together about people, items and the data they come from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from recsim.metrics import ALL, CHANCE, START
from recsim.problems import Problem
from recsim.system.sections import MOST_CELLS
from recsim.world.activity import Activity
from recsim.world.tastes import Tastes
from recsim.world.world import ITEMS, USERS

if TYPE_CHECKING:
    from recsim.scenario import Scenario

Path = tuple[str | int, ...]


def data(scenario: Scenario) -> Iterator[Problem]:
    """What comes from a log, and what needs one."""
    people = scenario.users
    drawn: list[tuple[Path, Tastes]] = [(("users", "tastes"), people.tastes)]
    for index, group in enumerate(people.groups):
        drawn += [(("users", "groups", index, "tastes"), group.tastes)] if group.tastes is not None else []
    if scenario.data is not None and scenario.creators is not None:
        text = "nobody knows who made the items of a log"
        yield Problem(("creators",), text, "leave out 'creators' or 'data'")
    if scenario.data is None:
        fitted_to: list[tuple[Path, Tastes | Activity]] = [*drawn, (("users", "activity"), people.activity)]
        for path, one in fitted_to:
            if one.needs_history:
                text = f"'{one.kind}' is fitted to a log, and there is none"
                yield Problem(path, text, "give the scenario a 'data:'")
        return
    yield from (Problem(("data", field), text, hint) for field, text, hint in scenario.data.misfits())
    for name, section in (("users", scenario.users), ("items", scenario.items)):
        if section.count is not None:
            yield Problem((name, "count"), f"the data brings its {name}", "leave 'count' out")
    for path, tastes in drawn:
        if not tastes.needs_history:
            fitted = [kind for kind, one in type(tastes).members().items() if getattr(one, "needs_history", False)]
            hint = f"write 'tastes: {fitted[0]}'" if fitted else ""
            yield Problem(path, f"with 'data:' tastes are fitted to the log, which '{tastes.kind}' is not", hint)


def groups(scenario: Scenario) -> Iterator[Problem]:
    """Groups make a whole, have names of their own and tastes of one width."""
    for section, members in (("users", scenario.users.groups), ("items", scenario.items.groups)):
        total = sum(group.share for group in members)
        if members and abs(total - 1.0) > 1e-6:
            hint = "the shares of all groups make 1: mend them, or add a group for the rest"
            yield Problem((section, "groups"), f"the shares of the groups make {total:.6g}", hint)
        for name, count in Counter(group.name for group in members).items():
            if count > 1:
                yield Problem((section, "groups"), f"{count} groups are called '{name}'", "give each its own name")
            if name in (ALL, CHANCE, START):
                text = f"'{name}' has a meaning of its own in the results"
                yield Problem((section, "groups"), text, "give the group another name")
    width = scenario.users.tastes.width
    for index, group in enumerate(scenario.users.groups):
        if group.tastes is not None and group.tastes.width != width:
            text = f"{group.tastes.width} dimensions, where everybody's tastes have {width}"
            yield Problem(("users", "groups", index, "tastes"), text, "give both the same number")


def sizes(scenario: Scenario) -> Iterator[Problem]:
    """Mechanisms that look at every pair of user and item; of a log the size is not known before it is read."""
    users, items = scenario.users.count or USERS, scenario.items.count or ITEMS
    text = scenario.users.discovery.too_large(users, items) if scenario.data is None else None
    if text is not None:
        yield Problem(("users", "discovery"), text, "lower users.count or items.count, or write discovery: awareness")
    if scenario.system.slate_size == "all" and scenario.data is None and users * items > MOST_CELLS:
        text = f"'all' is for up to {MOST_CELLS:,} users × items; here are {users:,} × {items:,}"
        yield Problem(("system", "slate_size"), text, "lower users.count or items.count, or write a number")


def titles(scenario: Scenario) -> Iterator[Problem]:
    """Models of language, and nothing to read."""
    for index, generator in enumerate(scenario.system.generators):
        if generator.needs_titles and scenario.items.titles is None:
            text = f"'{generator.kind}' learns from titles, and items have none"
            yield Problem(("system", "generators", index), text, "write 'titles: corpus' under 'items'")
