"""The observer: which metrics are measured, what they remember of tick 0, and the rows they have given."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from recsim.metrics import Context, Metric, Tick

Row = tuple[int, str, str, float]
"""tick, metric, group, value"""


class Observer:
    """Measures and remembers.

    Args:
        wanted: the scenario's metrics; None for the usual ones that apply and need no parameter.
        watched: names of metrics that are measured in any case, because a monitor watches them.
        tick: the world at tick 0.
    """

    def __init__(self, wanted: tuple[Metric, ...] | None, watched: Collection[str], tick: Tick) -> None:
        self.metrics = wanted if wanted is not None else _all_that_apply(tick, watched)
        self.contexts: list[Context] = [metric.prepare(tick) for metric in self.metrics]
        self.rows: list[Row] = []

    def measure(self, tick: Tick) -> dict[str, float]:
        """Add the rows of a tick; returns what a platform may know of them."""
        report = {}
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

    def latest(self, name: str) -> float:
        """The last value of a metric, everybody together; NaN if there is none."""
        found = (value for _, metric, group, value in reversed(self.rows) if metric == name and group == "all")
        return next(found, float("nan"))


def _all_that_apply(tick: Tick, watched: Collection[str]) -> tuple[Metric, ...]:
    ready = [Metric.parse(kind) for kind, cls in Metric.members().items() if not _needs_parameters(cls)]
    return tuple(one for one in ready if (one.by_default and one.applies(tick)) or one.label in watched)


def _needs_parameters(cls: type) -> bool:
    return any(field.is_required() for field in cls.model_fields.values())  # type: ignore[attr-defined]
