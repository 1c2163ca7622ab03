"""What an observer measures: the only code, besides ideal recommenders, that sees both halves. It changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recsim.base.component import Component, import_all
from recsim.base.flow import Feedback, Ints, Slate
from recsim.base.kernels.concentration import mean
from recsim.base.table import Table

if TYPE_CHECKING:
    from recsim.system.service import Service
    from recsim.world.world import World

Context = Mapping[str, NDArray[Any]]


class Tick(NamedTuple):
    """A read-only view of one tick."""

    number: int
    """The tick; 0 is the world before anybody has seen anything."""
    users: Table
    """The world's users, read-only."""
    items: Table
    """The world's items, read-only."""
    world: World
    """The truth; ask it `utility(users, items)`."""
    service: Service
    """The belief: log, policies, ledger."""
    slate: Slate
    """What was in front of the users of this tick, what they met by themselves included."""
    feedback: Feedback
    """What they did with it."""
    shared: dict[str, Any]
    """What metrics of this tick have worked out for each other, such as the model's lists; empty at first."""


class Metric(Component):
    """Family of the measurements. A plain name is this tick's value; undefined is NaN, never 0.

    The docstring of a metric gives formula, range, reference and pitfalls.
    """

    family = "metric"
    null = "it changes nothing"
    platform: ClassVar[bool] = False
    """True if a platform could compute it: it uses nothing of the truth."""
    unit: ClassVar[str] = ""
    """What its numbers are, for the axis of a picture."""

    def applies(self, tick: Tick) -> bool:
        """Whether it means anything in this scenario; asked at tick 0, for the default set of metrics."""
        return True

    def prepare(self, tick: Tick) -> Context:
        """What it remembers of tick 0, as arrays."""
        return {}

    def measure(self, tick: Tick, context: Context) -> float | Mapping[str, float]:
        """The value, or one value a group."""
        raise NotImplementedError


def by_group(tick: Tick, users: Ints, values: NDArray[Any]) -> dict[str, float]:
    """Mean of values (n,) that belong to users (n,): of `all`, and of each group of users; NaN is left out."""
    groups = tick.users.group[users]
    parts = {name: mean(values[groups == number]) for number, name in enumerate(tick.world.group_names)}
    return {"all": mean(values)} | parts


def recommended(slate: Slate) -> NDArray[np.bool_]:
    """(n, k) True where the platform put the item there."""
    return slate.by_platform


import_all(__name__, __path__)
