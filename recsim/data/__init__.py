"""Your own log of interactions as the human data of a scenario (the home of pandas' readers)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from recsim.base.component import Component, Number
from recsim.base.flow import History

if TYPE_CHECKING:
    import pandas as pd


class DataError(ValueError):
    """The data of a scenario cannot be found or read; the message says where, what, and what to do."""


class Data(Component):
    """Family of the logs that a scenario can start from."""

    family = "data"
    null = "no `data:` at all"

    path: str = "."
    """Folder of the data, looked for beside the scenario, then in `--data DIR` (or RECSIM_DATA)."""

    def located(self, folders: Iterable[Path]) -> Data:
        """The same with an absolute path: the first folder that holds the data.

        Raises:
            DataError: none does.
        """
        tried = []
        for folder in folders:
            for place in (folder / self.path, folder):
                if self.found(place):
                    return self.model_copy(update={"path": str(place.resolve())})
                tried.append(str(place / self.files()[0]))
        looked = "".join(f"\n   not at {place}[.gz]" for place in dict.fromkeys(tried))
        raise DataError(f"data.path: no {self.kind} data in '{self.path}'{looked}\n   name its folder with --data DIR")

    def files(self) -> tuple[str, ...]:
        """Names of the files it is read from; the first is the one that must be there."""
        raise NotImplementedError

    def found(self, folder: Path) -> bool:
        """Whether the folder holds this data, plain or gzipped."""
        return _file(folder / self.files()[0]) is not None

    def read(self) -> History:
        """The log.

        Raises:
            DataError: a file is missing or malformed.
        """
        raise NotImplementedError

    def digest(self) -> str:
        """SHA-256 of the files, for the provenance of a result."""
        total = hashlib.sha256()
        for name in self.files():
            found = _file(Path(self.path) / name)
            total.update(found.read_bytes() if found else b"")
        return total.hexdigest()


class MovieLens(Data):
    """The folder of a MovieLens data set: `ratings.csv` and `movies.csv`, plain or `.gz`.

    Every rating is an interaction of value 1; the features of an item are its genres (Harper & Konstan, TiiS 2015).
    Users and items are numbered in ascending order of their ids; movies that nobody rated are part of the catalogue.
    """

    kind = "movielens"
    minimum_rating: Number = 0.0
    """Lowest rating, in stars, that counts as an interaction; 0: all of them."""

    def files(self) -> tuple[str, ...]:
        """Ratings and genres."""
        return "ratings.csv", "movies.csv"

    def read(self) -> History:
        """Ratings and genres."""
        ratings = _table(Path(self.path) / "ratings.csv", {"userId": "int64", "movieId": "int64", "rating": "float64"})
        movies = _table(Path(self.path) / "movies.csv", {"movieId": "int64", "genres": "str"})
        ratings = ratings[ratings["rating"] >= self.minimum_rating].drop_duplicates(["userId", "movieId"])
        if ratings.empty:
            raise DataError(f"{self.path}: no rating reaches minimum_rating {self.minimum_rating}; lower it")
        movies = movies.drop_duplicates("movieId")
        item_ids = np.union1d(ratings["movieId"], movies["movieId"])
        user_ids = np.unique(ratings["userId"])
        genres = movies["genres"].str.get_dummies("|").drop(columns="(no genres listed)", errors="ignore")
        features = np.zeros((len(item_ids), genres.shape[1]))
        features[np.searchsorted(item_ids, movies["movieId"])] = genres.to_numpy()
        return History(
            np.searchsorted(user_ids, ratings["userId"]).astype(np.int32),
            np.searchsorted(item_ids, ratings["movieId"]).astype(np.int32),
            np.ones(len(ratings)),
            features,
            tuple(genres.columns),
            user_ids,
            item_ids,
            np.zeros(len(user_ids), np.int32),
        )


def _file(path: Path) -> Path | None:
    """The file itself, or its gzipped form."""
    for candidate in (path, path.with_name(path.name + ".gz")):
        if candidate.is_file():
            return candidate
    return None


def _table(path: Path, columns: dict[str, Any]) -> pd.DataFrame:
    """The named columns of a CSV file, every cell present and of its type."""
    import pandas as pd

    found = _file(path)
    if found is None:
        raise DataError(f"{path}: no such file, nor {path.name}.gz; a MovieLens folder has ratings.csv and movies.csv")
    try:
        table = pd.read_csv(found, usecols=list(columns), keep_default_na=False)
    except (ValueError, OSError, EOFError, UnicodeDecodeError) as error:
        raise DataError(f"{found}: cannot be read as CSV with the columns {', '.join(columns)}: {error}") from None
    for name, dtype in columns.items():
        if dtype == "str":
            continue
        number = pd.to_numeric(table[name], errors="coerce").to_numpy(dtype="float64")
        whole = "a whole number" if dtype == "int64" else "a number"
        bad = np.flatnonzero(~np.isfinite(number) | ((number != np.floor(number)) & (dtype == "int64")))
        if len(bad):
            found_there = f"{found}:{bad[0] + 2}: {name} is {table[name].iloc[bad[0]]!r}"
            raise DataError(f"{found_there}, not {whole}; mend or remove the row")
        table[name] = pd.Series(number, index=table.index).astype(dtype)
    return table
