"""Struct-of-arrays tables: named columns, one row an entity, rows that never move.

A component declares the columns it needs; nobody edits a central class.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Column(NamedTuple):
    """A column that a component asks for."""

    dtype: Any
    """numpy dtype of one cell."""
    fill: Any = 0
    """Value of a row that nobody has set."""
    width: int | str = 0
    """0: one number per row, shape (n,); otherwise shape (n, width). A name is that of the field of the component which
    holds the width, or `dimensions`: as wide as a taste."""

    def sized(self, owner: Any, dimensions: int) -> Column:
        """The same with its width as a number."""
        if not isinstance(self.width, str):
            return self
        return self._replace(width=dimensions if self.width == "dimensions" else int(getattr(owner, self.width)))


ENTITY = {"key": Column(np.uint64), "alive": Column(np.bool_, True), "born": Column(np.int32)}
"""Columns of every table of users or items. `key` names a row for ever: draws are keyed by it, so it survives
relabelling and is the same in every arm. `alive` is False once the entity has left. `born` is the tick it came."""


class Table:
    """Columns of equal length, reached as attributes: `world.users.tastes` is an array of shape (n, d).

    Arrays are views of the live rows: write *into* them (`table.age[rows] += 1`), or assign a whole column.
    A view taken before `grow` still shows the old rows only.
    """

    _store: dict[str, NDArray[Any]]
    _columns: dict[str, Column]
    _n: int

    def __init__(self, columns: Mapping[str, Column] | None = None) -> None:
        self.__dict__.update(_store={}, _columns={}, _n=0)
        self.require(columns or {})

    def require(self, columns: Mapping[str, Column]) -> None:
        """Add the columns that are not there yet, filled with their defaults.

        Raises:
            ValueError: a column of that name exists with another type or width.
        """
        for name, column in columns.items():
            known = self._columns.get(name)
            if known is not None and (np.dtype(known.dtype), known.width) != (np.dtype(column.dtype), column.width):
                raise ValueError(f"column '{name}' is wanted as {column} but exists as {known}; give one another name")
            if known is None:
                self._columns[name] = column
                self._store[name] = self._blank(column, max(self._n, 16))

    def adopt(self, columns: Mapping[str, Column]) -> None:
        """Have these columns from now on; others are forgotten: a mechanism that returns later begins anew."""
        for name, known in list(self._columns.items()):
            wanted = columns.get(name)
            if wanted is None or (np.dtype(known.dtype), known.width) != (np.dtype(wanted.dtype), wanted.width):
                del self._columns[name], self._store[name]
        self.require(columns)

    def grow(self, count: int, **values: Any) -> NDArray[np.int32]:
        """Append `count` rows; columns not named get their fill. Returns the new row numbers (count,)."""
        if any(not array.flags.writeable for array in self._store.values()):
            raise ValueError("this table is read-only now")
        unknown = values.keys() - self._columns.keys()
        if unknown:
            raise ValueError(f"no column {', '.join(sorted(unknown))}; there are {', '.join(sorted(self._columns))}")
        start, self.__dict__["_n"] = self._n, self._n + count
        for name, column in self._columns.items():
            old = self._store[name]
            if self._n > len(old):
                self._store[name] = np.concatenate([old, self._blank(column, max(self._n, 2 * len(old)) - len(old))])
            self._store[name][start : self._n] = values.get(name, column.fill)
        return np.arange(start, self._n, dtype=np.int32)

    def frozen(self) -> Table:
        """The same rows, read-only: what a metric is given."""
        view = Table()
        view.__dict__.update(_columns=self._columns, _n=self._n, _store={})
        for name, array in self._store.items():
            view._store[name] = array.view()
            view._store[name].flags.writeable = False
        return view

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody can write into any column for a while."""
        for array in self._store.values():
            array.flags.writeable = False
        try:
            yield
        finally:
            for array in self._store.values():
                array.flags.writeable = True

    @property
    def columns(self) -> dict[str, Column]:
        """What there is, by name."""
        return dict(self._columns)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Every column by name, for a checkpoint."""
        return {name: self[name] for name in self._columns}

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take all rows from `arrays`; columns that are missing there are filled with their defaults."""
        self.__dict__["_n"] = n = len(next(iter(arrays.values())))
        for name, column in self._columns.items():
            self._store[name] = arrays[name].copy() if name in arrays else self._blank(column, n)

    @staticmethod
    def _blank(column: Column, n: int) -> NDArray[Any]:
        assert isinstance(column.width, int), "a table has columns of a known width"
        return np.full((n, column.width) if column.width else n, column.fill, dtype=column.dtype)

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self._store[name][: self._n]

    def __getattr__(self, name: str) -> NDArray[Any]:
        if name.startswith("_") or name not in self._store:
            raise AttributeError(f"no column '{name}'; there are {', '.join(sorted(self._columns))}")
        return self[name]

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in self._store:
            raise AttributeError(f"no column '{name}'; a component declares its columns")
        self[name][:] = value

    def __contains__(self, name: str) -> bool:
        return name in self._store

    def __len__(self) -> int:
        return self._n

    def __repr__(self) -> str:
        return f"<Table of {self._n} rows: {', '.join(self._columns)}>"
