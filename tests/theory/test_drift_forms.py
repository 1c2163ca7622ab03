"""The published forms of drift against each other and against what each promises."""

from __future__ import annotations

import numpy as np
import pytest

from recsim.base.draws import Draws
from recsim.base.kernels.geometry import angles
from recsim.world.behaviours.drift_toward import DriftToward
from recsim.world.behaviours.hedonic import Hedonic
from recsim.world.behaviours.mere_exposure import MereExposure
from tests.helpers import run_all, tiny
from tests.world.hand import clicks, hand_world, shown

DRAWS = Draws(21)
N = 300
TASTES = 2.0 * DRAWS.of("tastes").normal(np.arange(N), np.arange(5))
TOPICS = DRAWS.of("topics").normal(np.arange(N), np.arange(5))


@pytest.mark.parametrize("rate", [0.05, 0.5, 1.0])
def test_the_distance_to_what_is_consumed_shrinks_by_the_share_covered(rate):
    """|v − t| (1 − rate)^n after n clicks, along the straight line between them: 10⁻¹²."""
    world = hand_world(TASTES, TOPICS)
    for n in range(1, 11):
        DriftToward(rate=rate).after(world, clicks(np.arange(N)), DRAWS)
        assert np.abs(world.users.tastes - (TOPICS + (1 - rate) ** n * (TASTES - TOPICS))).max() < 1e-12


def test_exposure_to_what_one_would_click_anyway_is_drift():
    """All that is shown is clicked, in the order of rank: the two mechanisms are one."""
    items = (np.arange(N)[:, None] + [0, 7, 31]) % N
    exposed, consumed = hand_world(TASTES, TOPICS), hand_world(TASTES, TOPICS)
    MereExposure(rate=0.1).after(exposed, shown(items, np.full((N, 1), -1)), DRAWS)
    DriftToward(rate=0.1).after(consumed, clicks(items), DRAWS)
    assert np.array_equal(exposed.users.tastes, consumed.users.tastes)


def test_a_population_fed_the_same_becomes_alike_and_loses_its_variance_at_the_known_speed():
    """Var(t) (1 − rate)^{2n}: 10⁻⁹; nobody leaves the hull of first tastes and items."""
    world = hand_world(TASTES, TOPICS[:1])
    for _ in range(25):
        MereExposure(rate=0.05).after(world, shown(np.zeros((N, 1), int), np.full((N, 1), -1)), DRAWS)
    assert world.users.tastes.var(axis=0) == pytest.approx(TASTES.var(axis=0) * 0.95**50, rel=1e-9)


def test_who_gets_over_things_ends_halfway_between_origin_and_fare():
    """Fixed point of t ← ρ t₀ + (1 − ρ)(1 − p) t + (1 − ρ) p v; without fare the way back is geometric: 10⁻⁹."""
    rate, push = 0.2, 0.3
    one = Hedonic(rate=rate, push=push)
    world = hand_world(TASTES, TOPICS, [one])
    for _ in range(200):
        one.after(world, clicks(np.arange(N)), DRAWS)
    weight = rate / (1 - (1 - rate) * (1 - push))
    fixed = weight * TASTES + (1 - weight) * TOPICS
    assert np.abs(world.users.tastes - fixed).max() < 1e-9
    for n in range(1, 6):
        one.after(world, clicks(np.full(N, -1)), DRAWS)
        assert np.abs(world.users.tastes - (TASTES + (1 - rate) ** n * (fixed - TASTES))).max() < 1e-9


def test_small_steps_of_drift_turn_towards_the_item_without_passing_it():
    """The angle to what is consumed falls with every click, in five dimensions and from any side."""
    world = hand_world(TASTES, TOPICS)
    last = angles(TASTES, TOPICS)
    for _ in range(30):
        DriftToward(rate=0.1).after(world, clicks(np.arange(N)), DRAWS)
        now = angles(world.users.tastes, TOPICS)
        assert (now < last).all()
        last = now


KINDS = [
    {"kind": "drift", "rate": 0.05},
    {"kind": "drift_toward", "rate": 0.05},
    {"kind": "biased_assimilation", "rate": 0.05},
    {"kind": "biased_opinions", "rate": 0.2},
    {"kind": "mere_exposure", "rate": 0.02},
    {"kind": "operant", "rate": 0.05},
    {"kind": "reinforcement", "rate": 0.02},
    {"kind": "hedonic", "push": 0.1, "rate": 0.0},
]


@pytest.mark.parametrize("block", KINDS, ids=lambda block: str(block["kind"]))
def test_faster_drift_is_measured_as_more_drift_in_the_loop(block):
    """From field to metric, with the slates held equal: random and never learned from."""
    speed = "push" if "push" in block else "rate"
    drifts = []
    for factor in (0.0, 0.2, 1.0):
        one = {**block, speed: factor * block[speed]}
        spec = tiny({"system.recommender": "uniform"}, users={"behaviours": [one]}, metrics=["taste_drift"])
        drifts.append(next(value for tick, _, _, value in run_all(spec).rows if tick == 6))
    assert drifts[0] < 1e-12 < drifts[1] < drifts[2]


def test_people_who_get_over_things_drift_less():
    drifts = []
    for rate in (0.0, 0.1, 0.5):
        block = {"kind": "hedonic", "push": 0.1, "rate": rate}
        spec = tiny({"system.recommender": "uniform"}, users={"behaviours": [block]}, metrics=["taste_drift"])
        drifts.append(next(value for tick, _, _, value in run_all(spec).rows if tick == 6))
    assert drifts == sorted(drifts, reverse=True) and drifts[0] > 1.5 * drifts[-1] > 0
