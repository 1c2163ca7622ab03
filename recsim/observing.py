"""The observer: which metrics are measured, what they remember of tick 0, and the rows they have given."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from recsim.metrics import Context, Metric, Tick

Row = tuple[int, str, str, float]
"""tick, metric, group, value"""


Left = dict[str, dict[int, Context]]
"""What an arm leaves for others to be compared with: by label of a metric and by tick."""


class Comparison(NamedTuple):
    """Which arm of an experiment a run is, for metrics that compare it with another one."""

    arm: str
    """Its own name."""
    left: Mapping[str, Left]
    """What other arms left, by their names."""


class Observer:
    """Measures and remembers.

    Args:
        wanted: the scenario's metrics; None for the usual ones that apply and need no parameter.
        watched: names of metrics that are measured in any case, because a monitor watches them.
        tick: the world at tick 0.
        comparison: the other arms; None for a run that has none.
    """

    def __init__(
        self,
        wanted: tuple[Metric, ...] | None,
        watched: Collection[str],
        tick: Tick,
        comparison: Comparison | None = None,
    ) -> None:
        self.comparison = comparison
        self.left: Left = {}
        self.metrics = wanted if wanted is not None else _all_that_apply(tick, watched)
        self.contexts: list[Context] = [metric.prepare(tick) for metric in self.metrics]
        self.rows: list[Row] = []

    def measure(self, tick: Tick) -> dict[str, float]:
        """Add the rows of a tick; returns what a platform may know of them."""
        report = {}
        tick = tick._replace(reference=self._references(tick))
        for metric, context in zip(self.metrics, self.contexts, strict=True):
            value = metric.measure(tick, context)
            groups = value if isinstance(value, Mapping) else {"all": value}
            try:
                self.rows += [(tick.number, metric.label, group, float(number)) for group, number in groups.items()]
            except (TypeError, ValueError):
                raise TypeError(
                    f"the metric '{metric.label}' measured {value!r}; return a number or groups of them"
                ) from None
            if metric.platform and "all" in groups:
                report[metric.label] = float(groups["all"])
        return report

    def go_on(self, left: Mapping[tuple[str, ...], Context]) -> None:
        """Go on from what was left before, by metric and tick: by this arm, or by one that it begins like."""
        own = [metric.label for metric in self.metrics if self._is_for_itself(metric)]
        self.left = {label: {} for label in own if any(name == label for name, _ in left)}
        for label in self.left:
            self.left[label] = {int(tick): context for (name, tick), context in left.items() if name == label}

    def _is_for_itself(self, metric: Metric) -> bool:
        """Whether a metric compares other arms with this one."""
        return self.comparison is not None and getattr(metric, "reference", None) == self.comparison.arm

    def _references(self, tick: Tick) -> dict[str, Context]:
        """What the arms that metrics compare with left of this tick; an arm leaves it for itself, too."""
        found = {}
        others = self.comparison.left if self.comparison is not None else {}
        for metric in self.metrics:
            reference = getattr(metric, "reference", None)
            if self._is_for_itself(metric):
                found[metric.label] = metric.leave(tick)
                self.left.setdefault(metric.label, {})[tick.number] = found[metric.label]
            elif reference is not None and reference in others:
                found[metric.label] = others[reference].get(metric.label, {}).get(tick.number, {})
        return found

    def latest(self, name: str) -> float:
        """The last value of a metric, everybody together; NaN if there is none."""
        found = (value for _, metric, group, value in reversed(self.rows) if metric == name and group == "all")
        return next(found, float("nan"))


def _all_that_apply(tick: Tick, watched: Collection[str]) -> tuple[Metric, ...]:
    ready = [Metric.parse(kind) for kind, cls in Metric.members().items() if not _needs_parameters(cls)]
    return tuple(one for one in ready if (one.by_default and one.applies(tick)) or one.label in watched)


def _needs_parameters(cls: type) -> bool:
    return any(field.is_required() for field in cls.model_fields.values())  # type: ignore[attr-defined]
