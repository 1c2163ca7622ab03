"""A network that somebody has observed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from recsim.base.draws import Draws
from recsim.base.flow import Ints
from recsim.world.network import Network, Pairs, elders, followers, mutual, weighted

if TYPE_CHECKING:
    from recsim.world.world import World


class FromFile(Network):
    """The follows in a CSV or Parquet file (plain or `.gz`), one a line, by the ids of the two people.

    Nodes are numbered in ascending order of their ids; the first `users.count` of them are the users, by default all,
    and follows of others are left out: of a sparse network the first few know hardly anybody, so take all. A second
    file may tell the groups of the nodes, which then are groups of users. Somebody who joins later follows as many
    people as the others do on average, drawn by their followers; of a mutual network they are followed back.
    """

    needs_links = True
    path: str = "edges.csv"
    """File of the follows, looked for beside the scenario, then in `--data DIR` (or RECSIM_DATA)."""
    follower: str = "node_1"
    """Column of the id of who follows."""
    followed: str = "node_2"
    """Column of the id of who is followed."""
    mutual: bool = True
    """Whether each line is a friendship, in which both follow each other; false: the first follows the second."""
    groups: str | None = None
    """File of the groups of the nodes, beside the first one; default: nodes have no groups."""
    node: str = "id"
    """Its column of ids."""
    group: str = "group"
    """Its column of names of groups."""

    def edges(self, world: World, users: Ints, draws: Draws) -> Pairs:
        """Node i is user i."""
        links = world.society.links
        if links is None:
            raise ValueError("'from_file' needs the network that was read: give it to World as 'links'")
        pairs = users[links.followers], users[links.followed]
        return mutual(*pairs) if self.mutual else pairs

    def greet(self, world: World, newcomers: Ints, draws: Draws) -> Pairs:
        """The mean number, rounded; who is drawn twice counts once."""
        line, known = elders(world, newcomers), followers(world)
        count = round(float(known.sum()) / max(len(line), 1))
        luck = draws.of("greet").uniform(world.users.key[newcomers], np.arange(count))
        others = weighted(line, known[line], luck)
        pairs = np.repeat(newcomers, count), others.ravel()
        return mutual(*pairs) if self.mutual else pairs
