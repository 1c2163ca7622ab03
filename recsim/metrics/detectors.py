"""What detectors say of the catalogue, how often they are right, and about whose items they are wrong."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from recsim.base.kernels.concentration import mean
from recsim.metrics import Context, Metric, Tick, begun


class _Accused(Metric):
    """Share of the items of one sort that are accused, of those that detectors have looked at."""

    by_default = False
    machines: ClassVar[bool]

    def applies(self, tick: Tick) -> bool:
        """Where there is a detector."""
        return any(name.endswith(".accused") for name in tick.service.items.columns)

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """Over all detectors, by group of items."""
        table, items = tick.service.items, tick.items
        accused, groups = [np.zeros(0)], [np.zeros(0, np.int32)]
        for name, said in table.arrays().items():
            if name.endswith(".accused"):
                seen = ~np.isnan(table[f"{name.removesuffix('accused')}score"])
                mine = seen & (items.made_by_ai == self.machines)
                accused.append(said[mine])
                groups.append(items.group[mine])
        every, where = np.concatenate(accused), np.concatenate(groups)
        names = [group.name for group in tick.world.catalogue.groups]
        return {"all": mean(every)} | {name: mean(every[where == number]) for number, name in enumerate(names)}


class AccusedHumanShare(_Accused):
    """Share of people's items that detectors accuse, of those they looked at, by group of items: false alarms; 0 to 1.

    1 − Φ(Φ⁻¹(1 − false alarm) − bias) in the group that a detector is biased against. An item that two detectors
    looked at counts twice. NaN before they have looked.
    """

    unit = "share of people's items"
    machines = False


class AccusedAIShare(_Accused):
    """Share of machines' items that detectors accuse, of those they looked at, by group of items: sensitivity; 0 to 1.

    An item that two detectors looked at counts twice. NaN before they have looked.
    """

    unit = "share of machines' items"
    machines = True


class EstimatedAIShare(Metric):
    """What a platform may conclude of its catalogue: (accused − false alarm) / (sensitivity − false alarm), 0 to 1.

    Of the living items that a detector has looked at, by the rates that it is said to have (Rogan & Gladen, American
    Journal of Epidemiology 1978), cut to between 0 and 1; by detector, `all` is their mean. Compare
    `ai_catalogue_share`, which nobody sees. Pitfalls: a bias against a group counts as machines; and where the accused
    are delisted they are still counted. NaN before a detector has looked, and for one that tells nothing apart.
    """

    platform = True
    by_default = False
    unit = "share of the items"

    def applies(self, tick: Tick) -> bool:
        """Where there is a detector."""
        return any("accused" in one.item_columns for one in tick.service.interventions)

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """From the accused."""
        table, found = tick.service.items, {}
        for one in _detectors(tick):
            seen = ~np.isnan(table[f"{one.label}.score"]) & tick.items.alive
            accused, apart = mean(table[f"{one.label}.accused"][seen]), one.found - one.false_alarm
            found[one.label] = float(np.clip((accused - one.false_alarm) / apart, 0.0, 1.0)) if apart else float("nan")
        return {"all": mean(np.array(list(found.values())))} | found


def _detectors(tick: Tick) -> list[Any]:
    """The interventions that accuse items and have started."""
    return [one for one in begun(tick) if "accused" in one.item_columns]
