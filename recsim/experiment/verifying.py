"""Whether the claims of a scenario come out as written: at most four looks, at 5, 10, 20 and 40 seeds."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from recsim.arms import Design, changes_of, plainly, points
from recsim.claims import LOOKS, Claim, Looks, table
from recsim.data import DataNotFoundError
from recsim.experiment import Experiment
from recsim.experiment.ensemble import Ensemble
from recsim.left import references
from recsim.problems import Place, Problem, ScenarioError
from recsim.problems.doubts import noted
from recsim.reading import find, packaged
from recsim.runs import prepared
from recsim.scenario import Scenario


class Verification(NamedTuple):
    """What came out."""

    claims: pd.DataFrame
    """One row a claim; see `recsim.claims.table`."""
    seeds: int
    """How many were needed."""
    runs: int
    seconds: float
    failures: pd.DataFrame
    """Runs that failed."""

    @property
    def as_written(self) -> bool:
        """Whether every verdict is the one that was written down."""
        return bool(self.claims["as_written"].all())


def verify(
    scenario: Scenario,
    *,
    most: int | None = None,
    jobs: int | None = None,
    on: str | Executor | None = None,
    progress: bool = False,
) -> Verification:
    """Run the arms that the claims are about, look by look, until every claim is decided or the looks are used up.

    Args:
        scenario: with claims.
        most: seeds at most; default: 40.
        jobs: processes on this machine; default: as many as there are cores.
        on: another engine; see `Experiment.run`.
        progress: whether to show a progress bar on stderr.
    """
    begun = time.perf_counter()
    looks = Looks(scenario.claims, [seeds for seeds in LOOKS if most is None or seeds <= most] or [most or LOOKS[0]])
    found: Ensemble | None = None
    done, runs = 0, 0
    while (seeds := looks.wanted) is not None:
        experiment = Experiment(scenario, seeds=seeds).of(_needed(scenario))
        experiment.seeds = experiment.seeds[done:]
        runs += len(experiment.seeds) * len(experiment.arms)
        more = experiment.run(jobs=jobs, on=on, progress=progress)
        found, done = more if found is None else joined(found, more), seeds
        looks.look(found.values)
        if not set(experiment.arms) <= set(found.metrics["arm"]):
            break  # an arm fails on every seed
    failures = found.failures if found is not None else pd.DataFrame()
    return Verification(table(looks.verdicts), done, runs, time.perf_counter() - begun, failures)


def joined(one: Ensemble, more: Ensemble) -> Ensemble:
    """The same experiment with the seeds of both."""
    metrics = pd.concat([one.metrics, more.metrics], ignore_index=True)
    failures = pd.concat([one.failures, more.failures], ignore_index=True) if len(more.failures) else one.failures
    return Ensemble(metrics, one.scenario, one.arms, one.provenance, failures)


def _needed(scenario: Scenario) -> list[str] | None:
    """The arms that some claim names; None for all of them, where one goes along a sweep."""
    named = [claim.needs() for claim in scenario.claims]
    return list(dict.fromkeys(arm for arms in named for arm in arms)) if all(named) else None


def found(names: Sequence[str], data: str | None) -> Iterator[tuple[str, Scenario]]:
    """The scenarios with claims that are meant: files, those of folders, or by default the packaged ones.

    Raises:
        ScenarioError: a file that is no scenario, or one that claims nothing.
    """
    named = [(name, path) for name in names for path in _files(name)]
    claiming, names_of = False, {path.resolve(): name for name, path in packaged().items()}
    for name, path in named or [(name, path) for name, path in packaged().items()]:
        try:
            spec = prepared(path, data=data)
        except DataNotFoundError as error:
            if names and not Path(name).is_dir():
                raise
            noted([str(error).split("\n")[0]], f"{path.stem} is left out: ")
            continue
        if spec.claims:
            claiming = True
            yield names_of.get(path.resolve(), path.stem), spec
        elif names and not Path(name).is_dir():
            hint = "add 'claims:'; recsim explain claims shows their forms"
            raise ScenarioError([Problem((), "it claims nothing", hint, place=Place(name, 0, 0))])
    if names and not claiming:
        raise ScenarioError([Problem((), "no scenario in it claims anything", place=Place(", ".join(names), 0, 0))])


def _files(name: str) -> list[Path]:
    """The scenario files that a name stands for."""
    if not Path(name).is_dir():
        return [find(name)]
    files = sorted(Path(name).rglob("*.yaml"))
    if not files:
        raise ScenarioError([Problem((), "no scenarios in this folder (*.yaml)", place=Place(name, 0, 0))])
    return files


# -- deliberate breaks ----


def broken(scenario: Scenario, claim: Claim) -> Scenario:
    """The scenario with one of its claims alone, and the break of that claim laid over every arm that it needs.

    What the claim says must then not come out: `verify(broken(scenario, claim))` shows that it can fail. An arm first
    gets its own changes, then the break; points of a sweep are laid over the break.

    Raises:
        ScenarioError: an arm with this break is no scenario.
    """
    design = scenario.experiment or Design()
    swept = [arm for path, values in design.sweep.items() for arm, _ in points(path, values, list(design.sweep))]
    needed = {*claim.needs(), design.against, *references(scenario)}.difference(swept)
    arms = {arm: changes | claim.broken_by for arm, changes in changes_of(scenario).items() if arm in needed}
    fields = design.model_copy(update={"arms": arms, "attribution": {}}).model_dump(mode="json")
    alone = plainly(scenario).override_all(claim.broken_by)
    return Scenario.parse({**alone.plain(), "experiment": fields, "claims": [claim.block()]})
