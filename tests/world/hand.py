"""A world made by hand: a real one, with tastes and topics written over."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from recsim.base.flow import Feedback
from recsim.simulation import Simulation
from recsim.world.behaviours import Behaviour
from recsim.world.world import World
from tests.helpers import make_feedback, make_slate, tiny


def hand_world(
    tastes: ArrayLike,
    topics: ArrayLike,
    behaviours: list[Behaviour] | None = None,
    dynamics: list[Any] | None = None,
    of_items: list[Any] | None = None,
) -> World:
    """Users by `tastes`, items by `topics` (rows), all of quality 0, and the mechanisms that live there."""
    people, things = np.asarray(tastes, float), np.asarray(topics, float)
    users = {
        "count": len(people),
        "tastes": {"kind": "clusters", "dimensions": people.shape[1]},
        "behaviours": behaviours or [],
        "dynamics": dynamics or [],
    }
    items = {"count": len(things), "dynamics": of_items or []}
    system = {"recommender": "uniform", "slate_size": 1}
    world = Simulation(tiny(users=users, items=items, system=system, metrics=[])).world
    world.users.tastes, world.items.topics, world.items.quality = people, things, 0.0
    return world


def clicks(items: ArrayLike, users: ArrayLike | None = None) -> Feedback:
    """Everybody clicked what stands in their row (n,) or (n, m), from left to right; −1: nothing there."""
    rows = np.asarray(items, np.int32)
    rows = rows[:, None] if rows.ndim == 1 else rows
    return make_feedback(make_slate(rows, users), np.where(rows >= 0, np.arange(rows.shape[1]), -1))


def shown(items: ArrayLike, picks: ArrayLike) -> Feedback:
    """Everybody saw their row (n, k) and clicked these columns; −1: nothing."""
    return make_feedback(make_slate(items), picks)
