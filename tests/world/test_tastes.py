"""Clusters: tastes and topics around common centres."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from recsim.base.draws import Draws
from recsim.world.tastes.clusters import Clusters

N = 40_000
KEYS = np.arange(N, dtype=np.uint64)
DRAWS = Draws(9).of("tastes")


def test_centres_are_random_directions_of_the_stated_length():
    """A coordinate of a random direction has mean 0 and variance 1/d: 5000 centres of 8 dimensions, 4 s.e."""
    centres = Clusters(dimensions=8, clusters=5000, strength=2.0).fit(None, DRAWS).users
    assert np.allclose((centres**2).sum(axis=1), 4.0)
    variance = 4.0 / 8
    assert abs(centres.mean()) < 4 * np.sqrt(variance / centres.size)
    for axis in centres.T:
        assert abs((axis**2).mean() - variance) < 4 * (axis**2).std() / np.sqrt(len(axis))


def test_members_scatter_around_their_centre():
    """taste = centre + spread · strength/√d · N(0, I); every cluster equally likely (χ²); 4 s.e."""
    tastes = Clusters(dimensions=5, clusters=7, spread=0.4, strength=3.0)
    fitted = tastes.fit(None, DRAWS)
    for drawn in (tastes.users(KEYS, fitted, DRAWS), tastes.items(KEYS, fitted, DRAWS)):
        apart = drawn.vectors - fitted.users[drawn.home]
        assert stats.chisquare(np.bincount(drawn.home, minlength=7)).pvalue > 1e-4
        sigma = 0.4 * 3.0 / np.sqrt(5)
        assert abs(apart.std() / sigma - 1) < 4 / np.sqrt(2 * apart.size)
        assert stats.kstest(apart[:, 0] / sigma, "norm").pvalue > 1e-4


def test_without_spread_everybody_in_a_cluster_is_alike():
    tastes = Clusters(spread=0.0)
    fitted = tastes.fit(None, DRAWS)
    drawn = tastes.users(KEYS[:500], fitted, DRAWS)
    assert np.array_equal(drawn.vectors, fitted.users[drawn.home])


def test_users_and_items_share_centres_but_not_draws():
    tastes = Clusters()
    fitted = tastes.fit(None, DRAWS)
    users, items = tastes.users(KEYS, fitted, DRAWS), tastes.items(KEYS, fitted, DRAWS)
    assert fitted.users is fitted.items
    assert abs(np.corrcoef(users.home, items.home)[0, 1]) < 4 / np.sqrt(N)


def test_who_somebody_is_depends_on_their_key_alone():
    tastes = Clusters()
    fitted = tastes.fit(None, DRAWS)
    some = np.array([2**63, 5, 77], np.uint64)
    alone = [tastes.users(some[[k]], fitted, DRAWS).vectors[0] for k in range(3)]
    assert np.array_equal(tastes.users(some, fitted, DRAWS).vectors, alone)


@pytest.mark.parametrize("strength", [1.0, 2.0])
def test_an_item_of_the_own_cluster_is_worth_strength_squared_and_another_nothing(strength):
    """On average over worlds, 300 of them: mean strength² and 0, spread strength²(1 + spread²)/√d; 4 s.e."""
    own, others, squares = [], [], []
    for world in range(300):
        tastes, draws = Clusters(strength=strength, clusters=20), DRAWS.of(world)
        fitted = tastes.fit(None, draws)
        users, items = (draw(KEYS[:80], fitted, draws) for draw in (tastes.users, tastes.items))
        utility, same = users.vectors @ items.vectors.T, users.home[:, None] == items.home
        own.append(utility[same].mean())
        others.append(utility[~same].mean())
        squares.append((utility[~same] ** 2).mean())
    spread = strength**4 * (1 + 0.4**2) ** 2 / 8
    for found, expected in ((own, strength**2), (others, 0.0), (squares, spread)):
        assert abs(np.mean(found) - expected) < 4 * np.std(found, ddof=1) / np.sqrt(300)
