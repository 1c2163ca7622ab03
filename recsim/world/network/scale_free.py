"""A few are known to very many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from recsim.base.draws import Draws
from recsim.base.flow import Ints
from recsim.world.network import ROUNDS, Network, Pairs, befriended, elders, followers, fresh, mutual, weighted

if TYPE_CHECKING:
    from recsim.world.world import World

Places = NDArray[np.int64]


class ScaleFree(Network):
    """Each person who came befriended m others, with chances in proportion to the friends these had.

    Preferential attachment (Barabási & Albert, Science 1999): P(k) ~ k⁻³, and a mean of 2m friends. A friend of one of
    all friendships so far is drawn (Batagelj & Brandes, Physical Review E 2005), starting from a star of m + 1. Friends
    follow each other. Somebody who joins later does the same.
    """

    attachments: Annotated[int, Field(ge=1, le=10_000)] = 5
    """Friends that each makes when they come: half of the mean number of friends; larger: more is heard."""

    def edges(self, world: World, users: Ints, draws: Draws) -> Pairs:
        """Ends of friendships, of which later ones point to earlier ones; who is drawn twice is drawn anew."""
        rng, n = draws.generator(), len(users)
        m = min(self.attachments, n - 1)
        if m < 1:
            return np.zeros(0, np.int32), np.zeros(0, np.int32)
        star, source = np.arange(m), np.repeat(np.arange(m + 1, n), m)
        known = 2 * m * (source - m)  # ends that there were when the source came
        ends = np.empty(2 * (m + len(source)), np.int64)
        ends[: 2 * m : 2], ends[1 : 2 * m : 2], ends[2 * m :: 2] = m, star, source
        pointer = np.arange(len(ends))
        late, todo = 2 * m + 2 * np.arange(len(source)) + 1, np.arange(len(source))
        for _ in range(ROUNDS):
            pointer[late[todo]] = (rng.random(len(todo)) * known[todo]).astype(np.int64)
            ends[late] = ends[_roots(pointer, late)]
            todo = np.flatnonzero(~fresh(ends[0::2], ends[1::2], n)[m:])
            if not len(todo):
                break
        keep = fresh(ends[0::2], ends[1::2], n)
        return mutual(users[ends[0::2][keep]], users[ends[1::2][keep]])

    def greet(self, world: World, newcomers: Ints, draws: Draws) -> Pairs:
        """The more followers, the likelier; who is drawn twice counts once."""
        line = elders(world, newcomers)
        luck = draws.of("greet").uniform(world.users.key[newcomers], np.arange(self.attachments))
        return befriended(newcomers, weighted(line, followers(world)[line], luck))


def _roots(pointer: Places, places: Places) -> Places:
    """The ends that are their own pointers, found from these places by following pointers."""
    found, moving = pointer[places], np.arange(len(places))
    while len(moving):
        moving = moving[pointer[found[moving]] != found[moving]]
        found[moving] = pointer[found[moving]]
    return found
