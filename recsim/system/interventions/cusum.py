"""Add up small departures from what a metric used to be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from recsim.base.component import NonNegative, Number, Positive
from recsim.system.interventions import Watcher

if TYPE_CHECKING:
    from recsim.system.service import Service


class Cusum(Watcher):
    """Tabular CUSUM: S⁺ ← max(0, S⁺ + z − k), S⁻ ← max(0, S⁻ − z − k), alarm where one is above h; z = (x − μ)/σ.

    μ and σ are those of the first `reference` reports, unless given. After an alarm everything begins anew. For
    independent normal reports one side sounds by chance every ARL = (e^{2kb} − 2kb − 1)/2k² reports, b = h + 1.166:
    938 for k = 0.5, h = 5; and 10.3 reports after a step of 1 σ (Page, Biometrika 1954; Siegmund 1985). Pitfalls: μ
    and σ of few reports are rough, and reports that hang together, as those of a trend, sound far more often.
    """

    metric: str
    """Name of the metric to watch, as in the scenario's `metrics`."""
    allowance: NonNegative = 0.5
    """k: departures up to this are forgiven, in standard deviations; half of the step that matters; larger: slower,
    fewer false alarms."""
    threshold: Positive = 5.0
    """h: sum at which it sounds, in standard deviations; larger: slower, fewer false alarms."""
    direction: Literal["up", "down", "both"] = "both"
    """Which departures count."""
    reference: Annotated[int, Field(ge=2, le=100_000)] = 20
    """Reports, since the start or the last alarm, that mean and deviation are learned from; it is silent meanwhile."""
    mean: Number | None = None
    """μ, if it is known beforehand; with `deviation`."""
    deviation: Positive | None = None
    """σ, if it is known beforehand; then nothing is learned."""
    memory = Watcher.memory | {"first": np.zeros(0), "sums": np.zeros(2)}

    @classmethod
    def example(cls) -> Cusum:
        """Watches exposure from the third report on."""
        return cls(metric="exposure_gini", reference=2, threshold=1.0)

    def does(self) -> str:
        """In words."""
        way = {"up": "rises", "down": "falls", "both": "leaves where it was"}[self.direction]
        return f"'{self.label}' sounds when {self.metric} {way}: CUSUM beyond {self.threshold:.3g} σ"

    def notices(self, value: float, memory: dict[str, NDArray[Any]], service: Service) -> bool:
        """Learn what is usual, then add up."""
        if np.isnan(value):
            return False
        known = self.mean is not None and self.deviation is not None
        if not known and len(memory["first"]) < self.reference:
            memory["first"] = np.append(memory["first"], value)
            return False
        sums = memory["sums"]
        z = self._standardised(value, memory["first"])
        sums[0] = max(0.0, sums[0] + z - self.allowance) if self.direction != "down" else 0.0
        sums[1] = max(0.0, sums[1] - z - self.allowance) if self.direction != "up" else 0.0
        sounds = bool(sums.max() > self.threshold)
        if sounds:
            sums[:], memory["first"] = 0.0, memory["first"][:0]
        return sounds

    def _standardised(self, value: float, first: NDArray[Any]) -> float:
        """Standard deviations above the mean; of what never varied every departure is infinite."""
        mean = float(first.mean()) if self.mean is None else self.mean
        spread = float(first.std(ddof=1)) if self.deviation is None else self.deviation
        if spread > 1e-12 * max(abs(mean), 1.0):
            return (value - mean) / spread
        return 0.0 if np.isclose(value, mean, rtol=1e-9, atol=1e-12) else float(np.copysign(np.inf, value - mean))
