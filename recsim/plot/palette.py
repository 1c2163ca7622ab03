"""Colours and dashes: lines that differ for colour-blind people and in grey, and names that can be read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import to_hex

Dashes = tuple[float, ...] | tuple[None, None]
INK, QUIET = "#0173b2", "#949494"
"""Blue and grey of seaborn's colour-blind palette."""
OTHERS = ("#d55e00", "#029e73", "#cc78bc", "#ca9161", "#56b4e9", "#de8f05")
"""The rest of that palette that can be read as text."""
SOLID: Dashes = (None, None)
DASHES: tuple[Dashes, ...] = ((4, 1.5), (1, 1), (6, 1, 1, 1), (3, 3), SOLID)
_COLORS = (INK, "#d55e00", "#029e73", "#c46fb4", "#222222", "#4aa3dd", "#7f4f1a")
"""Okabe and Ito's colours as seaborn has them, the light ones darkened until names can be read in them, and brown."""
_PATTERNS: tuple[Dashes, ...] = (SOLID, (4, 1.5), (1, 1), (6, 1.5, 1, 1.5), (3, 3), (8, 2), (4, 1, 1, 1, 1, 1))


class Look(NamedTuple):
    """How one line of several is drawn."""

    color: str
    dashes: Dashes


def looks(names: Sequence[str]) -> dict[str, Look]:
    """A look for each name; the first one is solid blue, and no two of the first 49 are the same."""
    n = len(_COLORS)
    return {
        name: Look(_COLORS[turn % n], _PATTERNS[(turn + turn // n) % len(_PATTERNS)]) for turn, name in enumerate(names)
    }


def shades(names: Sequence[str]) -> dict[str, Look]:
    """A look for each of several names that have an order: from dark to light."""
    colors = colormaps["viridis"](np.linspace(0.0, 0.7, max(len(names), 2)))
    patterns = [_PATTERNS[turn % len(_PATTERNS)] for turn in range(len(names))]
    return {name: Look(to_hex(color), dashes) for name, color, dashes in zip(names, colors, patterns, strict=False)}
