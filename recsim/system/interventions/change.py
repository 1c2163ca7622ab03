"""Change anything in the scenario in the middle of a run."""

from __future__ import annotations

from typing import Any

from recsim.system.interventions import Intervention


class Change(Intervention):
    """At the start of its tick the field at `path` gets `value`, once; the simulation carries it out.

    Sizes of what already exists (number of users, dimensions of tastes, the seed …) cannot be changed.
    """

    null = "a change to the same value is no change"
    path: str
    """Which field, as in `--set`: `system.retrain_every`, `users.behaviours.drift.rate`."""
    value: Any = None
    """What it becomes; anything that a scenario could say there."""

    @classmethod
    def example(cls) -> Change:
        """Retrain less often."""
        return cls(path="system.retrain_every", value=2, start=3)

    def does(self) -> str:
        """In words."""
        return f"{self.path} becomes {self.value}"
