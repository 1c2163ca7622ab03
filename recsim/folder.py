"""A run's directory: what is written where, whole or not at all, and never over something else."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
from collections.abc import Mapping
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from threadpoolctl import threadpool_info

from recsim.base.flow import History
from recsim.data import facts
from recsim.data.links import digest_of
from recsim.reading import dump
from recsim.scenario import Scenario

if TYPE_CHECKING:
    from recsim.runs import Run

_PACKAGES = ("recsim-loop", "numpy", "scipy", "implicit", "mesa", "pydantic", "river")


class RunExistsError(ValueError):
    """A directory already holds results; they are never written over."""


def provenance(spec: Scenario, checkpoint_every: int | None = None, history: History | None = None) -> dict[str, Any]:
    """What a result has to know about itself, and about the log it began with if that has been read."""
    digest = spec.data.digest() if spec.data is not None else None
    canonical = json.dumps(spec.plain(), sort_keys=True)
    network = {"network_sha256": digest_of(spec.users.network)} if spec.users.network.needs_links else {}
    return network | {
        "scenario_sha256": hashlib.sha256(canonical.encode()).hexdigest(),
        "data_sha256": digest,
        "data": None if history is None else {**facts(history), "sha256": digest},
        "seed": spec.seed,
        "ticks": spec.ticks,
        "checkpoint_every": checkpoint_every,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "blas": _blas(len(sys.modules)),
        "versions": {name: _version(name) for name in _PACKAGES},
    }


def claim(folder: Path, spec: Scenario, about: Mapping[str, Any], checkpoint_every: int | None = None) -> Path:
    """Begin a run directory: scenario and provenance.

    Raises:
        RunExistsError: there is something already; nothing is ever written over.
    """
    if folder.exists() and not folder.is_dir():
        raise RunExistsError(f"{folder}: is a file; name another place with -o")
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        begun = (folder / "scenario.yaml").exists() and not (folder / "metrics.csv").exists()
        what = "holds results already" if (folder / "metrics.csv").exists() else "is not empty"
        finish = f"finish it with 'recsim resume {folder}', or " if begun else ""
        raise RunExistsError(
            f"{folder}: {'holds a run that was begun' if begun else what}; {finish}name another place with -o"
        )
    begin(folder, spec, {**about, "checkpoint_every": checkpoint_every})
    return folder


def begin(folder: Path, spec: Scenario, about: Mapping[str, Any]) -> None:
    """Write what a run begins with: scenario and provenance."""
    put(folder / "provenance.json", json.dumps(about, indent=1))
    put(folder / "scenario.yaml", dump(spec))


def free_place(name: str, seed: int) -> Path:
    """A new directory `results/NAME-SEED`, with a number behind it if that is taken."""
    first = Path("results") / f"{name}-{seed}"
    first.parent.mkdir(exist_ok=True)
    for place in (first, *(first.with_name(f"{first.name}-{number}") for number in range(2, 10_000))):
        try:
            place.mkdir()
        except FileExistsError:
            continue
        return place
    raise RunExistsError(f"{first}: there are ten thousand of them; name another place with -o")


def write(result: Run, folder: Path, *, picture: bool = True) -> None:
    """All files of a finished run; `metrics.csv` comes last, so where it is, everything is."""
    for name, array in result.traces.items():
        (folder / "traces").mkdir(exist_ok=True)
        np.save(folder / "traces" / f"{name}.npy", array, allow_pickle=False)
    if result.titles is not None:
        (folder / "traces").mkdir(exist_ok=True)
        put(folder / "traces" / "titles.csv", result.titles.to_csv(index=False, lineterminator="\n"))
    if result.events is not None:
        (folder / "events").mkdir(exist_ok=True)
        result.events.to_parquet(folder / "events" / "clicks.parquet", index=False)
    if len(result.inputs):
        put(folder / "inputs.csv", result.inputs.to_csv(index=False, lineterminator="\n"))
    numbers = result.metrics.to_csv(index=False, lineterminator="\n")
    if picture and not result.metrics.empty:
        result.plot().savefig(folder / "metrics.png", dpi=100, metadata=_origin(result, numbers))
    put(folder / "metrics.csv", numbers)


def _origin(result: Run, numbers: str) -> dict[str, str]:
    """What a picture says of where it comes from."""
    about = result.provenance
    told = {"metrics_sha256": hashlib.sha256(numbers.encode()).hexdigest()}
    told |= {name: about[name] for name in ("scenario_sha256", "seed", "versions")}
    return {"Software": f"recsim {about['versions']['recsim-loop']}", "Description": json.dumps(told, sort_keys=True)}


def put(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_text(text, encoding="utf-8", newline="\n")
    os.replace(beside, path)


@cache
def _blas(modules: int) -> list[str]:
    """The kernels that linear algebra runs on, which new modules bring: across them the last bits of numbers differ."""
    found = [one for one in threadpool_info() if one["user_api"] == "blas"]
    return sorted({f"{one['internal_api']} {one['version']} {one.get('architecture', '')}".strip() for one in found})


@cache
def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"
