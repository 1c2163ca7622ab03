"""Any table of interactions: a CSV or Parquet file whose columns the scenario names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import ClassVar

from recsim.base.component import Number
from recsim.base.flow import History
from recsim.data import Data, DataNotFoundError, file_at, is_folder, meant, nowhere
from recsim.data.building import Duplicates, Layout, build
from recsim.data.sieve import BadRows
from recsim.data.text import Separator


class Log(Data):
    """Your own interactions: a CSV file (plain or gzipped, UTF-8) or a Parquet file with a row an interaction.

    `data: {kind: log, path: clicks.csv, user: user_id, item: item_id, value: rating, time: timestamp}` names its
    columns. Users and items are numbered in ascending order of their ids: as numbers where all are whole numbers,
    else as text by code point; '007' is a text. Spaces around a cell do not count. Pitfall: with `value` a model
    learns that five stars count five times as much as one; `binary` and `minimum_value` say otherwise.
    """

    path: str = "log.csv"
    """File of the interactions, looked for beside the scenario, then in `--data` (a folder, or the file itself) or
    RECSIM_DATA."""
    user: str = "user"
    """Column of the user's id, a whole number or any text."""
    item: str = "item"
    """Column of the item's id, a whole number or any text."""
    value: str | None = None
    """Column of the weight of an interaction, such as a rating or seconds, above 0; default: each counts 1."""
    minimum_value: Number | None = None
    """Lowest `value` that counts as an interaction, such as 4 stars; default: all of them."""
    binary: bool = False
    """Whether each interaction counts 1, whatever its `value`."""
    time: str | None = None
    """Column of the time, numbers or ISO dates, by which rows are put in order; default: in the order they stand in."""
    group: str | None = None
    """Column of the user's group, by which results are also told, the same in all rows of a user; default: none."""
    users: str | None = None
    """File with the `user` and the `group` of everybody, beside the log; default: the log itself has the `group`."""
    items: str | None = None
    """File with the `item` and its `features`, beside the log, untouched items included; default: no more is known."""
    features: tuple[str, ...] = ()
    """Columns of `items` that the platform sees: numbers as they are, words separated by | as 0 and 1."""
    no_feature: str = "(no genres listed)"
    """Text of a cell of `features` that says there are none, as an empty cell does."""
    separator: Separator = "auto"
    """What separates the cells of a CSV log; `auto`: what its first line suggests, as in the other files always."""
    bad_rows: BadRows = "error"
    """What is done about a row of the log without an id or with a value that is none: `error` tells the first, `skip`
    leaves them out and counts them."""
    duplicates: Duplicates = "last"
    """Which row counts where a user and an item come again: the `last` or `first` in time, or `keep` all but copies of
    one event (the same user, item, value and time)."""
    remedy: ClassVar[str] = "name its folder or the file itself with --data, or mend 'path'"

    def misfits(self) -> Iterator[tuple[str, str, str]]:
        """Fields that mean nothing without another, and columns that are named for two things."""
        if self.minimum_value is not None and self.value is None:
            yield "minimum_value", "it means nothing without 'value'", "name the column with 'value'"
        if self.users is not None and self.group is None:
            yield "users", "it means nothing without 'group'", "name its column of groups with 'group'"
        if self.features and self.items is None:
            yield "features", "they are columns of a file of items, and there is none", "name it with 'items'"
        named = {name: getattr(self, name) for name in ("user", "item", "value", "time", "group")}
        for number, (name, column) in enumerate(named.items()):
            if column is not None and column in list(named.values())[:number]:
                yield name, f"the column '{column}' is named for two things", "give each its own column"

    @classmethod
    def example(cls) -> Log:
        """The interactions of a MovieLens folder."""
        films = {"items": "movies.csv", "features": ("genres",)}
        return cls(path="ratings.csv", user="userId", item="movieId", value="rating", time="timestamp", **films)

    def files(self) -> tuple[str, ...]:
        """The log, and what is known of users and items."""
        return tuple(name for name in (self.path, self.users, self.items) if name is not None)

    def places(self, folder: Path) -> Iterator[Path]:
        """As `path` says, by its name alone, or the folder is the file."""
        yield folder / self.path
        yield folder / Path(self.path).name
        if file_at(folder) is not None:
            yield folder

    def sought(self, place: Path) -> Path:
        """The place is the file."""
        return place

    def missing(self, tried: Sequence[Path]) -> str:
        """No such file; or a folder, in which one must be named."""
        folder = next((place for place in tried if is_folder(place)), None)
        return (
            f"no file '{self.path}'{meant(tried)}" if folder is None else f"{folder} is a folder; name the file in it"
        )

    def located(self, folders: Iterable[Path]) -> Data:
        """The same with absolute paths; the files about users and items stand beside the log, or where it was sought.

        Raises:
            DataNotFoundError: one of them is nowhere.
        """
        folders = list(folders)
        found = super().located(folders)
        beside, others = Path(found.path).parent, {}
        for field in ("users", "items"):
            name = getattr(self, field)
            if name is not None:
                places = [beside / name, *(folder / name for folder in folders), beside / Path(name).name]
                there = next((place for place in places if file_at(place) is not None), None)
                if there is None:
                    lost = f"no file '{name}'{meant(places)}{nowhere(one.absolute() for one in places)}"
                    raise DataNotFoundError(f"data.{field}: {lost}\n   put it beside the log")
                others[field] = str(there.resolve())
        return found.model_copy(update=others)

    def sources(self) -> Iterator[Path]:
        """All its files; a name is one beside the log."""
        log, *others = self.files()
        yield from (Path(log), *(Path(log).parent / name for name in others))

    def read(self) -> History:
        """The log."""
        beside = Path(self.path).parent
        return build(
            Layout(
                Path(self.path),
                self.user,
                self.item,
                self.value,
                self.minimum_value,
                binary=self.binary,
                time=self.time,
                group=self.group,
                users=None if self.users is None else beside / self.users,
                items=None if self.items is None else beside / self.items,
                features=self.features,
                no_feature=self.no_feature,
                separator=self.separator,
                bad_rows=self.bad_rows,
                duplicates=self.duplicates,
                hint="say under 'data' which column is the user, item, value, time, group or features",
            )
        )
