"""genai:O29 to O33 and O44: opinions on a network come out as linear algebra and the theorems of their models say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from recsim.base.draws import Draws
from recsim.base.flow import Floats
from recsim.metrics.society import Disagreement, OpinionVariance
from recsim.simulation import Simulation
from recsim.world.dynamics import Dynamics
from recsim.world.dynamics.deffuant import Deffuant
from recsim.world.dynamics.degroot import DeGroot
from recsim.world.dynamics.friedkin_johnsen import FriedkinJohnsen
from recsim.world.dynamics.hegselmann_krause import HegselmannKrause
from recsim.world.dynamics.radicalisation import Radicalisation
from tests.helpers import tiny
from tests.world.hand import NOTHING, hand_society

DRAWS = Draws(29)
N = 60
INNATE = DRAWS.of("innate").normal(np.arange(N))
FRIENDS = np.array([(i, j) for i in range(N) for j in range(i) if DRAWS.of("pair", i).uniform(np.array([j]))[0] < 0.1])
ALL = np.array([(i, j) for i in range(N) for j in range(i)])


def after(sim: Simulation, one: Dynamics, ticks: int) -> Floats:
    """Opinions after so many ticks of one mechanism alone."""
    for tick in range(ticks):
        one.after(sim.world, NOTHING, DRAWS.of("tick", tick))
    return np.array(sim.world.users.tastes[:, 0])


def laplacian(pairs: np.ndarray, n: int = N) -> Floats:
    adjacent = np.zeros((n, n))
    adjacent[pairs[:, 0], pairs[:, 1]] = adjacent[pairs[:, 1], pairs[:, 0]] = 1.0
    return np.diag(adjacent.sum(axis=1)) - adjacent


def told(sim: Simulation, metric: Any) -> float:
    look = sim._look(NOTHING)
    return float(metric.measure(look, metric.prepare(look))["all"])


# -- Friedkin & Johnsen ----


@pytest.mark.parametrize("k", [1.0, 3.0])
def test_opinions_with_a_memory_settle_where_the_laplacian_says(k):
    """z = (I + L/k)⁻¹ s, whatever the step; Σz = Σs."""
    expected = np.linalg.solve(np.eye(N) + laplacian(FRIENDS) / k, INNATE)
    for rate in (1.0, 0.3):
        one = FriedkinJohnsen(stubbornness=k, rate=rate)
        z = after(hand_society(INNATE, FRIENDS, one), one, 1500)
        assert z == pytest.approx(expected, abs=1e-12)
        assert z.sum() == pytest.approx(INNATE.sum(), abs=1e-12)


def test_conflict_is_what_is_left_of_innate_opinions():
    """sᵀs = zᵀz + 2 zᵀLz + |z − s|², and of deviations P + D = s̃ᵀ(I + L)⁻¹s̃, by the metrics (each friendship twice)."""
    one = FriedkinJohnsen()
    sim = hand_society(INNATE, FRIENDS, one)
    z = after(sim, one, 1500)
    polarisation, disagreement = N * told(sim, OpinionVariance()), len(FRIENDS) * told(sim, Disagreement())
    total = z @ z + 2 * disagreement + ((z - INNATE) ** 2).sum()
    assert total == pytest.approx(INNATE @ INNATE, abs=1e-10)
    apart = INNATE - INNATE.mean()
    formula = apart @ np.linalg.solve(np.eye(N) + laplacian(FRIENDS), apart)
    assert polarisation + disagreement == pytest.approx(formula, abs=1e-10)


@pytest.mark.parametrize("across", [1, 2, 4])
def test_two_camps_keep_what_their_ties_leave_them(across):
    """n = 100 in two camps, s = ±1, each with `across` = nq/2 friends on the other side: z = ±1/(1 + nq)."""
    n, half = 100, 50
    cross = [(i, half + (i + shift) % half) for i in range(half) for shift in range(across)]
    within = [(i + side, (i + 1) % half + side) for i in range(half) for side in (0, half)]
    s, one = np.repeat([1.0, -1.0], half), FriedkinJohnsen()
    sim = hand_society(s, cross + within, one)
    z = after(sim, one, 400)
    assert z == pytest.approx(s / (1 + 2 * across), abs=1e-12)
    assert n * told(sim, OpinionVariance()) == pytest.approx(n / (1 + 2 * across) ** 2, abs=1e-9)
    published = {1: 11.1}
    assert across not in published or n / (1 + 2 * across) ** 2 == pytest.approx(published[across], abs=0.05)


def test_cutting_ties_between_camps_polarises_as_the_expected_network_says():
    """A drawn network of two groups: P/n = 1/(1 + nq)² with nq = degree · (1 − homophily), to a tenth."""
    found = []
    for homophily in (0.2, 0.6, 0.9):
        groups = [{"name": "a", "share": 0.5}, {"name": "b", "share": 0.5}]
        network = {"kind": "communities", "degree": 60, "exponent": None, "homophily": homophily}
        users = {"count": 2000, "groups": groups, "network": network, "dynamics": ["friedkin_johnsen"]}
        sim = Simulation(tiny(users=users | {"tastes": {"kind": "clusters", "dimensions": 1}}, metrics=[]))
        sim.world.users.tastes = np.where(sim.world.users.group == 0, 1.0, -1.0)[:, None]
        after(sim, FriedkinJohnsen(), 300)
        found.append(told(sim, OpinionVariance()) * (1 + 60 * (1 - homophily)) ** 2)
    assert found == pytest.approx([1.0, 1.0, 1.0], rel=0.1)


# -- DeGroot ----


def test_friends_agree_on_the_mean_weighted_by_their_numbers():
    """Σ dᵢ xᵢ stays, so that consensus is Σ dᵢ xᵢ / Σ dᵢ."""
    degree = np.diag(laplacian(FRIENDS))
    sim, one = hand_society(INNATE, FRIENDS), DeGroot(rate=0.5)
    first = after(sim, one, 1)
    assert degree @ first == pytest.approx(degree @ INNATE, abs=1e-12)
    assert after(sim, one, 3000) == pytest.approx(np.full(N, degree @ INNATE / degree.sum()), abs=1e-9)


def test_on_a_ring_a_wave_decays_at_the_rate_of_its_eigenvalue():
    """x = cos(2πki/n) has (Ax)/2 = cos(2πk/n) x: after t ticks it is (1 − r(1 − cos(2πk/n)))ᵗ of what it was."""
    k, rate, ticks = 3, 0.4, 7
    wave = np.cos(2 * np.pi * k * np.arange(N) / N)
    ring = [(i, (i + 1) % N) for i in range(N)]
    x = after(hand_society(wave, ring), DeGroot(rate=rate), ticks)
    assert x == pytest.approx(wave * (1 - rate * (1 - np.cos(2 * np.pi * k / N))) ** ticks, abs=1e-12)


# -- bounded confidence ----


@pytest.mark.parametrize(("among", "bias"), [("anybody", 0.0), ("anybody", 1.5), ("followed", 0.0), ("followed", 1.5)])
def test_meetings_conserve_the_sum_of_opinions(among, bias):
    one = Deffuant(tolerance=0.4, step_size=0.3, among=among, bias=bias, meetings=20)
    before = hand_society(INNATE, FRIENDS)
    x = after(before, one, 10)
    assert x.sum() == pytest.approx(INNATE.sum(), abs=1e-12)
    assert np.abs(x - INNATE).max() > 0.1
    assert x.min() >= INNATE.min() and x.max() <= INNATE.max()


def camps(x: Floats, gap: float, least: int) -> int:
    """How many clusters of at least so many are further than `gap` apart."""
    x = np.sort(x)
    return sum(len(camp) >= least for camp in np.split(x, np.flatnonzero(np.diff(x) > gap) + 1))


@pytest.mark.parametrize(("tolerance", "expected"), [(0.1, {4, 5, 6}), (0.2, {2}), (0.5, {1})])
def test_about_half_the_inverse_tolerance_of_camps_are_left(tolerance, expected):
    """⌊1/2ε⌋ large ones from opinions spread over 0 to 1 (Deffuant et al. 2000)."""
    n = 400
    one = Deffuant(tolerance=tolerance, among="anybody", meetings=300)
    x = after(hand_society(DRAWS.of("even").uniform(np.arange(n))), one, 1)
    assert camps(x, tolerance / 2, n // 25) in expected


def test_a_bias_towards_the_like_minded_fragments_where_chance_would_agree():
    """Sîrbu et al. (PLoS ONE 2019), ε = 0.32 and N = 300: near consensus for γ = 0, at a distance for γ = 2."""
    found = {}
    for bias in (0.0, 2.0):
        one = Deffuant(tolerance=0.32, among="anybody", bias=bias, looks=100, meetings=200)
        x = after(hand_society(DRAWS.of("biased").uniform(np.arange(300))), one, 1)
        found[bias] = np.abs(x[:, None] - x).mean()
    assert found[0.0] < 0.05 < 0.15 < found[2.0]


@pytest.mark.parametrize(("tolerance", "number"), [(0.05, 8), (0.1, 4), (0.2, 2), (0.3, 1)])
def test_listening_within_bounds_keeps_the_order_and_ends_in_camps_out_of_reach(tolerance, number):
    """Hegselmann & Krause: from 201 equidistant opinions, with so many camps in the end."""
    sim, one = hand_society(np.linspace(0, 1, 201)), HegselmannKrause(tolerance=tolerance, among="anybody")
    last = np.linspace(0, 1, 201)
    for _ in range(20):
        x = after(sim, one, 1)
        assert (np.diff(x) >= -1e-12).all()
        still, last = np.abs(x - last).max() < 1e-12, x
        if still:
            break
    assert still, "it stands still after finitely many ticks"
    steps = np.diff(x)
    assert ((steps < 1e-9) | (steps > tolerance)).all()
    assert camps(x, 1e-6, 1) == number


def test_on_a_complete_network_anybody_is_whom_one_follows():
    """Sorting and sums against edges one by one."""
    for tolerance in (0.1, 0.5, 5.0):
        found = []
        for among in ("anybody", "followed"):
            one = HegselmannKrause(tolerance=tolerance, among=among)
            found.append(after(hand_society(INNATE, ALL), one, 3))
        assert found[0] == pytest.approx(found[1], abs=1e-12)


# -- radicalisation ----


@pytest.mark.parametrize(("strength", "expected"), [(0.3, 0.0), (0.5, 0.429), (1.0, 0.995)])
@pytest.mark.parametrize("among", ["anybody", "followed"])
def test_people_are_radicalised_if_the_topic_divides_enough(strength, expected, among):
    """Kα = 0.9, 1.5 and 3 on a complete network: all end at the solution of x = K tanh(αx), on their side."""
    start = 0.2 + 0.01 * DRAWS.of("leaning").normal(np.arange(N))
    one = Radicalisation(strength=strength, controversy=3.0, among=among, rate=0.2)
    x = after(hand_society(start, ALL), one, 600)
    assert x == pytest.approx(np.full(N, expected), abs=2e-3)
    assert x == pytest.approx(strength * np.tanh(3.0 * x), abs=2e-3)
    assert after(hand_society(-start, ALL), one, 600) == pytest.approx(-x, abs=1e-12)


def test_two_closed_camps_are_driven_to_both_ends():
    """Polarisation, where a network of everybody would have gone to one side."""
    leaning = np.where(np.arange(N) < N // 2, 0.1, -0.05)
    apart = np.array([(i, j) for i, j in ALL if (i < N // 2) == (j < N // 2)])
    one = Radicalisation(strength=1.0, rate=0.2)
    split = after(hand_society(leaning, apart), one, 600)
    assert split == pytest.approx(np.where(np.arange(N) < N // 2, 0.995, -0.995), abs=2e-3)
    assert after(hand_society(leaning, ALL), one, 600) == pytest.approx(np.full(N, 0.995), abs=2e-3)
