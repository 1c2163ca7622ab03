"""Golden numbers: a change of the code that changes a result does so on purpose.

`pytest tests/test_baseline.py --update-baseline` writes `baseline.yaml` anew; it goes with a line in the CHANGELOG,
`numbers: change, because …`. Factors are float64: across machines the clicks stay the same ones, metrics to 1e-9.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from recsim.reading import read
from recsim.scenario import Scenario
from tests.bits import events, everything, finished, lively
from tests.helpers import tiny

FILE = Path(__file__).with_name("baseline.yaml")
HELLO = Path(__file__).parents[1] / "scenarios" / "hello.yaml"
FLOAT64 = {"kind": "als", "factors": 8, "dtype": "float64", "threads": 1}


def hello() -> Scenario:
    """The packaged scenario, in small."""
    spec = read(HELLO)
    small = {"users.count": 150, "items.count": 80, "ticks": 15, "system.recommender.dtype": "float64"}
    for path, value in small.items():
        spec = spec.override(path, value)
    return spec


SCENARIOS: dict[str, Callable[[], Scenario]] = {
    "tiny": lambda: tiny({"system.recommender": FLOAT64, "ticks": 12}),
    "everything": lambda: everything({"system.recommender": FLOAT64, "users.count": 80, "items.count": 50, "ticks": 9}),
    "popularity": lambda: lively({"system.recommender": "popularity", "system.repeats": True, "ticks": 12}),
    "hello": hello,
}


def measured(spec: Scenario) -> dict[str, Any]:
    """What is kept of a run: a digest of all clicks, and the metrics of a few ticks."""
    sim = finished(spec)
    ticks = (0, spec.ticks // 2, spec.ticks)
    found: dict[str, Any] = {"clicks": len(sim.service.log), "events": events(sim), "metrics": {}}
    for tick, metric, group, value in sim.rows:
        if tick in ticks:
            name = metric if group == "all" else f"{metric}[{group}]"
            found["metrics"].setdefault(f"tick {tick}", {})[name] = "nan" if math.isnan(value) else value
    return found


def baseline() -> dict[str, Any]:
    return YAML(typ="safe", pure=True).load(FILE) if FILE.exists() else {}  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_numbers_are_those_of_the_baseline(name: str, request: pytest.FixtureRequest) -> None:
    found = measured(SCENARIOS[name]())
    if request.config.getoption("--update-baseline"):
        kept = {**baseline(), name: found}
        yaml = YAML(typ="safe", pure=True)
        yaml.default_flow_style = False
        with FILE.open("w") as file:
            file.write("# Golden numbers, written by `pytest tests/test_baseline.py --update-baseline`.\n")
            yaml.dump({one: kept[one] for one in sorted(kept) if one in SCENARIOS}, file)
        return
    wanted = baseline()[name]
    moved = "numbers moved: if meant, pytest --update-baseline, and 'numbers: change, because …' in the CHANGELOG"
    assert (found["clicks"], found["events"]) == (wanted["clicks"], wanted["events"]), moved
    assert found["metrics"].keys() == wanted["metrics"].keys()
    for tick, metrics in wanted["metrics"].items():
        assert found["metrics"][tick].keys() == metrics.keys(), tick
        for metric, value in metrics.items():
            mine = float(found["metrics"][tick][metric])
            assert mine == pytest.approx(float(value), rel=1e-9, abs=1e-12, nan_ok=True), f"{metric} at {tick}: {moved}"


def test_the_baseline_is_about_these_scenarios() -> None:
    kept = baseline()
    assert set(kept) == set(SCENARIOS)
    assert all(one["clicks"] > 100 for one in kept.values())
    assert len({one["events"] for one in kept.values()}) == len(kept)


def test_the_test_of_the_baseline_can_fail() -> None:
    other = measured(tiny({"system.recommender": FLOAT64, "ticks": 12, "system.recommender.regularization": 0.02}))
    assert other["events"] != baseline()["tiny"]["events"] or other["metrics"] != baseline()["tiny"]["metrics"]
