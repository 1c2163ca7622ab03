"""What monitors have said, and how right they were."""

from __future__ import annotations

import numpy as np

from recsim.base.flow import Ints
from recsim.base.kernels.concentration import mean
from recsim.metrics import Context, Metric, Tick, begun


class Alarms(Metric):
    """Alarms raised before this tick's report, by monitor and for `all` together, from 0 upwards.

    A monitor reads its report after the tick is measured, so that an alarm is counted on the next row: pictures mark it
    where it was raised, one row before the count rises.
    """

    platform = True
    unit = "alarms so far"

    def applies(self, tick: Tick) -> bool:
        """Where there is a monitor."""
        return any("sounded" in one.memory for one in tick.service.interventions)

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """Counts."""
        counts = {name: float(len(ticks)) for name, ticks in _sounded(tick).items()}
        return {"all": float(sum(counts.values()))} | counts


class FalseAlarms(Metric):
    """Alarms raised before the change that was to be found, a monitor's `since`, so far; from 0 upwards.

    By monitor and for `all` together. NaN for a monitor that does not say `since`: nobody knows whether it was right.
    Counted like `alarms`, from the row after the alarm on.
    """

    by_default = False
    unit = "false alarms so far"

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """Counts."""
        found = {}
        for name, ticks in _sounded(tick).items():
            since = _since(tick).get(name)
            found[name] = float("nan") if since is None else float((ticks < since).sum())
        known = [count for count in found.values() if not np.isnan(count)]
        return {"all": float(sum(known)) if known else float("nan")} | found


class DetectionDelay(Metric):
    """Tick of the first alarm at or after the change, less the tick of the change, a monitor's `since`; from 0 upwards.

    By monitor; `all` is the mean over those that have found it. NaN before that, and where a monitor does not say
    `since`. Pitfall: a false alarm shortly before the change does not count as finding it, and one that would have come
    anyway shortly after does: compare it with `false_alarms`.
    """

    by_default = False
    unit = "ticks"

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """Delays."""
        found = {}
        for name, ticks in _sounded(tick).items():
            since = _since(tick).get(name)
            later = ticks[:0] if since is None else ticks[ticks >= since]
            found[name] = float(later[0] - since) if len(later) and since is not None else float("nan")
        return {"all": mean(np.array(list(found.values())))} | found


def _sounded(tick: Tick) -> dict[str, Ints]:
    """The ticks of the alarms of each monitor that has started."""
    memory = tick.service.memory
    return {one.label: memory[one.label]["sounded"] for one in begun(tick) if "sounded" in one.memory}


def _since(tick: Tick) -> dict[str, int | None]:
    """When what each monitor watches for took place, as far as the scenario says."""
    return {one.label: getattr(one, "since", None) for one in tick.service.interventions}
