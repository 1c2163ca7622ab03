"""People look at items, a few at a time, and take down what they think does not belong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import model_validator

from recsim.base.component import Count, Name, NonNegative, Share
from recsim.base.draws import Draws
from recsim.base.flow import Attribute, Bools, Catalogue, Instrument, Ints
from recsim.base.table import Column
from recsim.system.interventions import Intervention

if TYPE_CHECKING:
    from recsim.system.service import Service


class HumanReview(Intervention):
    """A queue in front of reviewers of finite capacity, who err and cost money.

    Items born while it is in force join the queue, or only those that a detector accuses; each time it acts, the first
    `budget` of them are inspected, and delisted when accused. Unless more is reviewed than arrives the backlog grows by
    arrivals − budget per tick: with a detector they are stable only where budget > machines' items · its sensitivity +
    people's · its false alarms, so that a more sensitive one can drown them. Delisted items are no longer recommended;
    what was learned from them stays. Source: Lykouris & Weng, "Learning to Defer in Congested Systems" (2024).
    """

    attribute: Attribute = "made_by_ai"
    """What reviewers look for: items made by a machine, of quality below 0, or of less quality than clickbait."""
    budget: Count = 50
    """Items reviewed each time it acts."""
    order: Literal["oldest", "most_shown", "score"] = "oldest"
    """Who is first in the queue: who waits longest, was shown most often, or has the highest score of the detector
    `flagged_by`; equal ones in order of birth."""
    flagged_by: Name | None = None
    """Name of the intervention `ai_detector` whose accused are reviewed, each once; default: all new items are."""
    pending: Literal["listed", "hidden"] = "listed"
    """What happens to an item that waits: it may be recommended, or not before it is cleared."""
    sensitivity: Share = 0.8
    """Share of the items with the attribute that reviewers recognise."""
    false_alarm: Share = 0.1
    """Share of the other items that reviewers accuse."""
    cost: NonNegative = 1.0
    """Price of one review."""
    null = {"budget": 0, "pending": "listed"}
    item_columns = {
        "queued": Column(np.bool_),
        "joined": Column(np.int32, -1),
        "reviewed": Column(np.int32, -1),
    }

    @model_validator(mode="after")
    def _score_of_whom(self) -> HumanReview:
        if self.order == "score" and self.flagged_by is None:
            raise ValueError("order: score needs to know whose score: name the detector in flagged_by")
        return self

    def does(self) -> str:
        """In words."""
        first = {"oldest": "longest waiting", "most_shown": "most shown", "score": "most suspicious"}[self.order]
        what = "new items" if self.flagged_by is None else f"items that '{self.flagged_by}' accuses"
        return f"people review the {self.budget} {first} {what}"

    def on_items(self, catalogue: Catalogue, service: Service, draws: Draws) -> Catalogue:
        """Queue the newcomers, review the first in the queue, delist the accused."""
        queued, joined, reviewed = (service.items[f"{self.label}.{name}"] for name in self.item_columns)
        arrivals = self._arrivals(catalogue, service, joined < 0)
        queued[arrivals], joined[arrivals] = True, service.tick
        queued &= service.items.listed  # what somebody else has taken down needs no review
        if self.due(service):
            waiting = np.flatnonzero(queued & service.public.alive).astype(np.int32)
            first = self._in_order(waiting, service)[: self.budget]
            queued[first], reviewed[first] = False, service.tick
            service.items.listed[first[service.inspect(first, self._instrument()).reading]] = False
        return catalogue._replace(listed=catalogue.listed & ~queued) if self.pending == "hidden" else catalogue

    def _arrivals(self, catalogue: Catalogue, service: Service, unknown: Bools) -> Ints:
        """Who joins the queue: the newborn, or the accused that never were in it."""
        if self.flagged_by is None:
            return catalogue.new
        accused = service.items[f"{self.flagged_by}.accused"] & unknown & service.public.alive
        return np.flatnonzero(accused).astype(np.int32)

    def _in_order(self, waiting: Ints, service: Service) -> Ints:
        """Who is first, second, … of those that wait."""
        items, public = service.items, service.public
        if self.order == "most_shown":
            late = -items.views[waiting]
        elif self.order == "score":
            late = -items[f"{self.flagged_by}.score"][waiting]
        else:
            late = items[f"{self.label}.joined"][waiting]
        return waiting[np.lexsort((public.item_keys[waiting], public.born[waiting], late))]

    def _instrument(self) -> Instrument:
        return Instrument(self.label, self.attribute, self.sensitivity, self.false_alarm, self.cost)
