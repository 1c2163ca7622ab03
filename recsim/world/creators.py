"""Who makes what people make: creators as they first come, and what they publish.

Everything is keyed by the creator, or by the item.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from recsim.base.flow import Ints, Keys
from recsim.base.table import ENTITY, Column
from recsim.world import newcomers
from recsim.world.tastes import Drawn

if TYPE_CHECKING:
    from recsim.world.sections import Creators
    from recsim.world.world import World


def columns(width: int) -> dict[str, Column]:
    """What is known of every creator: `width` numbers of topics; `clickbait` is what their items have over others'."""
    of_each = {"topics": Column(np.float64, width=width), "home": Column(np.int32), "group": Column(np.int32)}
    return ENTITY | of_each | {name: Column(np.float64) for name in ("spread", "effort", "clickbait")}


def arrivals(world: World, section: Creators, keys: Keys) -> dict[str, Any]:
    """Columns of new creators: their topics are drawn like those of items without creators."""
    drawn, group = newcomers.topics(world, keys)
    first = {"spread": section.spread, "effort": section.effort, "born": world.tick}
    return {"key": keys, "topics": drawn.vectors, "home": drawn.home, "group": group} | first


def items(world: World, keys: Keys, makers: Ints) -> dict[str, Any]:
    """Columns of the items with these keys, around the topics of their makers (n,)."""
    own = world.creators
    noise = world.draws.of("creators", "topics").normal(keys, np.arange(own.topics.shape[1]))  # (n, d)
    drawn = Drawn(own.topics[makers] + own.spread[makers][:, None] * noise, own.home[makers])
    made = newcomers.items(world, keys, (drawn, own.group[makers]))
    more = {name: made[name] + given[makers] for name, given in (("quality", own.effort), ("clickbait", own.clickbait))}
    return made | more | {"maker": makers}


def assigned(world: World, keys: Keys) -> Ints:
    """(n,) the creator of each item that nobody in particular is said to make; −1 where no creator is left."""
    living = np.flatnonzero(world.creators.alive)
    if not len(living):
        return np.full(len(keys), -1, np.int32)
    luck = world.draws.of("creators", "assigned").uniform(keys)
    return living[(luck * len(living)).astype(np.int64)].astype(np.int32)


def publish(world: World, section: Creators) -> Ints:
    """Living creators publish: ⌊rate + luck⌋ items each, so that who publishes at a rate does so at any larger one."""
    own, draws = world.creators, world.draws.of("creators", "publish", world.tick)
    pace = np.full(len(own), section.per_tick)
    for dynamics in section.dynamics:
        factor = dynamics.pace(world)
        pace = pace if factor is None else pace * factor
    count = np.where(own.alive, np.floor(pace + draws.uniform(own.key)), 0.0).astype(np.int64)  # (c,)
    makers = np.repeat(np.arange(len(own), dtype=np.int32), count)
    number = np.arange(len(makers)) - np.repeat(np.cumsum(count) - count, count)  # 0, 1, … of each creator
    return world.add_items(draws.of("birth").keys(own.key[makers], number[:, None])[:, 0], makers)
