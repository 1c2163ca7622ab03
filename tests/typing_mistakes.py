"""One-letter typing mistakes, and every place of a scenario where one can be made."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from pydantic import BaseModel

from recsim.base.component import Component
from recsim.problems.fields import Form, forms
from recsim.scenario import Scenario

LETTERS = "abcdefghijklmnopqrstuvwxyz_"


def typos(word: str, random: Random) -> list[str]:
    """A dropped, a doubled, a swapped and a replaced letter."""
    place = random.randrange(len(word))
    other = random.choice([letter for letter in LETTERS if letter != word[place]])
    swap = random.randrange(max(len(word) - 1, 1))
    made = {
        word[:place] + word[place + 1 :],
        word[:place] + word[place] + word[place:],
        word[:swap] + word[swap + 1 : swap + 2] + word[swap] + word[swap + 2 :],
        word[:place] + other + word[place + 1 :],
    }
    return sorted(one for one in made if one and one != word)


def blocks(model: type[BaseModel] = Scenario, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any, Any]]:
    """Every block that a scenario can have: where it stands, its class, its family form (None for a section)."""
    yield path, model, None
    for name, field in model.model_fields.items():
        for form in forms(field):
            if form.sort == "block" and not issubclass(model, Component):
                yield from blocks(form.model, (*path, name))
            for inner in (form, *form.members):
                if inner.sort == "component":
                    for member in inner.model.members().values():
                        yield (*path, name), member, form


def scenario_with(path: tuple[str, ...], form: Form | None, value: Any) -> tuple[dict[str, Any], tuple[str | int, ...]]:
    """Plain fields that hold a value at a path, and the path as messages tell it."""
    tree: Any = [value] if form is not None and form.sort == "list" else value
    for step in reversed(path):
        tree = {step: tree}
    return tree, (*path, 0) if form is not None and form.sort == "list" else path


def field_typos(random: Random) -> Iterator[tuple[dict[str, Any], tuple[str | int, ...], str]]:
    """Scenarios with one field misspelled: the fields, where the mistake is, what was meant."""
    for path, model, form in blocks():
        for name in model.model_fields:
            for wrong in typos(name, random):
                if wrong not in model.model_fields and wrong != "kind":
                    block = model.example().block() if form is not None else {}
                    fields, where = scenario_with(path, form, {**block, wrong: 1})
                    yield fields, (*where, wrong), name


def kind_typos(random: Random) -> Iterator[tuple[dict[str, Any], tuple[str | int, ...], str]]:
    """Scenarios with one kind misspelled."""
    for path, model, form in blocks():
        if form is not None:
            for wrong in typos(model.kind, random):
                if wrong not in model.members():
                    fields, where = scenario_with(path, form, wrong)
                    yield fields, where, model.kind
