"""A sweep over one or two parameters laid out in a grid: along the first, and a line for each value of the second."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from recsim.plot import bands, labels, panels
from recsim.plot.page import Picture, page
from recsim.plot.palette import looks, shades

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

    from recsim.plot.parameters import Parameter
    from recsim.scenario import Scenario

_HEIGHT, _GAP = 2.9, 0.08
"""Inches of a panel, and between two."""
_MARKERS = "os^DvPX"
_BESIDE = 0.6
"""Share of the way between two names on the axis that dots with whiskers take, if there are several at each."""


def grid(
    points: pd.DataFrame, axes: Sequence[Parameter], wanted: Sequence[str], scenario: Scenario, note: str
) -> Picture:
    """One panel a metric."""
    first, second = axes[0], axes[1] if len(axes) > 1 else None
    texts, title = (second.texts, second.name) if second else ([""], "")
    styles = (shades if second and second.is_number else looks)(texts)
    said = {text: f"{second.short}={text}" if second else "" for text in texts}
    room = labels.room_beside(list(said.values())) if first.is_number or not second else None
    figure, drawn = page(
        scenario.about, len(wanted), size=(panels.width(room or 0.0), _HEIGHT), gap=_GAP,
        caption=note + _caption(points, axes),
        key=labels.legend_size(texts, title) if room is None else (0.0, 0.0),
    )  # fmt: skip
    lines: dict[str, Line2D] = {}
    for panel, name in zip(drawn, wanted, strict=True):
        found = _found(points[points["metric"] == name], first, second, texts)
        low, high = bands.reach(found.values())
        panels.head(panel, name, panels.unit(name, scenario), (low, high))
        first.lay(panel)
        for text, band in found.items():
            turn = texts.index(text)
            if first.is_number:
                lines[text] = bands.draw(panel, band, styles[text], len(texts), marker="o", markersize=4)
            else:
                aside = _BESIDE * ((turn + 0.5) / len(texts) - 0.5)
                lines[text] = _whiskers(panel, band, styles[text].color, aside, _MARKERS[turn % len(_MARKERS)])
        if not found:
            panels.empty(panel)
        elif second and room is not None:
            ends = {text: (float(band["mean"].iloc[-1]) - low) / (high - low) for text, band in found.items()}
            named = {said[text]: (end, styles[text].color) for text, end in ends.items()}
            labels.name_ends(panel, named, labels.SHORT)
    if room is None:
        labels.legend(figure, {text: lines[text] for text in texts if text in lines}, title)
    return figure


def _found(rows: pd.DataFrame, first: Parameter, second: Parameter | None, texts: list[str]) -> dict[str, pd.DataFrame]:
    """Means and intervals along the first parameter, by the value of the second."""
    turn = second.turns(rows[second.name]) if second else np.zeros(len(rows), int)
    rows = rows.assign(at=first.places(rows[first.name]))
    found = {text: bands.summary(rows[turn == number], "at") for number, text in enumerate(texts)}
    return {text: band for text, band in found.items() if len(band)}


def _whiskers(panel: Axes, found: pd.DataFrame, color: str, aside: float, marker: str) -> Line2D:
    """Means over names, some way aside from where a name stands, so that several are seen at each."""
    at, half = found.index.to_numpy(float) + aside, (found["high"] - found["mean"]).to_numpy(float)
    panel.errorbar(at, found["mean"], yerr=half, fmt="none", ecolor=color, elinewidth=1.5, capsize=3)
    return panel.plot(at, found["mean"], marker=marker, markersize=5, linestyle="none", color=color)[0]


def _caption(points: pd.DataFrame, axes: Sequence[Parameter]) -> str:
    seeds = points.groupby([one.name for one in axes])["seed"].nunique()
    if axes[0].is_number:
        return bands.told(seeds)
    return bands.told(seeds, mean="Dot", interval="whisker")
