"""Which rows of a file are used: the first bad one is an error, or bad ones are left out and counted."""

from __future__ import annotations

from typing import Literal

import numpy as np

from recsim.base.flow import Bools
from recsim.data import DataError
from recsim.data.files import Sheet

BadRows = Literal["error", "skip"]


def listed(ways: list[str]) -> str:
    """`a, b or c`."""
    return " or ".join([", ".join(ways[:-1]), ways[-1]] if len(ways) > 1 else ways)


class Sieve:
    """The rows of a sheet that are still in use.

    Args:
        sheet: the file they are from.
        bad_rows: what is done about a row that cannot be used; default: an error, and the scenario has no choice.
    """

    def __init__(self, sheet: Sheet, bad_rows: BadRows | None = None) -> None:
        self.sheet, self.bad_rows = sheet, bad_rows
        self.keep: Bools = np.ones(len(sheet.frame), np.bool_)
        self.left_out: dict[str, int] = {}

    def leave_out(self, rows: Bools, reason: str) -> None:
        """Use these rows no more; what is said of `3 …` of them is the reason."""
        gone = rows & self.keep
        if gone.any():
            self.left_out[reason] = self.left_out.get(reason, 0) + int(gone.sum())
            self.keep &= ~gone

    def refuse(self, rows: Bools, column: str, wrong: str, reason: str, remedy: str = "") -> None:
        """Rows that cannot be used: leave them out, or tell of the first.

        Args:
            rows: which.
            column: where in the row the mistake is.
            wrong: what is wrong with the cell, as it follows what stands there.
            reason: why they were left out, as it follows their number.
            remedy: what else can be done.

        Raises:
            DataError: there is one, and bad rows are errors.
        """
        bad = np.flatnonzero(rows & self.keep)
        if len(bad) and self.bad_rows != "skip":
            cell = self.sheet.cell(column, bad[0])
            found = f"is {cell}, {wrong}" if cell else "is missing"
            more = f" (and {len(bad) - 1} rows like it)" if len(bad) > 1 else ""
            skip = "leave such rows out: bad_rows: skip" if self.bad_rows is not None else ""
            ways = listed(["mend or remove the row", *(way for way in (remedy, skip) if way)])
            raise DataError(f"{self.sheet.at(bad[0])}: {column} {found}{more}\n   {ways}")
        self.leave_out(rows, reason)

    def check(self) -> None:
        """Something must be left.

        Raises:
            DataError: nothing is.
        """
        if not self.keep.any():
            why = ", ".join(f"{count} {reason}" for reason, count in self.left_out.items())
            raise DataError(f"{self.sheet.file}: no row is left: {why}")
