"""How to write a member of a family in Python: its methods, and where the types of their values live."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

import recsim
from recsim import claims, values
from recsim.base import flow
from recsim.base.component import Component, snake
from recsim.problems import listed
from recsim.problems.fields import plural


def by_hand(family: type[Component]) -> dict[str, Any]:
    """Methods that a member implements, and lines about how to define one."""
    methods = dict(_methods(family))
    told = [{"signature": f"{name}{_signature(one)}", "text": _first_line(one)} for name, one in methods.items()]
    return {"methods": told, "python": list(_lines(family, " ".join(one["signature"] for one in told)))}


def in_short(member: type[Component]) -> str:
    """Its first line; of a metric that is measured only where it is named, that it is."""
    return _first_line(member) + ("" if getattr(member, "by_default", True) else " (by name)")


def _lines(family: type[Component], signatures: str) -> Iterator[str]:
    names = [name for name in dict.fromkeys(re.findall(r"\w+", signatures)) if name != "Any"]
    for place in (flow, *((values, claims) if family is claims.Claim else ())):
        here = [name for name in names if hasattr(place, name)]
        yield from [f"values: {listed(here)}, in {place.__name__}"] if here else []
    name = family.__name__
    home = "recsim" if getattr(recsim, name, None) is family else family.__module__
    yield f"your own: from {home} import {name}; class My{name}({name}): …"
    kind = snake(f"My{name}")
    told = f"its kind: {kind}" if family.key == "kind" else f"its kind, as in '{family.key}: {kind}'"
    yield f"a subclass joins the {plural(family.family)} by itself; its name in snake case is {told}"


def _methods(family: type[Component]) -> Iterator[tuple[str, Any]]:
    """The public methods that are there to be implemented: some member does, or the family leaves them open."""
    for owner in family.__mro__:
        if owner is Component:
            return
        for name, method in vars(owner).items():
            if name.startswith("_") or not inspect.isfunction(method):
                continue
            asked = owner is family and "draws" in inspect.signature(method).parameters
            if asked or any(getattr(one, name) is not method for one in family.members().values()):
                yield name, method


def _signature(method: Any) -> str:
    """`(training: Training, draws: Draws) → Any`, annotations as they were written."""
    found = inspect.signature(method)
    told = [f"{one.name}: {one.annotation}" for one in list(found.parameters.values())[1:]]
    return f"({', '.join(told)}) → {found.return_annotation}"


def _first_line(one: Any) -> str:
    return (inspect.getdoc(one) or "").split("\n")[0]
