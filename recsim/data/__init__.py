"""Your own log of interactions as the human data of a scenario (the home of pandas' readers)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

from recsim.base.component import Component, closest, import_all
from recsim.base.flow import History


class DataError(ValueError):
    """The data of a scenario cannot be found or read; the message says where, what, and what to do."""


class DataNotFoundError(DataError):
    """They cannot be found."""


class Data(Component):
    """Family of the logs that a scenario can start from."""

    family = "data"
    null = "no `data:` at all"
    remedy: ClassVar[str] = "name its folder with --data DIR"
    """What to do where nothing is found."""

    path: str = "."
    """Folder of the data, looked for beside the scenario, then in `--data DIR` (or RECSIM_DATA)."""

    def located(self, folders: Iterable[Path]) -> Data:
        """The same with absolute paths: the first place that holds the data.

        Raises:
            DataNotFoundError: none does.
        """
        tried = []
        for folder in folders:
            for place in self.places(folder):
                if self.found(place):
                    return self.model_copy(update={"path": str(place.resolve())})
                tried.append(self.sought(place).absolute())
        raise DataNotFoundError(f"data.path: {self.missing(tried)}{nowhere(tried)}\n   {self.remedy}")

    def misfits(self) -> Iterator[tuple[str, str, str]]:
        """Fields that do not go together, if any: the field, what is wrong, what to do."""
        yield from ()

    def files(self) -> tuple[str, ...]:
        """Names of the files it is read from; the first is the one that must be there."""
        raise NotImplementedError

    def places(self, folder: Path) -> Iterator[Path]:
        """Where it may be, seen from a folder: what `path` may become."""
        yield folder / self.path
        yield folder

    def sought(self, place: Path) -> Path:
        """The file that must be there if the data are at a place."""
        return place / self.files()[0]

    def found(self, place: Path) -> bool:
        """Whether the place holds this data, plain or gzipped."""
        return file_at(self.sought(place)) is not None

    def missing(self, tried: Sequence[Path]) -> str:
        """What to say where it is at none of these places."""
        return f"no {self.kind} data in '{self.path}'"

    def sources(self) -> Iterator[Path]:
        """All files that it is read from, gzipped or not."""
        for name in self.files():
            yield Path(self.path) / name

    def read(self) -> History:
        """The log.

        Raises:
            DataError: a file is missing or malformed.
        """
        raise NotImplementedError

    def digest(self) -> str:
        """SHA-256 of the files, for the provenance of a result."""
        total = hashlib.sha256()
        for source in self.sources():
            found = file_at(source)
            total.update(found.read_bytes() if found else b"")
        return total.hexdigest()


def file_at(path: Path) -> Path | None:
    """The file itself, or its gzipped form."""
    try:
        return next((one for one in (path, path.with_name(f"{path.name}.gz")) if one.is_file()), None)
    except (OSError, ValueError):  # no name for a file
        return None


def is_folder(path: Path) -> bool:
    """Whether there is a folder of this name."""
    try:
        return path.is_dir()
    except (OSError, ValueError):  # no name for a folder
        return False


def nowhere(tried: Iterable[Path]) -> str:
    """Where a file was looked for, a line each."""
    return "".join(f"\n   not at {place}[.gz]" for place in dict.fromkeys(str(place) for place in tried))


def meant(tried: Iterable[Path]) -> str:
    """A file that is there and was probably meant; empty if none is."""
    for place in tried:
        try:
            beside = sorted(one.name for one in place.parent.iterdir() if one.is_file())
        except (OSError, ValueError):
            continue
        if near := closest(place.name, beside):
            return f"; did you mean '{near}'?"
    return ""


def facts(history: History) -> dict[str, Any]:
    """What a result says of the log it began with."""
    used = len(history.users)
    left_out = dict(history.left_out)
    sizes = {"users": len(history.user_ids), "items": len(history.item_ids)}
    return {"rows": used + sum(left_out.values()), "used": used, "left_out": left_out, **sizes}


def notes(history: History | None) -> list[str]:
    """A line that says what was left out, if anything was."""
    if history is None or not history.left_out:
        return []
    told = facts(history)
    reasons = ", ".join(f"{count} {reason}" for reason, count in history.left_out)
    return [f"data: {told['used']} of {told['rows']} rows are used; left out: {reasons}"]


import_all(__name__, __path__)
from recsim.data.log import Log
from recsim.data.movielens import MovieLens

__all__ = [
    "Data",
    "DataError",
    "DataNotFoundError",
    "Log",
    "MovieLens",
    "facts",
    "file_at",
    "meant",
    "notes",
    "nowhere",
]
