"""Drift turns a taste by a share of the angle to what was clicked (spherical interpolation, Shoemake 1985)."""

from __future__ import annotations

import numpy as np
import pytest

from recsim.base.draws import Draws
from recsim.base.kernels.geometry import angles
from recsim.simulation import Simulation
from recsim.world.behaviours.drift import Drift, turn
from tests.helpers import make_feedback, make_slate, tiny

DRAWS = Draws(6)
TASTES = 3.0 * DRAWS.of("tastes").normal(np.arange(500), np.arange(8))
TOPICS = DRAWS.of("topics").normal(np.arange(500), np.arange(8))


def lengths(vectors: np.ndarray) -> np.ndarray:
    return np.linalg.norm(vectors, axis=1)


def test_rate_one_half_halves_the_angle():
    """A5 of T-RECS, to rounding: 10⁻¹²."""
    before, after = angles(TASTES, TOPICS), angles(TASTES + turn(TASTES, TOPICS, 0.5), TOPICS)
    assert np.abs(after - before / 2).max() < 1e-12


@pytest.mark.parametrize("rate", [0.0, 0.02, 0.3, 0.9, 1.0])
def test_a_turn_leaves_the_share_of_the_angle_that_it_does_not_cover(rate):
    turned = TASTES + turn(TASTES, TOPICS, rate)
    assert np.abs(angles(turned, TOPICS) - (1 - rate) * angles(TASTES, TOPICS)).max() < 1e-7
    assert np.abs(angles(TASTES, turned) - rate * angles(TASTES, TOPICS)).max() < 1e-7


@pytest.mark.parametrize("rate", [0.1, 0.5, 1.0])
def test_the_strength_of_a_taste_stays(rate):
    """A6 of T-RECS."""
    assert lengths(TASTES + turn(TASTES, TOPICS, rate)) == pytest.approx(lengths(TASTES), rel=1e-13)


def test_a_taste_comes_closer_click_by_click_and_arrives():
    """n clicks leave (1 − rate)ⁿ of the angle: never away from it, never beyond."""
    tastes, last = TASTES, angles(TASTES, TOPICS)
    for _ in range(60):
        tastes = tastes + turn(tastes, TOPICS, 0.2)
        now = angles(tastes, TOPICS)
        assert (now < last).all()
        last = now
    assert (last < np.pi * 0.8**60 + 1e-7).all()


def test_a_turn_stays_in_the_plane_of_taste_and_topic():
    turned = TASTES + turn(TASTES, TOPICS, 0.3)
    for taste, topic, new in zip(TASTES[:20], TOPICS[:20], turned[:20], strict=True):
        plane, _ = np.linalg.qr(np.stack([taste, topic], axis=1))
        assert np.linalg.norm(new - plane @ plane.T @ new) < 1e-12


@pytest.mark.parametrize(
    ("taste", "topic"),
    [
        pytest.param([1.0, 2.0], [-2.0, -4.0], id="opposite"),
        pytest.param([1.0, 2.0], [0.5, 1.0], id="the same direction"),
        pytest.param([0.0, 0.0], [1.0, 0.0], id="no taste"),
        pytest.param([1.0, 0.0], [0.0, 0.0], id="no topic"),
        pytest.param([0.0, 0.0], [0.0, 0.0], id="neither"),
    ],
)
def test_where_there_is_no_way_to_turn_nothing_moves(taste, topic):
    assert (turn(np.array([taste]), np.array([topic]), 0.5) == 0).all()


def test_nearly_opposite_and_nearly_equal_vectors_are_safe():
    for topic in ([-1.0, 1e-8], [-1.0, 1e-12], [1.0, 1e-8], [1.0, 1e-12], [1e-300, 1e-300], [1e150, 1e150]):
        turned = np.array([[1.0, 0.0]]) + turn(np.array([[1.0, 0.0]]), np.array([topic]), 0.5)
        assert np.isfinite(turned).all()
        assert lengths(turned) == pytest.approx(1.0, abs=1e-6)


def test_only_those_who_clicked_move_and_a_second_click_counts_from_where_the_first_led():
    sim = Simulation(tiny({"users.behaviours": [{"kind": "drift", "rate": 0.5}]}))
    before = sim.world.users.tastes.copy()
    slate = make_slate([[3, 4], [5, 6], [7, 8]])
    Drift(rate=0.5).after(sim.world, make_feedback(slate, [[0, -1], [-1, -1], [1, 0]]), DRAWS)
    after, topics = sim.world.users.tastes, sim.world.items.topics
    expected = before.copy()
    expected[0] += turn(before[:1], topics[3:4], 0.5)[0]
    expected[2] += turn(before[2:3], topics[8:9], 0.5)[0]
    expected[2] += turn(expected[2:3], topics[7:8], 0.5)[0]
    assert np.array_equal(after, expected)


def test_a_larger_rate_makes_larger_drift_in_the_loop():
    """The direction of the sign, from field to metric, with the slates held equal: random and never learned from."""
    drifts = []
    for rate in (0.0, 0.01, 0.05, 0.2):
        sim = Simulation(tiny({"users.behaviours": [{"kind": "drift", "rate": rate}], "system.recommender": "uniform"}))
        while sim.running:
            sim.step()
        drifts.append(next(value for tick, name, _, value in sim.rows if (tick, name) == (6, "taste_drift")))
    assert drifts[0] == 0
    assert drifts == sorted(drifts)
    assert drifts[1] > 0
