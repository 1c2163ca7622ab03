"""Mesa's clock and collector: everything that touches them, also when a run is resumed."""

from __future__ import annotations

from collections import defaultdict
from functools import partial

import mesa
from mesa.datacollection import DataCollector

from recsim.observing import Observer, Row


class Clocked(mesa.Model):  # type: ignore[misc]
    """A Mesa model whose collector holds what an `Observer` measures, and whose past can be relived.

    A subclass begins its `step` with `if self.relives(): return`.
    """

    observer: Observer
    datacollector: DataCollector
    _past: defaultdict[int, list[Row]] | None = None

    def collects(self) -> None:
        """Give the observer's metrics to Mesa, from now on."""
        names = [metric.label for metric in self.observer.metrics]
        self.datacollector = DataCollector({name: partial(_latest, name=name) for name in names})

    def ready(self) -> None:
        """Raise what speaks against a step before Mesa's clock moves, which stops for ever when a step fails."""

    def _wrapped_step(self) -> None:
        """What Mesa calls for `step`."""
        if self._past is None:
            self.ready()
        steps = self.steps
        super()._wrapped_step()
        if self.steps == steps:
            raise RuntimeError("an earlier step failed half-way, so this simulation cannot go on; build it anew")

    def relive(self, ticks: int, rows: list[Row]) -> None:
        """Let Mesa's clock pass the ticks of the past, with `step` doing nothing but handing over what was measured.

        Setting `time` by hand would make the next step run once for every tick that was skipped.
        """
        self._past = defaultdict(list)
        for row in rows:
            self._past[row[0]].append(row)
        self.collects()
        self.observer.rows = self._past.pop(0, [])
        self.datacollector.collect(self)
        for _ in range(ticks):
            self.step()
        self._past = None

    def relives(self) -> bool:
        """Whether this step is one of the past; if so, it is done."""
        if self._past is None:
            return False
        rows = self._past.pop(self.steps, [])
        self.observer.rows += rows
        if rows:
            self.datacollector.collect(self)
        return True


def _latest(model: Clocked, name: str) -> float:
    return model.observer.latest(name)
