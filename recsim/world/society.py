"""Who follows whom: a table of edges whose rows never move, and the living ones as rows of users."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from recsim.base.draws import mix
from recsim.base.flow import Follows, Introductions, Ints, Links
from recsim.base.kernels.ragged import linked
from recsim.base.table import ENTITY, Column, Table

if TYPE_CHECKING:
    from recsim.world.world import World

EDGES = ENTITY | {"follower": Column(np.int32, -1), "followed": Column(np.int32, -1)}
"""An edge is a follow: `follower` sees what `followed` does. Its key mixes those of the two, in this order; it is not
`alive` any more once it is undone. Whoever takes it up again gets a new row."""


class Society:
    """The network of a world.

    Args:
        world: whose users they are.
        links: the network read from a file, if the scenario has one.
    """

    def __init__(self, world: World, links: Links | None) -> None:
        self.world, self.links = world, links
        self.edges = Table(EDGES)
        self._seen: tuple[NDArray[Any], ...] = ()
        self._follows = Follows(np.zeros(1, np.int64), np.zeros(0, np.int32))

    @property
    def follows(self) -> Follows:
        """The living edges between living people, read-only; made anew only after something has changed."""
        edges, users = self.edges, self.world.users
        now = (edges.alive, edges.follower, edges.followed, users.alive, users.key)
        if len(self._seen) != len(now) or not all(map(np.array_equal, self._seen, now)):
            self._seen = tuple(array.copy() for array in now)
            self._follows = self._rows()
        return self._follows

    def _rows(self) -> Follows:
        edges, n = self.living(), len(self.world.users)
        rank = np.empty(n, np.int64)
        rank[np.argsort(self.world.users.key, kind="stable")] = np.arange(n)
        one, other = self.edges.follower[edges], self.edges.followed[edges]
        order = np.argsort(one.astype(np.int64) * n + rank[other], kind="stable")
        indptr = np.concatenate([[0], np.cumsum(np.bincount(one, minlength=n))])
        follows = Follows(indptr, other[order])
        for array in follows:
            array.flags.writeable = False
        return follows

    def living(self) -> NDArray[np.int64]:
        """(e,) rows of the living edges between living people."""
        edges, alive = self.edges, self.world.users.alive
        return np.flatnonzero(edges.alive & alive[edges.follower] & alive[edges.followed])

    def welcome(self, rows: Ints) -> None:
        """People have joined: the first ones get the network of the scenario, later ones their place in it."""
        if len(rows):
            network = self.world.people.network
            draws = self.world.keyed(network)
            found = network.edges if rows[0] == 0 else network.greet
            self.follow(*found(self.world, rows, draws))

    def follow(self, users: Ints, others: Ints) -> Ints:
        """Users (e,) follow others (e,); returns the rows of the new edges.

        Left out: −1, oneself, those who have left, and what is there already.
        """
        n, keys, alive = len(self.world.users), self.world.users.key, self.world.users.alive
        real = (users >= 0) & (others >= 0) & (users != others)
        real[real] = alive[users[real]] & alive[others[real]]
        one, other = users[real], others[real]
        if len(one) and len(self.edges):
            new = ~linked(self.follows, one, other[:, None])[:, 0]
            one, other = one[new], other[new]
        _, first = np.unique(one.astype(np.int64) * n + other, return_index=True)
        one, other = one[first], other[first]
        named = mix(keys[one], keys[other])
        return self.edges.grow(len(one), key=named, born=self.world.tick, follower=one, followed=other)

    def unfollow(self, edges: NDArray[Any]) -> None:
        """Undo edges by their rows."""
        self.edges.alive[edges] = False

    def introduce(self, introductions: Introductions) -> None:
        """Each of the people introduced follows the other with probability `accept` of the network."""
        network, (users, others) = self.world.people.network, introductions
        real = others >= 0
        users, others = users[real], others[real]
        pairs = mix(self.world.users.key[users], self.world.users.key[others])
        willing = self.world.stream(network).of("accept").uniform(pairs) < network.accept
        self.follow(users[willing], others[willing])
