"""Explaining a tick: the plan of its phases, and why one user picked what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from recsim.base.component import Component
from recsim.base.flow import Ints, Source
from recsim.system.interventions import Intervention
from recsim.world.behaviours import Behaviour
from recsim.world.discovery import Discovery
from recsim.world.dynamics import Dynamics

if TYPE_CHECKING:
    from recsim.scenario import Scenario
    from recsim.simulation import Simulation

_HOOKS = {
    "on_items": "publish",
    "on_candidates": "expose",
    "on_slate": "expose",
    "on_feedback": "collect",
    "on_training": "retrain",
    "on_policy": "retrain",
    "on_report": "measure",
}


def trace(simulation: Simulation, user: int) -> pd.DataFrame:
    """What `Simulation.trace` returns."""
    world, service = simulation.world, simulation.service
    row: Ints = np.array([user], np.int32)
    slate = world.meet(service.expose(row))
    choice, parts = world.people.choice, world.terms(slate)
    terms = {name: array[0] for name, array in parts.items()}
    appeal = np.where(slate.items >= 0, sum(parts.values()), -np.inf)
    noise, nothing = choice.chance(world.offer(slate, appeal), world.stream(choice))
    feedback = world.choose(slate)
    picked = feedback.picks[0] if user not in simulation.picks else np.array([simulation.picks[user] - 1])
    ranks = np.arange(1, slate.items.shape[1] + 1)
    table = pd.DataFrame(
        {"rank": ranks, "item": slate.items[0], "source": [Source(s).name.lower() for s in slate.source[0]]}
    )
    for name, array in (("score", slate.scores), ("propensity", slate.propensity)):
        if array is not None:
            table[name] = array[0]
    for name, values in terms.items():
        table[name] = values
    table["noise"] = noise[0]
    table["total"] = sum(terms.values()) + noise[0]
    table["picked"] = np.isin(ranks - 1, picked)
    table = table[table["item"] >= 0]
    last = {"rank": 0, "item": -1, "source": "nothing", "total": nothing[0], "picked": bool((picked < 0).all())}
    table = pd.concat([table, pd.DataFrame([last])], ignore_index=True)
    active = bool(world.active(row)[0]) or user in simulation.picks
    table.attrs = {
        "tick": simulation.tick,
        "user": user,
        "active": active,
        "candidates": service.candidates(row).items[0].tolist(),
    }
    return table


def plan(spec: Scenario) -> pd.DataFrame:
    """What `Simulation.plan` returns: one row a component, in the order of the tick."""
    users, system = spec.users, spec.system
    rows: list[tuple[str, str, str]] = []

    def add(phase: str, family: str, *components: Component) -> None:
        rows.extend((phase, f"{family}: {component.label}", component.words()) for component in components)

    def hooks(phase: str) -> None:
        for treatment in (*system.rerankers, *spec.interventions):
            used = {
                _HOOKS[hook] for hook in _HOOKS if getattr(type(treatment), hook) is not getattr(Intervention, hook)
            }
            if phase in (used or {"publish"}):
                rows.append((phase, f"{treatment.family}: {treatment.label}", str(treatment)))

    dynamics = (*users.dynamics, *(spec.creators.dynamics if spec.creators else ()), *spec.items.dynamics)
    add("publish", "dynamics", *(one for one in dynamics if type(one).step is not Dynamics.step))
    if type(users.discovery).step is not Discovery.step:
        add("publish", "discovery", users.discovery)
    network = users.network if users.network.kind != "none" else None
    made = {"network": network, "link recommender": system.people, "titles": spec.items.titles}
    for family, one in made.items():
        add("publish", family, *([] if one is None else [one]))
    add("publish", "generator", *system.generators)
    hooks("publish")
    rows.append(("expose", f"warm-up to tick {system.warmup.ticks}", system.warmup.recommender.words()))
    add("expose", "recommender", system.recommender)
    hooks("expose")
    add("choose", "activity", users.activity)
    add("choose", "discovery", users.discovery)
    add("choose", "affinity", users.affinity)
    add("choose", "behaviour", *users.behaviours)
    add("choose", "choice", users.choice)
    add("choose", "response", users.response)
    hooks("collect")
    add("evolve", "behaviour", *(one for one in users.behaviours if type(one).after is not Behaviour.after))
    if type(users.discovery).after is not Discovery.after:
        add("evolve", "discovery", users.discovery)
    add("evolve", "dynamics", *(one for one in dynamics if type(one).after is not Dynamics.after))
    often = system.retrain_every if isinstance(system.retrain_every, str) else f"every {system.retrain_every} ticks"
    rows.append(("retrain", "schedule", often))
    hooks("retrain")
    add("retrain", "recommender", system.recommender)
    add("retrain", "generator", *system.generators)
    rows.append(
        ("measure", "metrics", "the usual ones" if spec.metrics is None else ", ".join(m.label for m in spec.metrics))
    )
    hooks("measure")
    return pd.DataFrame(rows, columns=["phase", "component", "what it does"])
