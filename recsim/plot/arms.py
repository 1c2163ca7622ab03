"""An experiment over time: its arms beside each other, and how sure the seeds make us of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from recsim.metrics import CHANCE
from recsim.plot import bands, flags, labels, marks, panels
from recsim.plot.page import Picture, beside, foot, look, page, something
from recsim.plot.palette import QUIET, Look, looks
from recsim.plot.subjects import Bands, found_of, subjects_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

    from recsim.scenario import Scenario

_HEIGHT, _GAP, _AROUND = 2.7, 0.08, 0.85
"""Inches of a panel, between two, and those that numbers and unit take to the left of one."""
_BY_CHANCE = Look(QUIET, (4, 2))


class _Shared(NamedTuple):
    """What all panels have in common."""

    order: list[str]
    """The arms."""
    styles: Mapping[str, Look]
    """How each line looks, that of chance included."""
    last: int
    """The last tick."""
    warmups: list[int]
    """The lengths of their warm-ups."""
    flags: list[flags.Flag]
    above: int
    """Points that flags take above a panel."""
    width: float
    """Inches of a panel."""
    is_direct: bool
    """Whether lines have their names beside them."""
    alarms: Mapping[str, list[marks.Start]]
    """What monitors said in the runs of each arm."""


@look()
def over_arms(
    metrics: pd.DataFrame,
    scenario: Scenario,
    arms: Mapping[str, Scenario],
    names: Sequence[str] = (),
    groups: bool = False,
) -> Picture:
    """Small multiples: one panel a metric, ticks on the x axis, a line an arm with its 95 % interval over seeds.

    The warm-up is shaded. Interventions stand as rules, with the arm's name and in its colour if not all arms have
    them. What chance alone would give in the first arm is a grey line.

    Args:
        metrics: columns arm, seed, tick, metric, group, value.
        scenario: for title and units.
        arms: each arm's own scenario, in the order in which they are named.
        names: metrics, or `metric[group]`; default: all, of everybody, or of each group where everybody has no value.
        groups: whether each group has its panel too.

    Raises:
        ValueError: a name that was not measured, or nothing was.
    """
    something(metrics)
    subjects = subjects_of(metrics, names, groups)
    shared = _shared(metrics, scenario, arms)
    figure, drawn = page(
        scenario.about, len(subjects), size=(shared.width, _HEIGHT), gap=_GAP, above=shared.above / 72, sharex=True,
        key=(0.0, 0.0) if shared.is_direct else labels.legend_size(list(shared.styles)),
        caption=bands.told(metrics.groupby("arm")["seed"].nunique()) + flags.unnamed(shared.flags)
        + (" Strokes at the foot: alarms, one for each seed." if any(shared.alarms.values()) else ""),
    )  # fmt: skip
    found = found_of(metrics, subjects, shared.order)
    lines: dict[str, Line2D] = {}
    for number, (panel, one) in enumerate(zip(drawn, subjects, strict=True)):
        top = number < beside(len(subjects))
        alike = [other for other in subjects if other.metric == one.metric]  # on the same axis, to be compared
        ends = bands.reach(band for other in alike for band in found[other].values())
        unit = panels.unit(one.metric, scenario, *arms.values())
        panels.head(panel, one.title, unit, ends, shared.above if top else 0.0)
        _mark(panel, shared, top=top, first=number == 0)
        lines |= _draw(panel, found[one], shared, ends)
    foot(drawn, "tick")
    if not shared.is_direct:
        labels.legend(figure, {name: lines[name] for name in (*shared.order, CHANCE) if name in lines})
    return figure


def _shared(metrics: pd.DataFrame, scenario: Scenario, arms: Mapping[str, Scenario]) -> _Shared:
    """The first arm of the mapping is the first to be drawn; arms of which only numbers are known come last."""
    measured = list(dict.fromkeys(metrics["arm"]))
    order = [arm for arm in arms if arm in measured] + [arm for arm in measured if arm not in arms]
    styles = looks(order)
    specs = {arm: arms[arm] for arm in order if arm in arms} or {"": scenario}
    last = max(spec.ticks for spec in specs.values())
    room = labels.room_beside(order)
    width = panels.width(room or 0.0)
    colors = {arm: style.color for arm, style in styles.items()}
    marked = flags.flags(specs, colors, last, width - _AROUND - (room or 0.0), room or 0.0)
    warmups = sorted({spec.system.warmup.ticks for spec in specs.values()})
    styles = {CHANCE: _BY_CHANCE} | styles
    above, alarms = flags.LINE * flags.rows(marked), {arm: _alarms(metrics, arm, specs) for arm in order}
    return _Shared(order, styles, last, warmups, marked, above, width, room is not None, alarms)


def _alarms(metrics: pd.DataFrame, arm: str, specs: Mapping[str, Scenario]) -> list[marks.Start]:
    """What monitors said in all runs of an arm."""
    if arm not in specs:
        return []
    runs = metrics[metrics["arm"] == arm].groupby("seed")
    return [one for _, run in runs for one in marks.alarms(run, specs[arm]) if one.is_alarm]


def _mark(panel: Axes, shared: _Shared, *, top: bool, first: bool) -> None:
    """Time, warm-ups and interventions; with their names at the top, and in the first panel."""
    panels.ticks(panel, shared.last)
    for warmup in shared.warmups:
        marks.shade(panel, warmup, named=first and warmup == shared.warmups[-1])
    flags.hoist(panel, shared.flags, named=top)
    for arm, found in shared.alarms.items():
        marks.foot(panel, found, shared.styles[arm].color)


def _draw(panel: Axes, found: Bands, shared: _Shared, ends: tuple[float, float]) -> dict[str, Line2D]:
    """Lines with their bands, by name; the first arm is on top of the others."""
    lines, heights = {}, {}
    for turn, (name, band) in enumerate(found.items()):
        style = shared.styles[name]
        kind = {"linewidth": 1.0, "zorder": 2.6} if style is _BY_CHANCE else {"zorder": 3 - turn / 100}
        lines[name] = bands.draw(panel, band, style, len(found), **kind)
        heights[name] = (float(band["mean"].iloc[-1]) - ends[0]) / (ends[1] - ends[0]), style.color
    if not lines:
        panels.empty(panel)
    if shared.is_direct and max(len(lines), len(shared.order)) > 1:
        labels.name_ends(panel, heights, labels.SHORT)
    return lines
