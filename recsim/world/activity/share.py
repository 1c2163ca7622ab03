"""A coin is thrown for everybody, with the same coin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recsim.base.component import Share
from recsim.base.draws import Draws
from recsim.base.flow import Bools, Ints
from recsim.world.activity import Activity

if TYPE_CHECKING:
    from recsim.world.world import World


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

    def rate(self, users: int) -> float:
        """The share."""
        return self.share
