"""What was done, and when: the warm-up as a shade, interventions and alarms as rules with their names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from recsim.metrics import ALL
from recsim.plot.page import SMALLEST
from recsim.plot.palette import QUIET

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from recsim.scenario import Scenario

DASHED = (0, (4, 2))
"""How rules are dashed."""
DOTTED = (0, (1, 1.5))
"""How rules of alarms are dotted."""
ALARM = "#b3261e"
"""Their colour: a red that can be read as text."""
_LINE = 0.13
"""Distance of two names of rules, as a share of a panel's height."""


class Start(NamedTuple):
    """A tick from which something is different."""

    tick: int
    text: str
    row: int
    """Its number among the interventions; alarms come behind them."""
    is_alarm: bool = False
    """Whether a monitor has sounded there."""


def starts(scenario: Scenario) -> list[Start]:
    """Where each intervention acts first; that of one that waits for a monitor is not known."""
    return [
        Start(max(treatment.start, scenario.system.warmup.ticks + 1), treatment.label.replace("_", " "), number)
        for number, treatment in enumerate(scenario.interventions)
        if isinstance(treatment.start, int) and treatment.start <= scenario.ticks
    ]


def alarms(metrics: pd.DataFrame, scenario: Scenario) -> list[Start]:
    """Where monitors have sounded, and where what waited for the first alarm starts; as the metric `alarms` tells.

    A monitor reads the tick after it was measured, so an alarm stands one measured tick before its count rises.
    """
    labels = [one.label for one in scenario.metrics or () if one.kind == "alarms"] or ["alarms"]
    rows = metrics[metrics["metric"].isin(labels) & (metrics["group"] != ALL)]
    found: list[Start] = []
    first: dict[str, int] = {}
    for turn, (name, counts) in enumerate(rows.groupby("group", sort=False)):
        ticks, rises = counts["tick"].to_numpy(), counts["value"].diff().to_numpy()[1:] > 0
        at = [int(tick) for tick in ticks[:-1][rises]]
        text, row = f"{name} sounds".replace("_", " "), len(scenario.interventions) + turn
        found += [Start(tick, text, row, is_alarm=True) for tick in at]
        first |= {str(name): at[0]} if at else {}
    for number, one in enumerate(scenario.interventions):
        if not isinstance(one.start, int) and one.start.after in first:
            tick = max(first[one.start.after] + one.start.delay, scenario.system.warmup.ticks + 1)
            found.append(Start(tick, one.label.replace("_", " "), number))
    return [one for one in found if one.tick <= scenario.ticks]


def shade(panel: Axes, warmup: int, *, named: bool) -> None:
    """Shade the warm-up."""
    if warmup:
        panel.axvspan(0, warmup, color=QUIET, alpha=0.25, linewidth=0)
        if named:
            place: dict[str, Any] = {"transform": panel.get_xaxis_transform(), "ha": "center", "va": "center"}
            panel.text(warmup / 2, 0.5, "warm-up", rotation=90, fontsize=SMALLEST, **place)


def rule(panel: Axes, start: Start, *, late: bool, named: bool) -> None:
    """A line where something starts; its name in the panel, to the left if that is late."""
    look: dict[str, Any] = {"color": "black", "linestyle": DASHED}
    if start.is_alarm:
        look = {"color": ALARM, "linestyle": DOTTED}
    panel.axvline(start.tick, linewidth=1, **look)
    if named:
        panel.annotate(
            start.text, (start.tick, 1 - _LINE * start.row), xycoords=("data", "axes fraction"),
            xytext=(-3 if late else 3, -9), ha="right" if late else "left", textcoords="offset points",
            fontsize=SMALLEST, color=look["color"], zorder=4,
            bbox={"color": "white", "alpha": 0.8, "pad": 0.5, "linewidth": 0},
        )  # fmt: skip


def foot(panel: Axes, found: list[Start], color: str) -> None:
    """Alarms of many runs as short strokes at the foot of a panel, darker where several fall together."""
    ticks = [start.tick for start in found if start.is_alarm]
    if ticks:
        place: dict[str, Any] = {"transform": panel.get_xaxis_transform(), "clip_on": False}
        panel.plot(ticks, [0.03] * len(ticks), "|", color=color, alpha=0.4, markersize=9, markeredgewidth=2, **place)
