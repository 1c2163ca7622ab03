"""Cells: one arm on one seed. A branch of them runs in one process; what they share is computed once and forked."""

from __future__ import annotations

import json
import os
import shutil
import socket
import tempfile
import threading
import traceback
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from recsim import checkpoint, folder, left, runs
from recsim.base.flow import History
from recsim.checkpoint import State
from recsim.data import Data
from recsim.experiment.sharing import Branch, Step
from recsim.observing import Comparison, Left
from recsim.problems import clean
from recsim.scenario import Scenario
from recsim.simulation import Simulation

TOKEN = "experiment.token"
"""A file that tells whether a worker sees the folder of the experiment, or only a folder of the same name."""


class Work(NamedTuple):
    """What a worker is told: the arms of a branch on one seed."""

    seed: int
    branch: Branch
    arms: Mapping[str, Mapping[str, Any]]
    """The scenario of each, as plain data."""
    place: str
    """Folder of the experiment."""
    token: str
    """What stands there in `experiment.token`."""
    checkpoint_every: int | None = None


States = dict[tuple[str, int], State]
"""States that others go on from, by arm and tick."""


class UncomparableError(RuntimeError):
    """A run whose reference is not there."""


class Outcome(NamedTuple):
    """What became of a cell."""

    arm: str
    seed: int
    problem: str = ""
    """Why it failed; empty: it did not."""
    files: Mapping[str, bytes] | None = None
    """Its files by name, from a worker that does not see the experiment's folder."""


def cell(place: Path, arm: str, seed: int) -> Path:
    """The folder of a cell."""
    return place / "cells" / f"{arm}-{seed}"


def finished(place: Path, arm: str, seed: int) -> bool:
    """Whether a cell is done."""
    return (cell(place, arm, seed) / "metrics.csv").is_file()


def work(task: Work) -> list[Outcome]:
    """Run the cells of a branch that are not finished yet; those of a failed one are told apart from the others."""
    place, here = Path(task.place), Path(task.place) / TOKEN
    if here.is_file() and here.read_text() == task.token:
        return list(_cells(task, place))
    with tempfile.TemporaryDirectory() as far:
        done = list(_cells(task, Path(far)))
        return [one if one.problem else one._replace(files=_packed(cell(Path(far), one.arm, one.seed))) for one in done]


def unpack(place: Path, outcome: Outcome) -> None:
    """Write the files of a cell that ran elsewhere."""
    target = cell(place, outcome.arm, outcome.seed)
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    for name, content in sorted((outcome.files or {}).items()):
        (beside / name).parent.mkdir(parents=True, exist_ok=True)
        (beside / name).write_bytes(content)
    _moved(beside, target)


def _packed(place: Path) -> dict[str, bytes]:
    return {str(path.relative_to(place)): path.read_bytes() for path in sorted(place.rglob("*")) if path.is_file()}


def _cells(task: Work, place: Path) -> Iterator[Outcome]:
    """The cells of a branch, one after the other."""
    forks: dict[str, list[Step]] = {}
    todo = [step for step in task.branch if not finished(place, step.arm, task.seed)]
    for step in todo:
        if step.parent is not None:
            forks.setdefault(step.parent, []).append(step)
    states: States = {}
    for step in todo:
        began = states.get((step.parent or "", step.tick))
        if step.parent is not None:
            forks[step.parent].remove(step)
            if step.tick not in [fork.tick for fork in forks[step.parent]]:
                states.pop((step.parent, step.tick), None)
        wanted = sorted({fork.tick for fork in forks.get(step.arm, ())})
        try:
            _cell(task, place, step, began, wanted, states)
            yield Outcome(step.arm, task.seed)
        except Exception as error:
            yield Outcome(step.arm, task.seed, problem_of(error))


def _cell(task: Work, place: Path, step: Step, began: State | None, wanted: list[int], states: States) -> None:
    """Run one arm to its end, keeping the states that others go on from."""
    spec = Scenario.parse({**task.arms[step.arm], "seed": task.seed})
    history = None if spec.data is None else _history(json.dumps(spec.data.block()))
    for other in left.references(spec):
        if other in task.arms and other != step.arm and not finished(place, other, task.seed):
            raise UncomparableError(f"'{other}', the arm that it is compared with, failed")
    comparison = left.in_cells(place / "cells", step.arm, spec)
    target = cell(place, step.arm, task.seed)
    alone = "" if task.checkpoint_every else f"-{socket.gethostname()}-{os.getpid()}-{threading.get_ident()}"
    beside = target.with_name(f".{target.name}.part{alone}")
    state = checkpoint.load(beside / "checkpoints")
    if state is not None:
        sim = checkpoint.restore(state, history, comparison=comparison)
    elif began is not None:
        sim = checkpoint.restore(began, history, comparison=comparison)
        sim.adopt(sim.changed(spec))
    else:
        sim = Simulation(spec, _history=history, _comparison=comparison)
    while True:
        if sim.tick in wanted:
            states[step.arm, sim.tick] = checkpoint.capture(sim)
        if not sim.running:
            break
        if task.checkpoint_every and sim.tick % task.checkpoint_every == 0 and sim.tick:
            checkpoint.save(sim, beside / "checkpoints")
        sim.step()
    _write(sim, spec, beside, step.arm)
    _moved(beside, target)


def _write(sim: Simulation, spec: Scenario, beside: Path, arm: str) -> None:
    """All files of a cell but its picture."""
    result = runs.collected(sim, spec)
    beside.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(beside / "checkpoints", ignore_errors=True)
    folder.begin(beside, spec, {**result.provenance, "arm": arm})
    left.save(beside / "left", sim.observer.left)
    folder.put(beside / "timings.json", json.dumps({"seconds": dict(sim.seconds)}, indent=1))
    folder.write(result, beside, picture=False)


def compared(arms: Mapping[str, Scenario], arm: str, above: tuple[str, ...] = ()) -> Comparison:
    """What the arms that one is compared with leave, run for it."""
    found: dict[str, Left] = {}
    for other in left.references(arms[arm]):
        if other in arms and other not in (arm, *above):
            sim = Simulation(arms[other], _comparison=compared(arms, other, (*above, arm)))
            while sim.running:
                sim.step()
            found[other] = sim.observer.left
    return Comparison(arm, found)


def _moved(beside: Path, target: Path) -> None:
    """Give a folder its name; where another worker was quicker, what it wrote is the same."""
    try:
        os.replace(beside, target)
    except OSError:
        if not (target / "metrics.csv").is_file():
            raise
        shutil.rmtree(beside)


@lru_cache(maxsize=1)
def _history(block: str) -> History:
    """The log that a scenario begins with, read once a process."""
    return Data.parse(json.loads(block)).read()


def problem_of(error: Exception) -> str:
    """What to tell of a cell that failed: of what users may have done the message, otherwise where it happened."""
    if type(error).__module__.startswith("recsim."):
        return "\n".join(clean(line, 600) for line in str(error).split("\n"))
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {clean(str(error), 600)}  ({Path(last.filename).name}:{last.lineno}, {last.name})"
