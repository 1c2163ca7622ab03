"""Everything that can be explained: fields of sections, kinds, their fields, and families; found by path or by name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from recsim.base.component import Component, closest
from recsim.problems import Place, Problem, ScenarioError, clean, listed
from recsim.problems.fields import Form, forms, plural
from recsim.scenario import Scenario


class Topic(NamedTuple):
    """Something that can be explained."""

    names: tuple[str, ...]
    """What it can be called, the full path first."""
    field: FieldInfo | None
    """The field, if it is one."""
    model: Any
    """The section, component or family, if it is one or the field holds one."""

    @property
    def path(self) -> str:
        """Its full path."""
        return self.names[0]


def topics() -> list[Topic]:
    """All of them; what stands in several places once, with all its paths."""
    found: dict[tuple[int, str], Topic] = {}
    for topic in _fields(Scenario, "", ""):
        key = id(topic.field or topic.model), topic.names[-1]
        known = found.get(key)
        found[key] = (
            topic if known is None else known._replace(names=tuple(dict.fromkeys((*known.names, *topic.names))))
        )
    return [*found.values(), *_families(Scenario, set())]


def _fields(model: type[BaseModel], path: str, short: str) -> Iterator[Topic]:
    """The fields of a block and all that lies below them."""
    for name, field in model.model_fields.items():
        full = f"{path}.{name}".lstrip(".")
        names = tuple(dict.fromkeys((full, f"{short}.{name}" if short else full)))
        held = [inner for form in forms(field) for inner in (form, *form.members)]
        yield Topic(names, field, next((form.model for form in held if form.sort == "block"), None))
        for form in held:
            if form.sort == "block":
                yield from _fields(form.model, full, f"{short}.{name}" if short else "")
            elif form.sort == "component":
                yield from _kinds(form, full)


def _kinds(form: Form, path: str) -> Iterator[Topic]:
    """The members of a family at a path, and their fields; a field may also be named without its kind."""
    for kind, member in form.model.members().items():
        yield Topic((f"{path}.{kind}", kind), None, member)
        for topic in _fields(member, f"{path}.{kind}", kind):
            yield topic._replace(
                names=(*topic.names[:1], topic.names[0].replace(f".{kind}.", ".", 1), *topic.names[1:])
            )


def _families(model: type[BaseModel], seen: set[str]) -> Iterator[Topic]:
    for field in model.model_fields.values():
        for form in forms(field):
            for inner in (form, *form.members):
                if inner.sort == "component" and inner.model.family not in seen:
                    family = inner.model.family
                    seen.add(family)
                    yield Topic((family, plural(family)), None, inner.model)
                elif inner.sort == "block":
                    yield from _families(inner.model, seen)


def resolve(query: str) -> list[Topic]:
    """What a path, the end of a path, a kind or a family means.

    Raises:
        ScenarioError: nothing; with what was probably meant.
    """
    wanted = ".".join(step for step in query.split(".") if not step.isdigit())
    everything = topics()
    exact = [topic for topic in everything if wanted in topic.names]
    found = exact or [topic for topic in everything if any(name.endswith(f".{wanted}") for name in topic.names)]
    if found:
        return found
    names = {name: topic for topic in everything for name in topic.names}
    near = closest(wanted, names) if "." in wanted else None
    ends = {name.rpartition(".")[2]: name for name in names}
    last = closest(wanted.rpartition(".")[2], ends)
    if near is None and last is not None:
        near = last if "." not in wanted else ends[last]
    families = sorted(Component.families)
    hint = (
        f"did you mean '{near}'?"
        if near
        else f"sections: {listed(Scenario.model_fields)}\nfamilies: {listed(families)}"
    )
    raise ScenarioError([Problem((), f"nothing is called '{clean(query)}'", hint, place=Place("recsim explain", 0, 0))])
