"""What does not fit together between people: what needs a network, and opinions on an axis that there is not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from recsim.base.component import Component
from recsim.problems import Problem
from recsim.world.world import USERS

if TYPE_CHECKING:
    from recsim.scenario import Scenario

Path = tuple[str | int, ...]


def societies(scenario: Scenario) -> Iterator[Problem]:
    """Networks that are too large, what means nothing without one, and axes beyond the dimensions of the tastes."""
    network, width = scenario.users.network, scenario.users.tastes.width
    if scenario.data is None and (text := network.too_large(scenario.users.count or USERS)) is not None:
        yield Problem(("users", "network"), text, "lower users.count, or write network: small_world")
    for path, one in _parts(scenario):
        if network.kind == "none" and getattr(one, "needs_network", False):
            text = f"'{one.kind}' goes by who follows whom, and nobody follows anybody"
            yield Problem(path, text, "say who does, such as users.network: small_world")
        axis = getattr(one, "axis", 0)
        if isinstance(axis, int) and axis >= width:
            text = f"tastes have {width} dimension{'s' * (width != 1)}, so there is no axis {axis}"
            yield Problem((*path, "axis"), text, f"the axes are 0 to {width - 1}")


def _parts(scenario: Scenario) -> Iterator[tuple[Path, Component]]:
    """What may need other people."""
    users, system = scenario.users, scenario.system
    yield ("users", "discovery"), users.discovery
    for index, channel in enumerate(getattr(users.discovery, "of", ())):
        yield ("users", "discovery", "of", index), channel
    yield from ((("users", "dynamics", index), one) for index, one in enumerate(users.dynamics))
    yield ("system", "warmup", "recommender"), system.warmup.recommender
    yield ("system", "recommender"), system.recommender
    if system.people is not None:
        yield ("system", "people"), system.people
    yield from ((("metrics", index), one) for index, one in enumerate(scenario.metrics or ()))
