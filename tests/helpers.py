"""What many tests need: a small scenario, a run to its end, and values made by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recsim.scenario import Scenario
from recsim.simulation import Simulation

TINY: dict[str, Any] = {
    "ticks": 6,
    "users": {"count": 40},
    "items": {"count": 30},
    "system": {"slate_size": 5, "warmup": {"ticks": 2}, "recommender": {"kind": "als", "factors": 4, "threads": 1}},
}


def tiny(path_overrides: Mapping[str, Any] | None = None, /, **sections: Any) -> Scenario:
    """40 users, 30 items, 6 ticks; `sections` are laid over it field by field, then overrides by path.

    `tiny({"system.slate_size": 3}, users={"behaviours": ["drift"]}, seed=2)`
    """
    fields = dict(TINY)
    for name, value in sections.items():
        base = fields.get(name)
        fields[name] = {**base, **value} if isinstance(base, Mapping) and isinstance(value, Mapping) else value
    spec = Scenario.parse(fields)
    for path, value in (path_overrides or {}).items():
        spec = spec.override(path, value)
    return spec


def run_all(what: Simulation | Scenario) -> Simulation:
    """Step to the end; a scenario is built first."""
    sim = Simulation(what) if isinstance(what, Scenario) else what
    while sim.running and sim.tick < sim.spec.ticks:
        sim.step()
    return sim
