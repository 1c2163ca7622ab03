"""What running the platform takes."""

from __future__ import annotations

from recsim.base.flow import Bools
from recsim.metrics import Context, Metric, Tick


class ReviewBacklog(Metric):
    """Items that wait for human review, from 0 upwards; arrivals − budget more per tick when people are too few.

    0 where nobody reviews.
    """

    platform = True
    unit = "items waiting"

    def applies(self, tick: Tick) -> bool:
        """Where something is reviewed."""
        return bool(_queues(tick))

    def measure(self, tick: Tick, context: Context) -> float:
        """Living items in all queues; one that waits in two counts twice."""
        return float(sum((queue & tick.items.alive).sum() for queue in _queues(tick)))


class Cost(Metric):
    """What interventions spent this tick, in the scenario's units of money."""

    platform = True
    unit = "cost per tick"

    def applies(self, tick: Tick) -> bool:
        """Where something is inspected."""
        return bool(_queues(tick))

    def measure(self, tick: Tick, context: Context) -> float:
        """Reviews and detectors."""
        return tick.service.spent


class CostCumulative(Metric):
    """What interventions have spent so far, in the scenario's units of money."""

    platform = True
    unit = "cost so far"

    def applies(self, tick: Tick) -> bool:
        """Where something is inspected."""
        return bool(_queues(tick))

    def measure(self, tick: Tick, context: Context) -> float:
        """Sum over the ledger."""
        return float(sum(tick.service.ledger.values()))


def _queues(tick: Tick) -> list[Bools]:
    """(i,) who waits, for every queue."""
    return [column for name, column in tick.service.items.arrays().items() if name.endswith(".queued")]
