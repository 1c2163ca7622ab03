"""Comparing finished runs: paired by seed, with what differs in their settings beside what that did."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from pydantic import ValidationError

from recsim.arms import Design, plainly
from recsim.experiment.ensemble import Ensemble
from recsim.experiment.storage import holds, load
from recsim.problems import listed
from recsim.runs import Run
from recsim.scenario import Scenario

_LONGEST = 58
"""Letters of an arm's name, so that a number may stand behind it."""


class CompareError(ValueError):
    """Runs that have nothing in common; the message says why."""


class _Found(NamedTuple):
    """One finished run."""

    name: str
    scenario: Scenario
    canonical: str
    """The scenario without its seed, as text."""
    seed: int
    metrics: pd.DataFrame


def compare(*places: str | Path | Run | Ensemble) -> Ensemble:
    """Finished runs as the arms of one experiment: those of one scenario on several seeds are one arm.

    Args:
        places: directories of runs or of experiments, or results in memory; the first is what the others are compared
            with.

    Raises:
        FileNotFoundError: nothing finished is there.
        CompareError: fewer than two arms, or one that has no seed in common with the first.
    """
    arms: dict[str, Scenario] = {}
    alike: dict[str, list[str]] = {}  # arms by their scenario
    frames: list[pd.DataFrame] = []
    seeds: dict[str, list[int]] = {}  # by arm
    for found in (one for place in places for one in _runs(place)):
        known = alike.setdefault(found.canonical, [])
        arm = next((arm for arm in known if found.seed not in seeds[arm]), None)
        if arm is None:  # the second run of a scenario on a seed is an arm of its own
            arm = _free(found.name, arms)
            known.append(arm)
        arms.setdefault(arm, found.scenario)
        seeds.setdefault(arm, []).append(found.seed)
        frames.append(found.metrics.assign(arm=arm, seed=found.seed))
    if len(arms) < 2:
        raise CompareError("there is only one scenario among them: nothing to compare; name runs of two")
    first = next(iter(arms))
    for arm, its in seeds.items():
        if not set(its) & set(seeds[first]):
            told = f"seed {listed(sorted(its), limit=6)} there, {listed(sorted(seeds[first]), limit=6)} here"
            raise CompareError(f"'{arm}' has no seed in common with '{first}' ({told}): runs are paired by their seeds")
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
        name = f"run-{place.provenance['scenario_sha256'][:6]}"
        yield _Found(name, place.scenario, _canonical(place.scenario), place.seed, place.metrics)
        return
    name = ""
    if not isinstance(place, Ensemble):
        folder = Path(place)
        name = folder.resolve().name
        if not holds(folder):
            run = Run.load(folder)
            called = _short(name.removesuffix(f"-{run.seed}"))
            yield _Found(called, run.scenario, _canonical(run.scenario), run.seed, run.metrics)
            return
        place = load(folder)
    for arm, of_arm in place.metrics.groupby("arm", sort=False):
        called, scenario = _short(f"{name[: max(_LONGEST - len(str(arm)) - 1, 0)]}.{arm}"), place.arms[str(arm)]
        canonical = _canonical(scenario)
        for seed in dict.fromkeys(of_arm["seed"].tolist()):
            its = of_arm[of_arm["seed"] == seed].drop(columns=["arm", "seed"])
            yield _Found(called, scenario, canonical, seed, its)


def _short(name: str) -> str:
    """A folder's name as one that an arm may have."""
    return re.sub(r"[^A-Za-z0-9._=,+-]", "-", name).lstrip("._=,+-")[:_LONGEST] or "run"


def _free(name: str, arms: Mapping[str, Scenario]) -> str:
    """The name, with a number behind it if it is taken."""
    found, number = name, 2
    while found in arms:
        found, number = f"{name}-{number}", number + 1
    return found


def _canonical(scenario: Scenario) -> str:
    """A scenario without its seed."""
    return json.dumps({**plainly(scenario).plain(), "seed": 0}, sort_keys=True)
