"""Watch a number that the platform can compute, and raise an alarm."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from recsim.base.component import AtLeastOne, Number
from recsim.base.draws import Draws
from recsim.system.interventions import Intervention

if TYPE_CHECKING:
    from recsim.system.service import Service


class Monitor(Intervention):
    """Raises one alarm when a platform metric has been out of bounds for some reports in a row.

    Other interventions start on it: `start: {after: NAME, delay: 1}`. It may only watch metrics that use nothing of the
    truth.
    """

    null = "it changes nothing by itself"
    metric: str
    """Name of the metric to watch, as in the scenario's `metrics`."""
    above: Number | None = None
    """Alarm when the metric is above this."""
    below: Number | None = None
    """Alarm when the metric is below this."""
    patience: AtLeastOne = 1
    """Reports in a row that must be out of bounds."""
    memory = {"strikes": np.int64(0)}

    @classmethod
    def example(cls) -> Monitor:
        """Watches exposure."""
        return cls(metric="exposure_gini", above=0.5)

    def does(self) -> str:
        """In words."""
        bounds = [f"above {self.above}"] * (self.above is not None) + [f"below {self.below}"] * (self.below is not None)
        return f"'{self.label}' sounds when {self.metric} is {' or '.join(bounds)}"

    def on_report(self, report: Mapping[str, float], service: Service, draws: Draws) -> None:
        """Count reports out of bounds; the first alarm stands."""
        value = report.get(self.metric, np.nan)
        out = (self.above is not None and value > self.above) or (self.below is not None and value < self.below)
        strikes = service.memory[self.label]["strikes"]
        strikes[...] = strikes + 1 if out else 0
        if strikes >= self.patience:
            service.alarms.setdefault(self.label, service.tick)
