"""What an arm leaves for others to be compared with, on disk: `left/METRIC/TICK.NAME.npy`."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from recsim.observing import Left


def save(place: Path, left: Left) -> None:
    """Write it into a folder; nothing if nothing was left."""
    for label, ticks in left.items():
        (place / label).mkdir(parents=True, exist_ok=True)
        for tick, context in ticks.items():
            for name, array in context.items():
                np.save(place / label / f"{tick}.{name}.npy", array, allow_pickle=False)


def load(place: Path) -> Left:
    """Read it; empty where there is none."""
    found: Left = {}
    for file in sorted(place.glob("*/*.npy")):
        tick, name = file.stem.split(".", 1)
        context = found.setdefault(file.parent.name, {}).setdefault(int(tick), {})
        found[file.parent.name][int(tick)] = {**context, name: np.load(file, allow_pickle=False)}
    return found
