"""What the panels of an experiment are about: a metric, of everybody or of a group; and its means by arm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from recsim.metrics import ALL, CHANCE
from recsim.plot import bands
from recsim.plot.page import cut, unmeasured

_LETTERS = 36
"""Letters of a title that fit above a panel."""
Bands = Mapping[str, pd.DataFrame]
"""What is drawn in one panel: means and intervals, by the name of the line."""


class Subject(NamedTuple):
    """What one panel is about."""

    metric: str
    group: str

    def __str__(self) -> str:
        return self.metric if self.group == ALL else f"{self.metric}[{self.group}]"

    @property
    def title(self) -> str:
        """What stands above the panel."""
        return (self.metric if self.group == ALL else cut(f"{self.metric}: {self.group}", _LETTERS)).replace("_", " ")


def subjects_of(metrics: pd.DataFrame, names: Sequence[str] = (), groups: bool = False) -> list[Subject]:
    """What to show, in the order asked for or measured; everybody comes before groups."""
    measured: dict[str, list[Subject]] = {}
    for metric, group in metrics[["metric", "group"]].drop_duplicates().itertuples(index=False):
        measured.setdefault(metric, []).append(Subject(metric, group))
    single = {str(one): [one] for several in measured.values() for one in several if one.group != ALL}
    usual = {}
    for metric, several in measured.items():
        own = sorted((one for one in several if one.group != CHANCE), key=lambda one: one.group != ALL) or several
        usual[metric] = own if groups or own[0].group != ALL else own[:1]
    wanted: list[Subject] = []
    for name in names or usual:
        if name not in usual and name not in single:
            raise unmeasured(name, [*usual, *single])
        wanted += usual.get(name) or single[name]
    return list(dict.fromkeys(wanted))


def found_of(metrics: pd.DataFrame, subjects: Sequence[Subject], arms: list[str]) -> dict[Subject, Bands]:
    """For each subject what to draw: by arm, and by chance as it is in the first arm."""
    rows = dict(iter(metrics.groupby(["metric", "group", "arm"], sort=False)))
    found: dict[Subject, Bands] = {}
    for metric, group in subjects:
        parts = {arm: rows[metric, group, arm] for arm in arms if (metric, group, arm) in rows}
        drawn = {arm: bands.summary(part, "tick") for arm, part in parts.items()}
        first = (metric, CHANCE, arms[0])
        if group == ALL and first in rows and CHANCE not in arms:
            drawn = {CHANCE: bands.summary(rows[first], "tick").assign(low=np.nan, high=np.nan)} | drawn
        found[Subject(metric, group)] = {name: band for name, band in drawn.items() if len(band)}
    return found
