"""What the items of a run are called, to be read by people."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from recsim.base.corpus import FORMS, decode

if TYPE_CHECKING:
    from recsim.simulation import Simulation

_COLUMNS = {"item": int, "born": int, "made_by": str, "generation": int, "parent": int, "form": str, "title": str}


def titles(sim: Simulation, most: int | str = "all") -> pd.DataFrame:
    """One row an item, of all or of the first `most`: item, born, made_by, generation, parent, form and title.

    `made_by` is human or machine, which the platform does not know; `generation` is how often the machine had been
    trained (0: a human), and `parent` the item it was made after (−1: none). An item without a title has an empty one.

    Raises:
        ValueError: the scenario's items have no titles at all.
    """
    items = sim.world.items
    if "tokens" not in items:
        raise ValueError("items have no titles: give the scenario 'items: {titles: corpus}'")
    rows = np.arange(len(items) if isinstance(most, str) else min(most, len(items)))
    frame = pd.DataFrame({"item": rows} | {name: items[name][rows] for name in ("born", "generation", "parent")})
    frame["made_by"] = np.where(items.made_by_ai[rows], "machine", "human")
    frame["form"] = np.array([*FORMS, ""])[items.genre[rows]]
    frame["title"] = decode(items.tokens[rows])
    return frame[list(_COLUMNS)]


def read_titles(path: Path) -> pd.DataFrame:
    """What `titles` returned, from a file."""
    return pd.read_csv(path, dtype=_COLUMNS, keep_default_na=False)
