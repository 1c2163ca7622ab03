"""What was done, and when: the warm-up as a shade, interventions as rules with their names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from recsim.plot.page import SMALLEST
from recsim.plot.palette import QUIET

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from recsim.scenario import Scenario

DASHED = (0, (4, 2))
"""How rules are dashed."""
_LINE = 0.13
"""Distance of two names of rules, as a share of a panel's height."""


class Start(NamedTuple):
    """A tick from which something is different."""

    tick: int
    text: str
    row: int
    """Its number among the interventions."""


def starts(scenario: Scenario) -> list[Start]:
    """Where each intervention acts first; that of one that waits for a monitor is not known."""
    return [
        Start(max(treatment.start, scenario.system.warmup.ticks + 1), treatment.label.replace("_", " "), number)
        for number, treatment in enumerate(scenario.interventions)
        if isinstance(treatment.start, int) and treatment.start <= scenario.ticks
    ]


def shade(panel: Axes, warmup: int, *, named: bool) -> None:
    """Shade the warm-up."""
    if warmup:
        panel.axvspan(0, warmup, color=QUIET, alpha=0.25, linewidth=0)
        if named:
            place: dict[str, Any] = {"transform": panel.get_xaxis_transform(), "ha": "center", "va": "center"}
            panel.text(warmup / 2, 0.5, "warm-up", rotation=90, fontsize=SMALLEST, **place)


def rule(panel: Axes, start: Start, *, late: bool, named: bool) -> None:
    """A line where something starts; its name in the panel, to the left if that is late."""
    panel.axvline(start.tick, color="black", linewidth=1, linestyle=DASHED)
    if named:
        panel.annotate(
            start.text, (start.tick, 1 - _LINE * start.row), xycoords=("data", "axes fraction"),
            xytext=(-3 if late else 3, -9), ha="right" if late else "left", textcoords="offset points",
            fontsize=SMALLEST, zorder=4, bbox={"color": "white", "alpha": 0.8, "pad": 0.5, "linewidth": 0},
        )  # fmt: skip
