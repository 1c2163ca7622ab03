"""From what pydantic found to what people can act on: one problem a place, with all that is allowed there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from recsim.base.component import Component, closest
from recsim.problems import Problem, ScenarioError, clean, listed, shown
from recsim.problems.fields import brief, default_words, forms, plural, summary, words
from recsim.problems.scalars import meant
from recsim.problems.trail import Spot, block_of, leaves, spot
from recsim.problems.wording import wrong_value

Model = type[BaseModel]


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
    elif kind == "invalid_key":
        yield "unknown", Problem(here.path, f"the key {shown(here.path[-1])} is not text", at_key=True)
    elif kind == "missing":
        yield here.key, _missing(spot(model, fields, one["loc"][:-1], tags=True), here)
    elif kind in ("unknown_kind", "missing_kind", "component"):
        yield "value", _no_component(here, kind, context)
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
                    one = f"[{{kind: {key}}}]" if form.sort == "list" else f"{{kind: {key}}}"
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
    given = here.value.get("kind") if isinstance(here.value, Mapping) else here.value
    allowed = f"{plural(family)}: {listed(known)}"
    more = here.explain or family
    if error == "missing_kind":
        near = (
            next((key for key in here.value if closest(clean(key, 40), ["kind"])), None)
            if isinstance(here.value, Mapping)
            else None
        )
        if near is not None:
            hint = f"did you mean 'kind'?  (which {family} it is)\n{allowed}"
            return Problem(
                (*here.path, near),
                f"unknown field {shown(near)} in '{'.'.join(map(str, here.path))}'",
                hint,
                more,
                at_key=True,
            )
        return Problem(here.path, "'kind:' is missing", f"add 'kind: …'\n{allowed}", more)
    path = (*here.path, "kind") if isinstance(here.value, Mapping) else here.path
    if error == "component":
        return Problem(path, f"{shown(here.value)} is no {family}", f"write a kind, or {{kind: …}}\n{allowed}", more)
    number = meant(given) if isinstance(given, str) else None
    if isinstance(number, float) and Component.families[family].shorthand(number) != number:
        return Problem(
            path, f"{shown(given)} is text that looks like a number", f"write {shown(number)}, without quotes", more
        )
    near = closest(given, known) if isinstance(given, str) else None
    doc = brief((Component.registry[family][near].__doc__ or "").split("\n")[0]) if near else ""
    hint = f"did you mean '{near}'?  ({doc})\n{allowed}" if near else allowed
    return Problem(path, f"no {family} is called {shown(given)}", hint, f"{more}.{near}" if near else more)
