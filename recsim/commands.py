"""The verbs of the command line that run simulations; `cli.py` parses arguments and turns errors into messages."""

from __future__ import annotations

import json
import platform
import resource
import sys
import time
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from recsim import folder
from recsim import runs as running
from recsim.base.flow import History
from recsim.cli import EXIT_FAILED, EXIT_OK, EXIT_STOPPED, overrides
from recsim.data import DataError, DataNotFoundError, notes
from recsim.problems import Place, Problem, ScenarioError
from recsim.problems.doubts import doubts, noted
from recsim.scenario import Scenario
from recsim.simulation import Simulation

WIDEST = 8
"""Columns of the table that is printed."""


def run(args: Namespace) -> int:
    """`recsim run FILE`: a progress bar, a table, and where the results are."""
    spec = running.prepared(args.file, seed=args.seed, set=overrides(args.set), data=args.data)
    history = spec.history()
    noted([*doubts(spec), *notes(history)])
    place = Path(args.output) if args.output else folder.free_place(Path(args.file).stem, spec.seed)
    about = folder.provenance(spec, None, history)
    kept = folder.claim(place, spec, about, args.checkpoint_every)
    sim = Simulation(spec, _history=history)
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


def resume(args: Namespace) -> int:
    """`recsim resume DIR`: finish what was interrupted."""
    place = Path(args.directory)
    if (place / "metrics.csv").exists():
        print(f"{place}: this run is finished, nothing to do", file=sys.stderr)
        return EXIT_OK
    return _finish(lambda: running.resume(place, not args.quiet), place, args)


def replay(args: Namespace) -> int:
    """`recsim replay DIR`: run it again, hand-made picks included, and compare with what stands there."""
    old = running.Run.load(args.directory)
    inputs: dict[int, dict[int, int]] = {}
    for tick, user, rank in old.inputs.itertuples(index=False):
        inputs.setdefault(int(tick), {})[int(user)] = int(rank)
    again = running.finish(Simulation(old.scenario), old.scenario, progress=not args.quiet, inputs=inputs)
    one, other = (result.metrics.to_csv(index=False) for result in (old, again))
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


def bench(args: Namespace) -> int:
    """`recsim bench`: seconds per phase and peak memory of a tick of the chosen size."""
    spec = Scenario.parse(
        {
            "ticks": args.ticks + 1,
            "cohort_size": args.cohort_size,
            "measure_every": args.measure_every,
            "users": {"count": args.users},
            "items": {"count": args.items},
            "system": {
                "warmup": {"ticks": 1},
                "slate_size": args.slate,
                "recommender": {"kind": "als", "factors": args.factors, "iterations": args.iterations},
            },
        }
    )
    sim = _stocked(spec, args.history)
    sim.step()
    rows = []
    for _ in range(args.ticks):
        sim.seconds.clear()
        start = time.perf_counter()
        sim.step()
        rows.append({**sim.seconds, "whole tick": time.perf_counter() - start})
    table = pd.DataFrame(rows)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**30 if sys.platform == "darwin" else 2**20)
    summary = pd.DataFrame({"median": table.median(), "fastest": table.min(), "slowest": table.max()})
    if args.json:
        result = {
            "seconds": summary.to_dict(),
            "peak_gib": peak,
            "clicks": len(sim.service.log),
            "size": [args.users, args.items],
        }
        print(json.dumps(result))
        return EXIT_OK
    print(
        f"{args.users} users x {args.items} items, all active, slates of {args.slate}, "
        f"{len(sim.service.log)} clicks in the log\n"
        f"ALS with {args.factors} factors, refitted warm with {args.iterations} iteration(s); {args.ticks} ticks"
    )
    print(summary.to_string(float_format="{:.3f} s".format))
    print(f"peak memory {peak:.2f} GiB")
    return EXIT_OK


def doctor(args: Namespace) -> int:
    """`recsim doctor`: what this machine is, and whether the promise of equal bytes holds on it."""
    from threadpoolctl import threadpool_info

    about = folder.provenance(Scenario())
    found = [one for one in threadpool_info() if one["user_api"] == "blas"]
    blas = [f"{one['internal_api']} {one['version']} ({one.get('architecture', '?')})" for one in found]
    same = _same_bytes()
    report = {
        "python": about["python"],
        "system": platform.platform(),
        "versions": about["versions"],
        "blas": sorted(blas),
        "same_bytes_here": same,
    }
    if args.json:
        print(json.dumps(report))
    else:
        print(f"python {report['python']} on {report['system']}")
        print("   ".join(f"{name} {version}" for name, version in about["versions"].items()))
        print(f"linear algebra: {', '.join(sorted(blas)) or 'unknown'}")
        verdict = "holds" if same else "DOES NOT HOLD: please report this with the lines above"
        print(f"same seed, same bytes, whatever the cohort size, on this machine with these packages: {verdict}")
        print("on other machines: the same clicks with float64 factors, and metrics to 1e-9")
    return EXIT_OK if same else EXIT_FAILED


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


def _stocked(spec: Scenario, clicks_per_user: int) -> Simulation:
    """A simulation whose log holds clicks of everybody on items of Zipf popularity, as if it had run for long."""
    sim = Simulation(spec)
    n, items = len(sim.world.users), len(sim.world.items)
    rng = sim.draws.of("bench").generator()
    popularity = 1.0 / np.arange(1, items + 1)
    users = np.repeat(np.arange(n, dtype=np.int32), clicks_per_user)
    chosen = rng.choice(items, size=len(users), p=popularity / popularity.sum()).astype(np.int32)
    sim.service.log.extend(0, users, chosen, np.ones(len(users)), n, items)
    return sim


def _same_bytes() -> bool:
    """Whether a small run gives the same numbers for two cohort sizes."""
    small = {
        "ticks": 8,
        "users": {"count": 300},
        "items": {"count": 200},
        "system": {"recommender": {"kind": "als", "factors": 8}},
    }
    rows = []
    for size in (7, 300):
        sim = Simulation(Scenario.parse({**small, "cohort_size": size}))
        while sim.running:
            sim.step()
        rows.append(repr(sim.rows))
    return rows[0] == rows[1]
