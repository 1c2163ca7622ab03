"""The directory of an experiment: cells below, and above them what they are together."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import pandas as pd

from recsim.experiment.cells import TOKEN, cell, finished
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


class DamagedError(ValueError):
    """A file of an experiment that is not what was written; the message says which and what to do."""


class NotRunError(ValueError):
    """A directory without runs of its own."""


def written(place: Path, arms: Mapping[str, Scenario]) -> None:
    """Write what each arm is."""
    put(place / ARMS, json.dumps({arm: spec.plain() for arm, spec in arms.items()}, indent=1))


def joined(place: Path, arms: Iterable[str], seeds: Sequence[int]) -> None:
    """Write `metrics.csv` of all finished cells, arm by arm and seed by seed, without holding them in memory.

    Raises:
        DamagedError: that of a cell does not end as it was written.
    """
    beside, head = place / ".metrics.csv", "tick,metric,group,value"
    try:
        with beside.open("w", encoding="utf-8", newline="\n") as out:
            out.write(f"arm,seed,{head}\n")
            for arm in arms:
                for seed in seeds:
                    if finished(place, arm, seed):
                        here = cell(place, arm, seed)
                        advice = f"delete the folder {here} and go on with: recsim resume {place}"
                        with _whole(here / "metrics.csv", head, advice) as rows:
                            out.writelines(f"{arm},{seed},{row}" for row in rows)
        beside.replace(place / "metrics.csv")
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def _whole(path: Path, head: str, advice: str) -> Iterator[TextIO]:
    """A table without its head, once it is known that nothing of it is missing.

    Raises:
        DamagedError: it begins or ends in another way than it was written.
    """
    with path.open("rb") as raw:
        first = raw.readline()
        raw.seek(-1, os.SEEK_END) if first else None
        if first != f"{head}\n".encode() or raw.read(1) != b"\n":
            raise DamagedError(f"{path}: is damaged; {advice}")
    with path.open(encoding="utf-8") as rows:
        next(rows)
        yield rows


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
    about = _json_in(place / "provenance.json") if (place / "provenance.json").is_file() else {}
    failed, table = place / FAILURES, place / "metrics.csv"
    advice = f"delete it and go on with: recsim resume {place}" if (place / TOKEN).is_file() else "compare anew"
    with _whole(table, "arm,seed,tick,metric,group,value", advice):
        try:
            metrics = read_metrics(table)
        except ValueError as error:
            raise DamagedError(f"{table}: is damaged ({error}); {advice}") from None
    empty = pd.DataFrame({"arm": [], "seed": [], "problem": []})
    failures = pd.read_csv(failed, dtype={"arm": str}, keep_default_na=False) if failed.is_file() else empty
    return Ensemble(metrics, scenario, arms, about, failures)


def load(place: str | Path) -> Ensemble:
    """The ensemble in a directory.

    Raises:
        FileNotFoundError: it holds no finished experiment.
        DamagedError: a file of it is not what was written.
    """
    folder = Path(place)
    if not holds(folder) or not (folder / "metrics.csv").is_file():
        raise FileNotFoundError(f"{folder}: no finished experiment here; 'recsim resume {folder}' finishes one")
    return ensemble(folder, read(folder / "scenario.yaml"), arms_in(folder))


def holds(place: Path) -> bool:
    """Whether a directory is that of an experiment, or of a comparison, and not of a run."""
    return (place / ARMS).is_file() or (place / TOKEN).is_file()


def arms_in(place: Path) -> dict[str, Scenario]:
    """The scenario of each arm of the experiment in a directory.

    Raises:
        DamagedError: it does not say any more.
    """
    return {arm: Scenario.parse(fields) for arm, fields in _json_in(place / ARMS).items()}


def is_experiment(place: Path) -> bool:
    """Whether a directory holds an experiment rather than a run, damaged or not."""
    return (place / ARMS).is_file() or (place / TOKEN).is_file()


def begun(place: Path) -> dict[str, Any]:
    """What an experiment was begun with: versions, hashes, seeds.

    Raises:
        DamagedError: it does not say any more.
        NotRunError: no experiment was run there.
    """
    if not (place / TOKEN).is_file():
        raise NotRunError(f"{place}: holds a comparison of other runs, and none of its own; compare them anew")
    return _json_in(place / "provenance.json")


def _json_in(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError) as error:
        what = "is missing" if isinstance(error, FileNotFoundError) else "is damaged"
        raise DamagedError(f"{path}: {what}; put it back, or run the experiment anew with -o") from None
    return found
