"""What arms have in common: up to which tick two of them are the same run, so that it is computed once and forked."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from recsim.left import references
from recsim.scenario import Scenario
from recsim.system.interventions import Intervention

AFTER_WARMUP = (
    "recommender",
    "rerankers",
    "candidates",
    "people",
    "retrain_every",
    "generators",
    "holdout",
    "holdout_by",
)
"""Fields of the section `system` of which nothing depends before the tick that ends the warm-up."""


class Step(NamedTuple):
    """One arm in the order of a branch."""

    arm: str
    parent: str | None = None
    """An arm that comes before it and begins in the same way; None: it begins by itself."""
    tick: int = 0
    """The last tick that both have in common."""


Branch = tuple[Step, ...]
"""Arms of one seed that are worth running one after the other, in order."""


def shared_ticks(one: Scenario, other: Scenario) -> int:
    """The last tick up to which a run is the same whichever of the two it goes by; 0: they differ from the start.

    Interventions differ from their start on, or from the fit at the end of the warm-up if they act at once; those that
    wait for a monitor cannot act earlier. Much of the section `system` plays no part before that fit.
    """
    mine, theirs = one.plain(), other.plain()
    for fields in (mine, theirs):
        for name in ("about", "interventions", "system"):
            fields.pop(name)
    if mine != theirs:
        return 0
    last, before_fit = one.ticks - 1, one.system.warmup.ticks - 1
    here, there = one.system.model_dump(mode="json"), other.system.model_dump(mode="json")
    differing = [name for name in here if here[name] != there[name]]
    if any(name not in AFTER_WARMUP for name in differing):
        return 0
    if differing:
        last = before_fit
    for treatment in _differing(one.interventions, other.interventions):
        start = treatment.start if isinstance(treatment.start, int) else 0
        last = min(last, start - 1 if start > before_fit + 2 else before_fit)
    return max(last, 0)


def _differing(mine: Sequence[Intervention], theirs: Sequence[Intervention]) -> list[Intervention]:
    """The interventions of which one list has another than the other; all, if those in common change their order."""
    one, other = [treatment.block() for treatment in mine], [treatment.block() for treatment in theirs]
    if [block for block in one if block in other] != [block for block in other if block in one]:
        return [*mine, *theirs]
    left = [treatment for treatment, block in zip(mine, one, strict=True) if block not in other]
    return left + [treatment for treatment, block in zip(theirs, other, strict=True) if block not in one]


def branches(arms: Mapping[str, Scenario], *, fork: bool = True) -> list[Branch]:
    """The arms in an order in which each comes behind those it begins like, and behind those it is compared with.

    Arms that have nothing to do with each other are branches of their own, which may run side by side. Of those that
    begin in the same way an arm is held against three only, so that this takes no longer than it has to for thousands.
    """
    order = _ordered(arms)
    seen: dict[str, str] = {}
    groups: dict[str, list[Step]] = {}
    home: dict[str, str] = {}
    for arm in order:
        step = Step(arm, *_parent(arms, arm, seen)) if fork and _knows_no_more(arms[arm]) else Step(arm)
        needed = dict.fromkeys(home[other] for other in (step.parent, *references(arms[arm])) if other in home)
        first, *others = needed or [arm]
        groups.setdefault(first, []).extend(one for other in others for one in groups.pop(other))
        groups[first].append(step)
        home |= {one.arm: first for one in (groups[first] if others else [step])}
    place = {arm: number for number, arm in enumerate(order)}
    return sorted((tuple(group) for group in groups.values()), key=lambda group: place[group[0].arm])


def _parent(arms: Mapping[str, Scenario], arm: str, seen: dict[str, str]) -> tuple[str | None, int]:
    """The arm to go on from, and up to which tick: the first that begins alike, or one of those that go on alike."""
    fields = arms[arm].plain()
    later = {name: fields["system"].pop(name) for name in AFTER_WARMUP}
    start = json.dumps({name: value for name, value in fields.items() if name not in ("about", "interventions")})
    alike = f"{start}{json.dumps(later)}"
    known = dict.fromkeys(seen[key] for key in (start, alike, f"last {alike}") if key in seen)
    found = [(shared_ticks(arms[other], arms[arm]), other) for other in known]
    seen |= {start: seen.get(start, arm), alike: seen.get(alike, arm), f"last {alike}": arm}
    ticks, parent = max(found, key=lambda one: one[0], default=(0, None))
    return (parent, ticks) if ticks > 0 else (None, 0)


def _knows_no_more(spec: Scenario) -> bool:
    """Whether nothing of one's own might look ahead into the sections, as only recsim's are known not to."""
    parts = (*(spec.metrics or ()), *spec.interventions, *spec.system.rerankers)
    return all(type(one).__module__.startswith("recsim.") for one in parts)


def _ordered(arms: Mapping[str, Scenario]) -> list[str]:
    """The arms that others are compared with first, each behind its own references."""
    order: list[str] = []

    def add(arm: str, above: tuple[str, ...]) -> None:
        for other in references(arms[arm]):
            if other in arms and other not in (*order, *above, arm):
                add(other, (*above, arm))
        if arm not in order:
            order.append(arm)

    for arm in arms:
        add(arm, ())
    return order
