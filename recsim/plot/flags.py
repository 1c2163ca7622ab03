"""Interventions of several arms: rules through the panels, with their names as flags above the top row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from recsim.plot.marks import DASHED, starts
from recsim.plot.page import SMALLEST, cut, inches

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from recsim.scenario import Scenario

LINE = 13
"""Points that a row of flags takes."""
_LETTERS, _WHO = 34, 10
"""Letters of a flag at most, and those that the name of an arm has in it at least."""
_ROWS = 6
"""Rows of flags above a panel at most."""
_AFTER = 0.08
"""Inches between two flags."""
_POLE = {"arrowstyle": "-", "shrinkA": 0, "shrinkB": 0}


class Flag(NamedTuple):
    """A tick from which something is different, and the place of its name, from left to right in ticks."""

    tick: int
    text: str
    color: str
    left: float
    right: float
    row: int = 0

    @property
    def is_named(self) -> bool:
        """Whether there is room for its name."""
        return self.row < _ROWS

    def meets(self, other: Flag) -> bool:
        """Whether the names take the same ticks."""
        return self.left <= other.right and other.left <= self.right

    def crosses(self, other: Flag) -> bool:
        """Whether its rule goes up through another's name."""
        return self.row > other.row and other.left < self.tick < other.right


def flags(
    arms: Mapping[str, Scenario], colors: Mapping[str, str], last: int, across: float, beyond: float
) -> list[Flag]:
    """Where interventions act first: by its name what all arms have, in an arm's colour what only that arm has.

    A panel is `across` inches wide, up to tick `last`; `beyond` inches to the right of it are free.
    """
    who: dict[tuple[int, str], list[str]] = {}
    for arm, scenario in arms.items():
        for tick, text, *_ in starts(scenario):
            if tick <= scenario.ticks and arm not in who.setdefault((tick, text), []):
                who[tick, text].append(arm)
    found = []
    for (tick, name), holders in who.items():
        text = _told(name, holders, list(arms))
        color = colors[holders[0]] if len(holders) == 1 < len(arms) else "black"
        scale = last / across
        place = _place(tick, (inches(text) + _AFTER) * scale, last + beyond * scale)
        found.append(Flag(tick, text, color, *place))
    return _stacked(found)


def rows(found: Iterable[Flag]) -> int:
    """Rows of flags."""
    return max((flag.row + 1 for flag in found if flag.is_named), default=0)


def unnamed(found: Iterable[Flag]) -> str:
    """What is said below the panels of flags without a name."""
    count = sum(not flag.is_named for flag in found)
    return f" {count} more interventions have no room for their names." if count else ""


def hoist(panel: Axes, found: Sequence[Flag], *, named: bool) -> None:
    """Draw rules, and their names if the panel is one of the top row."""
    _, (on, off) = DASHED
    for number, flag in enumerate(found):
        same = [turn for turn, other in enumerate(found) if other.tick == flag.tick]
        late = same.index(number) * (on + off)  # rules of one tick take turns, dash by dash
        dashes = (-late, (on, off + (on + off) * (len(same) - 1)))
        line: dict[str, Any] = {"color": flag.color, "linewidth": 1, "linestyle": dashes}
        panel.axvline(flag.tick, **line)
        if named and flag.is_named:
            _name(panel, flag, line)


def _name(panel: Axes, flag: Flag, line: dict[str, Any]) -> None:
    """Lengthen a rule and write its name to it."""
    at, height, is_left = (flag.tick, 1), 2 + LINE * flag.row, flag.right == flag.tick
    above: dict[str, Any] = {"xycoords": ("data", "axes fraction"), "textcoords": ("data", "offset points")}
    above |= {"annotation_clip": False}
    panel.annotate("", at, (flag.tick, height + 3), arrowprops=line | _POLE, **above)
    panel.annotate(
        flag.text, at, (flag.tick if is_left else flag.left, height), ha="right" if is_left else "left", va="bottom",
        fontsize=SMALLEST, color=flag.color, bbox={"color": "white", "pad": 0.5, "linewidth": 0}, zorder=4, **above,
    )  # fmt: skip


def _told(name: str, holders: Sequence[str], arms: Sequence[str]) -> str:
    """An intervention, and who has it unless all have."""
    lacking = [arm for arm in arms if arm not in holders]
    if not lacking:
        return cut(name, _LETTERS)
    who = ", ".join(holders)
    if who == name:
        return cut(name, _LETTERS)
    if len(holders) > 2:
        who = f"all but {lacking[0]}" if len(lacking) == 1 else f"{len(holders)} arms"
    return cut(f"{cut(who, max(_LETTERS - len(name) - 2, _WHO))}: {name}", _LETTERS)


def _place(tick: int, width: float, last: float) -> tuple[float, float]:
    """The ticks that a name covers: to the right of its rule if it fits there, else to the left, else at the edge."""
    if tick + width <= last:
        return tick, tick + width
    return (tick - width, tick) if width <= tick else (last - width, last)


def _stacked(found: Sequence[Flag]) -> list[Flag]:
    """Each in the lowest row in which no name covers another, nor, where that can be, a rule that goes higher."""
    placed: list[Flag] = []
    for flag in sorted(found, key=lambda one: -one.tick if one.left == one.tick else one.tick):
        tried = [flag._replace(row=row) for row in range(len(found))]
        free = [one for one in tried if not any(one.row == other.row and one.meets(other) for other in placed)]
        clear = [one for one in free if not any(one.crosses(other) or other.crosses(one) for other in placed)]
        placed.append((clear or free)[0])
    return sorted(placed, key=lambda one: one.tick)
