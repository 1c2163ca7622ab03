"""Who opens the application in a tick; one file a mechanism."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from recsim.base.component import Component, import_all
from recsim.base.draws import Draws
from recsim.base.flow import Bools, Ints

if TYPE_CHECKING:
    from recsim.world.world import World


class Activity(Component):
    """Family of the rules by which users have sessions."""

    family = "activity"
    needs_history: ClassVar[bool] = False
    """True if it is read off `data:`."""

    @classmethod
    def shorthand(cls, value: Any) -> Any:
        """A bare number is `{kind: share, share: number}`."""
        return {"kind": "share", "share": value} if isinstance(value, (int, float)) and value is not True else value

    def active(self, world: World, users: Ints, draws: Draws) -> Bools:
        """(n,) True for the users who have a session this tick."""
        raise NotImplementedError

    def rate(self, users: int) -> float:
        """About how many sessions each of so many users has per tick, for notes on a scenario that has not run."""
        return 1.0


import_all(__name__, __path__)
