"""The page: its look, its title, its grid of panels, and what stands under them."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.textpath import TextPath

from recsim.base.component import closest

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SMALLEST = 9
"""Points of the smallest text."""
_LETTERS = 10
"""Letters of a title that fit into an inch."""
_SMALL_LETTERS = 13
"""Letters of the smallest text that fit into an inch."""
_STYLE: dict[str, Any] = {
    "axes.titlesize": 11,
    "axes.labelsize": SMALLEST,
    "xtick.labelsize": SMALLEST,
    "ytick.labelsize": SMALLEST,
    "legend.fontsize": SMALLEST,
    "legend.title_fontsize": SMALLEST,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "font.family": ["DejaVu Sans"],
}
_GAP = 0.04167
"""Inches around a panel, as matplotlib has them."""


class Picture(Figure):
    """A matplotlib figure that a notebook shows by itself, whatever its matplotlib backend."""

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi=100)
        return buffer.getvalue()


@contextmanager
def look() -> Iterator[None]:
    """How all pictures look; a decorator of what draws one."""
    with sns.axes_style("ticks", _STYLE), sns.plotting_context("notebook", rc=_STYLE):
        yield


def chosen(names: Sequence[str], measured: Iterable[str]) -> list[str]:
    """The names asked for, or all that were measured.

    Raises:
        ValueError: a name that was not measured.
    """
    known = list(dict.fromkeys(measured))
    for name in names:
        if name not in known:
            raise unmeasured(name, known)
    return list(names) or known


def something(frame: pd.DataFrame) -> None:
    """Refuse to draw nothing.

    Raises:
        ValueError: the frame has no rows.
    """
    if frame.empty:
        raise ValueError("nothing was measured, so there is nothing to draw")


def unmeasured(name: str, known: Sequence[str]) -> ValueError:
    """What is said of a name that was not measured."""
    near = closest(name, known)
    hint = f"did you mean '{near}'?" if near else f"there are {', '.join(known)}"
    return ValueError(f"'{name}' was not measured; {hint}")


def cut(text: str, letters: int) -> str:
    """A text that fits."""
    return text if len(text) <= letters else f"{text[: letters - 1]}…"


def inches(text: str) -> float:
    """How wide a line of the smallest text is."""
    return float(TextPath((0, 0), text, size=SMALLEST).get_extents().width) / 72 if text.strip() else 0.0


def beside(count: int) -> int:
    """Panels that stand beside each other."""
    return 2 if count == 4 else min(3, count)


def page(
    about: str,
    count: int,
    *,
    columns: int = 0,
    size: tuple[float, float] = (3.9, 2.7),
    key: tuple[float, float] = (0.0, 0.0),
    above: float = 0.0,
    gap: float = _GAP,
    caption: str = "",
    **shared: Any,
) -> tuple[Picture, list[Axes]]:
    """A figure with a title and a number of panels, of a size in inches each, row by row.

    In inches: `key` is the room of a legend on the right, `above` that of what stands above the top row, and `gap` that
    between panels beside each other, halved.
    """
    columns = columns or beside(count)
    rows, width = -(-count // columns), size[0] * columns
    title = textwrap.wrap(about, int(width * _LETTERS), max_lines=4, placeholder=" …")
    notes = textwrap.wrap(caption, int((width + key[0]) * _SMALL_LETTERS))
    height = max(size[1] * rows + above, key[1]) + 0.5 + 0.2 * len(title) + 0.18 * len(notes)
    figure = Picture(figsize=(width + key[0], height), layout=ConstrainedLayoutEngine(w_pad=gap))
    panels: list[Axes] = list(np.atleast_1d(figure.subplots(rows, columns, **shared)).ravel())
    for spare in panels[count:]:
        spare.set_visible(False)
    if title:
        figure.suptitle("\n".join(title), fontsize=12, x=0.01, ha="left")
    if notes:
        figure.supxlabel("\n".join(notes), fontsize=SMALLEST, x=0.01, ha="left", color="#555555")
    return figure, panels[:count]


def foot(panels: Sequence[Axes], label: str) -> None:
    """Name the x axis under the last row; where that is short all panels have the name, so that all are alike."""
    columns = beside(len(panels))
    first = max(len(panels) - columns, 0) if len(panels) % columns == 0 else 0
    for panel in panels[first:]:
        panel.set_xlabel(label, visible=True)
        panel.tick_params(labelbottom=True)
