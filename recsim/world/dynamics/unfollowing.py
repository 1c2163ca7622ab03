"""People stop following those who think too differently."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from recsim.base.component import AtLeastOne, NonNegative, Share
from recsim.base.draws import Draws
from recsim.base.flow import Feedback, Ints, Keys
from recsim.world.dynamics import _Opinions

if TYPE_CHECKING:
    from recsim.world.world import World


class Unfollowing(_Opinions):
    """A follow of somebody whose opinion is too far away is undone with some probability, and may be replaced.

    The unfriending of Sasahara et al. (Journal of Computational Social Science 2021) and of Holme & Newman (Physical
    Review E 2006): with any influence at all it divides the network. In a friendship each direction goes by itself.
    """

    tolerance: NonNegative = 1.0
    """Difference of opinions that is borne, in units of taste; larger: fewer are unfollowed."""
    share: Share = 0.1
    """Probability per tick that such a follow is undone; larger: camps close more quickly."""
    instead: Literal["nobody", "anybody", "similar"] = "nobody"
    """Whom one follows instead: anybody, the most similar of some people, or nobody at all."""
    looks: AtLeastOne = 10
    """People among whom the most similar is sought; larger: more similar."""
    null = {"share": 0.0}

    @property
    def needs_network(self) -> bool:
        """There is nothing to undo without one."""
        return True

    def after(self, world: World, feedback: Feedback, draws: Draws) -> None:
        """Edge by edge."""
        edges, mine = world.society.living(), self.opinions(world)
        one, other, keys = (world.edges[name][edges] for name in ("follower", "followed", "key"))
        apart = np.abs(mine[one] - mine[other]) > self.tolerance
        undone = apart & (draws.uniform(keys) < self.share)
        world.society.unfollow(edges[undone])
        if self.instead != "nobody" and undone.any():
            world.society.follow(one[undone], self._found(world, one[undone], keys[undone], draws.of("instead")))

    def _found(self, world: World, users: Ints, keys: Keys, draws: Draws) -> Ints:
        """(e,) whom each of the users (e,) follows instead."""
        living = np.flatnonzero(world.users.alive)
        living = living[np.argsort(world.users.key[living], kind="stable")].astype(np.int32)
        looks = self.looks if self.instead == "similar" else 1
        seen = living[(draws.uniform(keys, np.arange(looks)) * len(living)).astype(np.int64)]  # (e, looks)
        mine = self.opinions(world)
        apart = np.where(seen == users[:, None], np.inf, np.abs(mine[seen] - mine[users][:, None]))
        return np.asarray(seen[np.arange(len(seen)), apart.argmin(axis=1)], np.int32)
