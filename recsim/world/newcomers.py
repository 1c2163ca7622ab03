"""Who comes: users and items as they are first drawn, at the start or in the middle of a run.

Everything is keyed by the newcomer's own key, so that the same one comes in every arm of an experiment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from recsim.base.flow import Floats, Ints, Keys, Works
from recsim.base.kernels.geometry import units
from recsim.world.tastes import Drawn

if TYPE_CHECKING:
    from recsim.world.world import World


def users(world: World, keys: Keys) -> dict[str, Any]:
    """Columns of new users."""
    tastes, groups = world.people.tastes, world.people.groups
    drawn = tastes.users(keys, world.fitted, world.keyed(tastes))
    group = _numbers(world, "users", [one.share for one in groups], keys)
    for number, one in enumerate(groups):
        if one.tastes is not None:
            mine = group == number
            theirs = one.tastes.users(keys[mine], world.of_groups[one.name], world.keyed(one.tastes))
            drawn.vectors[mine], drawn.home[mine] = theirs.vectors, theirs.home
    links = world.society.links
    if not groups and world.history is not None and drawn.logged is not None and world.history.group_names:
        group = world.history.groups[drawn.logged]
    elif links is not None and links.group_names:
        group = links.groups[_nodes(world, keys, links.nodes)]
    return {"tastes": drawn.vectors, **_of_both(world, keys, drawn, group)}


def topics(world: World, keys: Keys) -> tuple[Drawn, Ints]:
    """Where newcomers to the catalogue lie (n, d), and their groups (n,)."""
    tastes, section = world.people.tastes, world.catalogue
    drawn = tastes.items(keys, world.fitted, world.keyed(tastes))
    group = _numbers(world, "items", [one.share for one in section.groups], keys)
    special = {one.name: one.tastes for one in world.people.groups}
    for number, one in enumerate(section.groups):
        own, mine = special.get(one.name), group == number
        if own is not None:
            theirs = own.items(keys[mine], world.of_groups[one.name], world.keyed(own))
            drawn.vectors[mine], drawn.home[mine] = theirs.vectors, theirs.home
    return drawn, group


def items(world: World, keys: Keys, made: tuple[Drawn, Ints] | None = None) -> dict[str, Any]:
    """Columns of new items that people made; `made` says where they lie and their groups, default: drawn."""
    section = world.catalogue
    drawn, group = topics(world, keys) if made is None else made
    popularity, visible = _popularity(world, keys, drawn.logged)
    share, draws = section.quality_popularity, world.draws.of("items", "quality")
    scatter = share * popularity + np.sqrt(1.0 - share**2) * draws.normal(keys)
    quality = section.quality_mean + section.quality_spread * scatter
    if section.groups:
        quality += np.array([one.quality for one in section.groups])[group]
    if world.fitted.quality is not None and drawn.logged is not None:
        quality += world.fitted.quality[drawn.logged]
    bait = section.clickbait_mean + section.clickbait_spread * world.draws.of("items", "clickbait").normal(keys)
    own = {"topics": drawn.vectors, "quality": quality, "prominence": visible, "clickbait": bait, "genre": drawn.home}
    if section.titles is not None:
        home = drawn.home if len(world.fitted.centres) > 1 else None
        own["tokens"], own["genre"] = section.titles.draw(keys, home, world.keyed(section.titles))
    return own | _of_both(world, keys, drawn, group)


def works(world: World, made: Works, keys: Keys) -> dict[str, Any]:
    """Columns of new items that a machine made."""
    group = _groups(world, made)
    own = made._asdict() | {"made_by_ai": True, "genre": np.where(made.genre < 0, _genres(world, made), made.genre)}
    if "tokens" not in world.items or not made.tokens.shape[1]:
        del own["tokens"]
    return own | {"key": keys, "born": world.tick, "group": group}


def _groups(world: World, made: Works) -> Ints:
    """(j,) the group of the item it was made after, else the one whose mean, of people's items so far, is nearest."""
    n_groups, people = len(world.catalogue.groups), ~world.items.made_by_ai
    if n_groups < 2:
        return np.zeros(len(made.topics), np.int32)
    group, topics = world.items.group[people], world.items.topics[people]
    counts = np.bincount(group, minlength=n_groups)
    sums = [np.bincount(group, topics[:, axis], n_groups) for axis in range(topics.shape[1])]
    means = np.stack(sums, axis=1) / np.maximum(counts, 1)[:, None]  # (g, d)
    apart = np.stack([np.einsum("jd,jd->j", made.topics - mean, made.topics - mean) for mean in means], axis=1)
    nearest = np.where(counts > 0, apart, np.inf).argmin(axis=1)
    return np.where(made.parent >= 0, world.items.group[made.parent], nearest).astype(np.int32)


def _genres(world: World, made: Works) -> Ints:
    """(j,) the cluster whose centre lies nearest in direction; 0 where there are none, −1 where genres are forms."""
    centres = world.fitted.centres
    if world.catalogue.titles is not None:
        return made.genre
    if not len(centres):
        return np.zeros(len(made.topics), np.int32)
    alike = np.einsum("jd,cd->jc", units(made.topics), units(centres))
    return np.asarray(alike.argmax(axis=1), np.int32)


def _nodes(world: World, keys: Keys, count: int) -> NDArray[np.int64]:
    """(n,) the node of a network from a file that each user is; later ones are like any."""
    drawn = (world.draws.of("users", "node").uniform(keys) * count).astype(np.int64)
    return np.where(keys < count, keys.astype(np.int64), drawn)


def features(world: World, rows: Ints) -> Floats:
    """What the platform sees of new items (n, d): what the log tells of those taken from it, else topics with noise."""
    topics, width = world.items.topics[rows], world.items.features.shape[1]
    if world.history is None:
        noise = world.draws.of("items", "features").normal(world.items.key[rows], np.arange(topics.shape[1]))
        return np.asarray(topics + world.catalogue.feature_noise * noise)
    seen, logged = np.zeros((len(rows), width)), world.items.logged[rows]
    told = world.history.features[logged[logged >= 0]]
    seen[logged >= 0, : told.shape[1]] = told  # a log may tell nothing of its items
    return seen


def _of_both(world: World, keys: Keys, drawn: Drawn, group: Ints) -> dict[str, Any]:
    logged = -1 if drawn.logged is None else drawn.logged
    return {"key": keys, "born": world.tick, "home": drawn.home, "group": group, "logged": logged}


def _numbers(world: World, whose: str, shares: list[float], keys: Keys) -> Ints:
    """(n,) the group of each newcomer; 0 where there are no groups."""
    if not shares:
        return np.zeros(len(keys), np.int32)
    ends = np.cumsum(shares)[:-1]
    return np.searchsorted(ends, world.draws.of(whose, "group").uniform(keys), side="right").astype(np.int32)


def _popularity(world: World, keys: Keys, logged: Ints | None) -> tuple[Floats, Floats]:
    """How popular new items are, in standard deviations (n,), and their prominence (n,)."""
    popularity = world.draws.of("items", "prominence").normal(keys)
    visible = np.exp(world.catalogue.prominence_spread * popularity)
    if world.history is not None and logged is not None:
        clicks = np.bincount(world.history.items, minlength=len(world.history.item_ids))
        logs, known = np.log1p(clicks), logged >= 0
        popularity[known] = ((logs - logs.mean()) / (logs.std() or 1.0))[logged[known]]
        visible[known] = (clicks / clicks.mean())[logged[known]]
    return popularity, visible
