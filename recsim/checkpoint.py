"""State ↔ a folder of arrays: checkpoint, resume, fork.

State lives in five places (the world's tables, the log, policies, the service's tables and memory, the metrics'
contexts); random numbers have none. A checkpoint is one folder a generation: `.npy` files and a `manifest.json` with a
SHA-256 per array, written beside, fsynced, renamed. What is read is verified; a damaged generation is passed over.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recsim.base.flow import History, Slate
from recsim.metrics import Metric
from recsim.observing import Comparison
from recsim.problems import Problem, ScenarioError
from recsim.problems.misfits import fixed_by
from recsim.scenario import Scenario

if TYPE_CHECKING:
    from recsim.simulation import Simulation
    from recsim.system.service import Service

FORMAT = 1
KEEP = 2
"""Generations kept on disk."""
_SEPARATOR = "@"
_DAMAGE = (OSError, EOFError, ValueError, LookupError, TypeError, AttributeError, MemoryError, RecursionError)
"""What reading a damaged file can end in."""


class CheckpointError(ValueError):
    """No usable checkpoint; the message says where, what, and what to do."""


class State(NamedTuple):
    """All that a run has become."""

    arrays: dict[str, NDArray[Any]]
    """By path: `world@users@tastes`."""
    facts: dict[str, Any]
    """The rest, as JSON."""


def capture(sim: Simulation) -> State:
    """The state between two ticks, or of an open one; copies, so the run may go on."""
    service = sim.service
    arrays: dict[str, NDArray[Any]] = {}
    for place, found in _tables(sim).items():
        arrays |= {f"{place}{_SEPARATOR}{name}": array.copy() for name, array in found.arrays().items()}
    for tick, slate in service.log.exposures.items():
        arrays |= _named(f"exposures{_SEPARATOR}{tick}", slate._asdict())
    for home, policy in _policies(service).items():
        arrays |= _named(f"policy{_SEPARATOR}{home}", policy._asdict())
    for label, memory in service.memory.items():
        arrays |= _named(f"memory{_SEPARATOR}{label}", memory)
    for metric, context in zip(sim.observer.metrics, sim.observer.contexts, strict=True):
        arrays |= _named(f"metric{_SEPARATOR}{metric.label}", context)
    for label, ticks in sim.observer.left.items():
        for tick, context in ticks.items():
            arrays |= _named(f"left{_SEPARATOR}{label}:{tick}", context)
    arrays |= _named("trace", sim.recorder.arrays())
    facts = {
        "tick": sim.tick,
        "is_open": sim.is_open,
        "spec": sim.spec.plain(),
        "metrics": [metric.block() for metric in sim.observer.metrics],  # those that applied when the run began
        "picks": sorted(sim.picks.items()),
        "inputs": sim.inputs,
        "rows": sim.rows,
        "alarms": service.alarms,
        "ledger": service.ledger,
        "spent": service.spent,
    }
    return State(arrays, json.loads(json.dumps(facts)))


def restore(
    state: State,
    history: History | None = None,
    set: Mapping[str, Any] | None = None,  # noqa: A002
    comparison: Comparison | None = None,
) -> Simulation:
    """A simulation that goes on from a state, as if it had never been interrupted.

    Args:
        state: from `capture` or `load`.
        history: the human data, if it has been read already.
        set: overrides in force from the next tick on, or in the tick that is open.
        comparison: which arm of an experiment it goes on as.
    """
    from recsim.simulation import Simulation

    facts = state.facts
    sim = Simulation(Scenario.parse(facts["spec"]), _history=history, _comparison=comparison)
    service = sim.service
    for place, table in _tables(sim).items():
        table.restore(_below(state.arrays, place))
    service.log.exposures = {
        int(tick): Slate._make(arrays.get(name) for name in Slate._fields)
        for tick, arrays in _groups(state.arrays, "exposures").items()
    }
    kept = _groups(state.arrays, "policy")
    service.models.policies = {
        home: kind(**kept[home]) for home, kind in service.models.types().items() if home in kept
    }
    for label, memory in _groups(state.arrays, "memory").items():
        service.memory[label] = memory
    contexts = _groups(state.arrays, "metric")
    sim.observer.metrics = tuple(Metric.parse(block) for block in facts["metrics"])
    sim.observer.contexts = [contexts.get(metric.label, {}) for metric in sim.observer.metrics]
    left = _groups(state.arrays, "left")
    sim.observer.go_on({tuple(place.rsplit(":", 1)): context for place, context in left.items()})
    sim.recorder.restore(_below(state.arrays, "trace"))
    service.alarms, service.ledger, service.spent = facts["alarms"], facts["ledger"], facts["spent"]
    sim.inputs, sim.picks = [tuple(row) for row in facts["inputs"]], dict(facts["picks"])
    sim.resume_at(facts["tick"], [tuple(row) for row in facts["rows"]], facts["is_open"])
    if set:
        sim.turn_to(_allowed(sim.spec, set))
    return sim


def save(sim: Simulation, folder: Path) -> Path:
    """Write a generation into `folder`, and drop what is older than the one before or later than now; returns it."""
    state = capture(sim)
    place = folder / f"{sim.tick:08d}"
    for leftover in folder.glob("tmp-*"):  # of a save that never ended
        shutil.rmtree(leftover)
    beside = folder / f"tmp-{place.name}-{os.getpid()}"
    beside.mkdir(parents=True)
    hashes = {}
    for number, (name, array) in enumerate(sorted(state.arrays.items())):
        buffer = io.BytesIO()
        np.save(buffer, array, allow_pickle=False)
        file = f"{number:04d}.npy"
        hashes[name] = {"file": file, "sha256": hashlib.sha256(buffer.getvalue()).hexdigest()}
        _write(beside / file, buffer.getvalue())
    content = json.dumps({"arrays": hashes, "facts": state.facts})
    manifest = {"format": FORMAT, "sha256": hashlib.sha256(content.encode()).hexdigest(), "content": content}
    _write(beside / "manifest.json", json.dumps(manifest).encode())
    _sync(beside)
    if place.exists() and _holds(place, manifest):
        shutil.rmtree(beside)
    else:
        if place.exists():
            shutil.rmtree(place)
        os.replace(beside, place)
        _sync(folder)
    kept = [one for one in generations(folder) if int(one.name) <= sim.tick][-KEEP:]
    for other in generations(folder):
        if other not in kept:
            shutil.rmtree(other)
    return place


def load(folder: Path) -> State | None:
    """The newest undamaged generation; None if there is none at all.

    Raises:
        CheckpointError: there are generations, but all of them are damaged.
    """
    damage = []
    for place in reversed(generations(folder)):
        try:
            return read(place)
        except CheckpointError as error:
            damage.append(str(error))
    if damage:
        raise CheckpointError("\n".join(damage) + "\n   delete the 'checkpoints' folder to start again from tick 0")
    return None


def read(place: Path) -> State:
    """One generation, verified.

    Raises:
        CheckpointError: it is incomplete, damaged, or of another version.
    """
    try:
        manifest = json.loads((place / "manifest.json").read_text())
        if manifest["format"] != FORMAT:
            raise CheckpointError(
                f"{place}: format {manifest['format']}, this recsim reads {FORMAT}; use the version that wrote it"
            )
        _verify(manifest["content"].encode(), manifest["sha256"], place / "manifest.json")
        listed = json.loads(manifest["content"])
        arrays = {}
        for name, entry in listed["arrays"].items():
            content = (place / Path(entry["file"]).name).read_bytes()
            _verify(content, entry["sha256"], place / entry["file"])
            arrays[name] = np.lib.format.read_array(io.BytesIO(content), allow_pickle=False)
        return State(arrays, listed["facts"])
    except CheckpointError:
        raise
    except _DAMAGE as error:
        raise CheckpointError(f"{place}: damaged checkpoint ({error})") from None


def generations(folder: Path) -> list[Path]:
    """Complete generations, oldest first."""
    found = folder.iterdir() if folder.is_dir() else ()
    return sorted((place for place in found if place.name.isdecimal()), key=lambda place: int(place.name))


def _tables(sim: Simulation) -> dict[str, Any]:
    world, service = sim.world, sim.service
    tables = {"world": {"users": world.users, "items": world.items}}
    tables["world"] |= {} if world.makers is None else {"creators": world.creators}
    tables["world"] |= {} if world.people.network.kind == "none" else {"edges": world.edges}
    tables |= {"service": {"users": service.users, "items": service.items}, "log": {"clicks": service.log.clicks}}
    return {f"{half}{_SEPARATOR}{name}": table for half, found in tables.items() for name, table in found.items()}


def _policies(service: Service) -> dict[str, Any]:
    """The policies in force, by home; one that the present scenario no longer uses is left behind."""
    homes = service.models.types()
    return {home: policy for home, policy in service.policies.items() if policy is not None and home in homes}


def _named(place: str, arrays: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    return {f"{place}{_SEPARATOR}{name}": np.array(array) for name, array in arrays.items() if array is not None}


def _below(arrays: Mapping[str, NDArray[Any]], place: str) -> dict[str, NDArray[Any]]:
    prefix = f"{place}{_SEPARATOR}"
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}


def _groups(arrays: Mapping[str, NDArray[Any]], place: str) -> dict[str, dict[str, NDArray[Any]]]:
    groups: dict[str, dict[str, NDArray[Any]]] = {}
    for path, array in _below(arrays, place).items():
        group, name = path.split(_SEPARATOR)
        groups.setdefault(group, {})[name] = array.copy()
    return groups


def _allowed(spec: Scenario, overrides: Mapping[str, Any]) -> Scenario:
    for path, value in overrides.items():
        fixed, then = fixed_by(spec, path, value)
        if fixed not in (None, "ticks", "interventions"):
            text = f"'{fixed}' cannot be changed in the middle of a run"
            raise ScenarioError([Problem(tuple(path.split(".")), text)])
        spec = then
    return spec


def _holds(place: Path, manifest: Mapping[str, Any]) -> bool:
    """Whether a generation is undamaged and is this one."""
    try:
        read(place)
        return bool(json.loads((place / "manifest.json").read_text()) == manifest)
    except CheckpointError:
        return False


def _verify(content: bytes, expected: str, place: Path) -> None:
    if hashlib.sha256(content).hexdigest() != expected:
        raise CheckpointError(f"{place}: its content is not what was written")


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    """Make a rename durable; where folders cannot be synced (Windows) this is best effort."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
