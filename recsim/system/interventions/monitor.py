"""Watch a number that the platform can compute, and raise an alarm."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from recsim.base.component import AtLeastOne, Number
from recsim.system.interventions import Watcher

if TYPE_CHECKING:
    from recsim.system.service import Service


class Monitor(Watcher):
    """Raises an alarm when a platform metric has been out of bounds for some reports in a row.

    Other interventions start on the first one: `start: {after: NAME, delay: 1}`. It may only watch metrics that use
    nothing of the truth. The next alarm is raised when the metric has been in bounds, and is out of them again.
    """

    metric: str
    """Name of the metric to watch, as in the scenario's `metrics`."""
    above: Number | None = None
    """Alarm when the metric is above this."""
    below: Number | None = None
    """Alarm when the metric is below this."""
    patience: AtLeastOne = 1
    """Reports in a row that must be out of bounds."""
    memory = Watcher.memory | {"strikes": np.int64(0)}

    @classmethod
    def example(cls) -> Monitor:
        """Watches exposure."""
        return cls(metric="exposure_gini", above=0.5)

    def does(self) -> str:
        """In words."""
        bounds = [f"above {self.above}"] * (self.above is not None) + [f"below {self.below}"] * (self.below is not None)
        return f"'{self.label}' sounds when {self.metric} is {' or '.join(bounds)}"

    def notices(self, value: float, memory: dict[str, NDArray[Any]], service: Service) -> bool:
        """Count reports out of bounds; an undefined one is not."""
        out = (self.above is not None and value > self.above) or (self.below is not None and value < self.below)
        strikes = memory["strikes"]
        strikes[...] = strikes + 1 if out else 0
        return bool(strikes == self.patience)
