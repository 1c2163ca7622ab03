"""Biased assimilation, loops:O11: a tangent law (Dean & Morgenstern 2022), fixed points (Dandekar et al. 2013)."""

from __future__ import annotations

import numpy as np
import pytest

from recsim.base.draws import Draws
from recsim.base.kernels.geometry import angles, units
from recsim.world.behaviours.biased_assimilation import BiasedAssimilation
from recsim.world.behaviours.biased_opinions import BiasedOpinions
from tests.world.hand import clicks, hand_world

DRAWS = Draws(11)


def consume(one, world, items, times: int) -> None:
    for _ in range(times):
        one.after(world, clicks(items), DRAWS)


def test_the_number_of_the_reference():
    """30 clicks at rate 0.1 from 1.3 rad leave an angle whose tangent is 0.20643128."""
    world = hand_world([[np.cos(1.3), np.sin(1.3)]], [[5.0, 0.0]])
    consume(BiasedAssimilation(rate=0.1), world, [0], 30)
    angle = angles(world.users.tastes, np.array([[1.0, 0.0]]))[0]
    assert np.tan(angle) == pytest.approx(0.20643128, abs=5e-9)


@pytest.mark.parametrize("rate", [0.01, 0.1, 1.0])
def test_the_tangent_of_the_angle_to_the_nearer_pole_shrinks_by_one_plus_rate(rate):
    """tan∠(p_t, ±v) = tan∠(p_0, ±v)/(1 + rate)^t in 6 dimensions: 10⁻¹⁰, or 10⁻¹³ where the angle is
    so small that the rounding of the vectors themselves is more; the strength of a taste stays."""
    n = 300
    tastes = 2.0 * DRAWS.of("tastes").normal(np.arange(n), np.arange(6))
    topics = DRAWS.of("topics").normal(np.arange(n), np.arange(6))
    poles = topics * np.sign(np.einsum("nd,nd->n", tastes, topics))[:, None]
    world = hand_world(tastes, topics)
    for t in range(1, 21):
        consume(BiasedAssimilation(rate=rate), world, np.arange(n), 1)
        expected = np.tan(angles(tastes, poles)) / (1 + rate) ** t
        assert np.tan(angles(world.users.tastes, poles)) == pytest.approx(expected, rel=1e-10, abs=1e-13)
    lengths = [np.linalg.norm(vectors, axis=1) for vectors in (tastes, world.users.tastes)]
    assert lengths[1] == pytest.approx(lengths[0], rel=1e-12)


def test_one_item_for_all_splits_people_in_two():
    """Everybody ends at the pole they were nearer to: about half of an even population at each."""
    n = 400
    world = hand_world(DRAWS.of("half").normal(np.arange(n), np.arange(3)), [[0.0, 0.0, 1.0]])
    side = np.sign(world.users.tastes[:, 2])
    consume(BiasedAssimilation(rate=0.2), world, np.zeros(n), 150)
    assert units(world.users.tastes)[:, 2] == pytest.approx(side, abs=1e-9)
    assert abs((side > 0).mean() - 0.5) < 4 * 0.5 / np.sqrt(n)


def test_content_of_all_directions_in_turn_leaves_people_as_they_are():
    """A round of orthogonal items stretches every direction alike: a recommender can keep preferences still."""
    n = 50
    tastes = DRAWS.of("still").normal(np.arange(n), np.arange(4))
    turned, _ = np.linalg.qr(DRAWS.of("turn").normal(np.arange(4), np.arange(4)))
    world = hand_world(tastes, turned)
    for _ in range(20):
        consume(BiasedAssimilation(rate=0.3), world, np.tile(np.arange(4), (n, 1)), 1)
        assert np.abs(world.users.tastes - tastes).max() < 1e-12


def test_a_right_angle_and_vectors_without_a_direction_do_not_move():
    world = hand_world([[1.0, 0.0], [0.0, 0.0], [1.0, 2.0]], [[0.0, 3.0], [1.0, 1.0], [0.0, 0.0]])
    before = world.users.tastes.copy()
    consume(BiasedAssimilation(rate=0.5), world, [0, 1, 2], 5)
    assert np.array_equal(world.users.tastes, before)


# -- Dandekar, Goel & Lee ----


def settled(start: float, evidence: float, bias: float, rate: float = 0.5, times: int = 4000) -> float:
    """Where an opinion between 0 and 1 ends under the same evidence; poles at ±3."""
    world = hand_world([[6.0 * (start - 0.5)]], [[6.0 * (evidence - 0.5)]])
    consume(BiasedOpinions(rate=rate, bias=bias, scale=3.0), world, [0], times)
    return 0.5 + float(world.users.tastes[0, 0]) / 6.0


@pytest.mark.parametrize("start", [0.01, 0.4, 0.99])
@pytest.mark.parametrize(("evidence", "bias"), [(0.7, 0.5), (0.3, 0.2), (0.6, 0.0)])
def test_below_bias_one_opinions_settle_at_the_published_point(start, evidence, bias):
    """x̂ = s^{1/(1−b)}/(s^{1/(1−b)} + (1 − s)^{1/(1−b)}) from any start: 10⁻⁴."""
    s, t = evidence ** (1 / (1 - bias)), (1 - evidence) ** (1 / (1 - bias))
    assert settled(start, evidence, bias) == pytest.approx(s / (s + t), abs=1e-4)


def test_the_fixed_point_of_the_reference():
    assert settled(0.2, 0.7, 0.5) == pytest.approx(0.84483, abs=1e-5)


@pytest.mark.parametrize(("start", "pole"), [(0.29, 0.0), (0.31, 1.0)])
def test_above_bias_one_a_threshold_parts_the_opinions(start, pole):
    """s = 0.7, b = 2: below 0.3 everything is lost, above it everything is won."""
    assert settled(start, 0.7, 2.0) == pytest.approx(pole, abs=1e-4)


@pytest.mark.parametrize(("evidence", "pole"), [(0.7, 1.0), (0.3, 0.0)])
def test_at_bias_one_the_evidence_wins_altogether(evidence, pole):
    assert settled(0.5, evidence, 1.0) == pytest.approx(pole, abs=1e-4)


def test_one_step_is_the_published_update():
    """w = 4, x = 0.4, s = 0.7, b = 1.5: (w x + xᵇ s)/(w + xᵇ s + (1 − x)ᵇ (1 − s))"""
    up, down = 0.4**1.5 * 0.7, 0.6**1.5 * 0.3
    assert settled(0.4, 0.7, 1.5, rate=0.25, times=1) == pytest.approx((4 * 0.4 + up) / (4 + up + down), abs=1e-14)


def test_opinions_stay_between_their_poles():
    n = 200
    tastes, topics = (4.0 * DRAWS.of(name).normal(np.arange(n), np.arange(3)) for name in ("x", "s"))
    tastes = np.clip(tastes, -2.0, 2.0)
    for bias in (0.0, 0.5, 1.0, 3.0):
        world = hand_world(tastes, topics)
        consume(BiasedOpinions(rate=1e6, bias=bias, scale=2.0), world, np.arange(n), 20)
        assert np.abs(world.users.tastes).max() <= 2.0 + 1e-12
