"""What stands in a column: ids, numbers, moments, words; each distinct value is looked at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recsim.base.flow import Bools, Floats
from recsim.data import DataError
from recsim.data.files import Sheet

if TYPE_CHECKING:
    import pandas as pd

_NUMBER = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_WHOLE = r"-?(?:0|[1-9][0-9]{0,18})(?:\.0+)?"
"""A whole number that is written as one: `7` and `7.0` are, `007` is a text of its own."""
Ints64 = NDArray[np.int64]


class Cells(NamedTuple):
    """A column as its distinct values, without the spaces around them."""

    codes: Ints64
    """(r,) number of each row's value in `texts`; −1 where there is none."""
    texts: pd.Series[str]
    """The distinct values as text; some may be equal, where only spaces differed."""

    @property
    def missing(self) -> Bools:
        """(r,) True where nothing stands."""
        return self.codes < 0

    def of_rows(self, values: NDArray[Any], otherwise: Any) -> NDArray[Any]:
        """What belongs to each distinct value, for each row."""
        padded = np.append(values, np.array([otherwise], values.dtype))
        return padded[self.codes]


def cells(sheet: Sheet, column: str) -> Cells:
    """The cells of a column.

    Raises:
        DataError: it holds lists or other things that are no single value.
    """
    import pandas as pd

    try:
        codes, distinct = pd.factorize(sheet.frame[column])
    except TypeError:
        raise DataError(f"{sheet.file}: '{column}' holds lists, and a single value is needed in each row") from None
    texts = pd.Series(distinct).astype("str").str.strip()
    blank = (texts == "").to_numpy(dtype=bool)
    codes = np.where(np.append(blank, True)[codes], -1, codes)
    return Cells(codes.astype(np.int64), texts)


def numbered(*columns: Cells) -> tuple[NDArray[Any], list[Ints64]]:
    """The distinct ids of several columns, ascending, and for each column the number of each row's id, −1 for none.

    If all are whole numbers they are compared as numbers, else as text by code point.
    """
    import pandas as pd

    texts = pd.concat([column.texts[column.texts != ""] for column in columns], ignore_index=True)
    whole = _whole(texts) is not None
    found = [_ids(column.texts, whole) for column in columns]
    there = [np.asarray(column.texts != "", dtype=bool) for column in columns]
    ids = np.unique(np.concatenate([one[real] for one, real in zip(found, there, strict=True)]))
    if not len(ids):
        return ids, [column.codes for column in columns]
    rows = []
    for column, one, real in zip(columns, found, there, strict=True):
        places = np.full(len(one), -1, np.int64)
        places[real] = np.searchsorted(ids, one[real])
        rows.append(column.of_rows(places, -1))
    return ids, rows


def _ids(texts: pd.Series[str], whole: bool) -> NDArray[Any]:
    numbers_of = _whole(texts) if whole else None
    return texts.to_numpy(dtype=object) if numbers_of is None else numbers_of


def _whole(texts: pd.Series[str]) -> Ints64 | None:
    """(t,) the whole numbers that texts are (0 where nothing stands); None if one is something else, or too large."""
    there = texts.where(texts != "", "0")
    if not there.str.fullmatch(_WHOLE).all():
        return None
    try:
        return there.str.replace(r"\.0+$", "", regex=True).to_numpy(dtype=object).astype(np.int64)
    except OverflowError:
        return None


def numbers(sheet: Sheet, column: str) -> Floats:
    """(r,) the numbers in a column; NaN where none stands."""
    from pandas.api.types import is_numeric_dtype

    series = sheet.frame[column]
    if is_numeric_dtype(series):
        return np.asarray(series.to_numpy(dtype=np.float64, na_value=np.nan))
    return _numbers(cells(sheet, column))


def _numbers(found: Cells) -> Floats:
    return np.asarray(found.of_rows(_parsed(found.texts), np.nan))


def _parsed(texts: pd.Series[str]) -> Floats:
    """(t,) each text as a number, to the last bit as Python reads it; NaN if it is none."""
    real = texts.str.fullmatch(_NUMBER).to_numpy(dtype=bool) & (texts.str.len() <= 400).to_numpy(dtype=bool)
    found = np.full(len(texts), np.nan)
    found[real] = texts[real].to_numpy(dtype=object).astype(np.float64)
    return found


def mostly_numbers(sheet: Sheet, column: str) -> bool:
    """Whether more than half of the cells that hold anything hold a number."""
    return _mostly(cells(sheet, column), numbers(sheet, column))


def _mostly(found: Cells, value: Floats) -> bool:
    return bool(2 * np.isfinite(value).sum() > (~found.missing).sum())


def moments(sheet: Sheet, column: str) -> tuple[Ints64 | Floats, Bools]:
    """(r,) numbers in the order of time, and where there is no time.

    A column is of numbers if most of its cells are, else of ISO dates; a date without an offset is UTC.
    """
    import pandas as pd
    from pandas.api.types import is_datetime64_any_dtype, is_integer_dtype

    series = sheet.frame[column]
    if is_datetime64_any_dtype(series):
        return _stamps(series)
    if is_integer_dtype(series) and not series.isna().any():
        return series.to_numpy(dtype=np.int64), np.zeros(len(series), np.bool_)
    found = cells(sheet, column)
    value = _numbers(found)
    if _mostly(found, value):
        whole = _whole(found.texts)
        if whole is not None:  # beyond 2⁵³ a float would make ties
            return found.of_rows(whole, 0), found.missing
        return np.where(np.isfinite(value), value, 0.0), ~np.isfinite(value)
    try:
        dates = pd.to_datetime(found.texts, format="ISO8601", utc=True, errors="coerce")
    except (ValueError, OverflowError):
        dates = pd.Series(pd.NaT, index=found.texts.index).dt.tz_localize("UTC")
    order, wrong = _stamps(dates)
    return found.of_rows(order, 0), found.of_rows(wrong, True)


def _stamps(series: pd.Series[Any]) -> tuple[Ints64, Bools]:
    """Dates as numbers in the unit of the column, so that nanoseconds are kept."""
    none = series.isna().to_numpy(dtype=bool)
    plain = series.dt.tz_convert(None) if series.dt.tz is not None else series
    stamps = plain.to_numpy().astype(np.int64)
    return np.where(none, 0, stamps), none


def labels(sheet: Sheet, column: str, nothing: str) -> tuple[NDArray[Any], Ints64, Ints64]:
    """The words of a column of `Comedy|Drama`: the distinct ones ascending, and which row has which, as two columns."""
    found = cells(sheet, column)
    split = found.texts.where(found.texts != nothing, "").str.split("|").explode().str.strip()
    split = split[split != ""]
    names, which = np.unique(split.to_numpy(dtype=object).astype(object), return_inverse=True)
    owner = split.index.to_numpy()  # number of the distinct cell
    order = np.argsort(found.codes, kind="stable")
    starts = np.searchsorted(found.codes[order], owner, side="left")
    counts = np.searchsorted(found.codes[order], owner, side="right") - starts
    place = np.repeat(starts - np.append(0, np.cumsum(counts)[:-1]), counts) + np.arange(counts.sum())
    return names, order[place], np.repeat(which, counts).astype(np.int64)
