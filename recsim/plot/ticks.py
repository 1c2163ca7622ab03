"""One run over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd
import seaborn as sns

from recsim.metrics import ALL, CHANCE
from recsim.plot import labels, marks, panels
from recsim.plot.page import Picture, beside, chosen, foot, look, page
from recsim.plot.palette import DASHES, INK, OTHERS, QUIET, SOLID, Dashes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from recsim.scenario import Scenario


@look()
def over_time(metrics: pd.DataFrame, scenario: Scenario, names: Sequence[str] = ()) -> Picture:
    """Small multiples: one panel a metric, ticks on the x axis, a line a group, named at its end if there are several.

    The warm-up is shaded; what interventions do, and when, stands as labelled rules, alarms as dotted ones.

    Raises:
        ValueError: a name that was not measured.
    """
    wanted = chosen(names, metrics["metric"])
    figure, drawn = page(scenario.about, len(wanted), sharex=True)
    for number, (panel, name) in enumerate(zip(drawn, wanted, strict=True)):
        _panel(panel, metrics[metrics["metric"] == name], name, scenario)
        marks.shade(panel, scenario.system.warmup.ticks, named=number == 0)
        known: set[str] = set()
        for start in (*marks.starts(scenario), *marks.alarms(metrics, scenario)):
            named = number < beside(len(wanted)) and not (start.is_alarm and start.text in known)
            marks.rule(panel, start, late=start.tick > 0.6 * scenario.ticks, named=named)
            known.add(start.text)
    foot(drawn, "tick")
    return figure


def _panel(panel: Axes, frame: pd.DataFrame, name: str, scenario: Scenario) -> None:
    """One metric: everybody as the main line, groups beside it, what chance alone would give in grey."""
    low, high = panels.span(frame["value"])
    ends: dict[str, tuple[float, str]] = {}
    for group, (kind, dashes) in _looks(list(dict.fromkeys(frame["group"]))).items():
        line = frame[(frame["group"] == group) & frame["value"].notna()]
        if len(line):
            sns.lineplot(line, x="tick", y="value", ax=panel, dashes=False, estimator=None, clip_on=False, **kind)
            panel.lines[-1].set_dashes(dashes)
            ends[group] = (float(line["value"].iloc[-1]) - low) / (high - low), kind["color"]
    if len(ends) > 1:
        labels.name_ends(panel, ends)
    panels.head(panel, name, panels.unit(name, scenario), (low, high))
    panels.ticks(panel, scenario.ticks)
    if not ends:
        panels.empty(panel)


def _looks(groups: list[str]) -> dict[str, tuple[dict[str, Any], Dashes]]:
    """How each group's line is drawn, and its dashes; everybody on top, `chance` at the bottom."""
    own = [group for group in groups if group not in (ALL, CHANCE)]
    looks: dict[str, tuple[dict[str, Any], Dashes]] = {}
    if ALL in groups:
        looks[ALL] = {"color": INK, "linewidth": 1.8, "zorder": 3}, SOLID
    for turn, group in enumerate(own):
        color = OTHERS[turn % len(OTHERS)]
        looks[group] = {"color": color, "linewidth": 1.4, "zorder": 2.8}, DASHES[turn % len(DASHES)]
    if CHANCE in groups:
        looks[CHANCE] = {"color": QUIET, "linewidth": 1.0, "zorder": 2.6}, (4, 2)
    return looks
