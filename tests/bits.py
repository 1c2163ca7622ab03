"""Comparing runs bit by bit, and the scenario in which everything happens at once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from recsim.base.component import Component
from recsim.base.draws import Draws
from recsim.base.table import Table
from recsim.checkpoint import State, capture
from recsim.scenario import Scenario
from recsim.simulation import Simulation
from recsim.system.log import Log
from recsim.system.service import Service
from recsim.world.world import World
from tests.helpers import tiny

PINNED = (
    "exposure_gini",
    "click_gini",
    "coverage",
    "intra_list_distance",
    "taste_entropy",
    "taste_drift",
    "clicks_per_session",
    "utility",
)
"""Metrics that apply everywhere, for comparing scenarios of which one has parts that bring metrics of their own."""

LIVELY: dict[str, Any] = {
    "users": {
        "activity": 0.8,
        "network": {"kind": "communities", "degree": 4},
        "discovery": {"kind": "browse", "count": 2},
        "behaviours": ["drift", "position_bias"],
        "survey": {"share": 0.3},
        "dynamics": [{"kind": "churn", "hazard": 0.03}, {"kind": "new_users", "per_tick": 2}],
    },
    "items": {
        "groups": [{"name": "mainstream", "share": 0.7}, {"name": "niche", "share": 0.3}],
        "clickbait_spread": 0.4,
        "dynamics": [{"kind": "new_items", "per_tick": 2}],
    },
    "system": {"generators": [{"kind": "gaussian", "per_tick": 2}]},
}
"""People come and go, tastes drift, people and a machine make items: what most components are put into."""

ALL: dict[str, Any] = {
    **LIVELY,
    "record": {"users": "all", "items": 10, "every": 2},
    "items": {**LIVELY["items"], "titles": "corpus"},
    "system": {
        "people": {"kind": "friend_of_friend", "share": 0.3},
        "rerankers": ["diversity"],
        "generators": [{"kind": "gaussian", "per_tick": 3, "temperature": 0.8}, {"kind": "ngram", "per_tick": 2}],
        "random_share": 0.15,
        "keep_exposures": 2,
    },
    "interventions": [
        {"kind": "monitor", "metric": "exposure_gini", "above": 0.05},
        {"kind": "exploration", "share": 0.3, "start": {"after": "monitor", "delay": 1}},
        {"kind": "human_review", "budget": 2, "start": 3, "order": "most_shown"},
        {"kind": "ai_detector", "consumer": "all", "action": "downweight", "start": 4, "cost": 0.5},
        {"kind": "anchor", "consumer": "all", "refresh": "fresh", "budget": 4},
        {"kind": "cusum", "metric": "exposure_gini", "reference": 2, "threshold": 0.5, "since": 4},
        {"kind": "gate", "tolerance": 0.1},
        {"kind": "change", "path": "system.slate_size", "value": 4, "start": 5},
    ],
}
"""Every mechanism on at once, an alarm and a change in the middle of the run included."""


def lively(overrides: Mapping[str, Any] | None = None, /, **sections: Any) -> Scenario:
    """`tiny()` with people and items that come and go."""
    return tiny(overrides, **_over(LIVELY, sections))


def everything(overrides: Mapping[str, Any] | None = None, /, **sections: Any) -> Scenario:
    """`tiny()` with every mechanism on at once."""
    return tiny(overrides, **_over(ALL, sections))


def _over(base: Mapping[str, Any], sections: Mapping[str, Any]) -> dict[str, Any]:
    both = dict(base)
    for name, value in sections.items():
        known = both.get(name)
        both[name] = {**known, **value} if isinstance(known, Mapping) and isinstance(value, Mapping) else value
    return both


def finished(what: Scenario | Simulation) -> Simulation:
    """The run at its end."""
    sim = Simulation(what) if isinstance(what, Scenario) else what
    while sim.tick - sim.is_open < sim.spec.ticks:
        sim.step()
    return sim


def at(spec: Scenario, tick: int) -> Simulation:
    """The run at the end of a tick."""
    sim = Simulation(spec)
    for _ in range(tick):
        sim.step()
    return sim


def rows(sim: Simulation) -> str:
    """What was measured, as text that tells any two floats apart and knows that NaN is NaN."""
    return json.dumps(sim.rows)


def events(sim: Simulation) -> str:
    """Digest of who clicked what and when: nothing but integers."""
    log = sim.service.log.clicks
    return fingerprint([log.tick, log.user, log.item, log.held])


def state(what: Simulation | State, *, spec: bool = True) -> dict[str, str]:
    """The whole state, a digest a part; `spec=False` leaves out the scenario in force."""
    found = capture(what) if isinstance(what, Simulation) else what
    facts = {name: json.dumps(value) for name, value in found.facts.items() if spec or name != "spec"}
    return {name: fingerprint(array) for name, array in found.arrays.items()} | facts


def fingerprint(value: Any) -> str:
    """SHA-256 of arrays and of what holds them."""
    sha = hashlib.sha256()
    _feed(sha, value)
    return sha.hexdigest()


def _feed(sha: Any, value: Any) -> None:
    if isinstance(value, np.ndarray):
        sha.update(f"{value.dtype}{value.shape}".encode() + np.ascontiguousarray(value).tobytes())
    elif isinstance(value, Component):
        sha.update(json.dumps(value.block()).encode())
    elif isinstance(value, Mapping):
        for key in sorted(value, key=str):
            sha.update(str(key).encode())
            _feed(sha, value[key])
    elif isinstance(value, Table):
        _feed(sha, value.arrays())
    elif isinstance(value, World):
        _feed(sha, [value.tick, value.users, value.items, value.creators, value.edges])
    elif isinstance(value, Service):
        _feed(
            sha,
            [value.tick, value.users, value.items, value.log, value.policies, value.memory, value.ledger, value.alarms],
        )
    elif isinstance(value, Log):
        _feed(sha, [value.clicks, value.exposures])
    elif isinstance(value, Draws):
        _feed(sha, np.asarray(value._key))
    elif isinstance(value, Iterable) and not isinstance(value, str):
        for member in value:
            _feed(sha, member)
    elif not callable(value):
        sha.update(repr(value).encode())
