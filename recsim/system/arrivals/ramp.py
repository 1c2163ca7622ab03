"""Machines take over what is uploaded."""

from __future__ import annotations

from math import exp
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from recsim.base.component import Positive, Share
from recsim.system.arrivals import Arrivals

if TYPE_CHECKING:
    from recsim.system.generators import Generator
    from recsim.system.service import Service


class Ramp(Arrivals):
    """The share of machines in what is new rises: g = low + (high − low)/(1 + e^−((t − middle)/width)).

    Beside n items that people publish machines make n · g/(1 − g), rounded, and never more than `per_tick`. Deezer told
    of 10 % machine-made uploads in January 2025 and of about 45 % fifteen months later. Where people publish nothing no
    machine does.
    """

    low: Share = 0.1
    """Share of machines long before the middle."""
    high: Annotated[float, Field(ge=0, lt=1)] = 0.45
    """Share of machines long after it."""
    middle: Positive = 25.0
    """Tick at which the share is half-way."""
    width: Positive = 5.0
    """Ticks in which the distance to an end falls by e; larger: slower."""

    def count(self, generator: Generator, service: Service, uploads: int) -> int:
        """Of what people have uploaded this tick."""
        late = min(max((service.tick - self.middle) / self.width, -500.0), 500.0)
        share = min(self.low + (self.high - self.low) / (1.0 + exp(-late)), 1.0 - 1e-9)
        return min(round(uploads * share / (1.0 - share)), generator.per_tick)
