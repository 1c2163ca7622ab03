"""What a field, a kind, a family or a whole scenario means, in words that come from docstrings alone."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterator
from typing import Any, NamedTuple

from pydantic import BaseModel

from recsim.base.component import Component
from recsim.claims import Claim
from recsim.explain.claims import examples, verdicts
from recsim.explain.contents import WIDTH, members, overview, overview_data
from recsim.explain.python import by_hand
from recsim.explain.scenarios import size, size_words, story
from recsim.explain.topics import Topic, belongs, resolve
from recsim.problems import listed
from recsim.problems.fields import default_words, forms, words

__all__ = [
    "Meaning", "explanations", "meaning", "overview", "overview_data", "size", "size_words", "story", "text_of",
]  # fmt: skip


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
    doc, example = _doc_and_example(topic.model)
    if topic.field is not None:
        more = doc.partition("\n\n")[2]
        result |= {"text": f"{result['text']}\n\n{more}"} if more else {}
    elif "family" in topic.model.__dict__:
        return result | {"text": doc} | _of_family(topic.model)
    else:
        null, key = topic.model.null, topic.model.key
        result |= {"text": doc, "family": topic.model.family, "kind": topic.model.kind, "key": key}
        result |= {"in": _homes(topic), "null": null if isinstance(null, str) else dict(null)}
    result |= {"example": example} if example else {}
    return result | {"fields": [_meaning(one)._asdict() for one in _fields_of(topic.model)]}


def _of_family(family: type[Component]) -> dict[str, Any]:
    """What all members have in common, and how to write one."""
    common = [_meaning(one)._asdict() for one in _fields_of(family) if one.path != "name"]
    result = {"family": family.family, "key": family.key, "kinds": members(family)} | by_hand(family)
    result |= {"fields": common} if common else {}
    return result | ({"examples": examples(), "verdicts": verdicts()} if family is Claim else {})


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
    families = [one["kinds"] for one in found if "methods" in one]
    once = [{**one, "kinds": {}} if "allowed" in one and one.get("kinds") in families else one for one in found]
    return "\n\n".join("\n".join(_lines(one)) for one in once)


def _merged(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Explanations that differ in their paths only, as one."""
    together: dict[str, dict[str, Any]] = {}
    for one in found:
        same = together.setdefault(repr({**one, "path": ""}), {**one, "path": ""})
        same["path"] = f"{same['path']}, {one['path']}".lstrip(", ")
    return list(together.values())


def _lines(one: dict[str, Any]) -> Iterator[str]:
    """One explanation."""
    yield f"{_title(one)}: {listed(one['in'])}" if "kind" in one else one["path"]
    yield from _indented(one["text"], "  ")
    if "allowed" in one:
        yield f"  {'; '.join(filter(None, (one['allowed'], one['default'])))}"
    if one.get("example"):
        yield "  example:"
        yield from _indented(one["example"], "    ")
    kinds = one.get("kinds", {})
    for kind, text in kinds.items():
        yield f"    {kind:<{max(20, *map(len, kinds))}} {text}"
        yield from _indented(one.get("examples", {}).get(kind, ""), "      ")
    if one.get("fields"):
        yield "  fields:" if "methods" not in one else f"  fields of every {one['family']}:"
    for field in one.get("fields", ()):
        yield f"    {field['path']}: {'; '.join(filter(None, (field['allowed'], field['default'])))}"
        yield from _indented(field["text"], "      ")
    if one.get("verdicts"):
        yield "  how a verdict is made:"
    for name, text in one.get("verdicts", {}).items():
        yield from textwrap.wrap(text, WIDTH, initial_indent=f"    {name:<13}", subsequent_indent=" " * 17)
    yield from _by_hand(one)
    if isinstance(one.get("null"), dict):
        yield f"  turned off by {', '.join(f'{name}: {value}' for name, value in one['null'].items())}"
    elif "null" in one:
        yield f"  cannot be turned off by a field: {one['null']}"


def _title(one: dict[str, Any]) -> str:
    """`als, a kind of recommender`; of what goes by another key than `kind`, which."""
    written = "" if one["key"] == "kind" else f", written '{one['key']}: {one['kind']}'"
    return f"{one['kind']}, a kind of {one['family']}{written}"


def _by_hand(one: dict[str, Any]) -> Iterator[str]:
    """How to write a member of a family."""
    if "methods" in one:
        yield "  methods of your own one:"
    for method in one.get("methods", ()):
        yield f"    {method['signature']}"
        yield f"      {method['text']}"
    yield from (f"  {line}" for line in one.get("python", ()))


def _indented(text: str, by: str) -> Iterator[str]:
    yield from (f"{by}{line}".rstrip() for line in text.splitlines())


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
        for kind, text in members(form.model).items()
        if belongs(form.model.members()[kind], topic.path)
    }


def _doc(model: Any) -> str:
    return inspect.getdoc(model) or ""


def _doc_and_example(model: Any) -> tuple[str, str]:
    """A docstring, and the YAML that it gives as an example; empty if it gives none."""
    doc, _, example = _doc(model).partition("\n\nExample:\n")
    return doc, textwrap.dedent(example)
