"""What an ensemble costs beside its runs: `python tests/benchmarks/ensemble.py [RUNS] [WORKERS]`.

Prints the time of an ensemble of small runs (200 users, 100 items, 20 ticks) times its workers, over the summed time of
the same runs one after the other in one process without anything around them; and how memory grows with finished runs.
Runs of both kinds take turns, because machines drift. Nothing is asserted.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

from recsim.experiment import Experiment
from recsim.simulation import Simulation

SMALL = {"ticks": 20, "users": {"count": 200}, "items": {"count": 100}}
BARE = 20
"""Bare runs before and after, whose mean is the price of one."""


def bare(experiment: Experiment) -> float:
    """Seconds of one run, nothing written."""
    begun = time.perf_counter()
    for seed in experiment.seeds[:BARE]:
        sim = Simulation(experiment.arms["baseline"], rng=seed)
        while sim.running:
            sim.step()
    return (time.perf_counter() - begun) / BARE


def main(runs: int, workers: int) -> None:
    """Measure and print."""
    experiment = Experiment({**SMALL, "experiment": {"seeds": runs}})
    bare(experiment)
    before = bare(experiment)
    sizes = []
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        experiment.run(Path(folder) / "whole", jobs=workers)
        whole = time.perf_counter() - begun
        after = bare(experiment)
        for seeds in (10, 40, 160):
            Experiment({**SMALL, "experiment": {"seeds": seeds}}).run(Path(folder) / f"here{seeds}", jobs=1)
            sizes.append((seeds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))
    one = (before + after) / 2
    print(f"one run: {before:.3f} s before, {after:.3f} s after; {runs} runs on {workers} workers: {whole:.1f} s")
    print(f"ensemble x workers / summed runs = {whole * workers / (runs * one):.2f}")
    print("peak memory of one process:", ", ".join(f"{size:.0f} MiB after {seeds} more runs" for seeds, size in sizes))


if __name__ == "__main__":
    main(*(int(given) for given in [*sys.argv[1:], *("1000", "2")[len(sys.argv) - 1 :]]))
