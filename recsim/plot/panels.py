"""A panel: its title, the unit of its metric, the ends of its axis; and one in which there is nothing."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from recsim.metrics import Metric
from recsim.plot.page import SMALLEST

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from recsim.scenario import Scenario

_LONG = 30
"""Letters that fit along the side of a panel."""
_WIDTH, _USUAL = 3.9, 0.5
"""Inches of a panel, and those of the names beside it that it has room for."""
_PAD = 6.0
"""Points between a panel and its title."""


def width(room: float) -> float:
    """Inches of a panel with names that take some room beside it."""
    return max(_WIDTH, _WIDTH - _USUAL + room)


def head(panel: Axes, title: str, unit: str, ends: tuple[float, float], raised: float = 0.0) -> None:
    """What a panel shows, in what unit, from where to where; its title raised by a number of points."""
    panel.set_title(title.replace("_", " "), loc="left", pad=_PAD + raised)
    panel.set_xlabel("")
    panel.set_ylabel(unit)
    panel.set_ylim(*ends)


def ticks(panel: Axes, last: int) -> None:
    """Time from left to right."""
    panel.set_xlim(0, max(last, 1))
    panel.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))


def empty(panel: Axes) -> None:
    """Say that no number is behind it."""
    panel.text(0.5, 0.5, "nothing to measure here", transform=panel.transAxes, ha="center", fontsize=SMALLEST)


def span(values: pd.Series) -> tuple[float, float]:
    """The ends of the y axis: near the values, never below 0 for want of values there; 0 is in sight of a constant."""
    real = values[np.isfinite(values)]
    if not len(real):
        return 0.0, 1.0
    low, high = float(real.min()), float(real.max())
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        return (0.0, 1.2 * high) if high > 0 else (1.2 * low, 0.0) if low < 0 else (0.0, 1.0)
    space = 0.05 * (high - low)
    return max(low - space, 0.0) if low >= 0 else low - space, high + space


def unit(name: str, *scenarios: Scenario) -> str:
    """The unit of a metric, by its name in a scenario or its kind, broken into lines that fit."""
    kinds = {metric.label: type(metric) for scenario in scenarios for metric in scenario.metrics or ()}
    found = kinds.get(name) or Metric.members().get(name)
    text = getattr(found, "unit", "")
    if len(text) <= 22:
        return text
    lines = text.split(", ", 1)
    if max(map(len, lines)) > _LONG:
        lines = textwrap.wrap(text, max(-(-len(text) // 2) + 4, 22))
    return "\n".join(textwrap.shorten(line, _LONG, placeholder=" …") for line in lines[:2])
