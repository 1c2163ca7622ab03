"""Comparing finished runs: paired by seed, with what differs in their settings beside what that did."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from pydantic import ValidationError

from recsim.arms import Design, plainly
from recsim.experiment.ensemble import Ensemble
from recsim.experiment.storage import ARMS, load
from recsim.runs import Run
from recsim.scenario import Scenario


class CompareError(ValueError):
    """Runs that have nothing in common; the message says why."""


class _Found(NamedTuple):
    """One finished run."""

    name: str
    scenario: Scenario
    seed: int
    metrics: pd.DataFrame


def compare(*places: str | Path | Run | Ensemble) -> Ensemble:
    """Finished runs as the arms of one experiment: those of one scenario on several seeds are one arm.

    Args:
        places: directories of runs or of experiments, or results in memory; the first is what the others are compared
            with.

    Raises:
        FileNotFoundError: nothing finished is there.
        CompareError: fewer than two arms.
    """
    arms: dict[str, Scenario] = {}
    frames: list[pd.DataFrame] = []
    taken: dict[tuple[str, int], None] = {}
    for found in (one for place in places for one in _runs(place)):
        arm = _arm_of(found, arms, taken)
        arms.setdefault(arm, found.scenario)
        taken[arm, found.seed] = None
        frames.append(found.metrics.assign(arm=arm, seed=found.seed))
    if len(arms) < 2:
        raise CompareError("there is only one scenario among them: nothing to compare; name runs of two")
    first = next(iter(arms))
    metrics = pd.concat(frames, ignore_index=True)[["arm", "seed", "tick", "metric", "group", "value"]]
    order = pd.Categorical(metrics["arm"], list(arms))
    metrics = metrics.assign(order=order).sort_values(["order", "seed"], kind="stable").drop(columns="order")
    design = Design(seeds=len(set(metrics["seed"])), against=first, arms={arm: {} for arm in arms})
    scenario = arms[first].model_copy(update={"experiment": design})
    return Ensemble(metrics.reset_index(drop=True), scenario, arms)


def at(found: Ensemble, window: str) -> Ensemble:
    """The same, looked at over another span of time.

    Raises:
        CompareError: it is none.
    """
    try:
        design = Design.model_validate({**found.design.model_dump(), "windows": [window]})
    except ValidationError as error:
        raise CompareError(f"--at: {error.errors()[0]['msg'].removeprefix('Value error, ')}") from None
    scenario = found.scenario.model_copy(update={"experiment": design})
    return Ensemble(found.metrics, scenario, found.arms, found.provenance)


def _runs(place: str | Path | Run | Ensemble) -> Iterator[_Found]:
    """The runs that stand at a place, or that it is."""
    if isinstance(place, Run):
        yield _Found(f"run-{place.provenance['scenario_sha256'][:6]}", place.scenario, place.seed, place.metrics)
        return
    name = ""
    if not isinstance(place, Ensemble):
        folder = Path(place)
        name = folder.resolve().name
        if not (folder / ARMS).is_file():
            run = Run.load(folder)
            yield _Found(name.removesuffix(f"-{run.seed}"), run.scenario, run.seed, run.metrics)
            return
        place = load(folder)
    for arm, of_arm in place.metrics.groupby("arm", sort=False):
        called, scenario = f"{name}.{arm}".lstrip("."), place.arms[str(arm)]
        for seed in dict.fromkeys(of_arm["seed"].tolist()):
            yield _Found(called, scenario, seed, of_arm[of_arm["seed"] == seed].drop(columns=["arm", "seed"]))


def _arm_of(found: _Found, arms: dict[str, Scenario], taken: dict[tuple[str, int], None]) -> str:
    """The arm that a run belongs to: the first of its scenario that has not its seed yet."""
    for arm, scenario in arms.items():
        if _canonical(scenario) == _canonical(found.scenario) and (arm, found.seed) not in taken:
            return arm
    name, number = found.name, 2
    while name in arms:
        name, number = f"{found.name}-{number}", number + 1
    return name


def _canonical(scenario: Scenario) -> str:
    """A scenario without its seed."""
    return json.dumps({**plainly(scenario).plain(), "seed": 0}, sort_keys=True)
