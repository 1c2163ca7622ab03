"""The text of a CSV file: its encoding, what separates its cells, and on which line each record begins."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from recsim.data import DataError

Separator = Literal["auto", "comma", "semicolon", "tab"]
MARKS = {"comma": ",", "semicolon": ";", "tab": "\t"}
_NOT_TEXT = {
    b"PK": "a zip archive or an Excel workbook: unpack it, or save it as CSV",
    b"\xff\xfe": "UTF-16 text: save it as UTF-8",
    b"\xfe\xff": "UTF-16 text: save it as UTF-8",
    b"BZh": "compressed with bzip2: unpack it, or use gzip",
    b"\xfd7zXZ": "compressed with xz: unpack it, or use gzip",
    b"\x28\xb5\x2f\xfd": "compressed with zstd: unpack it, or use gzip",
}


def decoded(file: Path, content: bytes) -> str:
    """The text of a file."""
    for magic, what in _NOT_TEXT.items():
        if content.startswith(magic):
            raise DataError(f"{file}: is {what}")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        byte = f"byte {content[error.start]:#04x} cannot stand there"
        raise DataError(f"{file}:{line}: is not UTF-8 text: {byte}; save the file as UTF-8") from None


def sniffed(text: str, columns: Sequence[str]) -> str:
    """The mark under which the first line names most of the columns asked for, else has most cells."""

    def fits(mark: str) -> tuple[int, int]:
        names = [cell.strip() for cell in next(records(text, mark), (0, []))[1]]
        return sum(name in names for name in columns), len(names)

    return max(MARKS.values(), key=fits)  # the first of equals: a comma


def header(file: Path, text: str, mark: str) -> list[str]:
    """The names of the columns."""
    line = next(records(text, mark), None)
    if line is None:
        raise DataError(f"{file}: is no CSV file; the first line must name its columns")
    return [cell.strip() for cell in line[1]]


def records(text: str, mark: str) -> Iterator[tuple[int, list[str]]]:
    """The line on which each record begins, and its cells; blank lines are none."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, skipinitialspace=True)
    line = 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error:
            return
        if cells is None:
            return
        if len(cells) > 1 or "".join(cells).strip():
            yield line, cells
        line = reader.line_num + 1


def ragged(file: Path, text: str, mark: str, width: int) -> str:
    """That a row has more cells than there are columns; empty if none has."""
    for line, cells in records(text, mark):
        if len(cells) > width:
            more = f"has {len(cells)} cells, and there are {width} columns"
            return f"{file}:{line}: {more}; put a cell that holds a separator in double quotes (decimals take a point)"
    return ""
