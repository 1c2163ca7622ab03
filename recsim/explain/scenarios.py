"""A whole scenario in words: what is in it, what else would have happened, and what must come out."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from recsim.arms import BASELINE, changes_of
from recsim.base.component import Component
from recsim.base.flow import History
from recsim.problems import clean, listed, shown
from recsim.problems.fields import brief
from recsim.scenario import Scenario
from recsim.windows import words


def size(scenario: Scenario, history: History | None = None) -> dict[str, int | str]:
    """Users, items and ticks at the start; of a log that has not been read, its kind."""
    from recsim.world.world import ITEMS, USERS

    log = scenario.data.kind if scenario.data is not None else None
    if history is not None:
        return {"users": len(history.user_ids), "items": len(history.item_ids), "ticks": scenario.ticks}
    network = scenario.users.network
    known = log or (network.kind if network.needs_links else USERS)
    users, items = scenario.users.count or known, scenario.items.count or log or ITEMS
    return {"users": users, "items": items, "ticks": scenario.ticks}


def size_words(scenario: Scenario, history: History | None = None) -> str:
    """`1000 users × 500 items × 50 ticks`."""
    counts = size(scenario, history)
    return " × ".join(
        f"{name} of {count}" if isinstance(count, str) else f"{count} {name}" for name, count in counts.items()
    )


def story(scenario: Scenario) -> Iterator[str]:
    """A whole scenario in plain words, a line each."""
    yield scenario.about or "A scenario that does not say what it asks (write it in 'about:')."
    every = f", measured every {scenario.measure_every} ticks" if scenario.measure_every > 1 else ""
    yield f"{size_words(scenario)}, seed {scenario.seed}{every}"
    for name in ("data", "users", "items", "creators", "system"):
        section = getattr(scenario, name)
        if section is not None:
            yield ""
            yield f"{name}: {brief(_doc(type(section)))}"
            yield from _part(section, "  ")
    yield ""
    yield "interventions:" if scenario.interventions else "interventions: none"
    yield from (f"  {one}" for one in scenario.interventions)
    measured = [one.label for one in scenario.metrics] if scenario.metrics is not None else []
    yield f"metrics: {listed(measured) or 'none'}" if scenario.metrics is not None else "metrics: the usual ones"
    yield from _experiment(scenario)
    yield from _claims(scenario)


def _experiment(scenario: Scenario) -> Iterator[str]:
    """The arms, each with what it changes."""
    design = scenario.experiment
    if design is None:
        return
    changes = changes_of(scenario)
    size = f"{len(changes)} arm{'s' * (len(changes) != 1)} × {design.seeds} seed{'s' * (design.seeds != 1)}"
    yield ""
    yield f"experiment: {size}, compared with {design.against} {listed(words(when) for when in design.windows)}"
    for arm in [BASELINE] * (BASELINE in changes) + [arm for arm in design.arms if arm != BASELINE]:
        changed = [f"{path}: {_flow(value)}" for path, value in changes[arm].items()]
        yield f"  {arm}: {', '.join(changed) or 'the scenario as it stands'}"
    for path, values in design.sweep.items():
        yield f"  an arm each for {path}: {listed(map(_flow, values))}"
    for factor, off in design.attribution.items():
        told = off if isinstance(off, str) else ", ".join(f"{path}: {_flow(value)}" for path, value in off.items())
        yield f"  how much is due to {factor}: arms with and without it ({told})"


def _claims(scenario: Scenario) -> Iterator[str]:
    """The claims, each with what must come out if it is true."""
    if scenario.claims:
        yield ""
        yield "claims:"
    for claim in scenario.claims:
        yield f"  {claim.says}"
        group = "" if claim.group == "all" else f" of {claim.group}"
        yield f"    {claim.kind}: {claim.metric}{group}, {claim.expected()}"
        yield from [f"    known: {claim.known}"] if claim.known else []
        yield f"    {claim.evidence}{f': {claim.source}' if claim.source else ''}"


def _flow(value: Any) -> str:
    """A value as it would stand on a line of the file."""
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{clean(name)}: {_flow(one)}' for name, one in value.items())}}}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_flow, value))}]"
    return clean(value, 200) if isinstance(value, str) else shown(value)


def _part(block: BaseModel, indent: str) -> Iterator[str]:
    """The fields of a block that say something: components, and values other than their defaults."""
    for name, field in type(block).model_fields.items():
        value = getattr(block, name)
        members = value if isinstance(value, tuple) else (value,)
        if any(isinstance(one, Component) for one in members):
            for one in members:
                yield f"{indent}{name}: {one.words()}"
                yield f"{indent}    {_doc(type(one)).split('\n')[0]}"
        elif isinstance(value, BaseModel):
            yield f"{indent}{name}: {brief(field.description or '')}"
            yield from _part(value, indent + "  ")
        elif value != field.default and name != "name":
            yield f"{indent}{name}: {value}  ({brief(field.description or '')})"


def _doc(model: Any) -> str:
    return inspect.getdoc(model) or ""
