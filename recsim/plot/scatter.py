"""A sweep over many parameters, or over points that were drawn: a dot a run, and how the mean goes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from recsim.plot import panels
from recsim.plot.page import Picture, page
from recsim.plot.palette import INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from recsim.plot.parameters import Parameter
    from recsim.scenario import Scenario

_SIZE = (2.7, 2.3)
_LETTERS = 28
"""Letters that fit below such a panel."""
_MANY = 12
"""Values that a parameter has at most where it was laid out, if each has one run."""
_BIN, _BINS = 8, 6
"""Runs behind a mean at least, and means along an axis at most, where each run has a value of its own."""


def is_scattered(points: pd.DataFrame, axes: Sequence[Parameter]) -> bool:
    """Whether there are more parameters than a page has directions, or some value for almost every point."""
    if len(axes) > 2:
        return True
    places = points[[one.name for one in axes]].drop_duplicates()
    drawn = any(one.is_number and len(one.values) > 0.9 * len(places) > 4 for one in axes)
    return drawn if len(axes) == 2 else drawn and len(places) > _MANY and points["seed"].nunique() == 1


def scatter(
    points: pd.DataFrame, axes: Sequence[Parameter], wanted: Sequence[str], scenario: Scenario, note: str
) -> Picture:
    """A row a metric, a column a parameter."""
    figure, drawn = page(
        scenario.about, len(wanted) * len(axes), columns=len(axes), size=_SIZE, sharex="col", sharey="row",
        caption=f"{note}Dot: one run; line: mean of runs with about the same value, whatever the other parameters.",
    )  # fmt: skip
    for number, panel in enumerate(drawn):
        row, column = divmod(number, len(axes))
        rows, axis = points[points["metric"] == wanted[row]], axes[column]
        first = column == 0
        unit = panels.unit(wanted[row], scenario) if first else ""
        panels.head(panel, wanted[row] if first else "", unit, panels.span(rows["value"]))
        axis.lay(panel, _LETTERS)
        if row < len(wanted) - 1:
            panel.set_xlabel("")
        _draw(panel, rows[np.isfinite(rows["value"])], axis)
    return figure


def _draw(panel: Axes, rows: pd.DataFrame, axis: Parameter) -> None:
    """Dots, and the mean in bins of equally many, or at each value where many share one."""
    if not len(rows):
        return panels.empty(panel)
    at, value = axis.places(rows[axis.name]), rows["value"].to_numpy(float)
    panel.plot(at, value, marker="o", markersize=3.5, linestyle="none", color=INK, alpha=0.45, markeredgewidth=0)
    count = min(max(len(at) // _BIN, 1), _BINS)
    is_laid_out = len(np.unique(at)) <= max(len(at) / _BIN, 2)
    bins = at if is_laid_out else (rankdata(at) - 0.5) / len(at) * count // 1
    means = pd.DataFrame({"at": at, "value": value}).groupby(bins).mean()
    looks = {"linewidth": 1.2} if axis.is_number else {"linestyle": "none", "marker": "_", "markersize": 14}
    panel.plot(means["at"], means["value"], color="black", **looks)
