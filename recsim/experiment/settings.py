"""In what scenarios differ, path by path."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from recsim.base.component import Block, Component
from recsim.problems import shown
from recsim.scenario import Scenario

NOTHING = "–"
"""Where a scenario has nothing at a path."""
_NO_WORLD = ("seed", "about", "metrics", "record", "experiment", "claims", "cohort_size")
"""Fields that make no other world."""


def differing(arms: Mapping[str, Scenario]) -> pd.DataFrame:
    """One row a path at which not all are the same, one column an arm; values as they would stand in a file.

    The seed, the question, and what is measured or recorded are left out. Components of two kinds differ as a whole.
    """
    specs = list(arms.values())
    fields = [name for name in Scenario.model_fields if name not in _NO_WORLD]
    rows = dict(row for name in fields for row in _rows(name, [getattr(spec, name) for spec in specs]))
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(arms)).rename_axis("path")


def world(spec: Scenario) -> str:
    """All that makes a run what it is, as text: the same for scenarios that can only give the same."""
    return json.dumps({name: value for name, value in spec.plain().items() if name not in _NO_WORLD}, sort_keys=True)


def _rows(path: str, values: Sequence[Any]) -> Iterator[tuple[str, list[str]]]:
    """The paths below one at which values differ."""
    first = values[0]
    if all(value == first for value in values):
        return
    if isinstance(first, Block) and all(type(value) is type(first) for value in values):
        for name in type(first).model_fields:
            yield from _rows(f"{path}.{name}", [getattr(value, name) for value in values])
    elif all(isinstance(value, tuple) and all(isinstance(one, Block) for one in value) for value in values):
        named = [{_label(one, number): one for number, one in enumerate(value)} for value in values]
        labels = dict.fromkeys(label for members in named for label in members)
        rows = [row for at in labels for row in _rows(f"{path}.{at}", [members.get(at) for members in named])]
        yield from rows or [(path, [f"[{', '.join(members)}]" for members in named])]  # the same in another order
    else:
        yield path, [_told(value) for value in values]


def _label(member: Any, number: int) -> str:
    return str(getattr(member, "label", None) or getattr(member, "name", None) or number)


def _told(value: Any) -> str:
    if value is None:
        return NOTHING
    if isinstance(value, Component):
        return value.words()
    if isinstance(value, (tuple, list)):
        return f"[{', '.join(map(_told, value))}]"
    return str(value.model_dump(mode="json")) if isinstance(value, Block) else shown(value).strip("'")
