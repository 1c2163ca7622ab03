"""Defences that there is nothing to defend with, or against."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from recsim.system.interventions import After, Intervention, Watcher

if TYPE_CHECKING:
    from recsim.scenario import Scenario

OF_GENERATORS = ("anchor", "ai_detector", "surprise_filter", "training_quota")
"""Kinds that treat, unless told otherwise, what generators learn from."""


def idle_defences(scenario: Scenario) -> Iterator[tuple[str, str, str]]:
    """Where, what, and what to do: notes on interventions that nothing comes of."""
    reviewed = {getattr(one, "flagged_by", None) for one in scenario.interventions}
    told = {one.kind for one in scenario.metrics} if scenario.metrics is not None else {"alarms"}
    for one in scenario.interventions:
        path, action = f"interventions.{one.label}", getattr(one, "action", "delete")
        treats = getattr(one, "consumer", "generator") == "generator" and action in ("delete", "downweight")
        if one.kind in OF_GENERATORS and treats and not scenario.system.generators:
            yield path, "it treats what generators learn from, and there are none", "add system.generators"
        if action == "flag" and one.label not in reviewed:
            yield path, "it marks items that nobody reviews", f"add a human_review with flagged_by: {one.label}"
        if getattr(one, "group_bias", 0.0) and getattr(one, "group", None) is None:
            yield path, "it is biased, and no group is named", "name a group of items"
        if one.kind == "gate" and scenario.system.holdout == 0:
            yield path, "it tests on the hold-out, and there is none", "write a system.holdout above 0"
        if isinstance(one, Watcher) and "alarms" not in told:
            yield path, "pictures mark its alarms where 'alarms' is measured", "add alarms to metrics"


def waits_for_itself(scenario: Scenario, treatment: Intervention) -> bool:
    """Whether an alarm that it waits for can only come after it."""
    starts = {one.label: one.start for one in scenario.interventions}
    seen, start = [treatment.label], treatment.start
    while isinstance(start, After) and start.after in starts and start.after not in seen:
        seen.append(start.after)
        start = starts[start.after]
    return isinstance(start, After) and start.after == treatment.label
