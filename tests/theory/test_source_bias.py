"""O23: what a bias towards machines, or clickbait, is worth in clicks: a pooled logit, by the world's own choices."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from recsim.simulation import Simulation
from recsim.world.world import World
from tests.helpers import make_slate, tiny

USERS, ITEMS = 20_000, 20


def equal_items(behaviour: Any, temperature: float = 1.0) -> World:
    """People to whom all items are the same, and who always choose one."""
    choice = {"kind": "multinomial_logit", "outside": -1e6, "temperature": temperature}
    users = {"count": USERS, "choice": choice, "behaviours": [behaviour]}
    world = Simulation(tiny(users=users, items={"count": ITEMS}, system={"recommender": "uniform"}, metrics=[])).world
    world.items.topics, world.items.quality = 0.0, 0.0
    return world


def share_of(world: World, some: np.ndarray) -> float:
    """How often one of these items is chosen from all of them."""
    picked = world.choose(make_slate(np.tile(np.arange(ITEMS), (USERS, 1)))).items
    assert len(picked) == USERS
    return float(some[picked].mean())


def odds(share: float) -> float:
    return share / (1 - share)


@pytest.mark.parametrize(("pull", "g"), [(0.0, 0.3), (0.5, 0.3), (1.2, 0.1), (1.2, 0.5), (3.0, 0.05)])
def test_odds_of_machines_grow_by_e_to_the_pull(pull: float, g: float) -> None:
    """x/(1 − x) = e^Δ g/(1 − g); 4 s.e. of a share of 20 000 choices."""
    world = equal_items({"kind": "polish", "pull": pull})
    world.items.made_by_ai = np.arange(ITEMS) < round(g * ITEMS)
    ahead = np.exp(pull) * odds(g)
    x = ahead / (1 + ahead)
    assert abs(share_of(world, world.items.made_by_ai) - x) < 4 * np.sqrt(x * (1 - x) / USERS)


def test_a_hotter_choice_is_less_biased() -> None:
    """Δ counts in units of the temperature."""
    world = equal_items({"kind": "polish", "pull": 1.2}, temperature=2.0)
    world.items.made_by_ai = np.arange(ITEMS) < 4
    ahead = np.exp(0.6) * odds(0.2)
    x = ahead / (1 + ahead)
    assert abs(share_of(world, world.items.made_by_ai) - x) < 4 * np.sqrt(x * (1 - x) / USERS)


@pytest.mark.parametrize(("pull", "cost"), [(2.0, 1.0), (1.0, 1.0), (0.5, 1.5)])
def test_clickbait_pays_as_far_as_its_pull_exceeds_its_cost(pull: float, cost: float) -> None:
    """Odds e^{(κ − cost) c} for items with clickbait c, here of a fifth; those who click lose cost · c all the same."""
    world, c = equal_items({"kind": "clickbait", "pull": pull, "cost": cost}), 1.3
    baited = np.arange(ITEMS) < 4
    world.items.clickbait = c * baited
    ahead = np.exp((pull - cost) * c) * odds(0.2)
    x, feedback = ahead / (1 + ahead), world.choose(make_slate(np.tile(np.arange(ITEMS), (USERS, 1))))
    error = np.sqrt(x * (1 - x) / USERS)
    assert abs(baited[feedback.items].mean() - x) < 4 * error
    assert abs(world.gained(feedback).mean() + cost * c * x) < 4 * cost * c * error
