"""How many items a machine makes, and when; one file a mechanism."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from recsim.base.component import Component, import_all

if TYPE_CHECKING:
    from recsim.system.generators import Generator
    from recsim.system.service import Service


class Arrivals(Component):
    """Family of the rules by which the number of machine-made items changes from tick to tick."""

    family = "arrivals"
    null = "items come somehow"
    memory: ClassVar[Mapping[str, Any]] = {}
    """Arrays that it remembers, by name, with their first values: `service.memory[generator.home]`."""

    def count(self, generator: Generator, service: Service, uploads: int) -> int:
        """Items to make this tick.

        Args:
            generator: whose they are; `generator.per_tick` is its usual number.
            service: what the platform knows.
            uploads: items that people have published this tick.
        """
        raise NotImplementedError


import_all(__name__, __path__)
