"""A sweep: what comes out at each value of what was varied."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from recsim.plot.grid import grid
from recsim.plot.page import Picture, chosen, look, something
from recsim.plot.parameters import Parameter
from recsim.plot.scatter import is_scattered, scatter

if TYPE_CHECKING:
    from recsim.scenario import Scenario

_OTHERS = ("arm", "cell", "group", "metric", "point", "seed", "tick", "value", "window")
"""Columns that are no parameters."""


@look()
def over_points(
    points: pd.DataFrame,
    scenario: Scenario,
    names: Sequence[str] = (),
    parameters: Sequence[str] = (),
    window: str = "",
) -> Picture:
    """One panel a metric: its mean at each value of a parameter, with its 95 % interval over seeds.

    A second parameter is a line for each of its values. Three and more, or values that were drawn rather than laid
    out in a grid, get a panel for each metric and parameter, with a dot a run.

    Args:
        points: one row a run and metric: a column for each parameter (numbers or text), seed, metric, value.
        scenario: for title and units.
        names: metrics; default: all.
        parameters: the columns that were varied; default: `points.attrs["parameters"]`, or else all that can be.
        window: the ticks that values are means of, for the caption.

    Raises:
        ValueError: a name that was not measured, a parameter that is no column, or nothing was measured or varied.
    """
    something(points)
    varied = list(parameters or points.attrs.get("parameters", ()))
    varied = varied or [str(name) for name in points.columns if name not in _OTHERS]
    if not varied:
        raise ValueError("nothing was varied: the points have no column of a parameter")
    if missing := [name for name in varied if name not in points.columns]:
        raise ValueError(f"'{missing[0]}' was not varied; there are {', '.join(map(str, points.columns))}")
    found = {name: Parameter.of(points[name]) for name in varied}
    axes = [axis for axis, _ in found.values()]
    clean = points.assign(**{name: column for name, (_, column) in found.items()})
    cells = clean.groupby([*varied, "seed", "metric"], sort=False)["value"].mean().reset_index()  # a seed counts once
    draw = scatter if is_scattered(cells, axes) else grid
    return draw(cells, axes, chosen(names, points["metric"]), scenario, f"Values: {window}. " if window else "")
