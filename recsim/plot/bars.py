"""An attribution: how much of an outcome each factor is behind."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from recsim.metrics import ALL
from recsim.plot import panels
from recsim.plot.page import Picture, look, page, something
from recsim.plot.palette import INK, QUIET
from recsim.plot.subjects import subjects_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from recsim.scenario import Scenario

_NAME = 22
"""Letters of a factor's name in one line."""
_BAR, _AROUND = 0.34, 1.0
"""Inches that a bar takes, and what is above and below the bars of a panel."""
_TOTAL = "together"
"""The factor that is all the others."""


@look()
def contributions(frame: pd.DataFrame, scenario: Scenario) -> Picture:
    """One panel a metric, a bar a factor, the largest on top, with its interval as a whisker.

    All factors `together` are a grey bar at the bottom. Groups are shown where everybody has no value.

    Args:
        frame: columns factor, metric, contribution, low, high, window; group, if there are any.
        scenario: for title and units.

    Raises:
        ValueError: the frame has no rows.
    """
    something(frame)
    frame = frame if "group" in frame else frame.assign(group=ALL)
    windows = [str(window) for window in dict.fromkeys(frame["window"])]
    parts = dict(iter(frame.groupby(["metric", "group", "window"], sort=False)))
    found = {(one, when): parts[*one, when] for one in subjects_of(frame) for when in windows if (*one, when) in parts}
    when = f", {windows[0]}" if len(windows) == 1 else ""
    figure, drawn = page(
        scenario.about, len(found), size=(4.6, _AROUND + _BAR * max(map(len, found.values()))),
        caption=f"Bar: contribution, mean over seeds{when}; whisker: its 95 % interval.",
    )  # fmt: skip
    for panel, ((one, window), part) in zip(drawn, found.items(), strict=True):
        panel.set_title(one.title if when else f"{one.title}, {window}", loc="left")
        panel.set_xlabel(panels.unit(one.metric, scenario))
        _bars(panel, part.sort_values("contribution", key=np.abs))
    return figure


def _bars(panel: Axes, part: pd.DataFrame) -> None:
    """Bars from the bottom up."""
    part = pd.concat([part[part["factor"] == _TOTAL], part[part["factor"] != _TOTAL]])
    places, colors = np.arange(len(part)), [QUIET if factor == _TOTAL else INK for factor in part["factor"]]
    value, low, high = (part[name].to_numpy(float) for name in ("contribution", "low", "high"))
    panel.barh(places, value, height=0.62, color=colors, alpha=0.85, linewidth=0)
    whiskers = np.abs(np.stack([value - low, high - value]))
    panel.errorbar(value, places, xerr=whiskers, fmt="none", ecolor="black", elinewidth=1.2, capsize=3)
    panel.axvline(0, color="black", linewidth=1)
    panel.locator_params(axis="x", nbins=5)
    panel.set_yticks(places, ["\n".join(textwrap.wrap(str(name).replace("_", " "), _NAME)) for name in part["factor"]])
    panel.tick_params(axis="y", length=0)
    panel.spines["left"].set_visible(False)
    if not np.isfinite(value).any():
        panels.empty(panel)
