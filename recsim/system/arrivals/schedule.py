"""Machines at work in some ticks only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import model_validator

from recsim.base.component import Count
from recsim.system.arrivals import Arrivals

if TYPE_CHECKING:
    from recsim.system.generators import Generator
    from recsim.system.service import Service


class Schedule(Arrivals):
    """`per_tick` items from tick `start` to the tick before `stop`, none at other times."""

    start: Count = 0
    """First tick with items; before the end of the warm-up there are none anyway."""
    stop: Count | None = None
    """First tick without; null: they never stop."""

    @model_validator(mode="after")
    def _in_order(self) -> Schedule:
        if self.stop is not None and self.stop <= self.start:
            raise ValueError(f"stop ({self.stop}) is not after start ({self.start}), so nothing is ever made")
        return self

    def count(self, generator: Generator, service: Service, uploads: int) -> int:
        """All or nothing."""
        over = self.stop is not None and service.tick >= self.stop
        return 0 if over or service.tick < self.start else generator.per_tick
