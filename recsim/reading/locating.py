"""Where a scenario's file is, and whether its bytes are a text at all."""

from __future__ import annotations

import difflib
import re
import stat
from pathlib import Path

from recsim.problems import Place, Problem, ScenarioError, clean, listed, shown

MOST_BYTES = 256_000
HERE = Path(__file__).parents[1]
FOLDERS = (HERE / "scenarios", HERE.parent / "scenarios")
"""The packaged scenarios of an installed wheel, or of a checkout."""
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]")
"""Control characters, and those that turn the direction of a text or break its lines unseen."""


def packaged() -> dict[str, Path]:
    """The scenarios that come with recsim, by name; those in a folder of their own are called FOLDER/NAME."""
    for folder in FOLDERS:
        paths = [*sorted(folder.glob("*.yaml")), *sorted(folder.glob("*/*.yaml"))]
        if paths:
            return {path.relative_to(folder).with_suffix("").as_posix(): path for path in paths}
    return {}


def find(name: str | Path) -> Path:
    """The file that is meant: the path as given, or else a packaged scenario of that name.

    Raises:
        ScenarioError: there is none.
    """
    if not str(name) or "\0" in str(name):
        raise _unreadable(name, "no file has such a name", "name a file, or a packaged scenario: see recsim list")
    path = Path(name)
    try:
        if path.exists():
            return path
    except OSError as error:
        raise _unreadable(name, error.strerror or "cannot be looked for") from None
    known = packaged()
    bare = str(name).removesuffix(".yaml").removesuffix(".yml")
    if bare in known:
        return known[bare]
    last = path.name.removesuffix(".yaml").removesuffix(".yml")
    near = _similar(last, [*((name, name) for name in known), *_neighbours(path)])
    hint = (
        f"did you mean {listed([f"'{one}'" for one in near], 'or')}?"
        if near
        else f"packaged scenarios: {listed(known)}"
    )
    raise _unreadable(name, "no such file, and no packaged scenario of that name", hint)


def _neighbours(path: Path) -> list[tuple[str, str]]:
    """Scenario files in the same folder: the name without its end, and as it would be given."""
    try:
        files = sorted(one.name for one in path.parent.iterdir() if one.suffix in (".yaml", ".yml"))
    except (OSError, ValueError):
        return []
    return [(name.rpartition(".")[0], str(path.with_name(name))) for name in files]


def _similar(wrong: str, known: list[tuple[str, str]]) -> list[str]:
    """The names most like a wrong one, the most similar first; of equal ones those that were named first."""
    likeness = [difflib.SequenceMatcher(None, wrong.lower(), name.lower()).ratio() for name, _ in known]
    order = sorted(range(len(known)), key=lambda one: -likeness[one])
    return list(dict.fromkeys(known[one][1] for one in order if likeness[one] >= 0.6))[:3]


def read_text(path: Path, source: str) -> str:
    """The text of a file.

    Raises:
        ScenarioError: it is no file, too large, not allowed, or no text.
    """
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            inside = [str(path / one.name) for one in sorted(path.glob("*.y*ml"))]
            raise _unreadable(
                source, "is a folder", f"name a file in it: {listed(inside, 'or', 8)}" if inside else "name a file"
            )
        if not stat.S_ISREG(mode):
            raise _unreadable(source, "is not a regular file")
        with path.open("rb") as file:
            return text_of(file.read(MOST_BYTES + 1), source)
    except OSError as error:
        raise _unreadable(source, error.strerror or "cannot be read") from None


def text_of(data: bytes, source: str) -> str:
    """The text that bytes are.

    Raises:
        ScenarioError: they are too many, or no UTF-8.
    """
    if len(data) > MOST_BYTES:
        raise _unreadable(
            source, f"is larger than {MOST_BYTES // 1000} kB, which no scenario is", "is it the right file?"
        )
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or data[:400].count(0) > len(data[:400]) // 4 > 0:
        raise _unreadable(source, "is not UTF-8 text, and looks like UTF-16 or UTF-32", "save it as UTF-8")
    if data[:2] in (b"\x1f\x8b", b"PK"):
        raise _unreadable(source, "is a compressed file", "unpack it first")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = lines_of(data[: error.start].decode("utf-8-sig"))
        place = Place(source, len(before), len(before[-1]) + 1, 1, ((len(before), before[-1] + "�"),))
        text = f"is not UTF-8 text: byte {data[error.start]:#04x} cannot stand here"
        raise ScenarioError([Problem((), text, "save it as UTF-8", place=place)]) from None


def checked(text: str, source: str) -> list[str]:
    """The lines of a text that is short enough and holds no characters that people cannot see.

    Raises:
        ScenarioError: it is, or does.
    """
    if len(text) > MOST_BYTES:
        raise _unreadable(
            source, f"is larger than {MOST_BYTES // 1000} kB, which no scenario is", "is it the right file?"
        )
    lines = lines_of(text)
    if FORBIDDEN.search(text) is None:
        return lines
    bad = [(row, found) for row, line in enumerate(lines) for found in FORBIDDEN.finditer(line)]
    raise ScenarioError(
        Problem(
            (),
            f"the invisible character U+{ord(one[0]):04X}",
            "delete it",
            place=place_of(source, lines, row, one.start()),
        )
        for row, one in bad[:10]
    )


def lines_of(text: str) -> list[str]:
    """The lines as YAML counts them."""
    return re.split("\r\n|\r|\n", text)


def place_of(source: str, lines: list[str], row: int, column: int, width: int = 1) -> Place:
    """A place, row and column counted from 0, with its line and the one above it."""
    row = min(max(row, 0), len(lines) - 1)
    quoted = [(row + 1, lines[row])]
    if row and lines[row - 1].strip():
        quoted.insert(0, (row, lines[row - 1]))
    column = min(max(column, 0), len(lines[row]))
    return Place(source, row + 1, column + 1, max(1, min(width, len(lines[row]) - column)), tuple(quoted))


def _unreadable(source: object, text: str, hint: str = "") -> ScenarioError:
    """A file that is no scenario from its first byte on."""
    name = clean(source if isinstance(source, str) else str(source), 200)
    return ScenarioError([Problem((), text, hint, place=Place(name or shown(""), 0, 0))])
