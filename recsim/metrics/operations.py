"""What running the platform takes."""

from __future__ import annotations

from recsim.metrics import Context, Metric, Tick


class ReviewBacklog(Metric):
    """Items that wait for human review, from 0 upwards; arrivals − budget more per tick when people are too few."""

    platform = True
    unit = "items waiting"

    def applies(self, tick: Tick) -> bool:
        """Where something is reviewed."""
        return "queued" in tick.service.items

    def measure(self, tick: Tick, context: Context) -> float:
        """Living items in the queue."""
        return float((tick.service.items.queued & tick.items.alive).sum()) if self.applies(tick) else float("nan")


class Cost(Metric):
    """What interventions spent this tick, in the scenario's units of money."""

    platform = True
    unit = "cost per tick"

    def applies(self, tick: Tick) -> bool:
        """Where something is inspected."""
        return "queued" in tick.service.items

    def measure(self, tick: Tick, context: Context) -> float:
        """Reviews and detectors."""
        return tick.service.spent


class CostCumulative(Metric):
    """What interventions have spent so far, in the scenario's units of money."""

    platform = True
    unit = "cost so far"

    def applies(self, tick: Tick) -> bool:
        """Where something is inspected."""
        return "queued" in tick.service.items

    def measure(self, tick: Tick, context: Context) -> float:
        """Sum over the ledger."""
        return float(sum(tick.service.ledger.values()))
