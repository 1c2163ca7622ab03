"""A network from a file: who follows whom, by ids, and the groups of the nodes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from recsim.base.component import Component
from recsim.base.flow import Ints, Links
from recsim.data import DataError, DataNotFoundError, file_at, meant, nowhere
from recsim.data.building import groups_in_use
from recsim.data.columns import Ints64, cells, numbered
from recsim.data.files import Sheet, sheet
from recsim.data.sieve import Sieve

_EDGES = "say under 'users.network' which columns hold the ids: follower, followed"
_GROUPS = "say under 'users.network' which columns hold the ids and the groups: node, group"


def located[C: Component](network: C, folders: Iterable[Path]) -> C:
    """A network with absolute paths: the first place that holds its files; one that needs none as it is.

    Raises:
        DataNotFoundError: one is nowhere.
    """
    path, groups = (str(getattr(network, name, None) or "") for name in ("path", "groups"))
    if not getattr(network, "needs_links", False):
        return network
    folders = list(folders)
    edges = _found("path", path, [*(folder / path for folder in folders), *(one / Path(path).name for one in folders)])
    if not groups:
        return network.model_copy(update={"path": edges})
    beside = Path(edges).parent
    places = [beside / groups, *(folder / groups for folder in folders), beside / Path(groups).name]
    return network.model_copy(update={"path": edges, "groups": _found("groups", groups, places)})


def _found(field: str, name: str, places: list[Path]) -> str:
    there = next((place for place in places if file_at(place) is not None), None)
    if there is None:
        lost = f"no file '{name}'{meant(places)}{nowhere(one.absolute() for one in places)}"
        raise DataNotFoundError(f"users.network.{field}: {lost}\n   name its folder with --data DIR")
    return str(there.resolve())


def digest_of(network: Component) -> str:
    """SHA-256 of the files of a network, for the provenance of a result."""
    total = hashlib.sha256()
    edges = Path(str(getattr(network, "path", "")))
    for name in (edges.name, getattr(network, "groups", None)):
        found = None if name is None else file_at(edges.parent / name)
        total.update(b"" if found is None else found.read_bytes())
    return total.hexdigest()


def read_links(network: Component, wanted: int | None) -> Links:
    """The follows between the first `wanted` nodes of a network from a file; None: all.

    Raises:
        DataError: a file is missing or malformed, or there are fewer nodes.
    """
    path, follower, followed = (str(getattr(network, name)) for name in ("path", "follower", "followed"))
    groups, node, group = (getattr(network, name) for name in ("groups", "node", "group"))
    if follower == followed:
        raise DataError(f"{path}: the column '{follower}' cannot hold both ends of a follow\n   {_EDGES}")
    table = sheet(Path(path), (follower, followed), hint=_EDGES)
    told = None if groups is None else sheet(Path(path).parent / groups, (node, group), hint=_GROUPS)
    columns = [cells(table, follower), cells(table, followed), *([] if told is None else [cells(told, node)])]
    ids, (one, other, *listed) = numbered(*columns)
    _whole(table, {follower: one, followed: other})
    count = len(ids) if wanted is None else wanted
    if count > len(ids):
        raise DataError(
            f"{table.file}: has {len(ids)} nodes, and there are {count} users\n   write users.count: {len(ids)} or less"
        )
    inside = (one < count) & (other < count)
    ends = one[inside].astype(np.int32), other[inside].astype(np.int32)
    if told is None:
        return Links(*ends, count, np.zeros(count, np.int32))
    _whole(told, {node: listed[0]})
    return Links(*ends, count, *_groups(told, group, listed[0], ids[:count]))


def _whole(table: Sheet, columns: dict[str, Ints64]) -> None:
    """Each row names both its ends."""
    rows = Sieve(table)
    for name, numbers in columns.items():
        rows.refuse(numbers < 0, name, "", "")


def _groups(told: Sheet, group: str, nodes: Ints64, ids: Ints64) -> tuple[Ints, tuple[str, ...]]:
    """The number of each node's group (count,), and the names of the groups in use."""
    names, (numbers,) = numbered(cells(told, group))
    _whole(told, {group: numbers})
    of_node = np.full(max(int(nodes.max(initial=0)) + 1, len(ids)), -1, np.int64)
    of_node[nodes[::-1]] = numbers[::-1]  # the first of each node stands
    mine = of_node[: len(ids)]
    if (mine < 0).any():
        lost = f"node {ids[np.argmax(mine < 0)]} of the network is not there, so its {group} is not known"
        raise DataError(f"{told.file}: {lost}\n   add its row, or leave 'groups' out")
    return groups_in_use(told, group, mine, names)
