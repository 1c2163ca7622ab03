"""Who knows whom at the start, and whom newcomers get to know; one file a sort of network.

The large networks are drawn by array functions of our own: those of networkx take seconds for 100,000 people, and
change with its version. The tests hold them against it; `textbook` uses it for further models.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from recsim.base.component import Component, Share, import_all
from recsim.base.draws import Draws
from recsim.base.flow import Bools, Floats, Ints

if TYPE_CHECKING:
    from recsim.world.world import World

Pairs = tuple[Ints, Ints]
"""Followers (e,) and whom they follow (e,), by rows of the users' table."""
ROUNDS = 50


class Network(Component):
    """Family of the networks between people: who follows whom. Nothing goes along it but what other components say."""

    family = "network"
    null = "people who know each other are not people who do not; `none` is nobody"
    needs_links: ClassVar[bool] = False
    """True for networks that come from a file."""

    accept: Share = 0.5
    """Probability that somebody follows a person whom the platform introduces; larger: link recommenders matter."""

    def too_large(self, users: int) -> str | None:
        """Why it refuses so many users; None: it does not."""
        return None

    def edges(self, world: World, users: Ints, draws: Draws) -> Pairs:
        """Who follows whom among the first users (n,); pairs that stand there twice count once."""
        raise NotImplementedError

    def greet(self, world: World, newcomers: Ints, draws: Draws) -> Pairs:
        """Whom users who join later (n,) follow, and who follows them."""
        raise NotImplementedError


def mutual(one: Ints, other: Ints) -> Pairs:
    """Friendships: each follows the other."""
    return np.concatenate([one, other]).astype(np.int32), np.concatenate([other, one]).astype(np.int32)


def befriended(newcomers: Ints, others: Ints) -> Pairs:
    """Friendships of newcomers (n,) with others (n, c), −1 for nobody."""
    return mutual(np.repeat(newcomers, others.shape[1]), others.ravel())


def distinct_pairs(draw: Callable[[int], tuple[Ints, Ints]], count: int, n: int) -> Pairs:
    """About `count` different pairs of different ones of n: what is drawn twice is drawn anew, for a while."""
    one, other = np.zeros(0, np.int32), np.zeros(0, np.int32)
    for _ in range(ROUNDS):
        more = draw(count - len(one))
        one, other = np.concatenate([one, more[0]]), np.concatenate([other, more[1]])
        keep = fresh(one, other, n)
        one, other = one[keep], other[keep]
        if len(one) == count:
            break
    return one, other


def befriend_anybody(world: World, newcomers: Ints, count: int, draws: Draws) -> Pairs:
    """Friendships of newcomers with people who were there, each equally likely; who is drawn twice counts once."""
    line = elders(world, newcomers)
    luck = draws.of("greet").uniform(world.users.key[newcomers], np.arange(count))
    return befriended(newcomers, weighted(line, np.ones(len(line)), luck))


def fresh(one: NDArray[Any], other: NDArray[Any], n: int) -> Bools:
    """(e,) whether two of n differ, and stand there for the first time, in whichever order."""
    low, high = np.minimum(one, other), np.maximum(one, other)
    _, first = np.unique(low.astype(np.int64) * n + high, return_index=True)
    new = np.zeros(len(one), np.bool_)
    new[first] = True
    return np.asarray(new & (one != other))


def elders(world: World, newcomers: Ints) -> Ints:
    """(m,) the living people who were there before, in order of their keys."""
    there = world.users.alive.copy()
    there[newcomers] = False
    found = np.flatnonzero(there)
    return found[np.argsort(world.users.key[found], kind="stable")].astype(np.int32)


def weighted(line: Ints, weight: Floats, luck: Floats) -> Ints:
    """Somebody of a line (m,) for each uniform number of any shape, chances ∝ weight (m,); −1 if nobody has any."""
    ends = np.cumsum(weight)
    if not len(line) or not ends[-1] > 0:
        return np.full(luck.shape, -1, np.int32)
    place = np.minimum(np.searchsorted(ends, luck * ends[-1], side="right"), len(line) - 1)
    return np.asarray(line[place], np.int32)


def followers(world: World) -> Floats:
    """(u,) number of followers of everybody."""
    return np.bincount(world.follows.users, minlength=len(world.users)).astype(np.float64)


import_all(__name__, __path__)
