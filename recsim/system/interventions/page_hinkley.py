"""Compare a metric with its own mean so far, and add up the difference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from recsim.base.component import AtLeastOne, NonNegative, Positive
from recsim.system.interventions import Watcher

if TYPE_CHECKING:
    from recsim.system.service import Service


class PageHinkley(Watcher):
    """Page–Hinkley: m_t = Σ (x_i − x̄_i − δ), alarm where m_t − min m > λ; mirrored for falls; x̄_i is the mean so far.

    No reference is needed. After an alarm everything begins anew (Page, Biometrika 1954; Hinkley, Biometrika 1971).
    Pitfall: a step of size s at report t₀ adds up to s · t₀ · (H_T − H_t₀) ≈ s · t₀ · ln(T/t₀) at report T (H: harmonic
    numbers), so the threshold must be in the metric's own units and be reached within the run; libraries' usual 50
    never is, by a metric between 0 and 1 in a hundred ticks.
    """

    metric: str
    """Name of the metric to watch, as in the scenario's `metrics`."""
    allowance: NonNegative = 0.005
    """δ: a difference up to this is forgiven, in the metric's units; larger: slower, fewer false alarms."""
    threshold: Positive = 0.5
    """λ: sum of differences at which it sounds, in the metric's units; larger: slower, fewer false alarms."""
    direction: Literal["up", "down", "both"] = "both"
    """Which differences count."""
    least: AtLeastOne = 10
    """Reports, since the start or the last alarm, before which it does not sound."""
    memory = Watcher.memory | {"seen": np.zeros(2), "sums": np.zeros(2), "least": np.zeros(2)}

    @classmethod
    def example(cls) -> PageHinkley:
        """Watches exposure, nervously."""
        return cls(metric="exposure_gini", threshold=0.01, allowance=0.0, least=1)

    def does(self) -> str:
        """In words."""
        way = {"up": "rises above", "down": "falls below", "both": "leaves"}[self.direction]
        return f"'{self.label}' sounds when {self.metric} {way} its mean: Page–Hinkley beyond {self.threshold:.3g}"

    def notices(self, value: float, memory: dict[str, NDArray[Any]], service: Service) -> bool:
        """Count, mean and sums, one for rises and one for falls."""
        if np.isnan(value):
            return False
        seen, sums, least = memory["seen"], memory["sums"], memory["least"]
        seen[0] += 1
        seen[1] += (value - seen[1]) / seen[0]
        sums += np.array([1.0, -1.0]) * (value - seen[1]) - self.allowance
        np.minimum(least, sums, out=least)
        watched = {"up": slice(0, 1), "down": slice(1, 2), "both": slice(0, 2)}[self.direction]
        sounds = seen[0] >= self.least and bool(((sums - least)[watched] > self.threshold).any())
        if sounds:
            for array in (seen, sums, least):
                array[:] = 0.0
        return sounds
