"""A scenario from a file, a text, or a packaged scenario's name (the home of ruamel.yaml, its pure-Python parser).

YAML 1.2; size and depth are bounded before anything is built, and every mistake has its line and column.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recsim.problems import Place, Problem, ScenarioError, clean, shown
from recsim.reading.document import MOST_PROBLEMS, NOTHING, Document, Unparsable, root_of
from recsim.reading.locating import checked, find, packaged, read_text

if TYPE_CHECKING:
    from recsim.scenario import Scenario

__all__ = ["document", "dump", "find", "overrides", "packaged", "parse", "read", "value"]


def read(source: str | Path) -> Scenario:
    """The scenario in a file, in a packaged scenario by its name, or in a text of several lines.

    Raises:
        ScenarioError: there is none, or every mistake in it, each with its line and column.
    """
    if isinstance(source, str) and "\n" in source:
        return parse(source)
    path = find(source)
    return parse(read_text(path, str(path)), str(path))


def parse(text: str, source: str = "scenario") -> Scenario:
    """The scenario in a text.

    Raises:
        ScenarioError: every mistake in it, each with its line and column.
    """
    found = document(text, source)
    data = found.root.value
    if not isinstance(data, dict):
        if data is None and not found.problems:
            problem = Problem((), "there is nothing in it", "recsim new NAME writes a scenario to start from")
        else:
            problem = Problem((), f"{shown(data)} is not a scenario", "a scenario is lines of 'field: value'")
        raise ScenarioError(found.problems or [found.placed(problem)])
    from recsim.scenario import Scenario

    problems = list(found.problems)
    try:
        scenario = Scenario.parse(data)
    except ScenarioError as error:
        known = found.dropped
        problems += [
            found.placed(one)
            for one in error.problems
            if one.at_key or not any(one.path[: len(path)] == path for path in known)
        ]
    if problems:
        raise ScenarioError(sorted(problems[:MOST_PROBLEMS], key=lambda one: one.place[1:3] if one.place else (0, 0)))
    return scenario


def dump(scenario: Scenario) -> str:
    """The scenario as YAML that `read` reads back, all defaults written out."""
    from ruamel.yaml import YAML

    yaml, stream = YAML(pure=True), io.StringIO()
    yaml.width = 120
    yaml.dump(scenario.plain(), stream)
    return stream.getvalue()


def document(text: str, source: str) -> Document:
    """The YAML in a text, as plain data with positions.

    Raises:
        ScenarioError: it is not YAML, or too large or deep to be a scenario.
    """
    lines = checked(text.removeprefix("\ufeff"), source)
    return root_of(_events("\n".join(lines)), Document(source, lines, NOTHING, [], set()))


def _events(text: str) -> Iterator[Any]:
    """The events of the pure-Python parser, without those that frame the stream."""
    from ruamel.yaml import YAML

    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            if type(event).__name__ not in ("StreamStartEvent", "StreamEndEvent", "DocumentEndEvent"):
                yield event
    except Exception as error:  # hostile texts end here, and not all that the parser raises is a YAMLError
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        words = [getattr(error, name, None) for name in ("context", "problem")] + [*error.args[:1]]
        place = (mark.line, mark.column) if mark is not None else (0, 0)
        raise Unparsable(" ".join(str(word) for word in words if word), *place) from None


def value(text: str, source: str = "value") -> Any:
    """A value as it could stand in a scenario file: `5`, `never`, `{kind: als, factors: 8}`.

    Raises:
        ScenarioError: it is not YAML.
    """
    found = document(text, source)
    if found.problems:
        raise ScenarioError(found.problems)
    return found.root.value


def overrides(assignments: Iterable[str]) -> dict[str, Any]:
    """Values by path, from assignments `path=value`.

    Raises:
        ScenarioError: an assignment that is none, or a value that is not YAML.
    """
    changes, problems = {}, []
    for one in assignments:
        path, sign, text = one.partition("=")
        here = Place(f"--set {clean(one)}", 0, 0)
        if not sign or not path.strip():
            text = "says no value" if path.strip() else "names no field"
            hint = f"write --set path=value, as in --set {clean(path.strip()) or 'system.slate_size'}=20"
            problems.append(Problem((), text, hint, place=here))
            continue
        if re.search(r"\[\s*\d+\s*\]", path):
            written = clean(re.sub(r"\[\s*(\d+)\s*\]", r".\1", path.strip()))
            hint = f"write {written}=…, or the entry's kind in place of its number"
            problems.append(Problem((), "an entry of a list is named after a point", hint, place=here))
            continue
        try:
            changes[path.strip()] = value(text, f"--set {clean(path.strip())}")
        except ScenarioError as error:
            problems += error.problems
    if problems:
        raise ScenarioError(problems)
    return changes
