"""What is wrong with a scenario, in words: where, what was found, what to do. All mistakes at once.

Nothing here imports pydantic: `recsim list` and the command line's own errors use it too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError

ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)?", re.DOTALL)
"""Sequences that colour, move or retitle a terminal."""
KINDS = re.compile(r"(?!allowed)[a-z_]+: \w+(, \w+)*( and | … \()")
"""How a line begins that lists all kinds of a family."""
WINDOW = 96
"""Characters of a line that are quoted."""


class Place(NamedTuple):
    """Where in a file, or another text."""

    source: str
    """Name of the file as the user gave it."""
    line: int
    """Counted from 1; 0: the file as a whole."""
    column: int
    """Counted from 1, in characters; 0: the file as a whole."""
    width: int = 1
    """Characters that are wrong."""
    quoted: tuple[tuple[int, str], ...] = ()
    """The line, with the one above it, each with its number."""


class Problem(NamedTuple):
    """One mistake."""

    path: tuple[str | int, ...]
    """Keys and indices from the top of the scenario."""
    text: str
    """What was found, and what is allowed."""
    hint: str = ""
    """What to do; may have several lines."""
    more: str = ""
    """What `recsim explain` knows more about."""
    at_key: bool = False
    """Whether the key is wrong rather than its value; the text then names it."""
    place: Place | None = None
    """Where it stands, if it was read from a text."""

    @property
    def dotted(self) -> str:
        """Its path as in `--set`."""
        return ".".join(clean(step, 64) for step in self.path)


class ScenarioError(ValueError):
    """A scenario that cannot be run; `problems` lists every mistake."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__(tell(self.problems))

    def __reduce__(self) -> tuple[type[ScenarioError], tuple[list[Problem]]]:
        """As it was made, so that worker processes can send it."""
        return type(self), (self.problems,)


class SimulationError(RuntimeError):
    """A run that cannot go on, for a reason that lies in its scenario; the message says when and why."""


class NoSuchPath(ScenarioError):  # noqa: N818  (what happened, in a word)
    """A path that leads to no field of a scenario."""


def tell(problems: Iterable[Problem], heard: set[str] | None = None) -> str:
    """All mistakes as people read them; a list of all kinds is told once.

    Args:
        problems: the mistakes.
        heard: the lists that have been told before; those told now are added.
    """
    heard = set() if heard is None else heard
    texts = []
    for problem in problems:
        lines = problem.hint.split("\n")
        texts.append(told(problem._replace(hint="\n".join(line for line in lines if line not in heard))))
        heard |= {line for line in lines if KINDS.match(line)}
    return "\n".join(texts)


def told(problem: Problem) -> str:
    """The mistake as people read it: place, text, the lines in question, what to do."""
    text, where = clean(problem.text, 600), problem.dotted
    if problem.place is None:
        lines = [f"{where or 'scenario'}: {text}"]
    else:
        name = "" if problem.at_key or not where else f"'{where}': "
        at = problem.place
        where = f"{clean(at.source, 200)}:{at.line}:{at.column}" if at.line else clean(at.source, 200)
        lines = [f"{where}  {name}{text}", *_quoted(at)]
    lines += [f"   {clean(line, 600)}" for line in problem.hint.split("\n") if line]
    if problem.more:
        lines.append(f"   more: recsim explain {clean(problem.more, 200)}")
    return "\n".join(lines)


def _quoted(place: Place) -> list[str]:
    """The lines around a place, cut to a window, and a mark under what is wrong."""
    start = max(0, place.column - 1 - WINDOW // 2) if place.column + place.width > WINDOW else 0
    lines = []
    place = place._replace(quoted=tuple((number, line.replace("\t", "→")) for number, line in place.quoted))
    for number, line in place.quoted:
        cut, end = clean(line[start : start + WINDOW], WINDOW), "…" if len(line) > start + WINDOW else ""
        lines.append(f"{number:>5} | {'…' if start else ''}{cut}{end}".rstrip())
    if place.quoted:
        line = place.quoted[-1][1]
        before = ("…" if start else "") + clean(line[start : place.column - 1], WINDOW)
        wrong = clean(line[place.column - 1 : min(place.column - 1 + place.width, start + WINDOW)], WINDOW)
        lines.append(f"{'':>5} | {' ' * _wide(before)}{'^' * max(1, _wide(wrong))}")
    return lines


def _wide(text: str) -> int:
    """Columns of a terminal that a text takes."""
    return sum(
        0 if unicodedata.combining(one) else 2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text
    )


def clean(text: object, limit: int = 80) -> str:
    """Text that can be printed anywhere: one line, no control or direction characters, not longer than the limit."""
    words = (
        text
        if isinstance(text, str)
        else str(text)
        if isinstance(text, int) and abs(text) < 10**20
        else type(text).__name__
    )
    words = ANSI.sub("", words[: 20 * limit])
    shown = "".join(" " if one in "\t\n\r" else one for one in words if one in "\t\n\r" or _visible(one))
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def _visible(one: str) -> bool:
    return unicodedata.category(one) not in ("Cc", "Cf", "Cs", "Cn", "Zl", "Zp")


def shown(value: object) -> str:
    """A value found in a scenario, in a few words, as it would stand in the file."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"'{clean(value, 48)}'"
    if isinstance(value, int):
        return str(value) if abs(value) < 10**20 else "an integer of more than 20 digits"
    if isinstance(value, float):
        return f"{value:g}" if float(f"{value:g}") == value else repr(value)
    if isinstance(value, Mapping):
        return "a block"
    if isinstance(value, (list, tuple)):
        return "a list"
    return f"a {type(value).__name__}"


def listed(names: Iterable[object], last: str = "and", limit: int = 24) -> str:
    """`a, b and c`; what exceeds the limit is counted."""
    words = [clean(name, 200) for name in names]
    if len(words) > limit:
        return f"{', '.join(words[:limit])} … ({len(words)} in all)"
    return f" {last} ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def counted(problems: Sequence[Problem]) -> str:
    """`2 problems found`."""
    return f"{len(problems)} problem{'' if len(problems) == 1 else 's'} found"


def problems_of(error: ValidationError | None, model: type[BaseModel], fields: Mapping[str, Any]) -> list[Problem]:
    """The mistakes that pydantic found in plain fields, and those that it overlooks."""
    from recsim.problems.mistakes import mistakes

    return mistakes(error, model, fields)
