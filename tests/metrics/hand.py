"""A tick made by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from recsim.base.draws import Draws
from recsim.base.flow import Feedback, Truth, Works
from recsim.base.table import ENTITY, Column, Table
from recsim.metrics import Metric, Tick
from recsim.system.generators import Generator
from recsim.system.log import Log
from recsim.system.recommenders import Recommender
from recsim.system.recommenders.uniform import Uniform
from recsim.world.affinity.inner_product import InnerProduct
from tests.helpers import make_feedback, make_follows, make_public, make_request, make_slate

NOBODY = np.zeros((0, 1))
"""The slates of a tick without sessions."""
OF_ITEMS = {
    "clickbait": Column(np.float64),
    "genre": Column(np.int32),
    "parent": Column(np.int32, -1),
    "generation": Column(np.int32),
}
"""Columns of the world's items beside their topics, quality and so on."""


def tick(
    slate: ArrayLike,
    picks: ArrayLike | None = None,
    *,
    tastes: ArrayLike | None = None,
    topics: ArrayLike = ((1.0, 0.0),),
    quality: ArrayLike = 0.0,
    made_by_ai: ArrayLike = False,
    features: ArrayLike | None = None,
    source: ArrayLike | None = None,
    intended: ArrayLike | None = None,
    propensity: ArrayLike | None = None,
    dead_items: ArrayLike = (),
    dead_users: ArrayLike = (),
    born: ArrayLike = 0,
    joined: ArrayLike = 0,
    groups: ArrayLike = 0,
    group_names: tuple[str, ...] = (),
    centres: ArrayLike = (),
    number: int = 3,
    clicked: Sequence[tuple[int, int, int]] = (),
    warmup: int = 0,
    recent: int = 10,
    random_share: float = 0.0,
    user_columns: dict[str, ArrayLike] | None = None,
    item_groups: ArrayLike = 0,
    follows: ArrayLike = (),
    item_group_names: tuple[str, ...] = (),
    item_columns: Mapping[str, ArrayLike] | None = None,
    known: Mapping[str, ArrayLike] | None = None,
    generators: Sequence[Generator] = (),
    recommender: Recommender | None = None,
    policies: Mapping[str, Any] | None = None,
    **service: Any,
) -> Tick:
    """Users by `tastes`, items by `topics` (rows); `slate` (n, k) for users 0 to n − 1, `picks` columns or −1.

    Items are `born` and users `joined` at a tick; `clicked` has the log (tick, user, item) in order, human up to the
    tick `warmup`. `item_columns` of the world are `OF_ITEMS`; `known` of items to the service are `listed`, `hidden`
    and what models have `learned`, by `family.label.learned`; `policies` are by `family.label`. Columns `views`,
    `views_past` and so on are the service's counts of items; the rest is its own.
    """
    shown = make_slate(slate, intended=None if intended is None else np.asarray(intended, np.int32))
    shown = shown._replace(propensity=None if propensity is None else np.asarray(propensity, float))
    if source is not None:
        shown = shown._replace(source=np.asarray(source, np.int8).reshape(shown.items.shape))
    columns = picks if picks is not None else np.full(len(shown.items), -1)
    tastes = [[1.0, 0.0]] * max(len(shown.items), 1) if tastes is None else tastes
    users, items = _table(tastes, "tastes", dead_users, joined), _table(topics, "topics", dead_items, born)
    users.require({"group": Column(np.int32)} | dict.fromkeys(user_columns or {}, Column(np.float64)))
    users.group = groups
    for name, values in (user_columns or {}).items():
        users[name][:] = values
    seen = items.topics if features is None else np.asarray(features, float)
    width = {"features": Column(np.float64, width=seen.shape[1])}
    items.require({"quality": Column(np.float64), "made_by_ai": Column(np.bool_), "group": Column(np.int32)} | width)
    items.quality, items.made_by_ai, items.features = quality, made_by_ai, seen
    items.group = item_groups
    items.require(OF_ITEMS)
    for name, values in (item_columns or {}).items():
        items[name][:] = values
    feedback = make_feedback(shown, columns)
    world = _world(users, items, group_names, np.array(centres, float))
    world.follows = make_follows(follows, len(users))
    world.catalogue = SimpleNamespace(groups=tuple(SimpleNamespace(name=name) for name in item_group_names))
    parts = _service(users, items, clicked, warmup, recent, random_share, service)
    parts |= _models(items, parts, known or {}, generators, recommender, policies or {}) | service
    return Tick(number, users.frozen(), items.frozen(), world, SimpleNamespace(**parts), shown, feedback, {})


def everybody(value: Any) -> float:
    """What a metric gives for all."""
    return float(value["all"] if isinstance(value, dict) else value)


def measured(metric: Metric, given: Tick, first: Tick | None = None) -> Any:
    """What a metric gives on a tick; it was prepared on `first`."""
    return metric.measure(given, metric.prepare(given if first is None else first))


def _world(users: Table, items: Table, group_names: tuple[str, ...], centres: np.ndarray) -> Any:
    def utility(who: np.ndarray, what: np.ndarray) -> np.ndarray:
        found = np.einsum("nd,nkd->nk", users.tastes[who], items.topics[what]) + items.quality[what]
        return np.where(what >= 0, found, np.nan)

    def gained(feedback: Feedback) -> np.ndarray:
        items = np.full(feedback.picks.shape, -1, np.int32)
        items[feedback.picks >= 0] = feedback.items
        return utility(feedback.slate.users, items)

    people = SimpleNamespace(dynamics=(), affinity=InnerProduct(), network=SimpleNamespace(kind="none"))
    truth = Truth(lambda who, what: utility(who, np.broadcast_to(what, (len(who), len(what)))))
    return SimpleNamespace(
        utility=utility, gained=gained, truth=lambda: truth, people=people, fitted=SimpleNamespace(centres=centres),
        group_names=group_names, draws=Draws(1),
    )  # fmt: skip


def _service(
    users: Table, items: Table, rows: Any, warmup: int, recent: int, random_share: float, counts: dict[str, Any]
) -> dict[str, Any]:
    book = Log(1)
    for then, user, item in rows:
        one = (np.array([x], np.int32) for x in (user, item))
        book.extend(then, *one, np.ones(1), len(users), len(items))
    book.clicks.human = book.clicks.tick <= warmup
    seen = Table({name: Column(np.int64) for name in ("views", "clicks", "views_now", "clicks_now")})
    seen.require({name: Column(np.int32, width=recent) for name in ("views_past", "clicks_past")})
    seen.grow(len(items), **{name: counts.pop(name) for name in list(counts) if name in seen})
    section = SimpleNamespace(
        warmup=SimpleNamespace(ticks=warmup), recent=recent, random_share=random_share, holdout=0.0, generators=()
    )
    public = make_public(len(users), len(items))
    known: dict[int, list[int]] = {}
    for _, user, item in rows:
        known.setdefault(user, []).append(item)

    def request(who: np.ndarray, n: int) -> Any:
        return make_request(public, n, known, users=who, offered=np.flatnonzero(items.alive))

    return {"log": book, "items": seen, "section": section, "request": request}


def _models(
    items: Table, parts: dict[str, Any], known: Mapping[str, Any], generators: Any, recommender: Any, policies: Any
) -> dict[str, Any]:
    seen, section = parts["items"], parts["section"]
    seen.require({"listed": Column(np.bool_, True), "hidden": Column(np.bool_)})
    seen.require({name: Column(np.float64) for name in known if name.endswith(".learned")})
    for name, values in known.items():
        seen[name][:] = values
    section.generators, section.recommender = tuple(generators), recommender or Uniform()

    def content(rows: np.ndarray) -> Works:
        nothing = np.zeros((len(rows), 0), np.int32)
        own = (items[name][rows] for name in ("topics", "quality", "clickbait", "genre"))
        return Works(*own, nothing, np.full(len(rows), -1, np.int32))

    models = SimpleNamespace(policy=lambda model: policies.get(f"{model.family}.{model.label}"))
    offer = items.alive & seen.listed & ~seen.hidden
    return {"models": models, "content": content, "on_offer": offer}


def _table(vectors: ArrayLike, name: str, dead: ArrayLike, born: ArrayLike) -> Table:
    rows = np.asarray(vectors, np.float64)
    table = Table(ENTITY | {name: Column(np.float64, width=rows.shape[1])})
    table.grow(len(rows), key=np.arange(len(rows), dtype=np.uint64), born=born, **{name: rows})
    table.alive[np.asarray(dead, int)] = False
    return table
