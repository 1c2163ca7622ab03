"""The directory of an experiment: cells below, and above them what they are together."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from recsim.experiment.cells import cell, finished
from recsim.experiment.ensemble import Ensemble
from recsim.folder import claim, put
from recsim.reading import read
from recsim.runs import read_metrics
from recsim.scenario import Scenario

if TYPE_CHECKING:
    from recsim.experiment import Experiment

ARMS, FAILURES = "arms.json", "failures.csv"
ABOVE = (
    *(f"{name}.csv" for name in ("metrics", "effects", "claims", "attribution", "points")),
    *(f"{name}.png" for name in ("metrics", "attribution", "sweep")),
    FAILURES,
)
"""What is made anew when an experiment goes on."""


def written(place: Path, arms: Mapping[str, Scenario]) -> None:
    """Write what each arm is."""
    put(place / ARMS, json.dumps({arm: spec.plain() for arm, spec in arms.items()}, indent=1))


def joined(place: Path, arms: Iterable[str], seeds: Sequence[int]) -> None:
    """Write `metrics.csv` of all finished cells, arm by arm and seed by seed, without holding them in memory."""
    beside = place / ".metrics.csv"
    with beside.open("w", encoding="utf-8", newline="\n") as out:
        out.write("arm,seed,tick,metric,group,value\n")
        for arm in arms:
            for seed in seeds:
                if finished(place, arm, seed):
                    with (cell(place, arm, seed) / "metrics.csv").open(encoding="utf-8") as rows:
                        next(rows)
                        out.writelines(f"{arm},{seed},{row}" for row in rows)
    beside.replace(place / "metrics.csv")


def assembled(place: Path, experiment: Experiment, failures: Mapping[tuple[str, int], str]) -> Ensemble:
    """The result of an experiment whose cells have run, with what belongs above the cells written beside them."""
    if failures:
        text = io.StringIO()
        rows = csv.writer(text, lineterminator="\n")
        rows.writerow(("arm", "seed", "problem"))
        rows.writerows((arm, seed, problem) for (arm, seed), problem in sorted(failures.items()))
        put(place / FAILURES, text.getvalue())
    joined(place, experiment.arms, experiment.seeds)
    return ensemble(place, experiment.scenario, experiment.arms)


def save(result: Ensemble, place: Path) -> Path:
    """Write an ensemble that has no cells, such as one that `compare` has made.

    Raises:
        RunExistsError: the directory holds something.
    """
    claim(place, result.scenario, result.provenance)
    written(place, result.arms)
    frame = result.metrics.assign(value=[repr(value) if value == value else "" for value in result.metrics["value"]])
    put(place / "metrics.csv", frame.to_csv(index=False, lineterminator="\n"))
    tabled(result, place)
    return place


def tabled(result: Ensemble, place: Path) -> None:
    """Write what follows from the metrics: effects, claims, attribution, points, and pictures."""
    if result.metrics.empty:
        return
    tables = {"effects": result.effects()}
    tables |= {"claims": result.claims()} if result.scenario.claims else {}
    tables |= {"attribution": result.attribution()} if result.design.attribution else {}
    tables |= {"points": result.points()} if result.parameters else {}
    for name, table in tables.items():
        put(place / f"{name}.csv", table.to_csv(index=False, lineterminator="\n"))
    for name, figure in result.pictures().items():
        figure.savefig(place / f"{name}.png", dpi=100)


def ensemble(place: Path, scenario: Scenario, arms: Mapping[str, Scenario]) -> Ensemble:
    """What a directory holds."""
    about = json.loads((place / "provenance.json").read_text()) if (place / "provenance.json").is_file() else {}
    failed = place / FAILURES
    empty = pd.DataFrame({"arm": [], "seed": [], "problem": []})
    failures = pd.read_csv(failed, dtype={"arm": str}, keep_default_na=False) if failed.is_file() else empty
    return Ensemble(read_metrics(place / "metrics.csv"), scenario, arms, about, failures)


def load(place: str | Path) -> Ensemble:
    """The ensemble in a directory.

    Raises:
        FileNotFoundError: it holds no finished experiment.
    """
    folder = Path(place)
    if not (folder / ARMS).is_file() or not (folder / "metrics.csv").is_file():
        raise FileNotFoundError(f"{folder}: no finished experiment here; 'recsim resume {folder}' finishes one")
    return ensemble(folder, read(folder / "scenario.yaml"), arms_in(folder))


def arms_in(place: Path) -> dict[str, Scenario]:
    """The scenario of each arm of the experiment in a directory."""
    return {arm: Scenario.parse(fields) for arm, fields in json.loads((place / ARMS).read_text()).items()}
