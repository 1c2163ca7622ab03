"""Circles of people who are alike, and a few who know many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field

from recsim.base.component import Positive, Share
from recsim.base.draws import Draws
from recsim.base.flow import Floats, Ints
from recsim.world.network import Network, Pairs, befriended, distinct_pairs, elders, followers, mutual, weighted

if TYPE_CHECKING:
    from recsim.world.world import World

_SIDES: tuple[Literal["left"], Literal["right"]] = ("left", "right")


class Communities(Network):
    """Friendships within circles and between them, of people of whom some are far more sociable than others.

    A degree-corrected stochastic block model (Karrer & Newman, Physical Review E 2011): with θ the sociability, both
    friends are drawn ∝ θ, the second with probability `homophily` from the circle of the first, else from everybody;
    what chance brings together comes on top. Circles are the groups of users where there are any, else the clusters of
    their tastes. θ is drawn from a power law, and held below the number of friends √(degree · n) at which pairs repeat.
    Friends follow each other. Somebody who joins later befriends `degree` people, drawn by their followers.
    """

    degree: Positive = 10.0
    """Mean number of friends; a little less where circles are small, since nobody is befriended twice."""
    exponent: Annotated[float, Field(gt=2, le=100)] | None = 2.5
    """Exponent of the power law of the number of friends; larger: people are more alike in it; null: all are."""
    homophily: Share = 0.8
    """Probability that a friend is sought in one's own circle; larger: circles are more closed; 0: there are none."""

    def edges(self, world: World, users: Ints, draws: Draws) -> Pairs:
        """As many friendships as are wanted."""
        rng, n = draws.generator(), len(users)
        circle = circles(world)[users]
        order = np.argsort(circle, kind="stable")
        ends = np.cumsum(self._sociability(n, draws)[order])
        lo, hi = (np.searchsorted(circle[order], circle[order], side=side) for side in _SIDES)
        below, above = np.where(lo > 0, ends[lo - 1], 0.0), ends[hi - 1]  # of the circle of each

        def draw(count: int) -> tuple[Ints, Ints]:
            one = _found(ends, rng.random(count) * ends[-1])
            close = rng.random(count) < self.homophily
            start, end = np.where(close, below[one], 0.0), np.where(close, above[one], ends[-1])
            other = _found(ends, start + rng.random(count) * (end - start))
            return order[one].astype(np.int32), order[other].astype(np.int32)

        wanted = min(round(self.degree * n / 2.0), n * (n - 1) // 2)
        one, other = distinct_pairs(draw, wanted, n)
        return mutual(users[one], users[other])

    def greet(self, world: World, newcomers: Ints, draws: Draws) -> Pairs:
        """Circle after circle; who is drawn twice counts once."""
        line, keys, count = elders(world, newcomers), world.users.key[newcomers], np.arange(max(round(self.degree), 1))
        circle, known = circles(world), followers(world)[line] + 1.0
        luck, others = draws.of("greet").uniform(keys, count), np.full((len(keys), len(count)), -1, np.int32)
        for one in np.unique(circle[newcomers]):
            mine = circle[newcomers] == one
            others[mine] = weighted(line, known * (circle[line] == one), luck[mine])
        close = draws.of("homophily").uniform(keys, count) < self.homophily
        return befriended(newcomers, np.where(close & (others >= 0), others, weighted(line, known, luck)))

    def _sociability(self, n: int, draws: Draws) -> Floats:
        """(n,) θ, as the number of friends that is expected."""
        if self.exponent is None:
            return np.full(n, self.degree)
        theta = draws.of("sociability").generator().random(n) ** (-1.0 / (self.exponent - 1.0))
        return np.minimum(theta * self.degree / theta.mean(), np.sqrt(self.degree * n))


def circles(world: World) -> Ints:
    """(u,) number of everybody's circle."""
    return np.asarray(world.users.group if world.group_names else world.users.home)


def _found(ends: Floats, luck: Floats) -> Ints:
    return np.minimum(np.searchsorted(ends, luck, side="right"), len(ends) - 1).astype(np.int32)
