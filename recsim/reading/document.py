"""A YAML text as plain data in which every key knows its line; what a scenario may not use is a mistake with a place.

No anchors, aliases, tags, merge keys or second documents, no key twice; depth and number of values are bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from recsim.problems import Place, Problem, ScenarioError, clean, shown
from recsim.problems.scalars import scalar
from recsim.reading.locating import FORBIDDEN, place_of
from recsim.reading.syntax import in_words

Step = str | int
Path = tuple[Step, ...]
DEEPEST, MOST_NODES, MOST_PROBLEMS = 32, 20_000, 100


class Span(NamedTuple):
    """From where to where something stands; rows and columns from 0."""

    row: int
    column: int
    end_row: int
    end_column: int


class Node(NamedTuple):
    """A value, and where it stands."""

    value: Any
    span: Span
    block: bool
    """Whether it is a list or mapping without brackets."""
    keys: dict[Step, Span]
    """Where the keys of a mapping stand."""
    children: dict[Step, Node]
    """What stands in a list or mapping."""


NOTHING = Node(None, Span(0, 0, 0, 0), False, {}, {})


class Document(NamedTuple):
    """A text that is YAML, plain data and positions."""

    source: str
    lines: list[str]
    root: Node
    problems: list[Problem]
    """Mistakes that did not keep it from being read."""
    dropped: set[Path]
    """Where a mistake left nothing; what is wrong there needs no second message."""

    def placed(self, problem: Problem) -> Problem:
        """The problem with the place that its path leads to, or the last one known on the way."""
        node, span = self.root, self.root.span._replace(end_row=self.root.span.row, end_column=self.root.span.column)
        for depth, step in enumerate(problem.path):
            if step not in node.children:
                break
            key, node = node.keys.get(step), node.children[step]
            last = depth == len(problem.path) - 1
            empty = node.span[:2] == node.span[2:]
            span = key if key is not None and ((problem.at_key and last) or node.block or empty) else node.span
        return problem._replace(place=self.at(span))

    def at(self, span: Span) -> Place:
        """A place in this text."""
        width = span.end_column - span.column if span.end_row == span.row else len(self.lines[span.row]) - span.column
        return place_of(self.source, self.lines, span.row, span.column, width)


class Fatal(Exception):  # noqa: N818  (it never leaves the reading)
    """Something after which nothing else can be read."""


class Unparsable(Exception):  # noqa: N818
    """What the parser could not make sense of: its own words, then row and column from 0."""


class Builder:
    """Plain data from the parser's events."""

    def __init__(self, events: Iterator[Any], document: Document) -> None:
        self.events, self.document, self.nodes = events, document, 0

    def problem(self, mark: Any, path: Path, text: str, hint: str = "") -> None:
        """Note a mistake at an event or span."""
        place = self.document.at(mark if isinstance(mark, Span) else span_of(mark))
        self.document.problems.append(Problem(path, text, hint, at_key=True, place=place))
        if len(self.document.problems) >= MOST_PROBLEMS:
            raise Fatal

    def node(self, event: Any, path: Path) -> Node:
        """The node that begins with an event."""
        name = type(event).__name__
        self.nodes += 1
        if self.nodes > MOST_NODES or len(path) > DEEPEST:
            limit = (
                f"more than {MOST_NODES:,} values" if self.nodes > MOST_NODES else f"nested more than {DEEPEST} deep"
            )
            self.problem(event, path, f"{limit}, which no scenario needs")
            raise Fatal
        if name == "AliasEvent":
            self.problem(
                event, path, f"the alias '*{clean(event.anchor, 40)}'", "aliases are not read: write the values out"
            )
            return self._dropped(event, path)
        self._refuse_decoration(event, path)
        if name == "ScalarEvent":
            return self._scalar(event, path)
        return self._mapping(event, path) if name == "MappingStartEvent" else self._list(event, path)

    def _refuse_decoration(self, event: Any, path: Path) -> None:
        if event.anchor is not None:
            self.problem(event, path, f"the anchor '&{clean(event.anchor, 40)}'", "anchors are not read: delete it")
        tag = event.tag
        if tag is not None and str(tag) not in ("", "None"):
            self.problem(
                event,
                path,
                f"the tag '{clean(str(tag), 40)}'",
                "tags are not read: delete it; a file is data and runs no code",
            )

    def _dropped(self, event: Any, path: Path) -> Node:
        """Nothing, in place of what cannot be used."""
        self.document.dropped.add(path)
        return Node(None, span_of(event), False, {}, {})

    def _scalar(self, event: Any, path: Path) -> Node:
        value = event.value
        if FORBIDDEN.search(value):
            self.problem(event, path, "an invisible character in text", "delete it")
            return self._dropped(event, path)
        if event.style is None and event.implicit[0]:
            try:
                value = scalar(value)
            except ValueError as error:
                self.problem(
                    event,
                    path,
                    str(error),
                    "numbers are finite and at most 1e15 in size; long digits that are text need quotes",
                )
                return self._dropped(event, path)
        return Node(value, span_of(event), False, {}, {})

    def _list(self, event: Any, path: Path) -> Node:
        children: dict[Step, Node] = {}
        while type(inner := next(self.events)).__name__ != "SequenceEndEvent":
            children[len(children)] = self.node(inner, (*path, len(children)))
        span = span_of(event, inner)
        return Node([child.value for child in children.values()], span, not event.flow_style, {}, children)

    def _mapping(self, event: Any, path: Path) -> Node:
        children: dict[Step, Node] = {}
        keys: dict[Step, Span] = {}
        while type(inner := next(self.events)).__name__ != "MappingEndEvent":
            span = span_of(inner)
            key = self._key(inner, path, keys)
            child = self.node(next(self.events), (*path, key or "?"))
            if key is not None:
                keys[key], children[key] = span, child
        values = {key: child.value for key, child in children.items()}
        return Node(values, span_of(event, inner), not event.flow_style, keys, children)

    def _key(self, event: Any, path: Path, keys: dict[Step, Span]) -> str | None:
        """A key, or None if it is one that cannot be used."""
        before = len(self.document.problems)
        key = self.node(event, (*path, "?")).value
        if len(self.document.problems) > before:
            return None
        if key == "<<":
            self.problem(event, path, "the merge key '<<'", "merge keys are not read: write the fields out")
        elif isinstance(key, (int, float)) and (span := self._decimal(event)) is not None:
            written = self.document.lines[span.row][span.column : span.end_column]
            hint = f"decimals take a point: write {written.replace(',', '.')}"
            self.problem(span, path, f"'{written}' has a decimal comma, which ends the value", hint)
        elif key is None or not isinstance(key, str):
            quoted = f"a name, or put it in quotes: '{shown(key)}'" if isinstance(key, (int, float)) else "a name"
            self.problem(event, path, f"the key is {shown(key)}, not text", f"a key is {quoted}")
        elif key in keys:
            text = f"{shown(key)} stands here twice, already in line {keys[key].row + 1}"
            self.problem(event, (*path, key), text, "keep one of them")
        else:
            return key
        return None

    def _decimal(self, event: Any) -> Span | None:
        """The whole of `0,1` in a block with braces, where the comma ended the value; None if it is nothing like it."""
        span = span_of(event)
        before = re.search(r"(?<![\w.,])[-+]?[0-9]+,$", self.document.lines[span.row][: span.column])
        digits = event.value.isdecimal() and span.row == span.end_row
        return span._replace(column=before.start()) if before is not None and digits else None


def span_of(event: Any, last: Any = None) -> Span:
    """Where an event, or everything up to a last one, stands."""
    start, end = event.start_mark, (last or event).end_mark
    return Span(start.line, start.column, end.line, end.column)


def root_of(events: Iterator[Any], found: Document) -> Document:
    """The document with its root, from the parser's events.

    Raises:
        ScenarioError: something after which nothing else can be read.
    """
    try:
        return found._replace(root=_root(Builder(events, found)))
    except Fatal:
        raise ScenarioError(found.problems) from None
    except Unparsable as error:
        raise ScenarioError([*found.problems, _complaint(error, found)]) from None


def _root(builder: Builder) -> Node:
    """The one value of a text."""
    start = next(builder.events, None)
    if start is None:
        return NOTHING
    if start.version is not None or start.tags:
        builder.problem(start, (), "a '%' line that is not needed", "delete it: a scenario is YAML 1.2")
    root = builder.node(next(builder.events), ())
    if (second := next(builder.events, None)) is not None:
        hint = "a file holds one scenario: delete '---', or make two files"
        builder.problem(second, (), "a second document begins here", hint)
    return root


def _complaint(error: Unparsable, found: Document) -> Problem:
    """The parser's error as a problem with a place."""
    words, row, column = error.args
    row = min(row, len(found.lines) - 1)
    text, hint = in_words(words, found.lines[row][column : column + 1])
    return Problem((), text, hint, place=place_of(found.source, found.lines, row, column))
