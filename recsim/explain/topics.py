"""Everything that can be explained: fields of sections, kinds, their fields, and families; found by path or by name."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from recsim.base.component import Component
from recsim.problems import Place, Problem, ScenarioError, clean, listed
from recsim.problems.fields import Form, forms, plural
from recsim.problems.wording import meaning_of, nearest
from recsim.scenario import Scenario
from recsim.world.dynamics import Dynamics

_ODD = 2
"""Letters by which a mistyped name differs in length from what was meant, at most."""


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
    return list(_topics(tuple(member for members in Component.registry.values() for member in members.values())))


@lru_cache(maxsize=1)
def _topics(members: tuple[type[Component], ...]) -> list[Topic]:
    """They follow from the members of all families, which a class of one's own may join."""
    found: dict[tuple[int, str], Topic] = {}
    for topic in _fields(Scenario, "", ""):
        key = id(topic.field or topic.model), topic.names[-1]
        known = found.get(key)
        alike = sorted([known, topic] if known else [topic], key=lambda one: one.path.count("."))  # shortest first
        found[key] = alike[0]._replace(names=tuple(dict.fromkeys(name for one in alike for name in one.names)))
    return [*found.values(), *_families(Scenario, set())]


def _fields(model: type[BaseModel], path: str, short: str, inside: tuple[str, ...] = ()) -> Iterator[Topic]:
    """The fields of a block and all that lies below them; `inside` are the families that it is below already."""
    for name, field in model.model_fields.items():
        full = f"{path}.{name}".lstrip(".")
        names = tuple(dict.fromkeys((full, f"{short}.{name}" if short else full)))
        held = [inner for form in forms(field) for inner in (form, *form.members)]
        yield Topic(names, field, next((form.model for form in held if form.sort == "block"), None))
        for form in held:
            if form.sort == "block":
                yield from _fields(form.model, full, f"{short}.{name}" if short else "", inside)
            elif form.sort == "component" and form.model.family not in inside:  # a channel of channels is told once
                yield from _kinds(form, full, field, inside)


def _kinds(form: Form, path: str, field: FieldInfo, inside: tuple[str, ...]) -> Iterator[Topic]:
    """The members of a family at a path, and their fields; a field may also be named without its kind."""
    default = getattr(field.get_default(call_default_factory=True), "kind", None)
    for kind, member in sorted(form.model.members().items(), key=lambda one: one[0] != default):
        if not belongs(member, path):
            continue
        yield Topic((f"{path}.{kind}", kind), None, member)
        for topic in _fields(member, f"{path}.{kind}", kind, (*inside, form.model.family)):
            yield topic._replace(
                names=(*topic.names[:1], topic.names[0].replace(f".{kind}.", ".", 1), *topic.names[1:])
            )


def belongs(member: type[Component], path: str) -> bool:
    """Whether a member of a family may stand at a path: births and deaths have a list of their own each."""
    return not issubclass(member, Dynamics) or path.partition(".")[0] == member.about


def _families(model: type[BaseModel], seen: set[str]) -> Iterator[Topic]:
    for field in model.model_fields.values():
        for form in forms(field):
            for inner in (form, *form.members):
                if inner.sort == "component" and inner.model.family not in seen:
                    family = inner.model.family
                    seen.add(family)
                    yield Topic((family, plural(family)), None, inner.model)
                    for member in inner.model.members().values():
                        yield from _families(member, seen)
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
        return [_led(topic, wanted) for topic in found]
    names = {name: topic for topic in everything for name in topic.names}
    near = nearest(wanted, names)[:1] if "." in wanted else []
    ends = {name.rpartition(".")[2]: name for name in names}
    last = wanted.rpartition(".")[2]
    if not near:
        alike = nearest(last, [end for end in ends if last in end or abs(len(end) - len(last)) <= _ODD])
        near = alike if "." not in wanted else [ends[one] for one in alike]
    families = sorted(Component.families)
    hint = meaning_of(near) or f"sections: {listed(Scenario.model_fields)}\nfamilies: {listed(families)}"
    raise ScenarioError([Problem((), f"nothing is called '{clean(query)}'", hint, place=Place("recsim explain", 0, 0))])


def _led(topic: Topic, wanted: str) -> Topic:
    """The topic with the path first that was asked for; where the kind was left out, with its kind."""
    steps = wanted.split(".")
    whole = [name for name in topic.names if steps in _without_one(name) and name.startswith(f"{steps[0]}.")]
    first = next(iter(whole), wanted if wanted in topic.names and len(steps) > 2 else topic.path)
    return topic._replace(names=tuple(dict.fromkeys((first, *topic.names))))


def _without_one(name: str) -> list[list[str]]:
    """The steps of a path with one left out, each in turn."""
    steps = name.split(".")
    return [steps[:at] + steps[at + 1 :] for at in range(1, len(steps) - 1)]
