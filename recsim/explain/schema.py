"""The JSON Schema of a scenario file, for editors: made from the fields, so it cannot say anything else than `check`.

What it cannot express: parts that have to fit together (`recsim.problems.misfits`, `candidates` against `slate_size`),
what a `change` may do, and how the text is written (anchors, keys that stand twice, sizes).
"""

from __future__ import annotations

import inspect
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from recsim.base.component import Component
from recsim.problems.fields import Form, forms
from recsim.scenario import Scenario
from recsim.world.sections import UserGroup
from recsim.world.tastes import Tastes

DIALECT = "https://json-schema.org/draft/2020-12/schema"
TITLE = "recsim scenario"
Json = dict[str, Any]


def schema() -> Json:
    """Draft 2020-12, with the docstrings of classes and fields as descriptions."""
    definitions: Json = {}
    top = _object(Scenario, definitions)
    return {"$schema": DIALECT, "title": TITLE, **top, "$defs": dict(sorted(definitions.items()))}


def _object(model: type[BaseModel], definitions: Json) -> Json:
    """A block with the fields of a model and nothing else."""
    fields = model.model_fields
    properties = {name: _field(field, definitions) for name, field in fields.items()}
    required = [name for name, field in fields.items() if field.is_required()]
    if issubclass(model, Component):
        properties = {model.key: {"const": model.kind}, **properties}
        required = [model.key, *required]
    if model is UserGroup:
        properties["tastes"]["anyOf"] += _without_kind(Tastes, definitions)
    result: Json = {"type": "object", "description": inspect.getdoc(model) or ""}
    result |= {"properties": properties, "additionalProperties": False}
    return result | ({"required": required} if required else {})


def _without_kind(family: type[Component], definitions: Json) -> list[Json]:
    """Any fields of a member of a family: what differs from one that is named elsewhere."""
    members = [one for _, one in sorted(family.members().items())]
    blocks = [{name: _field(field, definitions) for name, field in one.model_fields.items()} for one in members]
    return [{"type": "object", "properties": fields, "additionalProperties": False} for fields in blocks]


def _field(field: FieldInfo, definitions: Json) -> Json:
    """What a field may hold, with its docstring and a default that can be written down."""
    result = _any(forms(field), definitions)
    if field.description:
        result = {"description": field.description, **result}
    default = None if field.is_required() else field.get_default(call_default_factory=True)
    return result | ({"default": default} if isinstance(default, (bool, int, float, str)) else {})


def _any(all_forms: tuple[Form, ...], definitions: Json) -> Json:
    options = [_form(form, definitions) for form in all_forms]
    return options[0] if len(options) == 1 else {"anyOf": options} if options else {}


def _form(form: Form, definitions: Json) -> Json:
    """One of the things that a field may hold."""
    match form.sort:
        case "integer" | "number":
            low = {"exclusiveMinimum" if form.above else "minimum": form.low} if form.low is not None else {}
            high = {"exclusiveMaximum" if form.below else "maximum": form.high} if form.high is not None else {}
            return {"type": form.sort, **low, **high}
        case "boolean" | "null":
            return {"type": form.sort}
        case "text":
            return {"type": "string", **({"pattern": form.pattern} if form.pattern else {})}
        case "choice":
            return {"enum": list(form.choices)}
        case "list":
            fewest = {"minItems": form.low} if form.low is not None else {}
            return {"type": "array", "items": _any(form.members, definitions), **fewest}
        case "mapping":
            names = {"propertyNames": {"pattern": form.pattern}} if form.pattern else {}
            return {"type": "object", "additionalProperties": _any(form.members, definitions), **names}
        case "block" | "component":
            return _shared(form, definitions)
    return {}


def _shared(form: Form, definitions: Json) -> Json:
    """A reference to a section's or family's definition."""
    name = form.model.family if form.sort == "component" else form.model.__name__
    if name not in definitions:
        definitions[name] = {}
        made = _family(form.model, definitions) if form.sort == "component" else _object(form.model, definitions)
        definitions[name] = made
    return {"$ref": f"#/$defs/{name}"}


def _family(family: type[Component], definitions: Json) -> Json:
    """Any member of a family: its bare kind where nothing else is needed, its block, or the family's shorthand."""
    members = dict(sorted(family.members().items()))
    bare = [
        kind for kind, one in members.items() if not any(field.is_required() for field in one.model_fields.values())
    ]
    options: list[Json] = [{"enum": bare}] if bare else []
    written = family.shorthand(0.5)
    if isinstance(written, dict) and written.get(family.key) in members:
        name = next(name for name, value in written.items() if value == 0.5)
        options.append(_field(members[written[family.key]].model_fields[name], definitions))
    options += [_object(one, definitions) for one in members.values()]
    return {"description": (inspect.getdoc(family) or "").split("\n")[0], "anyOf": options}
