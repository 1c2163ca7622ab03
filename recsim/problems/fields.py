"""What a field may hold, read from its annotation: the one source of messages, explanations and the JSON Schema."""

from __future__ import annotations

import re
import types
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, NamedTuple, TypeAliasType, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from recsim.base.component import Component
from recsim.problems import listed, shown

CAP = {"integer": 100_000_000, "number": 1e15}
"""Bounds that only keep nonsense out; not worth a word."""


class Form(NamedTuple):
    """One of the things that a field may hold."""

    sort: str
    """integer, number, boolean, text, choice, component, block, list, mapping, null or anything."""
    low: float | None = None
    """Smallest number, or fewest members of a list."""
    high: float | None = None
    above: bool = False
    """Whether it must be above `low`, not just reach it."""
    below: bool = False
    """Whether it must be below `high`."""
    pattern: str = ""
    """Of a text, or of the keys of a mapping."""
    told: str = ""
    """What a text with a pattern is, if it is no name."""
    choices: tuple[Any, ...] = ()
    model: Any = None
    """The family of a component, or the class of a block."""
    members: tuple[Form, ...] = ()
    """What a list or mapping may hold."""

    def accepts(self, value: Any) -> bool:
        """Whether a value is of this sort, its bounds aside."""
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return {
            "integer": number and (isinstance(value, int) or value.is_integer()),
            "number": number,
            "boolean": isinstance(value, bool),
            "text": isinstance(value, str),
            "choice": isinstance(value, str) and value in self.choices,
            "null": value is None,
            "list": isinstance(value, Sequence) and not isinstance(value, str),
            "mapping": isinstance(value, Mapping),
            "block": isinstance(value, (Mapping, BaseModel)),
        }.get(self.sort, True)


def forms(field: FieldInfo) -> tuple[Form, ...]:
    """Everything that a field may hold."""
    return _forms(field.annotation, tuple(field.metadata))


def _forms(kind: Any, limits: tuple[Any, ...] = ()) -> tuple[Form, ...]:
    """Everything that an annotation allows."""
    if isinstance(kind, TypeAliasType):
        return _forms(kind.__value__, limits)
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _forms(inner[0], (*limits, *inner[1:]))
    if origin in (Union, types.UnionType):
        return tuple(form for one in inner for form in _forms(one, limits))
    if origin is Literal:
        return (Form("choice", choices=inner),)
    if origin in (tuple, list, Sequence) or kind in (tuple, list):
        members = tuple(form for one in inner if one is not Ellipsis for form in _forms(one))
        flat = [one for limit in limits for one in getattr(limit, "metadata", None) or (limit,)]
        return (Form("list", low=_bound(flat, "", "min_length")[0], members=members),)
    if origin in (dict, Mapping) or kind is dict:
        keys = _forms(inner[0])[0].pattern if inner else ""
        return (Form("mapping", pattern=keys, members=_forms(inner[1]) if inner else (Form("anything"),)),)
    return (_plain(kind, limits),)


def _plain(kind: Any, limits: tuple[Any, ...]) -> Form:
    """The form of a class."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        family = issubclass(kind, Component) and "family" in kind.__dict__
        return Form("component" if family else "block", model=kind)
    sorts = {bool: "boolean", int: "integer", float: "number", str: "text", type(None): "null", None: "null"}
    sort = sorts.get(kind) if isinstance(kind, type) or kind is None else None
    flat = [inner for one in limits for inner in getattr(one, "metadata", None) or (one,)]
    low = _bound(flat, "gt", "ge")
    high = _bound(flat, "lt", "le")
    pattern = next((str(one.pattern) for one in flat if getattr(one, "pattern", None)), "")
    told = next((str(one.told) for one in flat if getattr(one, "told", None)), "")
    return Form(sort or "anything", low[0], high[0], low[1], high[1], pattern, told)


def _bound(limits: list[Any], strict: str, weak: str) -> tuple[float | None, bool]:
    """A bound, and whether it is itself excluded."""
    for name in filter(None, (strict, weak)):
        for one in limits:
            if (value := getattr(one, name, None)) is not None:
                return value, name == strict
    return None, False


def words(all_forms: Sequence[Form]) -> str:
    """What is allowed: `integer ≥ 1, once or never`."""
    parts = [part for form in all_forms for part in _parts(form)]
    return listed(dict.fromkeys(parts), "or") if parts else "anything"


def _parts(form: Form) -> list[str]:
    if form.sort in CAP:
        return [f"{form.sort}{_range(form)}"]
    if form.sort == "choice":
        return [str(one) for one in form.choices]
    if form.sort == "component":
        return [f"a kind of {form.model.family}"]
    if form.sort == "block":
        fields = form.model.model_fields
        return [f"{{{', '.join(f'{name}: …' for name in fields)}}}"] if len(fields) < 4 else ["a block of fields"]
    if form.sort == "list":
        families = [one.model.family for one in form.members if one.sort == "component"]
        return [f"list of {plural(families[0])}" if families else _holding("list", form)]
    if form.sort == "mapping":
        return [_holding("block", form)]
    if form.told:
        return [form.told]
    if form.sort == "text" and form.pattern:
        return ["name of letters, digits, '.', '-' and '_'"]
    return {"boolean": ["true", "false"], "text": ["text"], "null": []}.get(form.sort, ["anything"])


def _holding(what: str, form: Form) -> str:
    """`list of: text`; just `list` where it may hold anything."""
    inner = words(form.members)
    return what if inner == "anything" else f"{what} of: {inner}"


def _range(form: Form) -> str:
    low = form.low if form.low is not None and form.low > -CAP["number"] else None
    high = form.high if form.high is not None and form.high < CAP[form.sort] else None
    if low is not None and high is not None and not (form.above or form.below):
        return f" from {shown(low)} to {shown(high)}"
    bounds = [f"{'>' if form.above else '≥'} {shown(low)}"] if low is not None else []
    bounds += [f"{'<' if form.below else '≤'} {shown(high)}"] if high is not None else []
    return f" {' and '.join(bounds)}" if bounds else ""


def plural(family: str) -> str:
    """`behaviours`, `activities`, `dynamics`."""
    return family if family.endswith(("s", "data")) else f"{family[:-1]}ies" if family.endswith("y") else f"{family}s"


def default_words(field: FieldInfo) -> str:
    """The default as its docstring or its value tells it; empty where it is nothing to mention."""
    told = re.search(r"[Dd]efault:? (.+?)\.?$", field.description or "")
    value = field.get_default(call_default_factory=True)
    if field.is_required():
        return "required"
    if told:
        return f"default {shown(value)}" if value is not None and value not in ((), {}) else f"default: {told[1]}"
    if value is None:
        return ""
    if isinstance(value, Component):
        return f"default {value.words()}"
    if isinstance(value, BaseModel) or value in ("", {}):
        return ""
    if isinstance(value, tuple):
        return f"default [{', '.join(getattr(one, 'kind', shown(one)) for one in value)}]"
    return f"default {value if isinstance(value, str) else shown(value)}"


def brief(text: str) -> str:
    """The first clause of a docstring, to go into a sentence."""
    first = re.split(r"[;.](?:\s|$)|:\s", text.strip(), maxsplit=1)[0]
    clause, _, rest = first.partition(", ")
    if len(clause) < 8 or clause.count("(") > clause.count(")") or re.search(r"\b(and|or)\b", rest):
        clause = first
    return clause if clause[1:2].isupper() else clause[:1].lower() + clause[1:]


def summary(field: FieldInfo) -> str:
    """`ticks between retrainings, integer ≥ 1, once or never; default 1`."""
    told = ", ".join(part for part in (brief(field.description or ""), words(forms(field))) if part)
    return "; ".join(part for part in (told, default_words(field)) if part)
