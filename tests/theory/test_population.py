"""The whole loop of people, machines and defences against its population limit, an integral over tastes.

For a user at u the machines' share of what they choose is r(u) = gZ_A/(gZ_A + (1 − g)Z_H), with Z = (S + τ²)^−½ ·
e^{−u²/2(S + τ²)} for items N(0, S) under an ideal point with tolerance τ, and the second moment of a choice is m₂(S, u)
= Sτ²/(S + τ²) + (Su/(S + τ²))². With a detector a = r(1 − TPR), h = (1 − r)(1 − FPR) and an anchor share α

    S⁺ = αΣ_H + (1 − α) E_u[a m₂(λS, u) + h m₂(Σ_H, u)] / E_u[a + h],      c = E_u[a] / E_u[a + h].

The simulation is one scenario: all there is in every slate, in no order (`slate_size: all`, `uniform`), items that live
for one tick, a generator trained on that tick's clicks. Users stand at the quantiles of their distribution, as the
integral has them; items, choices and errors of instruments are drawn. Means over the last ticks; the standard error is
that over independent seeds, and tolerances are three of them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from scipy.stats import norm

from recsim.scenario import Scenario
from recsim.simulation import Simulation

NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(80)
WEIGHTS = WEIGHTS / WEIGHTS.sum()
SEEDS, USERS, ITEMS, TICKS, LATE = 4, 1000, 900, 36, 12
QUANTILES = norm.ppf((np.arange(USERS) + 0.5) / USERS)
QUANTILES = QUANTILES / QUANTILES.std()


class Setting(NamedTuple):
    """A world, in variances."""

    tastes: float = 1.0
    tolerance: float = 0.5
    human: float = 1.0
    share: float = 0.5
    temperature: float = 1.0
    sensitivity: float = 0.0
    false_alarm: float = 0.0
    anchor: float = 0.0


SETTINGS = {
    "half of what is new": Setting(),
    "mostly machines": Setting(share=0.8, tolerance=0.3),
    "hardly a human item": Setting(share=0.95, tolerance=0.5),
    "safe machines": Setting(share=0.6, temperature=0.7),
    "people make more varied things": Setting(share=0.7, human=2.0, tolerance=0.8),
    "a good detector": Setting(share=0.7, sensitivity=0.8, false_alarm=0.1),
    "a weak detector": Setting(share=0.7, sensitivity=0.26, false_alarm=0.09),
    "verified data": Setting(share=0.9, tolerance=1.2, anchor=0.3),
}


class Limit(NamedTuple):
    """Where the recursion settles."""

    variance: float
    clicks: float
    training: float


def limit(at: Setting) -> Limit:
    """The fixed point, by iteration."""
    s, u, tau2 = at.human, np.sqrt(at.tastes) * NODES, at.tolerance

    def mass(variance: float) -> np.ndarray:
        return np.exp(-0.5 * u**2 / (variance + tau2)) / np.sqrt(variance + tau2)

    def moment(variance: float) -> np.ndarray:
        return variance * tau2 / (variance + tau2) + (variance * u / (variance + tau2)) ** 2

    for _ in range(3000):
        made = at.temperature * s
        machine, human = at.share * mass(made), (1 - at.share) * mass(at.human)
        r = machine / (machine + human)
        a, h = r * (1 - at.sensitivity), (1 - r) * (1 - at.false_alarm)
        learned = WEIGHTS @ (a * moment(made) + h * moment(at.human)) / (WEIGHTS @ (a + h))
        s = at.anchor * at.human + (1 - at.anchor) * learned
    return Limit(float(s), float(WEIGHTS @ r), float((1 - at.anchor) * (WEIGHTS @ a) / (WEIGHTS @ (a + h))))


def scenario(at: Setting, seed: int) -> Scenario:
    """The setting as a scenario."""
    machines = round(ITEMS * at.share)
    defences = []
    if at.sensitivity:
        defences.append(
            {"kind": "ai_detector", "sensitivity": at.sensitivity, "false_alarm": at.false_alarm, "action": "delete"}
        )
    if at.anchor:
        defences.append({"kind": "anchor", "share": at.anchor, "refresh": "fresh", "size": 200})
    return Scenario.parse(
        {
            "ticks": TICKS,
            "seed": seed,
            "users": {
                "count": USERS,
                "tastes": {"kind": "gaussian", "dimensions": 1, "spread": float(np.sqrt(at.human))},
                "groups": [{"name": "people", "share": 1.0, "tastes": {"spread": float(np.sqrt(at.tastes))}}],
                "affinity": {"kind": "ideal_point", "tolerance": float(np.sqrt(at.tolerance))},
                "choice": {"kind": "multinomial_logit", "outside": -1000.0},
            },
            "items": {
                "count": ITEMS,
                "quality_spread": 0.0,
                "dynamics": [
                    {"kind": "ageing", "rate": 0.0, "lifetime": 1},
                    {"kind": "new_items", "per_tick": ITEMS - machines},
                ],
            },
            "system": {
                "slate_size": "all",
                "recommender": "uniform",
                "repeats": True,
                "holdout": 0.0,
                "warmup": {"ticks": 0},
                "generators": [{"kind": "gaussian", "per_tick": machines, "window": 1, "temperature": at.temperature}],
            },
            "interventions": defences,
            "metrics": ["ai_click_share", "ai_training_share"],
        }
    )


def simulated(at: Setting, seed: int) -> Limit:
    """Means over the last ticks of one seed; before the machines have learned anything people make everything."""
    sim = Simulation(scenario(at, seed))
    sim.world.users.tastes = np.sqrt(at.tastes) * QUANTILES[:, None]
    generator = sim.spec.system.generators[0]
    variances = []
    while sim.running:
        sim.step()
        if sim.tick > TICKS - LATE:
            policy = sim.service.models.policy(generator)
            variances.append(float(policy.root[0, 0] ** 2))
    late = [row for row in sim.rows if row[0] > TICKS - LATE]

    def mean(metric: str, group: str) -> float:
        return float(np.mean([value for _, name, whose, value in late if (name, whose) == (metric, group)]))

    return Limit(float(np.mean(variances)), mean("ai_click_share", "all"), mean("ai_training_share", "gaussian"))


def close(at: Setting, seeds: int) -> None:
    """Every mean within three standard errors over the seeds."""
    found, expected = np.array([simulated(at, seed) for seed in range(1, seeds + 1)]), limit(at)
    errors = found.std(axis=0, ddof=1) / np.sqrt(seeds)
    for name, mean, error, value in zip(Limit._fields, found.mean(axis=0), errors, expected, strict=True):
        assert abs(mean - value) < 3 * error, f"{name}: {mean:.4f} ± {error:.4f}, expected {value:.4f}"


@pytest.mark.parametrize("name", ["half of what is new", "a good detector"])
def test_the_loop_settles_where_the_population_does(name: str) -> None:
    """Two settings with six seeds; all of them: the next test."""
    close(SETTINGS[name], 6)


@pytest.mark.long
@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_settles_where_the_population_does(name: str) -> None:
    """Eight seeds; also told apart from what the neglect of any one part would give, where there is one."""
    at = SETTINGS[name]
    close(at, 8)
    nulls = {"temperature": 1.0, "sensitivity": 0.0, "anchor": 0.0}
    for field, null in nulls.items():
        if getattr(at, field) != null:
            assert abs(limit(at).variance - limit(at._replace(**{field: null})).variance) > 0.02, field
