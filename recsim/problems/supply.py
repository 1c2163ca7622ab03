"""What creators and surveys are probably meant to do, and cannot."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from recsim.scenario import Scenario


def published(scenario: Scenario) -> float:
    """Items that creators publish per tick, on average, as long as all are there."""
    made = scenario.creators
    return made.count * made.per_tick if made is not None else 0.0


def idle_supply(scenario: Scenario) -> Iterator[tuple[str, str, str]]:
    """Where, what, and what to do: mechanisms that hear nothing, or whom nobody hears."""
    made, kinds = scenario.creators, {one.kind for one in scenario.items.dynamics}
    for one in made.dynamics if made is not None else ():
        where = f"creators.dynamics.{one.label}"
        if one.kind == "ai_assistance" and not scenario.system.generators:
            yield where, "no machine makes anything that could help", "add system.generators"
        if one.kind == "clickbait_arms_race" and not scenario.items.clickbait_spread:
            yield where, "all items of a creator have the same clickbait", "raise items.clickbait_spread"
    if made is not None and made.dynamics and not made.per_tick and "new_items" not in kinds:
        yield "creators.per_tick", "nobody publishes anything, so what creators do hardly shows", "raise it"
    for reranker in scenario.system.rerankers:
        if reranker.kind == "stated_preference" and not scenario.users.survey.share:
            yield (
                f"system.rerankers.{reranker.label}",
                "nobody is asked what a click was worth",
                "raise users.survey.share",
            )
