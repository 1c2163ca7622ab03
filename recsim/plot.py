"""Pictures: a tidy frame in, a figure out (the home of seaborn and matplotlib)."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from recsim.base.component import closest
from recsim.metrics import Metric

if TYPE_CHECKING:
    from recsim.scenario import Scenario

SMALLEST = 9
"""Points of the smallest text."""
_STYLE: dict[str, Any] = {
    "axes.titlesize": 11,
    "axes.labelsize": SMALLEST,
    "xtick.labelsize": SMALLEST,
    "ytick.labelsize": SMALLEST,
    "legend.fontsize": SMALLEST,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "font.family": ["DejaVu Sans"],
}
_INK, _QUIET = "#0173b2", "#949494"  # seaborn's colour-blind blue and grey
_DASHES = ((None, None), (4, 1.5), (1, 1), (6, 1, 1, 1), (3, 3))


class Picture(Figure):
    """A matplotlib figure that a notebook shows by itself, whatever its matplotlib backend."""

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi=100)
        return buffer.getvalue()


def over_time(metrics: pd.DataFrame, scenario: Scenario, names: Sequence[str] = ()) -> Picture:
    """Small multiples: one panel a metric, ticks on the x axis, a line a group.

    The warm-up is shaded; what interventions do, and when, stands as labelled rules.

    Raises:
        ValueError: a name that was not measured.
    """
    measured = list(dict.fromkeys(metrics["metric"]))
    for name in names:
        if name not in measured:
            near = closest(name, measured)
            hint = f"did you mean '{near}'?" if near else f"there are {', '.join(measured)}"
            raise ValueError(f"'{name}' was not measured; {hint}")
    wanted = list(names) or measured
    columns = min(3, len(wanted))
    rows = -(-len(wanted) // columns)
    with sns.axes_style("ticks", _STYLE), sns.plotting_context("notebook", rc=_STYLE):
        figure = Picture(figsize=(3.9 * columns, 2.7 * rows + 0.7), layout="constrained")
        panels = np.atleast_1d(figure.subplots(rows, columns, sharex=True)).ravel()
        for number, (panel, name) in enumerate(zip(panels, wanted, strict=False)):
            _panel(panel, metrics[metrics["metric"] == name], name, scenario, number, columns)
        for spare in panels[len(wanted) :]:
            spare.set_visible(False)
        for last in panels[max(len(wanted) - columns, 0) : len(wanted)]:
            last.set_xlabel("tick", visible=True)
            last.tick_params(labelbottom=True)
        if scenario.about:
            figure.suptitle(scenario.about, fontsize=12, x=0.01, ha="left")
    return figure


def _panel(panel: Axes, frame: pd.DataFrame, name: str, scenario: Scenario, number: int, columns: int) -> None:
    """One metric."""
    groups = list(dict.fromkeys(frame["group"]))
    palette = [_INK] if len(groups) == 1 else sns.color_palette("colorblind", len(groups)).as_hex()
    for turn, group in enumerate(groups):
        line = frame[(frame["group"] == group) & frame["value"].notna()]
        sns.lineplot(
            line, x="tick", y="value", ax=panel, color=palette[turn], dashes=False, estimator=None, linewidth=1.8
        )
        if len(line):
            panel.lines[-1].set_dashes(_DASHES[turn % len(_DASHES)])
        if len(groups) > 1 and len(line):
            panel.annotate(
                group, (line["tick"].iloc[-1], line["value"].iloc[-1]), fontsize=SMALLEST, color=palette[turn]
            )
    panel.set_title(name.replace("_", " "), loc="left")
    panel.set_xlabel("")
    panel.set_ylabel(_unit(name, scenario))
    panel.set_xlim(0, max(scenario.ticks, 1))
    if frame["value"].notna().sum() == 0:
        panel.text(0.5, 0.5, "nothing to measure here", transform=panel.transAxes, ha="center", fontsize=SMALLEST)
    _mark(panel, scenario, named=number < columns, first=number == 0)


def _mark(panel: Axes, scenario: Scenario, *, named: bool, first: bool) -> None:
    """Shade the warm-up, named in the first panel; a rule where an intervention starts, named in the top row."""
    warmup = scenario.system.warmup.ticks
    if warmup:
        panel.axvspan(0, warmup, color=_QUIET, alpha=0.25, linewidth=0)
        if first:
            place: dict[str, Any] = {"transform": panel.get_xaxis_transform(), "ha": "center", "va": "center"}
            panel.text(warmup / 2, 0.5, "warm-up", rotation=90, fontsize=SMALLEST, **place)
    for number, treatment in enumerate(scenario.interventions):
        if isinstance(treatment.start, int):
            start = max(treatment.start, warmup)
            panel.axvline(start, color="black", linewidth=1, linestyle=(0, (4, 2)))
            if named:
                at = (start, 1 - 0.13 * number)
                panel.annotate(
                    treatment.label.replace("_", " "), at, xycoords=("data", "axes fraction"), xytext=(3, -9),
                    textcoords="offset points", fontsize=SMALLEST,
                )  # fmt: skip


def _unit(name: str, scenario: Scenario) -> str:
    """The unit of a metric, by its name in the scenario or its kind, broken into lines that fit."""
    kinds = {metric.label: type(metric) for metric in scenario.metrics or ()}
    found = kinds.get(name) or Metric.members().get(name)
    text = getattr(found, "unit", "")
    return text.replace(", ", "\n") if len(text) > 22 else text
