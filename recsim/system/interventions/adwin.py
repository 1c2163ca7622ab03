"""Keep the longest window of a metric in which nothing has changed (the home of river)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from recsim.base.component import AtLeastOne, Count
from recsim.system.interventions import Watcher

if TYPE_CHECKING:
    from recsim.system.service import Service


class Adwin(Watcher):
    """ADWIN: alarm where a cut of the window leaves two parts whose means differ by more than ε_cut; the old one goes.

    ε_cut is Hoeffding's bound for a confidence `delta` (Bifet & Gavaldà, SIAM 2007), as implemented in `river`: no
    reference and no size of change need be known. Both directions count. Pitfall: it needs tens of reports before and
    after a change to be sure of it; for series in [0, 1] a difference of 0.1 takes hundreds.
    """

    metric: str
    """Name of the metric to watch, as in the scenario's `metrics`."""
    delta: Annotated[float, Field(gt=0, le=1)] = 0.002
    """Confidence: about the chance of a false alarm at a cut; larger: faster, more false alarms."""
    clock: AtLeastOne = 1
    """Reports between two searches for a cut; river's own 32 would mean three searches in a hundred ticks."""
    least: AtLeastOne = 5
    """Reports that either part must have."""
    grace: Count = 10
    """Reports before the first search."""
    longest: AtLeastOne = 1000
    """Reports that it looks back on at most."""
    memory = Watcher.memory | {"values": np.zeros(0)}

    @classmethod
    def example(cls) -> Adwin:
        """Watches exposure, nervously."""
        return cls(metric="exposure_gini", delta=1.0, least=1, grace=0)

    def does(self) -> str:
        """In words."""
        return f"'{self.label}' sounds when {self.metric} is no longer what it was: ADWIN with delta {self.delta:.3g}"

    def notices(self, value: float, memory: dict[str, NDArray[Any]], service: Service) -> bool:
        """Let river see all reports again: what it knows is then a function of them, and nothing else to be saved."""
        if np.isnan(value):
            return False
        from river.drift import ADWIN

        memory["values"] = np.append(memory["values"], value)[-self.longest :]
        window = ADWIN(delta=self.delta, clock=self.clock, min_window_length=self.least, grace_period=self.grace)
        for one in memory["values"].tolist():
            window.update(one)
        return bool(window.drift_detected)
