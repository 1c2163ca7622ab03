"""Who and what comes, ages and goes; one file a mechanism."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from recsim.base.component import Component, import_all
from recsim.base.draws import Draws
from recsim.base.flow import Bools, Feedback, Ints, Signals
from recsim.base.table import Column

if TYPE_CHECKING:
    from recsim.world.world import World


class Dynamics(Component):
    """Family of the births and deaths of users and items. Each method is optional."""

    family = "dynamics"
    about: ClassVar[str] = "items"
    """Whose list in the scenario it belongs to: `users` or `items`."""
    columns: ClassVar[Mapping[str, Column]] = {}
    """Columns of that table that it remembers things in."""

    def awake(self, world: World, users: Ints) -> Bools | None:
        """(n,) which of the users (n,) may have a session this tick; None: it keeps nobody away. Reads, never writes.

        Only asked of those in the list of the users.
        """
        return None

    def step(self, world: World, signals: Signals, draws: Draws) -> None:
        """What happens at the beginning of a tick; `signals` are last tick's views and clicks."""

    def after(self, world: World, feedback: Feedback, draws: Draws) -> None:
        """What the tick's clicks lead to."""


import_all(__name__, __path__)
