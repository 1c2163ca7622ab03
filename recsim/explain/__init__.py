"""What a field, a kind, a family or a whole scenario means, in words that come from docstrings alone."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any, NamedTuple

from pydantic import BaseModel

from recsim.base.component import Component
from recsim.base.flow import History
from recsim.explain.python import by_hand, in_short
from recsim.explain.topics import Topic, belongs, resolve
from recsim.problems import listed
from recsim.problems.fields import brief, default_words, forms, plural, words
from recsim.scenario import Scenario


class Meaning(NamedTuple):
    """What a field is for, and what it may hold."""

    path: str
    text: str
    """Its docstring."""
    allowed: str
    """Type and range, in words."""
    default: str
    """`default 1`, `required`; empty where there is nothing to say."""


def meaning(path: str) -> Meaning:
    """The meaning of one field, named as in `--set`, by kind (`als.factors`) or by its name alone.

    Raises:
        ScenarioError: no such field; with what was probably meant.
    """
    fields = [topic for topic in resolve(path) if topic.field is not None]
    return _meaning(fields[0]) if fields else Meaning(path, _doc(resolve(path)[0].model), "", "")


def _meaning(topic: Topic) -> Meaning:
    field = topic.field
    assert field is not None, "only fields have types and defaults"
    return Meaning(topic.path, field.description or "", words(forms(field)), default_words(field))


def explanations(query: str) -> list[dict[str, Any]]:
    """Everything that goes by a name, as plain data.

    Raises:
        ScenarioError: nothing does.
    """
    return [_plain(topic) for topic in resolve(query)]


def _plain(topic: Topic) -> dict[str, Any]:
    result: dict[str, Any] = {"path": topic.path}
    if topic.field is not None:
        told = _meaning(topic)
        result |= {"text": told.text, "allowed": told.allowed, "default": told.default}
        kinds = _families_of(topic)
        result |= {"kinds": kinds} if kinds else {}
    if topic.model is None:
        return result
    if topic.field is None:
        result |= {"text": _doc(topic.model), "family": topic.model.family}
        if "family" in topic.model.__dict__:
            return result | {"kinds": _members(topic.model)} | by_hand(topic.model)
        null = topic.model.null
        result |= {"kind": topic.model.kind, "in": _homes(topic), "null": null if isinstance(null, str) else dict(null)}
    return result | {"fields": [_meaning(one)._asdict() for one in _fields_of(topic.model)]}


def text_of(query: str) -> str:
    """Everything that goes by a name, for people.

    Raises:
        ScenarioError: nothing does.
    """
    found = _merged(explanations(query))
    if len(found) > 8:
        return "\n".join(
            [f"'{query}' stands for {len(found)} things; explain one of:", *(f"  {one['path']}" for one in found)]
        )
    return "\n\n".join("\n".join(_lines(one)) for one in found)


def _merged(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Explanations that differ in their paths only, as one."""
    together: dict[str, dict[str, Any]] = {}
    for one in found:
        same = together.setdefault(repr({**one, "path": ""}), {**one, "path": ""})
        same["path"] = f"{same['path']}, {one['path']}".lstrip(", ")
    return list(together.values())


def _lines(one: dict[str, Any]) -> Iterator[str]:
    """One explanation."""
    yield f"{one['kind']}, a kind of {one['family']}: {listed(one['in'])}" if "kind" in one else one["path"]
    yield from (f"  {line}".rstrip() for line in one["text"].splitlines())
    if "allowed" in one:
        yield f"  {'; '.join(filter(None, (one['allowed'], one['default'])))}"
    for kind, text in one.get("kinds", {}).items():
        yield f"    {kind:<20} {text}"
    if "methods" in one:
        yield "  methods of your own one:"
    for method in one.get("methods", ()):
        yield f"    {method['signature']}"
        yield f"      {method['text']}"
    yield from (f"  {line}" for line in one.get("python", ()))
    if one.get("fields"):
        yield "  fields:"
    for field in one.get("fields", ()):
        yield f"    {field['path']}: {'; '.join(filter(None, (field['allowed'], field['default'])))}"
        yield f"      {field['text']}"
    if isinstance(one.get("null"), dict):
        yield f"  turned off by {', '.join(f'{name}: {value}' for name, value in one['null'].items())}"
    elif "null" in one:
        yield f"  cannot be turned off by a field: {one['null']}"


def _fields_of(model: type[BaseModel]) -> Iterator[Topic]:
    for name, field in model.model_fields.items():
        yield Topic((name,), field, None)


def _homes(topic: Topic) -> list[str]:
    """The places in a scenario where a kind can stand."""
    return [name.rpartition(".")[0] for name in topic.names if "." in name]


def _families_of(topic: Topic) -> dict[str, str]:
    """The kinds that a field may hold, each with the first line of its docstring."""
    assert topic.field is not None, "asked of fields only"
    held = [inner for form in forms(topic.field) for inner in (form, *form.members)]
    return {
        kind: text
        for form in held
        if form.sort == "component"
        for kind, text in _members(form.model).items()
        if belongs(form.model.members()[kind], topic.path)
    }


def _members(family: type[Component]) -> dict[str, str]:
    return {kind: in_short(member) for kind, member in sorted(family.members().items())}


def _doc(model: Any) -> str:
    return inspect.getdoc(model) or ""


def size(scenario: Scenario, history: History | None = None) -> dict[str, int | str]:
    """Users, items and ticks at the start; of a log that has not been read, its kind."""
    from recsim.world.world import ITEMS, USERS

    log = scenario.data.kind if scenario.data is not None else None
    if history is not None:
        return {"users": len(history.user_ids), "items": len(history.item_ids), "ticks": scenario.ticks}
    users, items = scenario.users.count or log or USERS, scenario.items.count or log or ITEMS
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
    for name in ("data", "users", "items", "system"):
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


def overview_data() -> dict[str, Any]:
    """The fields of a scenario and the families of components."""
    fields = {name: field.description or "" for name, field in Scenario.model_fields.items()}
    return {"fields": fields, "families": {name: _members(one) for name, one in sorted(Component.families.items())}}


def overview() -> str:
    """The fields of a scenario and the families of components, for people."""
    told = overview_data()
    lines = ["A scenario has these fields; `recsim explain FIELD` tells more:"]
    lines += [f"  {name:<14} {text}" for name, text in told["fields"].items()]
    lines += ["", "and these families of components; `recsim explain KIND` tells more:"]
    lines += [f"  {plural(name):<14} {listed(kinds, limit=100)}" for name, kinds in told["families"].items()]
    return "\n".join(lines)
