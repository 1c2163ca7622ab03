"""Pictures: a tidy frame in, a figure out (the home of seaborn and matplotlib)."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from recsim.base.component import closest
from recsim.metrics import ALL, CHANCE, Metric

if TYPE_CHECKING:
    from recsim.scenario import Scenario

_LETTERS = 10
"""Letters of a title that fit into an inch."""
_LONG = 30
"""Letters that fit along the side of a panel."""
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
_OTHERS = ("#d55e00", "#029e73", "#cc78bc", "#ca9161", "#56b4e9", "#de8f05")  # the rest that can be read as text
_DASHES = ((4, 1.5), (1, 1), (6, 1, 1, 1), (3, 3), (None, None))
_LEGIBLE = 12
"""Letters of a group's name that stand beside its line."""
_APART = 0.09
"""Smallest distance of two such names, as a share of a panel's height."""
_ROOM = int(1 / _APART) + 1
"""Such names that fit beside a panel."""


class Picture(Figure):
    """A matplotlib figure that a notebook shows by itself, whatever its matplotlib backend."""

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi=100)
        return buffer.getvalue()


def over_time(metrics: pd.DataFrame, scenario: Scenario, names: Sequence[str] = ()) -> Picture:
    """Small multiples: one panel a metric, ticks on the x axis, a line a group, named at its end if there are several.

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
    columns = 2 if len(wanted) == 4 else min(3, len(wanted))
    rows = -(-len(wanted) // columns)
    with sns.axes_style("ticks", _STYLE), sns.plotting_context("notebook", rc=_STYLE):
        width = 3.9 * columns
        title = textwrap.wrap(scenario.about, int(width * _LETTERS), max_lines=4, placeholder=" …")
        figure = Picture(figsize=(width, 2.7 * rows + 0.5 + 0.2 * len(title)), layout="constrained")
        panels = np.atleast_1d(figure.subplots(rows, columns, sharex=True)).ravel()
        for number, (panel, name) in enumerate(zip(panels, wanted, strict=False)):
            _panel(panel, metrics[metrics["metric"] == name], name, scenario, number, columns)
        for spare in panels[len(wanted) :]:
            spare.set_visible(False)
        first_named = max(len(wanted) - columns, 0) if len(wanted) % columns == 0 else 0
        for named in panels[
            first_named : len(wanted)
        ]:  # where the last row is short all have them, so that all are alike
            named.set_xlabel("tick", visible=True)
            named.tick_params(labelbottom=True)
        if title:
            figure.suptitle("\n".join(title), fontsize=12, x=0.01, ha="left")
    return figure


def _panel(panel: Axes, frame: pd.DataFrame, name: str, scenario: Scenario, number: int, columns: int) -> None:
    """One metric: everybody as the main line, groups beside it, what chance alone would give in grey."""
    low, high = _range(frame["value"])
    ends: dict[str, tuple[float, str]] = {}
    for group, look in _looks(list(dict.fromkeys(frame["group"]))).items():
        line = frame[(frame["group"] == group) & frame["value"].notna()]
        if len(line):
            sns.lineplot(line, x="tick", y="value", ax=panel, dashes=False, estimator=None, clip_on=False, **look[0])
            panel.lines[-1].set_dashes(look[1])
            ends[group] = (float(line["value"].iloc[-1]) - low) / (high - low), look[0]["color"]
    if len(ends) > 1:
        named = _named(ends)
        heights = _spread([height for height, _ in named.values()])
        for (group, (_, color)), height in zip(named.items(), heights, strict=True):
            panel.annotate(
                _cut(group), (1.0, height),
                xycoords="axes fraction", xytext=(4, 0), textcoords="offset points", va="center", fontsize=SMALLEST,
                color=color, annotation_clip=False,
            )  # fmt: skip
    panel.set_title(name.replace("_", " "), loc="left")
    panel.set_xlabel("")
    panel.set_ylabel(_unit(name, scenario))
    panel.set_xlim(0, max(scenario.ticks, 1))
    panel.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    panel.set_ylim(low, high)
    if not ends:
        panel.text(0.5, 0.5, "nothing to measure here", transform=panel.transAxes, ha="center", fontsize=SMALLEST)
    _mark(panel, scenario, named=number < columns, first=number == 0)


def _looks(groups: list[str]) -> dict[str, tuple[dict[str, Any], tuple[Any, ...]]]:
    """How each group's line is drawn, and its dashes; everybody on top, `chance` at the bottom."""
    own = [group for group in groups if group not in (ALL, CHANCE)]
    looks: dict[str, tuple[dict[str, Any], tuple[Any, ...]]] = {}
    if ALL in groups:
        looks[ALL] = {"color": _INK, "linewidth": 1.8, "zorder": 3}, (None, None)
    for turn, group in enumerate(own):
        color = _OTHERS[turn % len(_OTHERS)]
        looks[group] = {"color": color, "linewidth": 1.4, "zorder": 2.8}, _DASHES[turn % len(_DASHES)]
    if CHANCE in groups:
        looks[CHANCE] = {"color": _QUIET, "linewidth": 1.0, "zorder": 2.6}, (4, 2)
    return looks


def _named(ends: dict[str, tuple[float, str]]) -> dict[str, tuple[float, str]]:
    """The ends of lines that have room for a name: everybody, chance and the first groups; how many have none."""
    own = [group for group in ends if group not in (ALL, CHANCE)]
    if (spare := len(ends) - _ROOM) <= 0:
        return ends
    nameless = own[-(spare + 1) :]  # the count itself takes the room of a name
    return {group: end for group, end in ends.items() if group not in nameless} | {
        f"+ {len(nameless)} more": (0.0, _QUIET)
    }


def _cut(name: str) -> str:
    """A name that fits beside a line."""
    return name if len(name) <= _LEGIBLE else f"{name[: _LEGIBLE - 1]}…"


def _spread(heights: list[float]) -> list[float]:
    """The heights of labels, moved as little as possible so that none covers another, inside the panel if they fit."""
    order = sorted(range(len(heights)), key=lambda turn: heights[turn])
    blocks: list[tuple[float, int]] = []  # labels that touch, by the height of the lowest: least squares, pooled
    for rank, turn in enumerate(order):
        low, size = heights[turn] - rank * _APART, 1
        while blocks and blocks[-1][0] >= low:
            other, more = blocks.pop()
            low, size = (low * size + other * more) / (size + more), size + more
        blocks.append((low, size))
    lowest = [low for low, size in blocks for _ in range(size)]
    highest = 1.0 - (len(heights) - 1) * _APART
    return [min(max(lowest[rank], 0.0), highest) + rank * _APART for rank in map(order.index, range(len(heights)))]


def _range(values: pd.Series) -> tuple[float, float]:
    """The ends of the y axis: near the values, never below 0 for want of values there; 0 is in sight of a constant."""
    real = values[np.isfinite(values)]
    if not len(real):
        return 0.0, 1.0
    low, high = float(real.min()), float(real.max())
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        return (0.0, 1.2 * high) if high > 0 else (1.2 * low, 0.0) if low < 0 else (0.0, 1.0)
    space = 0.05 * (high - low)
    return max(low - space, 0.0) if low >= 0 else low - space, high + space


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
            start = max(treatment.start, warmup + 1)  # where it acts first
            panel.axvline(start, color="black", linewidth=1, linestyle=(0, (4, 2)))
            if named:
                at, late = (start, 1 - 0.13 * number), start > 0.6 * scenario.ticks
                panel.annotate(
                    treatment.label.replace("_", " "), at, xycoords=("data", "axes fraction"),
                    xytext=(-3 if late else 3, -9), ha="right" if late else "left", textcoords="offset points",
                    fontsize=SMALLEST, zorder=4, bbox={"color": "white", "alpha": 0.8, "pad": 0.5, "linewidth": 0},
                )  # fmt: skip


def _unit(name: str, scenario: Scenario) -> str:
    """The unit of a metric, by its name in the scenario or its kind, broken into lines that fit."""
    kinds = {metric.label: type(metric) for metric in scenario.metrics or ()}
    found = kinds.get(name) or Metric.members().get(name)
    text = getattr(found, "unit", "")
    if len(text) <= 22:
        return text
    lines = text.split(", ", 1)
    if max(map(len, lines)) > _LONG:
        lines = textwrap.wrap(text, max(-(-len(text) // 2) + 4, 22))
    return "\n".join(textwrap.shorten(line, _LONG, placeholder=" …") for line in lines[:2])
