"""How tastes and topics are first drawn: clusters, a cloud, a circle, mixtures. Those of a log: see tests/theory."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from recsim.base.draws import Draws
from recsim.world.tastes import Fitted
from recsim.world.tastes.circle import Circle
from recsim.world.tastes.clusters import Clusters
from recsim.world.tastes.dirichlet import Dirichlet
from recsim.world.tastes.gaussian import Gaussian

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


def test_a_centre_elsewhere_moves_everybody_and_nothing_else():
    """Exactly by `center` in the first coordinate, so that what its members like is worth center² more to them."""
    here, there = Clusters(), Clusters(center=2.5)
    one, other = here.fit(None, DRAWS), there.fit(None, DRAWS)
    assert other.centres[:, 1:] == pytest.approx(one.centres[:, 1:])
    assert other.centres[:, 0] == pytest.approx(one.centres[:, 0] + 2.5)
    users, moved = here.users(KEYS[:50], one, DRAWS), there.users(KEYS[:50], other, DRAWS)
    assert moved.vectors[:, 0] == pytest.approx(users.vectors[:, 0] + 2.5)
    assert np.array_equal(moved.home, users.home)


# -- gaussian ----


def test_a_gaussian_cloud_has_its_centre_and_its_spread():
    """N(1.5, 0.7²) in the first coordinate, N(0, 0.7²) in the others, no two of them correlated; 4 s.e., KS."""
    tastes = Gaussian(dimensions=4, center=1.5, spread=0.7)
    fitted = tastes.fit(None, DRAWS)
    for drawn in (tastes.users(KEYS, fitted, DRAWS), tastes.items(KEYS, fitted, DRAWS)):
        apart = (drawn.vectors - np.array([1.5, 0, 0, 0])) / 0.7
        assert (np.abs(apart.mean(axis=0)) < 4 / np.sqrt(N)).all()
        assert (np.abs(apart.std(axis=0) - 1) < 4 / np.sqrt(2 * N)).all()
        assert np.abs(np.corrcoef(apart.T) - np.eye(4)).max() < 4 / np.sqrt(N)
        assert stats.kstest(apart[:, 0], "norm").pvalue > 1e-4
        assert not drawn.home.any()
    assert fitted.centres.shape == (0, 4)


@pytest.mark.parametrize(("center", "spread"), [(0.0, 1.0), (2.0, 0.5)])
def test_gaussian_utilities_have_the_stated_mean_and_variance(center, spread):
    """center² and d spread⁴ + 2 center² spread², over 40 000 independent pairs; 4 s.e."""
    tastes = Gaussian(center=center, spread=spread)
    fitted = tastes.fit(None, DRAWS)
    worth = (tastes.users(KEYS, fitted, DRAWS).vectors * tastes.items(KEYS, fitted, DRAWS).vectors).sum(axis=1)
    variance, squares = 8 * spread**4 + 2 * center**2 * spread**2, (worth - center**2) ** 2
    assert abs(worth.mean() - center**2) < 4 * np.sqrt(variance / N)
    assert abs(squares.mean() - variance) < 4 * squares.std() / np.sqrt(N)


def test_without_spread_a_gaussian_cloud_is_a_point():
    tastes = Gaussian(spread=0.0, center=-1.0, dimensions=3)
    assert np.array_equal(tastes.users(KEYS[:9], tastes.fit(None, DRAWS), DRAWS).vectors, [[-1.0, 0, 0]] * 9)


# -- circle ----


@pytest.mark.parametrize("harmonics", [1, 3])
def test_likings_on_a_circle_depend_on_the_angle_between_alone(harmonics):
    """strength · (1/h) Σ cos(j Δ), by hand from the angles of the first harmonic."""
    tastes = Circle(strength=3.0, harmonics=harmonics)
    fitted = tastes.fit(None, DRAWS)
    users, items = (draw(KEYS[:300], fitted, DRAWS).vectors for draw in (tastes.users, tastes.items))
    between = np.subtract.outer(*(np.arctan2(v[:, harmonics], v[:, 0]) for v in (users, items)))
    expected = 3.0 * sum(np.cos(j * between) for j in range(1, harmonics + 1)) / harmonics
    assert users @ items.T == pytest.approx(expected, abs=1e-9)
    assert (users**2).sum(axis=1) == pytest.approx(3.0), "an item in the same place is worth the strength"
    assert fitted.centres.shape == (0, 2 * harmonics) and tastes.width == 2 * harmonics


def test_no_place_on_the_circle_is_special():
    tastes = Circle()
    vectors = tastes.users(KEYS, tastes.fit(None, DRAWS), DRAWS).vectors
    angle = np.arctan2(vectors[:, 1], vectors[:, 0])
    assert stats.kstest((angle + np.pi) / (2 * np.pi), "uniform").pvalue > 1e-4


def test_more_harmonics_make_interests_narrower():
    """Share of items that please more than half as much as the best possible one: 1/3 with one cosine, then fewer."""
    shares = []
    for harmonics in (1, 2, 4, 8):
        tastes = Circle(harmonics=harmonics, strength=1.0)
        fitted = tastes.fit(None, DRAWS)
        one, items = tastes.users(KEYS[:1], fitted, DRAWS).vectors, tastes.items(KEYS, fitted, DRAWS).vectors
        shares.append((items @ one[0] > 0.5).mean())
    assert abs(shares[0] - 1 / 3) < 4 * np.sqrt(2 / 9 / N)
    assert (np.diff(shares) < 0).all()


# -- dirichlet ----


def test_mixtures_are_dirichlet():
    """Parameter m: mean m/M, variance m(M − m)/(M²(M + 1)), margins Beta(mₖ, M − mₖ); 4 s.e. and KS."""
    tastes = Dirichlet(dimensions=4, strength=1.0)
    for total in (0.3, 4.0, 100.0):
        m = total * np.array([[0.1, 0.2, 0.3, 0.4]])
        fitted = Fitted(m, m, np.zeros((0, 4)))
        mixtures = tastes.users(KEYS, fitted, DRAWS).vectors
        assert mixtures.sum(axis=1) == pytest.approx(1.0)
        assert (mixtures >= 0).all()
        variance = m[0] * (total - m[0]) / (total**2 * (total + 1))
        assert (np.abs(mixtures.mean(axis=0) - m[0] / total) < 4 * np.sqrt(variance / N)).all()
        squares = (mixtures - m[0] / total) ** 2
        assert (np.abs(squares.mean(axis=0) - variance) < 4 * squares.std(axis=0) / np.sqrt(N)).all()
        if total > 1:  # below, numbers next to 0 and 1 are equal in floating point
            assert stats.kstest(mixtures[:, 1], stats.beta(m[0, 1], total - m[0, 1]).cdf).pvalue > 1e-4


def test_tiny_parameters_give_one_topic_an_item_and_no_nan():
    """Parameters of 0.005, as of Chaney et al.'s items, and of 10⁻³⁰⁰: one topic each, all equally often (χ²)."""
    tastes = Dirichlet(strength=1.0)
    for total in (0.1, 1e-299):
        m = np.full((1, 20), total / 20)
        topics = tastes.items(KEYS, Fitted(m, m, np.zeros((0, 20))), DRAWS).vectors
        assert np.isfinite(topics).all()
        assert topics.sum(axis=1) == pytest.approx(1.0)
        assert np.median(topics.max(axis=1)) > 0.999
        assert stats.chisquare(np.bincount(topics.argmax(axis=1), minlength=20)).pvalue > 1e-4


def test_base_measures_have_their_sums_and_their_evenness():
    """m_u ~ c · Dirichlet(e · 1): over 500 worlds each coordinate has mean c/d and variance c²(d − 1)/(d²(d e + 1))."""
    tastes = Dirichlet(dimensions=5, user_concentration=10.0, item_concentration=0.1)
    found = [tastes.fit(None, DRAWS.of(world)) for world in range(500)]
    for measures, total, even in (([f.users for f in found], 10.0, 1.0), ([f.items for f in found], 0.1, 100.0)):
        m = np.concatenate(measures)
        assert m.sum(axis=1) == pytest.approx(total)
        variance = total**2 * 4 / (25 * (5 * even + 1))
        assert (np.abs(m.mean(axis=0) - total / 5) < 4 * np.sqrt(variance / 500)).all()
        squares = (m - total / 5) ** 2
        assert (np.abs(squares.mean(axis=0) - variance) < 4 * squares.std(axis=0) / np.sqrt(500)).all()
    assert found[0].centres.shape == (0, 5)
    assert not np.array_equal(found[0].users, found[1].users)


@pytest.mark.parametrize("field", ["user_concentration", "item_concentration"])
def test_more_concentration_mixes_more(field):
    largest = []
    for value in (0.1, 2.0, 50.0):
        tastes = Dirichlet(**{field: value}, user_evenness=100.0)
        fitted = tastes.fit(None, DRAWS)
        draw = tastes.users if field.startswith("user") else tastes.items
        largest.append(draw(KEYS[:2000], fitted, DRAWS).vectors.max(axis=1).mean())
    assert (np.diff(largest) < 0).all()


@pytest.mark.parametrize("tastes", [Gaussian(), Dirichlet(), Circle()])
def test_draws_belong_to_keys_and_users_are_not_items(tastes):
    fitted = tastes.fit(None, DRAWS)
    some = np.array([2**63, 5, 77], np.uint64)
    for draw in (tastes.users, tastes.items):
        alone = [draw(some[[k]], fitted, DRAWS).vectors[0] for k in range(3)]
        assert np.array_equal(draw(some, fitted, DRAWS).vectors, alone)
    users, items = tastes.users(KEYS, fitted, DRAWS).vectors, tastes.items(KEYS, fitted, DRAWS).vectors
    assert users.shape == items.shape == (N, tastes.width)
    assert abs(np.corrcoef(users[:, 0], items[:, 0])[0, 1]) < 4 / np.sqrt(N)


@pytest.mark.parametrize("tastes", [Clusters(), Gaussian(), Dirichlet(), Circle()])
def test_six_in_ten_random_slates_of_ten_win_against_nothing(tastes):
    """As the docstrings say of the default strengths: between a half and seven tenths, with quality as by default."""
    wins = []
    for world in range(10):
        draws = DRAWS.of("wins", world)
        fitted = tastes.fit(None, draws)
        users, items = (draw(KEYS[:2000], fitted, draws).vectors for draw in (tastes.users, tastes.items))
        slates = (draws.of("slates").uniform(KEYS[:2000], np.arange(10)) * 2000).astype(int)
        quality = 0.5 * draws.of("quality").normal(KEYS[:2000])
        worth = np.exp(np.einsum("nd,nkd->nk", users, items[slates]) + quality[slates]).sum(axis=1)
        wins.append((worth / (worth + np.exp(4.0))).mean())
    assert 0.5 < np.mean(wins) < 0.7
