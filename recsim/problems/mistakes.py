"""From what pydantic found to what people can act on: one problem a place, with all that is allowed there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from recsim.base.component import Component, closest
from recsim.problems import Problem, ScenarioError, clean, listed, shown
from recsim.problems.fields import brief, default_words, forms, plural, summary, words
from recsim.problems.scalars import meant
from recsim.problems.trail import Spot, block_of, leaves, spot
from recsim.problems.wording import as_written, meaning_of, nearest, wrong_value

Model = type[BaseModel]
_NAME = "use up to 64 letters, digits, '.', '-' and '_'"


def mistakes(error: ValidationError | None, model: Model, fields: Mapping[str, Any]) -> list[Problem]:
    """Every mistake in the plain fields of a model.

    pydantic reads `"5"` as 5 and `"yes"` as true; a scenario does not, so that a file means what its schema says.
    """
    found: dict[tuple[Any, ...], Problem] = {}
    for leaf in leaves(spot(model, fields, ())):
        if not any(form.accepts(leaf.value) for form in leaf.forms):
            found[leaf.path, "value"] = _wrong(leaf, "")
    for one in error.errors(include_url=False, include_input=False) if error else ():
        for sort, problem in _translated(dict(one), model, fields):
            found.setdefault((problem.path, sort), problem)
    return list(found.values())


def _translated(one: dict[str, Any], model: Model, fields: Mapping[str, Any]) -> Iterator[tuple[str, Problem]]:
    """The problems that one of pydantic's errors stands for; there is only one of each sort at a place."""
    kind, context = one["type"], one.get("ctx", {})
    here = spot(model, fields, one["loc"], tags=True)
    if kind == "misfits":
        for misfit in context["problems"]:
            yield misfit.text, misfit
    elif isinstance(context.get("error"), ScenarioError):
        for inner in context["error"].problems:
            yield inner.text, inner._replace(path=(*here.path, *inner.path))
    elif kind == "extra_forbidden":
        yield "unknown", unknown(model, here)
    elif here.key == "[key]":
        yield "unknown", Problem(here.path[:-1], f"{shown(here.path[-2])} is not a name", _NAME, at_key=True)
    elif kind == "invalid_key":
        yield "unknown", Problem(here.path, f"the key {shown(here.path[-1])} is not text", at_key=True)
    elif kind == "missing":
        yield here.key, _missing(spot(model, fields, one["loc"][:-1], tags=True), here)
    elif kind in ("unknown_kind", "missing_kind", "component"):
        yield "value", _no_component(here, kind, context)
        if kind == "missing_kind":
            yield from _inside(here, context["family"])
    elif kind in ("value_error", "assertion_error"):
        yield "rule", Problem(here.path, clean(context.get("error") and str(context["error"]) or one["msg"], 400))
    elif not (isinstance(here.value, Mapping) and block_of(here) is not None):
        yield "value", _wrong(here, one["msg"])


def _wrong(here: Spot, otherwise: str) -> Problem:
    """A value that its field cannot hold."""
    text, fix = wrong_value(here.value, here.forms, clean(otherwise, 200) or f"{shown(here.value)} does not fit")
    told = (
        "; ".join(filter(None, (brief(here.field.description or ""), default_words(here.field)))) if here.field else ""
    )
    allowed = f"allowed: {words(here.forms)}" + (f"  ({told})" if told else "")
    return Problem(here.path, text, "\n".join(filter(None, (fix, allowed))), here.explain)


def unknown(model: Model, here: Spot) -> Problem:
    """A key that is no field of its block."""
    block = here.block
    known = block.model_fields if block is not None else {}
    component = isinstance(block, type) and issubclass(block, Component)
    where = f"'{'.'.join(map(str, here.path[:-1]))}'" if here.path[:-1] else "the scenario"
    where += f" ({block.kind})" if component else ""
    above = here.explain.rpartition(".")[0]
    if (entry := re.fullmatch(r"(\w+)((?:\[\d+\])+)", here.key)) and entry[1] in known:
        written = ".".join([*map(str, here.path[:-1]), entry[1], *re.findall(r"\d+", entry[2])])
        hint = f"write '{written}', or the entry's kind in place of its number"
        return Problem(here.path, f"unknown field {shown(here.key)} in {where}", hint, above, at_key=True)
    near = closest(here.key, known)
    if near is not None:
        hint, more = f"did you mean '{near}'?  ({summary(known[near])})", f"{above}.{near}".lstrip(".")
    else:
        hint = (
            elsewhere(model, here.key)
            or f"{'fields' if known else 'no fields'} there{': ' if known else ''}{listed(known)}"
        )
        more = above
    return Problem(here.path, f"unknown field {shown(here.key)} in {where}", hint, more, at_key=True)


def elsewhere(model: Model, key: str) -> str:
    """Where a name does belong, if anywhere: a field of another section, or a kind."""
    for path, block, name in sections(model):
        full = f"{path}.{name}".lstrip(".")
        if name == key:
            return f"there is '{full}': write it there"
        for form in forms(block.model_fields[name]):
            for inner in (form, *form.members):
                if inner.sort == "component" and key in inner.model.members():
                    written = f"{{{inner.model.key}: {key}}}"
                    one = f"[{written}]" if form.sort == "list" else written
                    return f"'{key}' is a {inner.model.family}: write '{full}: {one}'"
    return ""


def sections(model: Model, path: str = "") -> Iterator[tuple[str, Model, str]]:
    """Every field of a model and of the blocks below it: path of its block, the block, its name."""
    for name, field in model.model_fields.items():
        yield path, model, name
        for form in forms(field):
            if form.sort == "block":
                yield from sections(form.model, f"{path}.{name}".lstrip("."))


def _missing(parent: Spot, here: Spot) -> Problem:
    """A field that has no default and is not there."""
    kind = f"'{here.block.kind}' " if isinstance(here.block, type) and issubclass(here.block, Component) else "it "
    told = f"  ({summary(here.field)})" if here.field else ""
    return Problem(parent.path, f"{kind}needs '{here.key}:'", f"add '{here.key}: …'{told}", here.explain)


def _no_component(here: Spot, error: str, context: Mapping[str, Any]) -> Problem:
    """Something that names no component of its family."""
    family = context["family"]
    known = sorted(Component.registry.get(family, ()))
    word = Component.families[family].key
    given = here.value.get(word) if isinstance(here.value, Mapping) else here.value
    allowed = f"{plural(family)}: {listed(known)}"
    more = here.explain or family
    if error == "missing_kind":
        near = (
            next((key for key in here.value if key == "kind" or closest(clean(key, 40), [word])), None)
            if isinstance(here.value, Mapping)
            else None
        )
        if near is not None:
            hint = f"did you mean '{word}'?  (which {family} it is)\n{allowed}"
            return Problem(
                (*here.path, near),
                f"unknown field {shown(near)} in '{'.'.join(map(str, here.path))}'",
                hint,
                more,
                at_key=True,
            )
        only = _only_one(here.value, family)
        why = f"  (the only {family}{'' if len(known) == 1 else ' that fits'})" if only is not None else ""
        hint = f"add '{word}: {only.kind if only is not None else '…'}'{why}"
        return Problem(here.path, f"'{word}:' is missing", f"{hint}\n{allowed}", more)
    path = (*here.path, word) if isinstance(here.value, Mapping) else here.path
    if error == "component":
        return Problem(path, f"{shown(here.value)} is no {family}", f"write a kind, or {{{word}: …}}\n{allowed}", more)
    number = meant(given) if isinstance(given, str) else None
    if isinstance(number, float) and Component.families[family].shorthand(number) != number:
        return Problem(path, f"{shown(given)} is text that looks like a number", as_written(str(given), number), more)
    near = nearest(given, known) if isinstance(given, str) else []
    doc = brief((Component.registry[family][near[0]].__doc__ or "").split("\n")[0]) if len(near) == 1 else ""
    hint = "\n".join(filter(None, (f"{meaning_of(near)}{f'  ({doc})' if doc else ''}", allowed)))
    more = f"{more}.{near[0]}" if len(near) == 1 else more
    return Problem(path, f"no {family} is called {shown(given)}", hint, more)


def _only_one(value: Any, family: str) -> type[Component] | None:
    """The one member of a family that a block without a kind can be."""
    members = list(Component.registry.get(family, {}).values())
    keys = set(value) if isinstance(value, Mapping) else set()
    fitting = members if len(members) == 1 else [one for one in members if keys and keys <= set(one.model_fields)]
    return fitting[0] if len(fitting) == 1 else None


def _inside(here: Spot, family: str) -> Iterator[tuple[str, Problem]]:
    """What else is wrong in a block without a kind, where it can only be one."""
    only = _only_one(here.value, family)
    if only is None:
        return
    fields, error = {key: value for key, value in here.value.items() if key != only.key}, None
    try:
        only.model_validate(fields)
    except ValidationError as found:
        error = found
    for one in mistakes(error, only, fields):
        if one.path:
            yield one.text, one._replace(path=(*here.path, *one.path))
