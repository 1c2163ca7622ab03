"""A mean over seeds and its 95 % interval: worked out, and drawn."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from recsim.plot.palette import Look
from recsim.plot.panels import span

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

SURE = 0.95
"""Share of such intervals that hold the true mean, where seeds scatter normally."""
_BEYOND = 0.5
"""How far an interval stretches the axis beyond all values, as a share of their span."""


def summary(frame: pd.DataFrame, by: str) -> pd.DataFrame:
    """Mean over the seeds that have a value, and its t-interval: one row a `by`.

    Columns are mean, low and high, where low, high = mean ∓ t(n − 1) · s / √n, or NaN of a single seed; least and most
    are the values farthest apart.
    """
    real = frame[np.isfinite(frame["value"])]
    found = real.groupby(by, sort=True)["value"].agg(["mean", "std", "count", "min", "max"])
    mean, n = found["mean"], found["count"].to_numpy(float)
    half = stdtrit(np.maximum(n - 1, 1), 0.5 + SURE / 2) * found["std"].to_numpy(float) / np.sqrt(n)
    ends = {"low": mean - half, "high": mean + half, "least": found["min"], "most": found["max"]}
    return pd.DataFrame({"mean": mean, **ends})


def reach(found: Iterable[pd.DataFrame]) -> tuple[float, float]:
    """The ends of an axis on which means and intervals are seen.

    An interval much wider than all values is cut rather than flatten the lines. Below 0 only if there are values.
    """
    joined = pd.concat(list(found) or [pd.DataFrame(columns=["mean", "low", "high", "least", "most"], dtype=float)])
    low, high = joined["least"].min(), joined["most"].max()
    space = _BEYOND * (high - low)
    ends = pd.concat([joined["mean"], joined["low"], joined["high"]]).dropna()
    return span(ends.clip(max(low - space, 0.0) if low >= 0 else low - space, high + space))


def draw(panel: Axes, found: pd.DataFrame, look: Look, crowd: int = 1, **line: Any) -> Line2D:
    """The mean as a line over the frame's index, its interval as a band, the paler the more of them there are."""
    at, mean = found.index.to_numpy(float), found["mean"].to_numpy(float)
    if found["low"].notna().any():
        ends = found["low"].to_numpy(float), found["high"].to_numpy(float)
        panel.fill_between(at, *ends, color=look.color, alpha=min(0.2, 0.8 / crowd), linewidth=0, zorder=2.2)
    usual: dict[str, Any] = {"color": look.color, "linewidth": 1.8, "zorder": 3, "clip_on": False}
    drawn = panel.plot(at, mean, **(usual | line))[0]
    drawn.set_dashes(look.dashes)
    return drawn


def told(seeds: pd.Series, *, mean: str = "Line", interval: str = "band") -> str:
    """What is drawn, for the caption; `seeds` holds the number of them behind each mean."""
    low, high = int(seeds.min()), int(seeds.max())
    if high == 1:
        return f"{mean}: one seed, so there is no interval."
    return f"{mean}: mean of {low if low == high else f'{low} to {high}'} seeds; {interval}: its 95 % interval."
