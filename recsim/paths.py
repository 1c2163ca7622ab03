"""Paths such as `users.behaviours.drift.rate`: where they lead in the plain data of a scenario, and writing there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from recsim.base.component import closest
from recsim.problems import NoSuchPath, Problem, clean, listed
from recsim.problems.mistakes import unknown
from recsim.problems.trail import spot


def put(model: type[BaseModel], fields: dict[str, Any], steps: list[str], value: Any) -> None:
    """Write a value to a path in plain data; a new `kind` starts from that kind's defaults."""
    *_, (above, last, _) = _along(model, fields, steps)
    if last == "kind":
        above.clear()
    above[last] = value


def at(model: type[BaseModel], fields: dict[str, Any], steps: list[str]) -> Any:
    """What stands at a path in plain data."""
    *_, (_, _, place) = _along(model, fields, steps)
    return place


def _along(model: type[BaseModel], fields: dict[str, Any], steps: list[str]) -> Iterator[tuple[Any, str | int, Any]]:
    """Each step of a path: what it leads down from, its key or index there, and what stands there."""
    place: Any = fields
    walked: tuple[str | int, ...] = ()
    for step in steps:
        above, key = place, _key(model, fields, walked, place, step)
        place = above.get(key) if isinstance(above, dict) else above[key]
        walked = (*walked, key)
        yield above, key, place


def follow(people: Any, before: dict[str, Any]) -> None:
    """Groups' tastes of everybody's kind go with everybody's, but for the fields in which they differed."""
    if not isinstance(people, dict) or not isinstance(people.get("groups"), list):
        return
    after = people.get("tastes")
    after = {"kind": after} if isinstance(after, str) else after
    if not isinstance(after, dict) or after == before:
        return
    for group in people["groups"]:
        mine = group.get("tastes") if isinstance(group, dict) else None
        if isinstance(mine, dict) and mine.get("kind") == before["kind"]:
            own = {key: value for key, value in mine.items() if before.get(key) != value}
            group["tastes"] = {"kind": before["kind"]} | after | own


def _key(model: type[BaseModel], fields: dict[str, Any], at: tuple[str | int, ...], place: Any, step: str) -> str | int:
    """The key or index that a step of a path names."""
    if isinstance(place, list):
        members = [member if isinstance(member, dict) else {"kind": member} for member in place]
        kinds = [str(member.get("kind")) for member in members]
        names = [str(member.get("name") or kind) for member, kind in zip(members, kinds, strict=True)]
        for known in (names, kinds, [str(index) for index in range(len(place))]):
            if step in known:
                return known.index(step)
        near = closest(step, names)
        hint = f"did you mean '{near}'?" if near else f"there is {listed(names) or 'nothing'}"
        raise NoSuchPath([Problem((*at, step), f"no '{clean(step)}' in '{'.'.join(map(str, at))}'", hint, at_key=True)])
    if isinstance(place, dict) and (step in place or (step == "name" and "kind" in place)):
        return step
    raise NoSuchPath([unknown(model, spot(model, fields, (*at, step)))])
