"""What is wrong with a scenario, in words: where, what was found, what to do. All mistakes at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError


class Problem(NamedTuple):
    """One mistake."""

    path: tuple[str | int, ...]
    """Keys and indices from the top of the scenario."""
    text: str
    """What was found, and what is allowed."""
    hint: str = ""
    """What to do."""


class ScenarioError(ValueError):
    """A scenario that cannot be run; `problems` lists every mistake."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(f"{'.'.join(map(str, p.path)) or 'scenario'}: {p.text}" + (f"\n   {p.hint}" if p.hint else "") for p in problems))


def problems_of(error: ValidationError, model: type[BaseModel]) -> list[Problem]:
    """The mistakes that pydantic found."""
    found: list[Problem] = []
    for one in error.errors():
        if one["type"] == "misfits":
            found += [Problem(tuple(p["path"].split(".")), p["text"]) for p in one["ctx"]["problems"]]
        else:
            found.append(Problem(tuple(one["loc"]), one["msg"]))
    return found
