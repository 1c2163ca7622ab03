"""The ways in: run a scenario, read a result back, compare results."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from recsim import left
from recsim.arms import BASELINE, arms_of, plainly
from recsim.base.component import closest
from recsim.base.flow import History
from recsim.experiment import Ensemble, Experiment
from recsim.experiment.cells import compared
from recsim.experiment.storage import holds
from recsim.experiment.storage import load as load_ensemble
from recsim.folder import claim, provenance
from recsim.observing import Comparison
from recsim.problems import Place, Problem, ScenarioError, listed
from recsim.runs import Run, finish, prepared
from recsim.scenario import Scenario
from recsim.simulation import Simulation


def run(
    scenario: str | Path | Scenario | Mapping[str, Any],
    *,
    seed: int | None = None,
    arm: str | None = None,
    seeds: int | None = None,
    set: Mapping[str, Any] | None = None,  # noqa: A002
    data: str | Path | None = None,
    out: str | Path | None = None,
    checkpoint_every: int | None = None,
    jobs: int | None = None,
    on: str | Executor | None = None,
    progress: bool = False,
) -> Run | Ensemble:
    """Run a scenario to its end; one with an experiment on all arms and seeds, unless a seed or an arm is named.

    Args:
        scenario: a file, the name of a packaged scenario (`"hello"`), a `Scenario`, or its fields as plain data.
        seed: replaces the scenario's seed, for one run.
        arm: the arm of the experiment that is run alone.
        seeds: how many seeds, for an ensemble.
        set: overrides by path, such as `{"system.slate_size": 20}`.
        data: folder or file of the scenario's `data:`; default: beside the scenario, here, or in RECSIM_DATA.
        out: directory to write the results into; default: nothing is written.
        checkpoint_every: ticks between checkpoints in `out`; default: only when interrupted.
        jobs: processes of an ensemble; default: as many as there are cores.
        on: another engine for an ensemble; see `recsim.Experiment.run`.
        progress: whether to show a progress bar on stderr.

    Returns:
        A `Run`; an `Ensemble` if the scenario has an experiment or `seeds` are given, and neither seed nor arm is.

    Raises:
        ScenarioError: the scenario, an override or an arm does not fit.
        DataError: its data cannot be found or read.
        RunExistsError: `out` already holds results.
    """
    if checkpoint_every is not None and not (type(checkpoint_every) is int and checkpoint_every > 0):
        raise ValueError(f"checkpoint_every is {checkpoint_every!r}: give a number of ticks, 1 or more")
    spec = prepared(scenario, seed=seed, set=set, data=data)
    if is_ensemble(spec, seed, arm, seeds):
        experiment = Experiment(spec, seeds=seeds)
        return experiment.run(out, jobs=jobs, on=on, checkpoint_every=checkpoint_every, progress=progress)
    alone, comparison = one_arm(spec, arm)
    history = alone.history()
    folder = None if out is None else begun(Path(out), alone, comparison, history, checkpoint_every)
    sim = Simulation(alone, _history=history, _comparison=comparison)
    return finish(sim, alone, folder, checkpoint_every, progress)


def begun(
    place: Path, spec: Scenario, comparison: Comparison, history: History | None, checkpoint_every: int | None
) -> Path:
    """Begin the directory of a run, with what its metrics compare it with.

    Raises:
        RunExistsError: it holds something already.
    """
    about = provenance(spec, None, history)
    arm = {"arm": comparison.arm} if comparison.arm and left.references(spec) else {}
    claim(place, spec, about | arm, checkpoint_every)
    left.keep(place, comparison)
    return place


def is_ensemble(spec: Scenario, seed: int | None, arm: str | None, seeds: int | None) -> bool:
    """Whether this is asked for on several seeds.

    Raises:
        ScenarioError: for one run and for several at once.
    """
    if seeds is not None and (seed is not None or arm is not None):
        hint = "leave 'seeds' out for one run, or 'seed' and 'arm' for an experiment"
        raise ScenarioError([Problem((), "one run has one seed", hint, place=Place("--seeds", 0, 0))])
    return (spec.experiment is not None or seeds is not None) and seed is None and arm is None


def one_arm(spec: Scenario, arm: str | None) -> tuple[Scenario, Comparison]:
    """An arm as a scenario of its own, and the arms that its metrics compare it with, run first.

    Raises:
        ScenarioError: no such arm.
    """
    if arm is None and spec.experiment is None:
        return plainly(spec), Comparison("", {})  # no arm, so that there is nothing to compare it with
    arms = arms_of(spec)
    if arm is None and BASELINE not in arms:
        return plainly(spec), Comparison(BASELINE, {})
    name = arm or BASELINE
    if name not in arms:
        near = closest(name, arms)
        hint = f"did you mean '{near}'?" if near else f"arms there: {listed(arms)}"
        raise ScenarioError([Problem((), f"no arm is called '{name}'", hint, place=Place("--arm", 0, 0))])
    return arms[name], compared(arms, name)


def load(place: str | Path) -> Run | Ensemble:
    """The run or the ensemble in a directory.

    Raises:
        FileNotFoundError: it holds nothing that is finished.
    """
    return load_ensemble(place) if holds(Path(place)) else Run.load(place)
