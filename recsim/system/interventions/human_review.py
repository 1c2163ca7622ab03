"""People look at items, a few at a time, and take down what they think does not belong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from recsim.base.component import Count, NonNegative, Share
from recsim.base.draws import Draws
from recsim.base.flow import Catalogue, Instrument
from recsim.base.table import Column
from recsim.system.interventions import Intervention

if TYPE_CHECKING:
    from recsim.system.service import Service


class HumanReview(Intervention):
    """A queue in front of reviewers of finite capacity, who err and cost money.

    Items born while it is in force join the queue; each time it acts, the first `budget` of them are inspected, and
    delisted when accused. Unless more is reviewed than arrives the backlog grows by arrivals − budget per tick.
    Delisted items are no longer recommended; what was learned from them stays.
    """

    attribute: Literal["made_by_ai", "poor"] = "made_by_ai"
    """What reviewers look for: items made by a machine, or of quality below 0."""
    budget: Count = 50
    """Items reviewed each time it acts."""
    order: Literal["oldest", "most_shown"] = "oldest"
    """Who is first in the queue; equal ones in order of birth."""
    pending: Literal["listed", "hidden"] = "listed"
    """What happens to an item that waits: it may be recommended, or not before it is cleared."""
    sensitivity: Share = 0.8
    """Share of the items with the attribute that reviewers recognise."""
    false_alarm: Share = 0.1
    """Share of the other items that reviewers accuse."""
    cost: NonNegative = 1.0
    """Price of one review."""
    null = {"budget": 0, "pending": "listed"}
    item_columns = {"queued": Column(np.bool_)}

    def does(self) -> str:
        """In words."""
        first = "longest waiting" if self.order == "oldest" else "most shown"
        return f"people review the {self.budget} {first} new items"

    def on_items(self, catalogue: Catalogue, service: Service, draws: Draws) -> Catalogue:
        """Queue the newcomers, review the first in the queue, delist the accused."""
        items, public = service.items, service.public
        queued = items[f"{self.label}.queued"]
        queued[catalogue.new] = True
        if self.due(service):
            waiting = np.flatnonzero(queued & public.alive).astype(np.int32)
            views = -items.views[waiting] if self.order == "most_shown" else np.zeros(len(waiting), np.int64)
            first = waiting[np.lexsort((public.item_keys[waiting], public.born[waiting], views))][: self.budget]
            queued[first] = False
            items.listed[first[service.inspect(first, self._instrument()).reading]] = False
        return catalogue._replace(listed=catalogue.listed & ~queued) if self.pending == "hidden" else catalogue

    def _instrument(self) -> Instrument:
        return Instrument(self.label, self.attribute, self.sensitivity, self.false_alarm, self.cost)
