"""What was varied, as an axis: numbers, by tens where they were chosen so, or names in the order they were given in."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recsim.plot.page import cut

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NAME = 18
"""Letters of a value that are shown."""
_TICKS, _GAP = 6, 0.12
"""Values that have a tick each, and how far apart they are at least, as a share of the axis."""
_DECADES = 1.4
"""Powers of ten that values span at least where their axis goes by tens."""


class Parameter(NamedTuple):
    """A column of a sweep, with the values that it takes."""

    name: str
    values: tuple[Any, ...]
    """The numbers, from the smallest, or the texts, in their order."""
    is_number: bool

    @classmethod
    def of(cls, column: pd.Series) -> tuple[Parameter, list[Any]]:
        """As a column has it, and the column as numbers; or as texts, if it is not made of numbers only."""
        is_number = all(map(_is_number, column))
        clean = [float(value) if is_number else said(value) for value in column]
        values = dict.fromkeys(clean)
        return cls(str(column.name), tuple(sorted(values) if is_number else values), is_number), clean

    @property
    def short(self) -> str:
        """The end of its path."""
        return self.name.rsplit(".", 1)[-1]

    @property
    def texts(self) -> list[str]:
        """Its values, as one says them."""
        return [f"{value:.10g}" if self.is_number else value for value in self.values]

    @property
    def by_tens(self) -> bool:
        """Whether its values were chosen by ratio: far apart, and more evenly on a logarithmic scale."""
        if not self.is_number or len(self.values) < 3 or self.values[0] <= 0:
            return False
        far = self.values[-1] / self.values[0] > 10**_DECADES
        plain, logs = np.diff(self.values), np.diff(np.log(self.values))
        return bool(far and logs.std() / logs.mean() < plain.std() / plain.mean())

    def turns(self, column: pd.Series) -> NDArray[np.intp]:
        """Which of its values each value of a clean column is."""
        order = {value: turn for turn, value in enumerate(self.values)}
        return np.array([order[value] for value in column], np.intp)

    def places(self, column: pd.Series) -> NDArray[np.float64]:
        """Where on the axis each value of a clean column lies."""
        return column.to_numpy(float) if self.is_number else self.turns(column).astype(float)

    def lay(self, panel: Axes, letters: int = 36) -> None:
        """Make it the x axis of a panel, along which a number of letters fits."""
        panel.set_xlabel(self.name if len(self.name) <= letters else f"…{self.name[1 - letters :]}")
        if not self.is_number:
            shown = [cut(text, _NAME) for text in self.texts]
            if len(set(shown)) < len(shown):
                shown = [text if len(text) <= _NAME else f"…{text[1 - _NAME :]}" for text in self.texts]
            panel.set_xticks(range(len(shown)), shown)
            pairs = [(len(one) + len(other)) / 2 + 1.5 for one, other in pairwise(shown)]
            if max(pairs, default=0) > letters / len(shown):
                panel.tick_params(axis="x", labelrotation=30)
            panel.set_xlim(-0.5, len(shown) - 0.5)
            return
        if self.by_tens:
            panel.set_xscale("log")
        places = np.log(self.values) if self.by_tens else np.array(self.values)
        apart = len(places) > 1 and np.diff(places).min() >= _GAP * np.ptp(places)
        if apart and len(places) <= _TICKS:
            panel.set_xticks(self.values, self.texts)
            panel.minorticks_off()
        elif not self.by_tens:
            panel.locator_params(axis="x", nbins=_TICKS)


def said(value: Any) -> str:
    """Anything that a scenario could say somewhere, in a few words."""
    if isinstance(value, Mapping):
        return ", ".join(str(part) if key == "kind" else f"{key}={said(part)}" for key, part in value.items())
    if isinstance(value, (list, tuple)):
        return " + ".join(map(said, value)) or "none"
    return "none" if value is None else str(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.number)) and not isinstance(value, bool) and bool(np.isfinite(value))
