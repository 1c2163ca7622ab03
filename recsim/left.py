"""What an arm leaves for others to be compared with, on disk: `left/METRIC/TICK.NAME.npy`.

A run whose metrics compare it with another arm keeps what it was compared with in `compared/ARM/METRIC/…`, so that it
can be resumed and replayed; a cell of an experiment finds it in the cell of that arm.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from recsim.observing import Comparison, Left
from recsim.scenario import Scenario


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
        context = found.setdefault(file.parent.name, {}).get(int(tick), {})
        found[file.parent.name][int(tick)] = {**context, name: np.load(file, allow_pickle=False)}
    return found


def references(spec: Scenario) -> list[str]:
    """The arms that metrics of a scenario compare with."""
    names = [str(getattr(metric, "reference", "")) for metric in spec.metrics or ()]
    return list(dict.fromkeys(name for name in names if name))


def in_cells(place: Path, arm: str, spec: Scenario) -> Comparison:
    """What the arms that one is compared with have left in the cells of a folder."""
    others = [other for other in references(spec) if other != arm]
    return Comparison(arm, {other: load(place / f"{other}-{spec.seed}" / "left") for other in others})


def keep(place: Path, comparison: Comparison) -> None:
    """Write into a run's directory what it is compared with."""
    for arm, left in comparison.left.items():
        save(place / "compared" / arm, left)


def kept(place: Path, spec: Scenario) -> Comparison | None:
    """What the run in a directory is compared with; None: it is no arm of an experiment."""
    arm = json.loads((place / "provenance.json").read_text()).get("arm")
    if arm is None:
        return None
    if not (place / "compared").is_dir():
        return in_cells(place.absolute().parent, arm, spec)
    return Comparison(arm, {folder.name: load(folder) for folder in sorted((place / "compared").iterdir())})
