"""Networks as networkx draws them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field

from recsim.base.component import Share
from recsim.base.draws import Draws
from recsim.base.flow import Ints
from recsim.world.network import Network, Pairs, befriend_anybody, mutual

if TYPE_CHECKING:
    from recsim.world.world import World

LARGEST = 200_000
"""Users for whom a graph of Python objects is still built in a minute."""


class Textbook(Network):
    """Friendships drawn by a generator of networkx, for models that recsim has no faster kind for.

    `powerlaw_cluster`: scale-free with triangles, `tie` the chance to close one (Holme & Kim, Physical Review E 2002);
    `caveman`: cliques of degree + 1 people, `tie` the share of friendships moved elsewhere (Watts 1999), the last few
    who make no clique without friends; `geometric`: people at random places of a square befriend who is near (Gilbert
    1961; `tie` unused); `random`: any two are friends with the same probability (Erdős & Rényi 1959; `tie` unused).
    Another version of networkx may draw another network. Somebody who joins later befriends `degree` people at random.
    """

    model: Literal["powerlaw_cluster", "caveman", "geometric", "random"] = "powerlaw_cluster"
    """Which of them."""
    degree: Annotated[int, Field(ge=2, le=10_000)] = 10
    """Mean number of friends, about; larger: more is heard."""
    tie: Share = 0.5
    """What the model says of it; larger: more common friends, or for `caveman` fewer."""

    def too_large(self, users: int) -> str | None:
        """Python objects for every friendship."""
        if users <= LARGEST:
            return None
        return f"'textbook' is for up to {LARGEST:,} users, here are {users:,}"

    def edges(self, world: World, users: Ints, draws: Draws) -> Pairs:
        """Node i is user i; with fewer people than a model needs nobody has friends."""
        import networkx

        n, half, seed = len(users), max(self.degree // 2, 1), int(draws.generator().integers(2**31))
        if n <= self.degree:
            return mutual(users[:0], users[:0])
        if self.model == "powerlaw_cluster":
            graph = networkx.powerlaw_cluster_graph(n, half, self.tie, seed=seed)
        elif self.model == "caveman":
            size = self.degree + 1
            graph = networkx.relaxed_caveman_graph(n // size, size, self.tie, seed=seed)
        elif self.model == "geometric":
            graph = networkx.random_geometric_graph(n, float(np.sqrt(self.degree / (np.pi * n))), seed=seed)
        else:
            graph = networkx.fast_gnp_random_graph(n, self.degree / (n - 1), seed=seed)
        pairs = np.array(sorted(tuple(sorted(edge)) for edge in graph.edges if edge[0] != edge[1]), np.int32)
        one, other = pairs.reshape(-1, 2).T
        return mutual(users[one], users[other])

    def greet(self, world: World, newcomers: Ints, draws: Draws) -> Pairs:
        """Anybody, each equally likely; who is drawn twice counts once."""
        return befriend_anybody(world, newcomers, self.degree, draws)
