"""A truth written down cell by cell."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from pydantic import field_validator

from recsim.base.component import Number
from recsim.base.flow import Floats, Ints
from recsim.world.affinity import Affinity

if TYPE_CHECKING:
    from recsim.world.world import World

CELLS = 10_000_000
"""Most cells of a table that is written in a scenario."""
Cells = tuple[tuple[Number, ...], ...]


class WrittenTable(Affinity):
    """Liking = values[user's type, item's type]: the dense truth of a paper or of an example worked by hand.

    A type is the entity's key modulo the number of rows or columns. The first users and items have the keys 0, 1, 2, …,
    so with as many rows as users and columns as items each has a row and a column of its own; newcomers have random
    keys, so each is of a random type. Pitfalls: tastes and topics then count for nothing, so drift moves nobody and
    their metrics tell nothing; what needs a liking between vectors alone gets NaN.
    """

    kind = "table"
    null = "a user without affinity would have no taste"

    values: Cells
    """Rows of numbers, one row a type of user, one column a type of item, in units of utility; higher: liked more."""

    @field_validator("values")
    @classmethod
    def _is_a_table(cls, values: Cells) -> Cells:
        widths = {len(row) for row in values}
        if len(widths) != 1 or 0 in widths:
            raise ValueError("expected rows of equal length, with at least one number each")
        if len(values) * len(values[0]) > CELLS:
            raise ValueError(f"a table of {len(values)} x {len(values[0])} is larger than {CELLS} cells; use tastes")
        return values

    @classmethod
    def example(cls) -> WrittenTable:
        """A checkerboard: even users like even items, odd users odd ones."""
        return cls(values=((4.0, 0.0), (0.0, 4.0)))

    def words(self) -> str:
        """Its shape, not its cells."""
        return f"{self.kind}({len(self.values)} x {len(self.values[0])})"

    def between(self, tastes: Floats, topics: Floats) -> Floats:
        """(n, k) NaN: vectors say nothing of a type."""
        return np.full(topics.shape[:2], np.nan)

    def table(self, tastes: Floats, topics: Floats) -> Floats:
        """(n, j) NaN: vectors say nothing of a type."""
        return np.full((len(tastes), len(topics)), np.nan)

    def of_pairs(self, world: World, users: Ints, items: Ints) -> Floats:
        """Looked up by type."""
        cells, (row, column) = self._dense, self._types(world, users, items)
        return np.asarray(cells[row[:, None], column])  # (n, k)

    def of_all(self, world: World, users: Ints, items: Ints) -> Floats:
        """Looked up by type."""
        cells, (row, column) = self._dense, self._types(world, users, items)
        return np.asarray(cells[row[:, None], column])  # (n, j)

    @cached_property
    def _dense(self) -> Floats:
        """The cells as an array that nobody can write into."""
        cells = np.array(self.values, np.float64)
        cells.flags.writeable = False
        return cells

    def _types(self, world: World, users: Ints, items: Ints) -> tuple[Ints, Ints]:
        """Types of users and items, of the shapes given."""
        rows, columns = np.uint64(len(self.values)), np.uint64(len(self.values[0]))
        return (world.users.key[users] % rows).astype(np.int32), (world.items.key[items] % columns).astype(np.int32)
