"""What many tests need: a small scenario, a run to its end, and values made by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recsim.base.flow import Feedback, Follows, Public, Request, Rows, Slate, Source, Training, Truth, Unclicked
from recsim.scenario import Scenario
from recsim.simulation import Simulation
from recsim.world.choice import Offer

TINY: dict[str, Any] = {
    "ticks": 6,
    "users": {"count": 40},
    "items": {"count": 30},
    "system": {"slate_size": 5, "warmup": {"ticks": 2}, "recommender": {"kind": "als", "factors": 4, "threads": 1}},
}


def tiny(path_overrides: Mapping[str, Any] | None = None, /, **sections: Any) -> Scenario:
    """40 users, 30 items, 6 ticks; `sections` are laid over it field by field, then overrides by path.

    `tiny({"system.slate_size": 3}, users={"behaviours": ["drift"]}, seed=2)`
    """
    fields = dict(TINY)
    for name, value in sections.items():
        base = fields.get(name)
        fields[name] = {**base, **value} if isinstance(base, Mapping) and isinstance(value, Mapping) else value
    spec = Scenario.parse(fields)
    for path, value in (path_overrides or {}).items():
        spec = spec.override(path, value)
    return spec


def run_all(what: Simulation | Scenario) -> Simulation:
    """Step to the end; a scenario is built first."""
    sim = Simulation(what) if isinstance(what, Scenario) else what
    while sim.running and sim.tick < sim.spec.ticks:
        sim.step()
    return sim


# -- values made by hand -----------------------------------------------------------------------------------------------


def make_public(user_keys: ArrayLike, item_keys: ArrayLike, features: NDArray[Any] | None = None) -> Public:
    """Everybody alive, everything born at tick 0; an integer instead of keys means that many."""
    users, items = _keys(user_keys), _keys(item_keys)
    features = np.zeros((len(items), 1)) if features is None else features
    born, here = np.zeros(len(items), np.int32), np.ones(len(items), np.bool_)
    follows = make_follows((), len(users))
    return Public(users, np.ones(len(users), np.bool_), items, features, born, here, born, (), follows=follows)


def make_follows(pairs: ArrayLike, n: int) -> Follows:
    """Who of n users follows whom: pairs (e, 2) of row numbers."""
    edges = np.asarray(pairs, np.int64).reshape(-1, 2)
    edges = edges[np.lexsort((edges[:, 1], edges[:, 0]))]
    indptr = np.concatenate([[0], np.cumsum(np.bincount(edges[:, 0], minlength=n))])
    return Follows(indptr, edges[:, 1].astype(np.int32))


def make_training(users: ArrayLike, items: ArrayLike, weights: ArrayLike | None = None, tick: int = 0) -> Training:
    """Interactions of one tick, for the recommender."""
    user, item = np.asarray(users, np.int32), np.asarray(items, np.int32)
    weight = np.ones(len(user)) if weights is None else np.asarray(weights, np.float64)
    ranks, certain = np.zeros(len(user), np.int32), np.full(len(user), np.nan)
    nothing = Unclicked(*np.zeros((4, 0), np.int32))
    return Training(
        user, item, weight, np.full(len(user), tick, np.int32), ranks, certain, nothing, "recommender", tick
    )


def make_request(
    public: Public,
    n: int,
    consumed: Mapping[int, ArrayLike] | None = None,
    *,
    users: ArrayLike | None = None,
    offered: ArrayLike | None = None,
    tick: int = 1,
    truth: Truth | None = None,
) -> Request:
    """All users want `n` items; `consumed` maps user numbers to items, `offered` are item numbers (default: all)."""
    who = np.arange(len(public.user_keys), dtype=np.int32) if users is None else np.asarray(users, np.int32)
    lists = [np.unique(np.asarray((consumed or {}).get(int(user), []), np.int32)) for user in who]
    indptr = np.concatenate([[0], np.cumsum([len(one) for one in lists])]).astype(np.int32)
    history = Rows(indptr, np.concatenate([*lists, np.zeros(0, np.int32)]))
    items = np.arange(len(public.item_keys), dtype=np.int32) if offered is None else np.asarray(offered, np.int32)
    items = items[np.argsort(public.item_keys[items], kind="stable")]
    return Request(who, history, history, n, tick, public, items, truth)


def make_slate(
    items: ArrayLike, users: ArrayLike | None = None, source: int = Source.RECOMMENDED, **more: Any
) -> Slate:
    """A slate of recommended items (n, k) for users 0 to n − 1."""
    rows = np.asarray(items, np.int32)
    who = np.arange(len(rows), dtype=np.int32) if users is None else np.asarray(users, np.int32)
    return Slate(who, rows, np.full(rows.shape, source, np.int8), **more)


def make_feedback(slate: Slate, picks: ArrayLike) -> Feedback:
    """What was picked: columns (n,) or (n, m), −1 for nothing."""
    columns = np.asarray(picks, np.int32)
    columns = columns[:, None] if columns.ndim == 1 else columns
    return Feedback(slate, columns, np.ones(columns.shape))


def make_offer(
    appeal: ArrayLike, users: ArrayLike | None = None, items: ArrayLike | None = None, ranks: ArrayLike | None = None
) -> Offer:
    """Appeal (n, k) as a choice model gets it: item keys 0 to k − 1 and ranks 1 to k unless said otherwise."""
    pull = np.asarray(appeal, np.float64)
    who = np.arange(len(pull), dtype=np.uint64) if users is None else np.asarray(users, np.uint64)
    what = np.arange(pull.shape[1]) if items is None else np.asarray(items)
    rank = np.arange(1, pull.shape[1] + 1) if ranks is None else np.asarray(ranks)
    return Offer(pull, np.broadcast_to(rank, pull.shape), who, np.broadcast_to(what, pull.shape).astype(np.uint64))


def _keys(keys: ArrayLike) -> NDArray[np.uint64]:
    return np.arange(keys, dtype=np.uint64) if isinstance(keys, int) else np.asarray(keys, np.uint64)
