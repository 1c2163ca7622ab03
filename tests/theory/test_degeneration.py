"""Interests that feed on themselves (Jiang et al., AIES 2019): loops:O1 and the claims of S4."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from recsim.base.draws import Draws
from recsim.world.behaviours.reinforcement import Reinforcement
from recsim.world.world import World
from tests.world.hand import hand_world, shown

DRAWS = Draws(1)
RATE = 0.005
"""Steps uniform from 0 to 0.01, as in the paper."""


def serve(world: World, one: Reinforcement, items: np.ndarray, draws: Draws) -> None:
    """Everybody is shown items (n, k) and clicks each with probability σ(interest), one topic an item."""
    interest = np.take_along_axis(world.users.tastes, items, axis=1)
    luck = draws.of("click").uniform(world.users.key, items)
    clicked = luck < 1.0 / (1.0 + np.exp(-interest))
    picks = np.where(clicked, np.arange(items.shape[1]), -1)
    one.after(world, shown(items, picks), draws)


def always_served(start: float, n: int, ticks: int, one: Reinforcement | None = None) -> np.ndarray:
    """Interests of n people in the one item that they are always served."""
    one = one or Reinforcement(rate=RATE)
    world = hand_world(np.full((n, 1), start), [[1.0]], [one])
    for tick in range(ticks):
        serve(world, one, np.zeros((n, 1), np.int32), DRAWS.of(str(start), tick))
    return world.users.tastes[:, 0].copy()


@pytest.mark.parametrize("start", [-2.0, 0.0, 0.5, 3.0])
def test_one_step_has_the_mean_and_the_spread_of_the_law(start):
    """E = δ̄ tanh(μ/2) and E² = E δ² = 4/3 δ̄²: 40 000 people, 4 s.e."""
    step = always_served(start, 40_000, 1) - start
    assert abs(step.mean() - RATE * np.tanh(start / 2)) < 4 * step.std() / 200
    squares = step**2
    assert abs(squares.mean() - 4 / 3 * RATE**2) < 4 * squares.std() / 200


def test_an_item_that_is_always_served_follows_the_closed_form():
    """sinh(μ_t/2) = sinh(μ_0/2) e^{δ̄t/2}: 20.083 at μ_0 = 1, t = 4000; 4 s.e., and 0.01 for the mean field."""
    t = 4000
    formula = 2 * np.arcsinh(np.sinh(0.5) * np.exp(RATE * t / 2))
    assert formula == pytest.approx(20.083, abs=5e-4)
    found = always_served(1.0, 1000, t)
    error = found.std() / np.sqrt(1000)
    assert abs(found.mean() - formula) < 4 * error + 0.01, (found.mean(), error)


@pytest.mark.parametrize("start", [0.0, 0.05, 0.1, 0.2])
def test_love_and_hate_have_the_probabilities_of_the_diffusion(start):
    """P(loved) ≈ Φ(μ_0 √(δ̄/E δ²)) = Φ(μ_0/√(1/150)): 2000 people, 4 s.e., and 0.01 for the diffusion itself."""
    end = always_served(start, 2000, 2500)
    assert (np.abs(end) > 0.5).mean() > 0.95, "decided"
    p = stats.norm.cdf(start * np.sqrt(150))
    assert abs((end > 0).mean() - p) < 4 * np.sqrt(p * (1 - p) / 2000) + 0.01, ((end > 0).mean(), p)


def grown(policy: str, ticks: int, pool: int = 100, slate: int = 10, people: int = 12) -> list[float]:
    """‖μ_t − μ_0‖ every 1000 ticks, mean over people who start between −½ and ½."""
    start = DRAWS.of("start").uniform(np.arange(people), np.arange(pool)) - 0.5
    one = Reinforcement(rate=RATE)
    world, found = hand_world(start, np.eye(pool), [one]), []
    for tick in range(1, ticks + 1):
        draws = DRAWS.of(policy, tick)
        chance = draws.of("slate").uniform(np.arange(people), np.arange(pool))
        order = world.users.tastes if policy == "oracle" else chance
        serve(world, one, np.argsort(-order, axis=1)[:, :slate].astype(np.int32), draws)
        if tick % 1000 == 0:
            found.append(float(np.linalg.norm(world.users.tastes - start, axis=1).mean()))
    return found


def test_degeneration_has_no_bound_and_an_oracle_speeds_it_up():
    """Claims C1 and C2 of S4; an independent program found 9.6 and 25.0 for the oracle, 1.1 at random."""
    assert grown("oracle", 2000) == pytest.approx([9.6, 25.0], rel=0.05)
    assert grown("uniform", 1000) == pytest.approx([1.1], rel=0.1)


def test_restarts_bound_the_loop():
    """C3: without them interests keep growing; with them they are at 1600 ticks where they were at 800."""
    free = [np.abs(always_served(0.0, 300, t)).mean() for t in (1500, 3000)]
    assert free[1] > free[0] + 0.8 * RATE * 1500
    one = Reinforcement(rate=RATE, restart=0.01, kept=0.0)
    early, late = (np.abs(always_served(0.0, 1500, t, one)) for t in (800, 1600))
    assert abs(late.mean() - early.mean()) < 4 * np.hypot(early.std(), late.std()) / np.sqrt(1500)
    assert late.mean() < free[0] / 10


@pytest.mark.parametrize(("restart", "kept"), [(0.05, 0.0), (0.1, 0.5), (1.0, 0.9)])
def test_restarts_settle_where_growth_and_return_balance(restart, kept):
    """Who always clicks: E(μ − μ_0) = δ̄ q/(1 − q), q = 1 − restart (1 − kept); 3000 people, 4 s.e."""
    one = Reinforcement(rate=RATE, restart=restart, kept=kept)
    gone = always_served(500.0, 3000, 400, one) - 500.0
    q = 1 - restart * (1 - kept)
    assert abs(gone.mean() - RATE * q / (1 - q)) < 4 * gone.std() / np.sqrt(3000)
