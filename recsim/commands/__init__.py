"""The verbs of the command line that run simulations; `cli.py` parses arguments and turns errors into messages."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

import numpy as np

from recsim import folder, left
from recsim import runs as running
from recsim.base.flow import History
from recsim.cli import EXIT_FAILED, EXIT_OK, EXIT_STOPPED, overrides
from recsim.commands import experiments
from recsim.data import DataError, DataNotFoundError, notes
from recsim.entry import begun, is_ensemble, one_arm
from recsim.experiment.storage import is_experiment
from recsim.problems import Place, Problem, ScenarioError
from recsim.problems.doubts import doubts, noted
from recsim.scenario import Scenario
from recsim.simulation import Simulation

WIDEST = 8
"""Columns of the table that is printed."""


def run(args: Namespace) -> int:
    """`recsim run FILE`: a progress bar, a table, and where the results are."""
    spec = running.prepared(args.file, seed=args.seed, set=overrides(args.set), data=args.data)
    if is_ensemble(spec, args.seed, args.arm, args.seeds):
        return experiments.run(args, spec)
    found = doubts(spec)
    spec, comparison = one_arm(spec, args.arm)
    history = spec.history()
    noted([*found, *notes(history)])
    name = Path(args.file).stem + (f"-{args.arm}" if args.arm else "")
    place = Path(args.output) if args.output else folder.free_place(name, spec.seed)
    kept = begun(place, spec, comparison, history, args.checkpoint_every)
    sim = Simulation(spec, _history=history, _comparison=comparison)
    return _finish(lambda: running.finish(sim, spec, kept, args.checkpoint_every, not args.quiet), kept, args)


def log_of(name: str, scenario: Scenario, place: str | None) -> tuple[History | None, list[str]]:
    """The log of a scenario's file, and notes about it; one of which it is left open where it is may come later.

    Raises:
        ScenarioError: it is not where the scenario says, or cannot be read.
    """
    assert scenario.data is not None, "asked of scenarios with data only"
    try:
        history = running.prepared(name, data=place).history()
    except DataError as error:
        text, *hint = (line.strip() for line in str(error).split("\n"))
        left_open = scenario.data.path == type(scenario.data).model_fields["path"].default
        if place is None and left_open and isinstance(error, DataNotFoundError):
            return None, [f"{text}; to run it {scenario.data.remedy}"]
        told = text.removeprefix("data.path: ")
        path = ("data", "path") if told != text else ("data",)
        raise ScenarioError([Problem(path, told, "\n".join(hint), place=Place(name, 0, 0))]) from None
    return history, notes(history)


def check_links(name: str, place: str | None, history: History | None) -> None:
    """Read the network of a scenario's file.

    Raises:
        ScenarioError: it is not where the scenario says, or cannot be read.
    """
    try:
        running.prepared(name, data=place).links(history)
    except DataError as error:
        text, *hint = (line.strip() for line in str(error).split("\n"))
        problem = Problem(("users", "network"), text, "\n".join(hint), place=Place(name, 0, 0))
        raise ScenarioError([problem]) from None


def resume(args: Namespace) -> int:
    """`recsim resume DIR`: finish what was interrupted."""
    place = Path(args.directory)
    if is_experiment(place):
        return experiments.resume(args, place)
    if (place / "metrics.csv").exists():
        print(f"{place}: this run is finished, nothing to do", file=sys.stderr)
        return EXIT_OK
    return _finish(lambda: running.resume(place, not args.quiet), place, args)


def replay(args: Namespace) -> int:
    """`recsim replay DIR`: run it again, hand-made picks included, and compare with what stands there."""
    if is_experiment(Path(args.directory)):
        return experiments.replay(args)
    old = running.Run.load(args.directory)
    inputs: dict[int, dict[int, int]] = {}
    for tick, user, rank in old.inputs.itertuples(index=False):
        inputs.setdefault(int(tick), {})[int(user)] = int(rank)
    sim = Simulation(old.scenario, _comparison=left.kept(Path(args.directory), old.scenario))
    again = running.finish(sim, old.scenario, progress=not args.quiet, inputs=inputs)
    one, other = (result.metrics.to_csv(index=False) for result in (old, again))
    if args.json:
        print(json.dumps({"directory": args.directory, "same": one == other, "numbers": len(old.metrics)}))
        return EXIT_OK if one == other else EXIT_FAILED
    if one == other:
        print(f"{args.directory}: the same run, byte for byte ({len(old.metrics)} numbers)")
        return EXIT_OK
    print(f"{args.directory}: not the same run")
    for before, now in zip(one.splitlines(), other.splitlines(), strict=False):
        if before != now:
            print(f"   first difference: {before} there, {now} here")
            break
    theirs = {**old.provenance["versions"], "python": old.provenance["python"]}
    ours = {**again.provenance["versions"], "python": again.provenance["python"]}
    for name in theirs:
        if theirs[name] != ours.get(name):
            print(f"   {name} was {theirs[name]}, is {ours.get(name)}: across versions numbers may differ")
    return EXIT_FAILED


def _finish(act: Callable[[], running.Run], place: Path, args: Namespace) -> int:
    """Run to the end, and say how it went."""
    try:
        result = act()
    except running.Interrupted as stop:
        print(f"\n{stop}", file=sys.stderr)
        return EXIT_STOPPED
    if args.json:
        table = result.table.replace({np.nan: None}).to_dict(orient="index")
        print(json.dumps({"directory": str(place), "metrics": table, "provenance": result.provenance}))
    else:
        shown = result.table.iloc[:, :WIDEST]
        print(shown.to_string(float_format="{:.4g}".format, na_rep="-"))
        if left := result.table.shape[1] - WIDEST:
            noted([f"{left} more groups are in metrics.csv"] if left > 0 else [])
        print(f"\nresults in {place}/ (metrics.csv, metrics.png, scenario.yaml, …)", file=sys.stderr)
    return EXIT_OK
