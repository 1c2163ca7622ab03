"""Who opens the application in a tick."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from recsim.base.component import Component, Share
from recsim.base.draws import Draws
from recsim.base.flow import Bools, Ints

if TYPE_CHECKING:
    from recsim.world.world import World


class Activity(Component):
    """Family of the rules by which users have sessions."""

    family = "activity"

    @classmethod
    def shorthand(cls, value: Any) -> Any:
        """A bare number is `{kind: share, share: number}`."""
        return {"kind": "share", "share": value} if isinstance(value, (int, float)) and value is not True else value

    def active(self, world: World, users: Ints, draws: Draws) -> Bools:
        """(n,) True for the users who have a session this tick."""
        raise NotImplementedError


class Everyone(Activity):
    """Everybody has a session in every tick."""

    null = "it is the absence of inactivity"
    kind = "everyone"

    def active(self, world: World, users: Ints, draws: Draws) -> Bools:
        """All True."""
        return np.ones(len(users), np.bool_)


class ShareOfUsers(Activity):
    """Each user has a session with the same probability, independently in every tick."""

    kind = "share"
    null = {"share": 1.0}

    share: Share = 1.0
    """Probability of a session per user and tick; 1: everybody, always."""

    @classmethod
    def example(cls) -> ShareOfUsers:
        """Three users in ten."""
        return cls(share=0.3)

    def active(self, world: World, users: Ints, draws: Draws) -> Bools:
        """Keyed by user: raising the share adds sessions and takes none away."""
        return draws.uniform(world.users.key[users]) < self.share
