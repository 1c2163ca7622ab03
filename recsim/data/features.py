"""What a file says of items, as numbers: columns of numbers as they are, columns of words as 0 and 1."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import numpy as np

from recsim.base.flow import Floats
from recsim.data import DataError
from recsim.data.columns import Ints64, cells, labels, mostly_numbers, numbers
from recsim.data.files import Sheet
from recsim.data.sieve import Sieve

MOST_CELLS = 100_000_000
"""Items times features."""


class Features(NamedTuple):
    """A row an item."""

    cells: Floats
    """(i, d) 0 where the file says nothing of an item."""
    names: tuple[str, ...]
    """d names."""
    needed: bool
    """Whether some are numbers, so that an item the file does not name has none."""


class Described(Protocol):
    """What is told of a file of items."""

    @property
    def item(self) -> str:
        """The column of ids."""

    @property
    def features(self) -> tuple[str, ...]:
        """The columns of features."""

    @property
    def no_feature(self) -> str:
        """The text of a cell that says there is none."""


def features_of(catalogue: Sheet | None, layout: Described, listed: list[Ints64], n: int) -> Features:
    """The features of n items.

    Raises:
        DataError: an item stands twice, a cell of a column of numbers holds none, or there are too many words.
    """
    if catalogue is None:
        return Features(np.zeros((n, 0)), (), False)
    rows = listed[0]
    strict = Sieve(catalogue)
    strict.refuse(rows < 0, layout.item, "", "")
    first = np.full(n, -1, np.int64)
    first[rows[::-1]] = np.arange(len(rows))[::-1]
    again = first[rows] != np.arange(len(rows))
    if again.any():
        differs = again & _differs(catalogue, layout.features, first[rows])
        strict.refuse(differs, layout.item, "which stands there before with other features", "")
    numeric = [column for column in layout.features if mostly_numbers(catalogue, column)]
    several = len(layout.features) - len(numeric) > 1
    blocks: list[Floats] = []
    names: list[str] = []
    for column in layout.features:
        if column in numeric:
            found, called = _measured(strict, column), [column]
        else:
            found, called = _worded(catalogue, column, layout.no_feature, n)
            called = [f"{column}: {name}" for name in called] if several else called
        blocks.append(found)
        names += called
    table = np.zeros((n, len(names)))
    table[rows[::-1]] = np.concatenate([np.zeros((len(rows), 0)), *blocks], axis=1)[::-1]
    return Features(table, tuple(names), bool(numeric))


def _differs(catalogue: Sheet, columns: tuple[str, ...], before: Ints64) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """(r,) where a row says something else than the one at `before`."""
    codes = [cells(catalogue, column).codes for column in columns]
    return np.any([code != code[before] for code in codes] or [np.zeros(len(before), np.bool_)], axis=0)


def _measured(strict: Sieve, column: str) -> Floats:
    """(r, 1) a column of numbers."""
    found = numbers(strict.sheet, column)
    remedy = f"leave '{column}' out of 'features'"
    strict.refuse(~np.isfinite(found), column, "not a finite number, as most of the column is", "", remedy)
    return found[:, None]


def _worded(catalogue: Sheet, column: str, nothing: str, n: int) -> tuple[Floats, list[str]]:
    """(r, w) a column of words as 0 and 1, and the words."""
    words, rows, which = labels(catalogue, column, nothing)
    if len(words) * n > MOST_CELLS:
        many = f"'{column}' has {len(words)} different words for {n} items"
        raise DataError(f"{catalogue.file}: {many}; name a column with fewer, such as genres separated by |")
    table = np.zeros((len(catalogue.frame), len(words)))
    table[rows, which] = 1.0
    return table, [str(word) for word in words]
