"""What running the platform takes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from recsim.base.flow import Bools
from recsim.base.kernels.concentration import mean
from recsim.metrics import Context, Metric, Tick, begun


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


class ReviewDelay(Metric):
    """Mean of (tick of the review − tick of joining the queue) over the items reviewed this tick, from 0 upwards.

    By Little's law about backlog / arrivals where the queue is stable. NaN where nothing was reviewed. Pitfall: where
    the newest items come first those that wait longest are never reviewed, and so never counted.
    """

    platform = True
    unit = "ticks waited"

    def applies(self, tick: Tick) -> bool:
        """Where something is reviewed."""
        return bool(_queues(tick))

    def measure(self, tick: Tick, context: Context) -> float:
        """Over all queues."""
        items = tick.service.items
        waited = [np.zeros(0)]
        for name, reviewed in items.arrays().items():
            if name.endswith(".reviewed"):
                now = reviewed == tick.number
                waited.append(tick.number - items[f"{name.removesuffix('reviewed')}joined"][now])
        return mean(np.concatenate(waited))


class InterventionCost(Metric):
    """What interventions spent this tick, by name and for `all` together, in the scenario's units of money.

    Each has a name here from the first time that it books something. From 0 upwards.
    """

    platform = True
    unit = "cost per tick"

    def applies(self, tick: Tick) -> bool:
        """Where something can cost."""
        return _payers(tick)

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """Looks, reviews, verifications, evaluations."""
        return _booked(tick, tick.service.spent)


class InterventionCostCumulative(Metric):
    """What interventions have spent so far, by name and for `all` together, in the scenario's units of money."""

    platform = True
    unit = "cost so far"

    def applies(self, tick: Tick) -> bool:
        """Where something can cost."""
        return _payers(tick)

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """What stands in the ledger."""
        return _booked(tick, tick.service.ledger)


class RemovedHumanShare(Metric):
    """Share of people's work among the items that were taken off the list for good: innocent victims; 0 to 1.

    Without false alarms 0 where machines are looked for. Where quality is looked for it is no error by itself. NaN
    while nothing was removed.
    """

    unit = "share of the removed items"

    def applies(self, tick: Tick) -> bool:
        """Where items may be taken off."""
        names = tick.service.items.columns
        return any(name.endswith((".queued", ".accused")) for name in names)

    def measure(self, tick: Tick, context: Context) -> float:
        """Whether alive or not."""
        return mean(~tick.items.made_by_ai[~tick.service.items.listed])


class GateRejections(Metric):
    """New policies that a gate has kept from going live so far, by gate and for `all` together, from 0 upwards."""

    platform = True
    unit = "rejected so far"

    def applies(self, tick: Tick) -> bool:
        """Where there is a gate."""
        return any("rejections" in one.memory for one in tick.service.interventions)

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """What the gates remember."""
        memory = tick.service.memory
        gates = [one.label for one in begun(tick) if "rejections" in one.memory]
        found = {name: float(memory[name]["rejections"]) for name in gates}
        return {"all": float(sum(found.values()))} | found


def _payers(tick: Tick) -> bool:
    """Whether any intervention can cost something."""
    return any("cost" in type(one).model_fields for one in tick.service.interventions)


def _booked(tick: Tick, book: Mapping[str, float]) -> dict[str, float]:
    """A book by who has ever booked something, and its total."""
    return {"all": float(sum(book.values()))} | {name: book.get(name, 0.0) for name in sorted(tick.service.ledger)}


def _queues(tick: Tick) -> list[Bools]:
    """(i,) who waits, for every queue."""
    return [column for name, column in tick.service.items.arrays().items() if name.endswith(".queued")]
