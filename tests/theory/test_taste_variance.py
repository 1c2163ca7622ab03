"""How unlike each other tastes remain: genai:O43, and the opinion with a prejudice of Rossi et al. (loops:S9)."""

from __future__ import annotations

import numpy as np
import pytest

from recsim.base.draws import Draws
from recsim.base.flow import Floats
from recsim.world.behaviours.drift_toward import DriftToward
from recsim.world.behaviours.hedonic import Hedonic
from recsim.world.world import World
from tests.world.hand import clicks, hand_world

DRAWS = Draws(43)
N = 500
INNATE = 1.5 * DRAWS.of("innate").normal(np.arange(N), np.arange(2)) + [0.7, -0.2]


def content(tastes: Floats, personal: float, gain: float) -> Floats:
    """What each is given: their own taste, exaggerated, mixed with everybody's."""
    return personal * gain * tastes + (1 - personal) * tastes.mean(axis=0)


def relaxing(world: World, wanted: Floats, theta: float) -> None:
    """Consume it all, relax by θ to what one was: one component."""
    world.items.topics[:N] = wanted
    Hedonic(push=1.0, rate=theta).after(world, clicks(np.arange(N)), DRAWS)


def drifting(world: World, wanted: Floats, theta: float) -> None:
    """Consume it all, then something of one's innate taste, at rate θ: the same with another component."""
    world.items.topics[:N], world.items.topics[N:] = wanted, INNATE
    DriftToward(rate=1.0).after(world, clicks(np.arange(N)), DRAWS)
    DriftToward(rate=theta).after(world, clicks(np.arange(N, 2 * N)), DRAWS)


@pytest.mark.parametrize("way", [relaxing, drifting], ids=["hedonic", "drift_toward"])
@pytest.mark.parametrize(
    ("theta", "personal", "gain", "published"),
    [(0.3, 0.0, 1.0, 0.09), (0.3, 0.5, 1.0, 0.213), (0.3, 1.0, 1.0, 1.0), (0.3, 1.0, 1.2, 3.52), (0.6, 0.8, 1.5, None)],
)
def test_the_variance_of_tastes_settles_at_the_stated_ratio(way, theta, personal, gain, published):
    """x⁺ = (1−θ)[ψ g x + (1−ψ) x̄] + θ s ⇒ Var(x)/Var(s) = [θ/(1 − (1−θ) ψ g)]²: exact, 10⁻⁹.

    Popular content makes people alike, faithful content keeps them, exaggerating content drives them apart.
    """
    world = hand_world(INNATE, np.zeros((2 * N, 2)), [Hedonic()])
    for _ in range(300):
        way(world, content(world.users.tastes, personal, gain), theta)
    ratio = world.users.tastes.var(axis=0) / INNATE.var(axis=0)
    formula = (theta / (1 - (1 - theta) * personal * gain)) ** 2
    assert ratio == pytest.approx([formula, formula], rel=1e-9)
    assert published is None or formula == pytest.approx(published, abs=6e-3)


def test_beyond_the_pole_of_the_formula_tastes_run_away():
    """(1 − θ) ψ g = 1.05: the spread grows by that factor in the end."""
    world = hand_world(INNATE, np.zeros((2 * N, 2)), [Hedonic()])
    spread = []
    for _ in range(200):
        relaxing(world, content(world.users.tastes, 1.0, 1.5), 0.3)
        spread.append(world.users.tastes[:, 0].std())
    assert spread[-1] / spread[-2] == pytest.approx(1.05, abs=1e-3) and spread[-1] > 1e3


@pytest.mark.parametrize(
    ("mean", "opinion", "variance"), [(0.0, 0.0667, 0.0784), (0.5, 0.4, 0.0588), (0.9, 0.667, 0.0149)]
)
def test_an_opinion_with_a_prejudice_has_the_published_moments(mean, opinion, variance):
    """x⁺ = 0.1·0.2 + 0.7 x + 0.2 p with p = ±1 of that mean: (α x₀ + γ m)/(α + γ), γ²(1 − m²)/(1 − β²); 4 s.e."""
    n, alpha, beta, gamma = 5000, 0.1, 0.7, 0.2
    one = Hedonic(rate=alpha, push=gamma / (beta + gamma))
    world = hand_world(np.full((n, 1), 0.2), [[1.0], [-1.0]], [one])
    for tick in range(40):
        luck = DRAWS.of("news", str(mean), tick).uniform(np.arange(n))
        one.after(world, clicks(np.where(luck < (1 + mean) / 2, 0, 1)), DRAWS)
    x = world.users.tastes[:, 0]
    assert opinion == pytest.approx((alpha * 0.2 + gamma * mean) / (alpha + gamma), abs=5e-4)
    assert abs(x.mean() - (alpha * 0.2 + gamma * mean) / (alpha + gamma)) < 4 * x.std() / np.sqrt(n)
    squares = (x - x.mean()) ** 2
    assert variance == pytest.approx(gamma**2 * (1 - mean**2) / (1 - beta**2), abs=5e-5)
    assert abs(squares.mean() - gamma**2 * (1 - mean**2) / (1 - beta**2)) < 4 * squares.std() / np.sqrt(n)
