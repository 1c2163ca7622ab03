"""Pictures: a tidy frame in, a figure out (the home of seaborn and matplotlib)."""

from __future__ import annotations

from recsim.plot.arms import over_arms
from recsim.plot.bars import contributions
from recsim.plot.page import SMALLEST, Picture
from recsim.plot.points import over_points
from recsim.plot.ticks import over_time

__all__ = ["SMALLEST", "Picture", "contributions", "over_arms", "over_points", "over_time"]
