"""The verbs that answer with more than one run: experiments, comparisons, sweeps, claims."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from pathlib import Path

import numpy as np
import pandas as pd

from recsim import folder
from recsim.cli import EXIT_FAILED, EXIT_OK, EXIT_STOPPED, overrides
from recsim.experiment import Ensemble, Experiment, comparing, storage, sweeping, telling
from recsim.problems.doubts import doubts, noted
from recsim.reading import read
from recsim.runs import Interrupted, ResumeError, prepared
from recsim.scenario import Scenario


def run(args: Namespace, spec: Scenario) -> int:
    """`recsim run FILE` where FILE has an experiment."""
    noted(doubts(spec))
    place = Path(args.output) if args.output else folder.free_place(Path(args.file).stem, spec.seed)
    return _finish(Experiment(spec, seeds=args.seeds), place, args, args.checkpoint_every)


def resume(args: Namespace, place: Path) -> int:
    """`recsim resume DIR` where DIR holds an experiment: what is finished there is not done again."""
    experiment = _begun(place)
    return _finish(experiment, place, args, storage.begun(place)["checkpoint_every"])


def _begun(place: Path) -> Experiment:
    """The experiment that was begun in a directory.

    Raises:
        ResumeError: its scenario or its data are not those that it was begun with.
        DamagedError, NotRunError: it cannot be said.
    """
    about = storage.begun(place)
    experiment = Experiment(read(place / "scenario.yaml"), seeds=len(about["seeds"]))
    data = experiment.scenario.data
    for same, what in (
        (experiment.arms == storage.arms_in(place), "scenario.yaml"),
        (about["data_sha256"] == (data and data.digest()), f"the data in {data and data.path}"),
    ):
        if not same:
            raise ResumeError(f"{place}: {what} is not what the experiment was begun with; put it back, or run anew")
    return experiment


def replay(args: Namespace) -> int:
    """`recsim replay DIR` where DIR holds an experiment."""
    old, place = storage.load(args.directory), Path(args.directory)
    try:
        again = _begun(place).run(jobs=args.jobs, on=args.on, progress=not args.quiet)
    except Interrupted:
        return _stopped()
    same = old.metrics.equals(again.metrics)
    told = "the same experiment, number for number" if same else "not the same experiment"
    if args.json:
        _json({"directory": str(place), "same": same, "numbers": len(old.metrics)})
    else:
        print(f"{place}: {told} ({len(old.metrics)} numbers)")
    if not same:
        print(f"'recsim replay' of one of the runs in {place / 'cells'} tells more", file=sys.stderr)
    return EXIT_OK if same else EXIT_FAILED


def sweep(args: Namespace) -> int:
    """`recsim sweep FILE --over path=a,b`: an arm a point."""
    spec = prepared(args.file, set=overrides(args.set), data=args.data)
    spec = sweeping.swept(spec, sweeping.over(args.over), seeds=args.seeds, sample=args.sample, count=args.points)
    noted(doubts(spec))
    place = Path(args.output) if args.output else folder.free_place(f"{Path(args.file).stem}-sweep", spec.seed)
    return _finish(Experiment(spec), place, args, args.checkpoint_every)


def compare(args: Namespace) -> int:
    """`recsim compare DIR DIR…`: what differs, and what that did."""
    found = comparing.compare(*args.directories)
    if args.at is not None:
        found = comparing.at(found, args.at)
    if args.output:
        found.save(args.output)
    if args.json:
        _json({"settings": found.settings.to_dict(), "effects": _rows(found.effects())})
        return EXIT_OK
    print(telling.settings_told(found.settings))
    print()
    print(telling.effects_told(found))
    if len(found.seeds) < 2:
        noted(["one seed is an anecdote: run both with --seeds for an interval"])
    return EXIT_OK


def verify(args: Namespace) -> int:
    """`recsim verify [FILE|FOLDER…]`: whether claims come out as written."""
    from recsim.experiment import verifying

    results, code, good, total = [], EXIT_OK, 0, 0
    for name, spec in list(verifying.found(args.files, args.data)):  # mistakes of all files before the first is run
        try:
            result = verifying.verify(spec, most=args.seeds, jobs=args.jobs, on=args.on, progress=not args.quiet)
        except Interrupted:
            code = _stopped()
            break
        good, total = good + int(result.claims["as_written"].sum()), total + len(result.claims)
        results.append({"scenario": name, "seeds": result.seeds, "claims": _rows(result.claims)})
        if args.table:
            print(
                "\n".join([*(telling.TABLE if not results[1:] else ()), *telling.table_told(name, result.claims)]),
                flush=True,
            )
        elif not args.json:
            seeds = f"{result.seeds} seed{'s' * (result.seeds != 1)}"
            print(f"{name}: {seeds}, {result.runs} runs, {result.seconds:.0f} s")
            print(telling.claims_told(result.claims), flush=True)
        if not result.failures.empty:
            print(telling.failures_told(result.failures), file=sys.stderr)
        if not (result.as_written and result.failures.empty):
            code = EXIT_FAILED
    if args.json:
        _json(results)
    else:
        print(f"{good} of {total} claims came out as written", file=sys.stderr)
    return code


def _stopped() -> int:
    """Ctrl-C, where nothing was going to be kept."""
    print("\nstopped", file=sys.stderr)
    return EXIT_STOPPED


def _finish(experiment: Experiment, place: Path, args: Namespace, every: int | None) -> int:
    """Run what is not finished, write what follows, and say how it went."""
    try:
        result = experiment.run(place, jobs=args.jobs, on=args.on, checkpoint_every=every, progress=not args.quiet)
    except Interrupted as stop:
        print(f"\n{stop}", file=sys.stderr)
        return EXIT_STOPPED
    if args.json:
        told = {"directory": str(place), "effects": _rows(result.effects()), "provenance": result.provenance}
        _json(told | {"claims": _rows(result.claims()) if result.scenario.claims else []})
    elif not result.metrics.empty:
        _tell(result)
    if not result.failures.empty:
        print(telling.failures_told(result.failures), file=sys.stderr)
    if not args.json:
        print(f"\nresults in {place}/ (metrics.csv, effects.csv, metrics.png, cells/, …)", file=sys.stderr)
    return EXIT_OK if result.failures.empty else EXIT_FAILED


def _tell(result: Ensemble) -> None:
    print(telling.attribution_told(result) if result.design.attribution else telling.effects_told(result))
    if result.scenario.claims:
        print(f"\nclaims, judged once on {len(result.seeds)} seeds (recsim verify adds seeds where that is too few):")
        print(telling.claims_told(result.claims()))


def _rows(frame: pd.DataFrame) -> list[dict[str, object]]:
    """A table for machines."""
    plain = frame.astype(object).replace({np.nan: None, np.inf: None, -np.inf: None})
    return [{str(name): value for name, value in row.items()} for row in plain.to_dict(orient="records")]


def _json(value: object) -> None:
    print(json.dumps(value, indent=1, ensure_ascii=False))
