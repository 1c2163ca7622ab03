"""A table from a file, CSV (plain or gzipped) or Parquet; every row knows where it stands."""

from __future__ import annotations

import gzip
import io
import warnings
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from recsim.base.component import closest
from recsim.data import DataError, DataNotFoundError, file_at, is_folder, meant
from recsim.data.text import MARKS, Separator, decoded, header, ragged, records, sniffed

if TYPE_CHECKING:
    import pandas as pd

_LONGEST = 80
"""Characters of a cell that a message quotes."""


class Sheet(NamedTuple):
    """The columns of a file that are asked for."""

    file: Path
    """Where they were read."""
    frame: pd.DataFrame
    """Of a CSV file text in every cell, '' where there is nothing; of a Parquet file whatever types it has."""
    text: str
    """The whole text of a CSV file; empty for Parquet."""
    mark: str
    """What separates its cells."""

    def at(self, row: int) -> str:
        """Where a row stands: `clicks.csv:17`, or its number in a Parquet file (counted from 1)."""
        if not self.text:
            return f"{self.file}: row {row + 1}"
        for number, (line, _) in enumerate(records(self.text, self.mark)):
            if number == row + 1:
                return f"{self.file}:{line}"
        return f"{self.file}:{row + 2}"

    def cell(self, column: str, row: int) -> str:
        """What stands in a cell, for a message; empty if nothing does."""
        cell = self.frame[column].iloc[row : row + 1]
        text = "" if cell.isna().any() else str(cell.iloc[0]).strip()
        return repr(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…") if text else ""


def sheet(
    path: Path, columns: Sequence[str], separator: Separator = "auto", optional: Sequence[str] = (), hint: str = ""
) -> Sheet:
    """The named columns of a file, and the optional ones that it has; the hint says how a scenario names columns.

    Raises:
        DataError: there is no such file, it is no table, or a column is missing.
    """
    found = file_at(path)
    if found is None:
        raise DataNotFoundError(_missing(path))
    try:
        content = found.read_bytes()
        content = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{found}: cannot be read: {error}") from None
    if not content.strip():
        raise DataError(f"{found}: is empty; a log has a line with the names of its columns, and a row an interaction")
    parquet = content[:4] == b"PAR1"
    read = _parquet(found, content) if parquet else _csv(found, content, columns, separator)
    names = list(read.frame.columns)
    for name in columns:
        if name not in names:
            raise DataError(_unknown(read, name, names) + (f"\n   {hint}" if hint else ""))
        if names.count(name) > 1:
            raise DataError(f"{found}: {names.count(name)} columns are called '{name}'; rename all but one")
    if read.frame.empty:
        raise DataError(f"{found}: has names of columns and no rows")
    return read._replace(frame=read.frame[[*columns, *(name for name in optional if names.count(name) == 1)]])


def _missing(path: Path) -> str:
    """That a file is not there, and what may have been meant."""
    if is_folder(path):
        return f"{path}: is a folder; name the file in it"
    return f"{path}: no such file, nor {path.name}.gz{meant([path])}"


def _unknown(read: Sheet, name: str, names: list[str]) -> str:
    """That a column is not there, and which are."""
    near = closest(name, names)
    shown = ", ".join(f"'{one}'" for one in names[:24]) + (f" … ({len(names)} in all)" if len(names) > 24 else "")
    lines = [f"{read.file}: no column is called '{name}'" + (f"; did you mean '{near}'?" if near else "")]
    lines += [f"   its columns are {shown}"]
    if len(names) == 1 and read.text:
        lines += ["   cells are separated by a comma, a semicolon or a tab; 'separator' says which"]
    elif read.text and any(one.replace(".", "", 1).isdigit() for one in names):
        lines += ["   the first line of the file must name its columns"]
    return "\n".join(lines)


def _parquet(file: Path, content: bytes) -> Sheet:
    import pandas as pd

    try:
        frame = pd.read_parquet(io.BytesIO(content), dtype_backend="numpy_nullable")  # a null makes no float of an id
        indexed = [name for name in frame.index.names if name is not None]
        frame = frame.reset_index() if indexed else frame
        frame.columns = frame.columns.map(lambda name: str(name).strip())
    except MemoryError:
        raise
    except Exception as error:  # whatever the reader trips over, the file is at fault
        raise DataError(f"{file}: cannot be read as Parquet: {_first_line(error)}") from None
    return Sheet(file, frame, "", "")


def _csv(file: Path, content: bytes, columns: Sequence[str], separator: Separator) -> Sheet:
    import pandas as pd

    text = decoded(file, content)
    mark = MARKS.get(separator) or sniffed(text, columns)
    names = header(file, text, mark)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            frame = pd.read_csv(
                io.StringIO(text, newline=""),
                sep=mark,
                header=0,
                names=list(range(len(names))),
                dtype=str,
                na_filter=False,
                skipinitialspace=True,
            )
    except MemoryError:
        raise
    except Exception as error:  # whatever the reader trips over, the file is at fault
        raise DataError(ragged(file, text, mark, len(names)) or _no_csv(file, error)) from None
    if not isinstance(frame.index, pd.RangeIndex):  # pandas takes what is too much for names of rows
        raise DataError(ragged(file, text, mark, len(names)) or f"{file}: has more cells in a row than columns")
    frame.columns = pd.Index(names)
    return Sheet(file, frame, text, mark)


def _no_csv(file: Path, error: Exception) -> str:
    if "EOF inside string" in str(error):
        return f'{file}: is no CSV file: a double quote (") is opened and never closed'
    return f"{file}: cannot be read as CSV: {_first_line(error)}"


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0][:200] or type(error).__name__
