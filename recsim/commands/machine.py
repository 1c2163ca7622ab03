"""The verbs about this machine: how fast a tick is here, and whether results repeat."""

from __future__ import annotations

import json
import platform
import resource
import sys
import time
from argparse import Namespace

import numpy as np
import pandas as pd

from recsim import folder
from recsim.cli import EXIT_FAILED, EXIT_OK
from recsim.scenario import Scenario
from recsim.simulation import Simulation


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
