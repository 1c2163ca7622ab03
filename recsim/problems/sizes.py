"""What only small worlds can have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from recsim.problems import Problem
from recsim.world.world import ITEMS, USERS

if TYPE_CHECKING:
    from recsim.scenario import Scenario


def sizes(scenario: Scenario) -> Iterator[Problem]:
    """Mechanisms that look at every pair of user and item; of a log the size is not known before it is read."""
    users, items = scenario.users.count or USERS, scenario.items.count or ITEMS
    text = scenario.users.discovery.too_large(users, items) if scenario.data is None else None
    if text is not None:
        yield Problem(("users", "discovery"), text, "lower users.count or items.count, or write discovery: awareness")
