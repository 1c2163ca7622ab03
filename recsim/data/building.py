"""From the rows of a file to the human data of a scenario: what kinds of data have in common."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recsim.base.flow import Bools, Floats, History, Ints
from recsim.data import DataError
from recsim.data.columns import Ints64, cells, moments, numbered, numbers
from recsim.data.features import features_of
from recsim.data.files import Sheet, sheet
from recsim.data.sieve import BadRows, Sieve
from recsim.data.text import Separator

Duplicates = Literal["last", "first", "keep"]
MOST, LEAST = 1e15, 1e-15
"""Bounds of a weight: what is outside is lost where weights are kept as float32."""
RESERVED = ("all", "chance", "start")
"""What results call everybody and pure luck: no name for a group."""
MOST_GROUPS = 100
"""Groups of users by whom results are told."""


_AGAIN = {False: "repeated (same user and item)", True: "repeated (same user, item, value and time)"}


class Layout(NamedTuple):
    """Where in which file things are, and what is done about them; see the fields of `Log`."""

    log: Path
    user: str
    item: str
    value: str | None = None
    minimum: float | None = None
    minimum_name: str = "minimum_value"
    binary: bool = False
    time: str | None = None
    time_is_optional: bool = False
    group: str | None = None
    users: Path | None = None
    items: Path | None = None
    features: tuple[str, ...] = ()
    no_feature: str = ""
    separator: Separator = "auto"
    bad_rows: BadRows = "error"
    duplicates: Duplicates = "last"
    hint: str = ""


def build(layout: Layout) -> History:
    """The log that a layout describes; rows in order of time, where it has one, else as they stand.

    Raises:
        DataError: a file is missing or malformed.
    """
    log, people, catalogue = _sheets(layout)
    rows = Sieve(log, layout.bad_rows)
    given = [cells(log, layout.user), *([cells(people, layout.user)] if people else [])]
    user_ids, (users, *listed_users) = numbered(*given)
    given = [cells(log, layout.item), *([cells(catalogue, layout.item)] if catalogue else [])]
    item_ids, (items, *listed_items) = numbered(*given)
    for name, numbers_of in ((layout.user, users), (layout.item, items)):
        rows.refuse(numbers_of < 0, name, "", f"without {name}")
    values, below = _values(layout, rows)
    order = _moments(layout, rows)
    group_of, all_groups = _groups(layout, rows, users, people, listed_users, len(user_ids))
    features = features_of(catalogue, layout, listed_items, len(item_ids))
    if catalogue is not None and features.needed:
        stranger = ~np.append(np.isin(np.arange(len(item_ids)), listed_items[0]), True)
        what = f"which is not in {catalogue.file.name}, so its features are not known"
        rows.refuse(stranger[items], layout.item, what, f"of an item that is not in {catalogue.file.name}")
    rows.check()
    chosen = np.flatnonzero(rows.keep)
    chosen = chosen[np.argsort(order[chosen], kind="stable")] if order is not None else chosen
    repeated = _repeated(layout.duplicates, users[chosen], items[chosen], values[chosen], order, chosen)
    again = np.zeros(len(users), np.bool_)
    again[chosen[repeated]] = True
    rows.leave_out(again, _AGAIN[layout.duplicates == "keep"])
    chosen = chosen[~repeated]
    below &= np.isin(np.arange(len(users)), chosen)  # only now: a later row below takes an earlier one back
    rows.leave_out(below, f"below {layout.minimum_name} {layout.minimum or 0:g}")
    chosen = chosen[~below[chosen]]
    rows.check()
    used_users, who = np.unique(users[chosen], return_inverse=True)
    groups, group_names = groups_in_use(people or log, layout.group, group_of[used_users], all_groups)
    there = np.concatenate([items[chosen], *listed_items]) if listed_items else items[chosen]
    used_items = np.unique(there)
    return History(
        who.astype(np.int32),
        np.searchsorted(used_items, items[chosen]).astype(np.int32),
        values[chosen],
        features.cells[used_items],
        features.names,
        user_ids[used_users],
        item_ids[used_items],
        groups,
        group_names,
        tuple(rows.left_out.items()),
    )


def _sheets(layout: Layout) -> tuple[Sheet, Sheet | None, Sheet | None]:
    """The log, and the files about users and items."""
    optional = [layout.time] if layout.time is not None and layout.time_is_optional else []
    inside = [layout.group] if layout.users is None else []
    wanted = [layout.user, layout.item, layout.value, *([] if optional else [layout.time]), *inside]
    log = sheet(layout.log, _named(wanted), layout.separator, optional, layout.hint)
    people = catalogue = None
    if layout.users is not None:
        people = sheet(layout.users, _named([layout.user, layout.group]), hint=layout.hint)
    if layout.items is not None:
        catalogue = sheet(layout.items, _named([layout.item, *layout.features]), hint=layout.hint)
    return log, people, catalogue


def _named(columns: list[str | None]) -> list[str]:
    """Those that are named, each once."""
    return list(dict.fromkeys(name for name in columns if name is not None))


def _values(layout: Layout, rows: Sieve) -> tuple[Floats, Bools]:
    """(r,) what each row counts, and whether it is below the minimum."""
    below = np.zeros(len(rows.keep), np.bool_)
    if layout.value is None:
        return np.ones(len(rows.keep)), below
    values = numbers(rows.sheet, layout.value)
    rows.refuse(~np.isfinite(values), layout.value, "not a finite number", f"whose {layout.value} is no number")
    if layout.minimum is not None:
        np.less(values, layout.minimum, where=rows.keep, out=below)
    if layout.binary:
        return np.ones(len(values)), below
    outside = ~((values >= LEAST) & (values <= MOST)) & ~below
    what = f"and a weight is above 0 and at most {MOST:g}"
    remedy = f"count only larger ones with {layout.minimum_name}, or each as 1 with binary: true"
    rows.refuse(outside, layout.value, what, f"whose {layout.value} is no weight", remedy)
    return values, below


def _moments(layout: Layout, rows: Sieve) -> Ints64 | Floats | None:
    """(r,) numbers in the order of time, if there is a time."""
    if layout.time is None or layout.time not in rows.sheet.frame.columns:
        return None
    order, wrong = moments(rows.sheet, layout.time)
    what = "neither a number nor a date such as 2024-03-01 or 2024-03-01T12:30:00Z"
    rows.refuse(wrong, layout.time, what, f"whose {layout.time} is no time", "leave 'time' out")
    return order


def _groups(
    layout: Layout, rows: Sieve, users: Ints64, people: Sheet | None, listed: list[Ints64], n: int
) -> tuple[Ints64, NDArray[Any]]:
    """The number of each user's group, and the names of all groups."""
    group = layout.group
    if group is None:
        return np.zeros(n, np.int64), np.zeros(0, object)
    where = people if people is not None else rows.sheet
    names, (numbers_of,) = numbered(cells(where, group))
    whose = listed[0] if people is not None else users
    of_user = np.full(n, -1, np.int64)
    known = np.flatnonzero((whose >= 0) & (numbers_of >= 0) & (rows.keep if people is None else True))
    of_user[whose[known[::-1]]] = numbers_of[known[::-1]]  # the first of each user stands
    told = _constant(people, group, whose, numbers_of, of_user) if people is not None else numbers_of
    if people is not None:
        absent = np.append(of_user < 0, True)[users]
        rows.refuse(absent, layout.user, f"who has no {group} in {people.file.name}", f"of users without {group}")
    else:
        rows.refuse(told < 0, group, "", f"without {group}", "write a word such as 'unknown'")
        other = told != np.append(of_user, -1)[users]
        what = "and the same user was in another group before; a user has one"
        rows.refuse(other, group, what, f"in which a user changes the {group}")
    return of_user, names


def groups_in_use(where: Sheet, group: str | None, groups: Ints64, names: NDArray[Any]) -> tuple[Ints, tuple[str, ...]]:
    """The groups (n,) of those who count, numbered anew, and their names; none where no column holds them.

    Raises:
        DataError: there are too many to tell results by, or one has a name that means something else there.
    """
    if group is None:
        return groups.astype(np.int32), ()
    in_use, numbers_of = np.unique(groups, return_inverse=True)
    if len(in_use) > MOST_GROUPS:
        many = f"'{group}' has {len(in_use)} different values, and results are told by group"
        raise DataError(f"{where.file}: {many}; name a column with at most {MOST_GROUPS}")
    words = tuple(str(name) for name in names[in_use])
    if taken := [name for name in words if name in RESERVED]:
        raise DataError(f"{where.file}: a {group} is called '{taken[0]}', which has a meaning in results; rename it")
    return numbers_of.astype(np.int32), words


def _constant(people: Sheet, group: str, whose: Ints64, numbers_of: Ints64, of_user: Ints64) -> Ints64:
    """A file of users names each of them once, or says the same again."""
    strict = Sieve(people)
    other = (whose >= 0) & (numbers_of != np.append(of_user, -1)[whose])
    strict.refuse(other & (numbers_of >= 0), group, "and the same user has another before; a user has one", "")
    return numbers_of


def _repeated(
    duplicates: Duplicates,
    users: Ints64,
    items: Ints64,
    values: Floats,
    order: NDArray[np.generic] | None,
    rows: Ints64,
) -> NDArray[np.bool_]:
    """(c,) of the chosen rows those that say nothing new; with `keep` only a second copy of the very same event."""
    import pandas as pd

    pairs = pd.DataFrame({"user": users, "item": items})
    if duplicates != "keep":
        return pairs.duplicated(keep=duplicates).to_numpy(dtype=bool)
    if order is None:
        return np.zeros(len(users), np.bool_)  # without a time nobody can tell a copy from an event like it
    return pairs.assign(value=values, time=order[rows]).duplicated().to_numpy(dtype=bool)
