"""Names of lines: beside their ends where there is room, else in a legend on the right."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from recsim.metrics import ALL, CHANCE
from recsim.plot.page import SMALLEST, cut, inches
from recsim.plot.palette import QUIET

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

    from recsim.plot.page import Picture

_LEGIBLE = 12
"""Letters of a group's name that stand beside its line."""
_APART = 0.09
"""Smallest distance of two such names, as a share of a panel's height."""
_ROOM = int(1 / _APART) + 1
"""Such names that fit beside a panel."""
FEW, SHORT = 7, 14
"""Names, and letters of each, that are told beside every panel rather than once for all panels."""
_KEY = 28
"""Letters that fit into a line of a legend."""


def name_ends(panel: Axes, ends: Mapping[str, tuple[float, str]], letters: int = _LEGIBLE) -> None:
    """Write names beside the ends of lines, given their heights, as shares of the panel's, and colours."""
    named = _named(ends)
    heights = _spread([height for height, _ in named.values()])
    for (name, (_, color)), height in zip(named.items(), heights, strict=True):
        panel.annotate(
            cut(name, letters), (1.0, height),
            xycoords="axes fraction", xytext=(4, 0), textcoords="offset points", va="center", fontsize=SMALLEST,
            color=color, annotation_clip=False,
        )  # fmt: skip


def room_beside(names: Sequence[str]) -> float | None:
    """Inches that names take beside a panel; None where they belong into a legend."""
    if len(names) > FEW or max(map(len, names), default=0) > SHORT:
        return None
    return max(map(inches, names)) if len(names) > 1 else 0.0


def legend_size(names: Sequence[str], title: str = "") -> tuple[float, float]:
    """Inches that a legend takes."""
    lines = [line for name in (*names, title) for line in _lines(name)]
    return 0.8 + max(map(inches, lines), default=0.0), 0.21 * len(lines) + 0.3


def legend(figure: Picture, lines: Mapping[str, Line2D], title: str = "") -> None:
    """Names of lines, once for all panels."""
    figure.legend(
        list(lines.values()), ["\n".join(_lines(name)) for name in lines], title="\n".join(_lines(title)),
        loc="outside right center", frameon=False, handlelength=3.2, alignment="left", fontsize=SMALLEST,
    )  # fmt: skip


def _lines(name: str) -> list[str]:
    return textwrap.wrap(name, _KEY) if name else []


def _named(ends: Mapping[str, tuple[float, str]]) -> Mapping[str, tuple[float, str]]:
    """The ends of lines that have room for a name: everybody, chance and the first groups; how many have none."""
    own = [group for group in ends if group not in (ALL, CHANCE)]
    if (spare := len(ends) - _ROOM) <= 0:
        return ends
    nameless = own[-(spare + 1) :]  # the count itself takes the room of a name
    return {group: end for group, end in ends.items() if group not in nameless} | {
        f"+ {len(nameless)} more": (0.0, QUIET)
    }


def _spread(heights: list[float]) -> list[float]:
    """The heights of labels, moved as little as possible so that none covers another, inside the panel if they fit."""
    order = sorted(range(len(heights)), key=lambda turn: heights[turn])
    blocks: list[tuple[float, int]] = []  # labels that touch, by the height of the lowest: least squares, pooled
    for rank, turn in enumerate(order):
        low, size = heights[turn] - rank * _APART, 1
        while blocks and blocks[-1][0] >= low:
            other, more = blocks.pop()
            low, size = (low * size + other * more) / (size + more), size + more
        blocks.append((low, size))
    lowest = [low for low, size in blocks for _ in range(size)]
    highest = 1.0 - (len(heights) - 1) * _APART
    return [min(max(lowest[rank], 0.0), highest) + rank * _APART for rank in map(order.index, range(len(heights)))]
