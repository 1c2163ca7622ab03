"""What is valid in a scenario but was probably not meant: notes, which change no exit code."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from recsim.arms import changes_of as changes_of_arms
from recsim.arms import plainly
from recsim.base.component import Block, Component
from recsim.problems import clean
from recsim.problems.defences import idle_defences
from recsim.problems.misfits import changes_of
from recsim.problems.supply import idle_supply, published
from recsim.windows import ticks_in
from recsim.world.activity.share import ShareOfUsers
from recsim.world.world import ITEMS, USERS

if TYPE_CHECKING:
    from recsim.scenario import Scenario

LONGEST = 200
"""Characters of a note."""
USED_UP = 0.25
"""Share of the catalogue that a user may click before it colours what is measured."""


def doubts(scenario: Scenario) -> list[str]:
    """A line each: where, what, what to do. What a `change` is going to touch is left alone."""
    found = [*_of_run(scenario), *_idle(scenario), *_windows(scenario), *_references(scenario)]
    arms = changes_of_arms(scenario) if scenario.experiment is not None else {}
    for arm, path in ((arm, path) for arm, changes in arms.items() for path in changes):
        if isinstance(getattr(scenario, path, None), Block):
            what = f"'{path}' is a whole section, all of which goes back to its defaults"
            found.append(_note(f"arm {arm}", what, f"name fields, such as {path}.…"))
    for arm, changes in arms.items():  # one that turns something off means to
        told = _of_run(plainly(scenario).override_all(changes)) if changes else []
        found += [_note(f"arm {arm}", note, "") for note in told if note not in found]
    return found


def _of_run(scenario: Scenario) -> list[str]:
    """What may not have been meant in a run of the scenario as it stands."""
    if scenario.ticks <= (warmup := scenario.system.warmup.ticks):
        found = [_note("ticks", f"{scenario.ticks} is all warm-up (system.warmup.ticks: {warmup})", _MODEL_NEVER_ACTS)]
    else:
        found = [*_schedules(scenario)]
    found += [*_forgotten(scenario), *_undated(scenario), *_births(scenario), *_catalogue(scenario)]
    found += [_note(*told) for told in idle_defences(scenario) if not _touched(scenario, "system.generators", told[0])]
    return [*found, *_supply(scenario)]


def _supply(scenario: Scenario) -> Iterator[str]:
    """Creators and surveys that nothing comes of."""
    yield from (_note(*told) for told in idle_supply(scenario) if not _touched(scenario, told[0]))


def noted(notes: Iterable[str], whose: str = "") -> None:
    """Tell people the notes, on stderr."""
    for note in notes:
        print(f"note: {whose}{note}", file=sys.stderr)


_MODEL_NEVER_ACTS = "the model never acts: raise ticks"


def _note(where: str, what: str, do: str) -> str:
    """Names and paths are the user's own, so the place gives way where the line would be too long."""
    rest = f"{what}; {do}" if do else what
    return clean(f"{clean(where, max(20, LONGEST - len(rest) - 2))}: {rest}", LONGEST)


def _schedules(scenario: Scenario) -> Iterator[str]:
    """Treatments whose time never comes."""
    warmup = scenario.system.warmup.ticks
    listed = (("system.rerankers", scenario.system.rerankers), ("interventions", scenario.interventions))
    for path, members in listed:
        for one in members:
            if isinstance(one.start, int) and one.start > scenario.ticks:
                yield _note(
                    f"{path}.{one.label}",
                    f"starts at tick {one.start} of {scenario.ticks}",
                    "lower start or raise ticks",
                )
            elif one.stop is not None and one.stop <= warmup + 1:
                what = f"stops at tick {one.stop}, before it can act (the warm-up takes {warmup} ticks)"
                yield _note(f"{path}.{one.label}", what, "raise stop")


def _idle(scenario: Scenario) -> Iterator[str]:
    """Components at their null: they are there and do nothing, in no arm."""
    arms = changes_of_arms(scenario) if scenario.experiment is not None else {}
    for path, one in scenario.components():
        by_arms = any(f"{changed}.".startswith(f"{path}.") for arm in arms.values() for changed in arm)
        if isinstance(one, ShareOfUsers) or by_arms or _touched(scenario, path) or not _at_null(one):
            continue
        zeros = {name: value for name, value in one.null.items() if value is not None}  # type: ignore[union-attr]
        told = ", ".join(
            f"{name}: {value}" if isinstance(value, str) else f"{name}: {value:g}" for name, value in zeros.items()
        )
        yield _note(path, f"does nothing with {told}", "give it another value or leave it out")


def _at_null(one: Component) -> bool:
    return isinstance(one.null, Mapping) and all(getattr(one, name) == value for name, value in one.null.items())


def _touched(scenario: Scenario, *paths: str) -> bool:
    """Whether a `change` is going to set one of these paths, a part of it or what holds it."""
    changed = [f"{one.path}." for _, one in changes_of(scenario)]
    return any(done.startswith(f"{path}.") or f"{path}.".startswith(done) for path in paths for done in changed)


def _forgotten(scenario: Scenario) -> Iterator[str]:
    """A model that learns from non-clicks, of which the log forgets some before it learns."""
    system, every = scenario.system, scenario.system.retrain_every
    between = every if isinstance(every, int) else system.warmup.ticks if every == "once" else 0
    if _touched(scenario, "system.recommender", "system.retrain_every", "system.keep_exposures"):
        return
    if system.recommender.learns_from_non_clicks and system.keep_exposures < between:
        what = f"{system.recommender.kind} learns from non-clicks of {between} ticks, {system.keep_exposures} are kept"
        yield _note("system.keep_exposures", what, f"write keep_exposures: {between}")


def _windows(scenario: Scenario) -> Iterator[str]:
    """Windows of time in which nothing is measured."""
    measured = np.unique([*range(0, scenario.ticks, scenario.measure_every), scenario.ticks])
    spans = {f"claims.{number}.at": claim.at for number, claim in enumerate(scenario.claims)}
    if scenario.experiment is not None:
        spans |= {f"experiment.windows.{number}": when for number, when in enumerate(scenario.experiment.windows)}
    for path, when in spans.items():
        if not ticks_in(when, measured, scenario.system.warmup.ticks).any():
            yield _note(path, f"nothing is measured in '{when}' of {scenario.ticks} ticks", "write another window")


def _references(scenario: Scenario) -> Iterator[str]:
    """Metrics that compare with an arm that is not there."""
    arms = changes_of_arms(scenario) if scenario.experiment is not None else {}
    for metric in scenario.metrics or ():
        reference = getattr(metric, "reference", None)
        if reference is not None and reference not in arms:
            what = f"it compares with '{reference}', and no arm here is called so: it will be undefined"
            yield _note(f"metrics.{metric.label}", what, "write reference: ARM, or add experiment.arms")


def _undated(scenario: Scenario) -> Iterator[str]:
    """A hold-out of what came last, of a log that does not say when."""
    if scenario.system.holdout_by == "latest" and getattr(scenario.data, "time", "") is None:
        yield _note("system.holdout_by", "the latest of a log without a time are its last rows", "name data.time")


def _births(scenario: Scenario) -> Iterator[str]:
    """Newcomers that never come, or that nobody gets to see."""
    makers = [one for one in scenario.system.generators if not _at_null(one)]
    births = published(scenario) > 0 or not all(_at_null(one) for one in scenario.items.dynamics)
    coming = _touched(scenario, "system.generators", "items.dynamics")
    for one in scenario.interventions:
        new = one.kind == "human_review" and getattr(one, "flagged_by", None) is None
        if new and not (makers or births or coming):
            what = "only new items are reviewed, and none are born"
            yield _note(f"interventions.{one.label}", what, "add system.generators or new_items to items.dynamics")
    if makers and scenario.system.retrain_every == "never" and not _touched(scenario, "system.retrain_every"):
        what = "they never learn (retrain_every: never), so never make anything"
        yield _note("system.generators", what, "write retrain_every: once, or a number")
    elif (makers or births) and scenario.system.recommender.kind == "als" and not _newcomers_are_met(scenario):
        what = "ALS scores items without clicks 0, so newcomers are hardly ever shown"
        yield _note("system.recommender", what, "add the intervention exploration, discovery: browse or random_share")


def _newcomers_are_met(scenario: Scenario) -> bool:
    """Whether anybody comes across an item that the model knows nothing of."""
    if _touched(scenario, "system.recommender", "system.rerankers", "system.random_share", "users.discovery"):
        return True
    interleaves = any(one.kind == "interleave" and not _at_null(one) for one in scenario.system.rerankers)
    explores = any(one.kind == "exploration" and not _at_null(one) for one in scenario.interventions)
    discovery = scenario.users.discovery
    told = ("none", "friends", "feed")  # friends tell of what was clicked
    browses = discovery.kind not in told and not _at_null(discovery)
    return interleaves or explores or browses or scenario.system.random_share > 0


def _catalogue(scenario: Scenario) -> Iterator[str]:
    """Slates and clicks in proportion to the items there are; of a log nothing is known before it is read."""
    if scenario.data is not None:
        return
    system, items = scenario.system, scenario.items.count or ITEMS
    if isinstance(system.slate_size, int) and system.slate_size > items:
        yield _note(
            "system.slate_size", f"{system.slate_size} slots for {items} items", "lower it or raise items.count"
        )
    elif system.candidates is not None and system.candidates > items:
        yield _note("system.candidates", f"{system.candidates} of only {items} items", "lower it or raise items.count")
    if system.repeats or system.recommender.kind == "none" or _touched(scenario, "system.repeats"):
        return
    most = scenario.users.choice.picks or (items if system.slate_size == "all" else system.slate_size)
    clicks = scenario.ticks * most * scenario.users.activity.rate(scenario.users.count or USERS)
    born = published(scenario) + sum(getattr(one, "per_tick", 0) for one in scenario.items.dynamics)
    there = items + round(scenario.ticks * born)
    if clicks > USED_UP * there:
        what = f"about {clicks:.0f} clicks a user use up a catalogue of {there}, which colours every metric"
        yield _note("system.repeats", what, "raise items.count or write repeats: true")
