"""A tick made by hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from recsim.base.table import ENTITY, Column, Table
from recsim.metrics import Tick
from recsim.world.affinity.inner_product import InnerProduct
from tests.helpers import make_feedback, make_slate


def tick(
    slate: ArrayLike,
    picks: ArrayLike | None = None,
    *,
    tastes: ArrayLike = ((1.0, 0.0),),
    topics: ArrayLike = ((1.0, 0.0),),
    quality: ArrayLike = 0.0,
    made_by_ai: ArrayLike = False,
    source: ArrayLike | None = None,
    dead_items: ArrayLike = (),
    dead_users: ArrayLike = (),
    groups: ArrayLike = 0,
    group_names: tuple[str, ...] = (),
    centres: ArrayLike = (),
    number: int = 3,
    **service: Any,
) -> Tick:
    """Users by `tastes`, items by `topics` (rows); `slate` (n, k) for users 0 to n − 1, `picks` columns or −1."""
    shown = make_slate(slate)
    if source is not None:
        shown = shown._replace(source=np.asarray(source, np.int8).reshape(shown.items.shape))
    columns = picks if picks is not None else np.full(len(shown.items), -1)
    users, items = _table(tastes, "tastes", dead_users), _table(topics, "topics", dead_items)
    users.require({"group": Column(np.int32)})
    users.group = groups
    items.require({"quality": Column(np.float64), "made_by_ai": Column(np.bool_)})
    items.quality, items.made_by_ai = quality, made_by_ai

    def utility(who: np.ndarray, what: np.ndarray) -> np.ndarray:
        found = np.einsum("nd,nkd->nk", users.tastes[who], items.topics[what]) + items.quality[what]
        return np.where(what >= 0, found, np.nan)

    people = SimpleNamespace(dynamics=(), affinity=InnerProduct())
    fitted = SimpleNamespace(centres=np.array(centres, float))
    world = SimpleNamespace(utility=utility, people=people, fitted=fitted, group_names=group_names)
    feedback = make_feedback(shown, columns)
    return Tick(number, users.frozen(), items.frozen(), world, SimpleNamespace(**service), shown, feedback, {})


def _table(vectors: ArrayLike, name: str, dead: ArrayLike) -> Table:
    rows = np.asarray(vectors, np.float64)
    table = Table(ENTITY | {name: Column(np.float64, width=rows.shape[1])})
    table.grow(len(rows), **{name: rows})
    table.alive[np.asarray(dead, int)] = False
    return table
