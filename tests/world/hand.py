"""A world made by hand: a real one, with tastes and topics written over."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from recsim.base.flow import Feedback, Signals
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


def hand_creators(topics: ArrayLike, makers: ArrayLike, born: ArrayLike = 0, tick: int = 5, **fields: Any) -> World:
    """Items by `topics` (rows), each by its maker (−1: a machine's); creators stand at 0 and publish nothing more."""
    things, who = np.asarray(topics, float), np.asarray(makers, np.int32)
    count = int(who.max()) + 1
    people = {"count": 2, "tastes": {"kind": "clusters", "dimensions": things.shape[1]}}
    creators = {"count": count, "per_tick": 0.0} | fields
    spec = tiny(users=people, items={"count": len(things)}, creators=creators, metrics=[])
    world = Simulation(spec.override("system.recommender", "uniform")).world
    world.items.topics, world.items.maker, world.items.born, world.items.quality = things, who, born, 0.0
    world.items.made_by_ai = who < 0
    world.creators.topics, world.tick = 0.0, tick
    return world


def signals(clicks: ArrayLike, views: ArrayLike | None = None) -> Signals:
    """Last tick's clicks of each item, and views, which are as many unless said otherwise."""
    counts = np.asarray(clicks, np.int64)
    return Signals(counts if views is None else np.asarray(views, np.int64), counts)


def hand_society(opinions: ArrayLike, pairs: ArrayLike = (), one: Any = None, *, mutual: bool = True) -> Simulation:
    """People of these opinions (n,) or tastes (n, d), who follow whom the pairs (e, 2) say, or are friends of them."""
    tastes = np.asarray(opinions, float)
    tastes = tastes[:, None] if tastes.ndim == 1 else tastes
    users = {
        "count": len(tastes),
        "tastes": {"kind": "clusters", "dimensions": tastes.shape[1]},
        "network": "small_world",
        "dynamics": [] if one is None else [one],
    }
    sim = Simulation(tiny(users=users, system={"recommender": "uniform"}, metrics=[]))
    sim.world.users.tastes = tastes
    sim.world.society.unfollow(np.arange(len(sim.world.edges)))
    ends = np.asarray(pairs, np.int32).reshape(-1, 2)
    for follower, followed in ((0, 1), (1, 0)) if mutual else ((0, 1),):
        sim.world.society.follow(ends[:, follower], ends[:, followed])
    return sim


NOTHING = make_feedback(make_slate(np.zeros((0, 1))), np.zeros((0, 1), np.int32))
"""What happens in a tick in which nobody has a session."""
