"""What baits people: promises, a polished surface; tastes that wander by themselves; and what items carry of it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from recsim.base.draws import Draws
from recsim.base.flow import Works
from recsim.simulation import Simulation
from recsim.system.generators import anonymous
from recsim.world.behaviours.clickbait import Clickbait
from recsim.world.behaviours.polish import Polish
from recsim.world.behaviours.wander import Wander
from tests.helpers import make_slate, tiny
from tests.world.hand import NOTHING, clicks, hand_world

X, Y = [1.0, 0.0], [0.0, 1.0]
BAIT = [0.0, 2.0, -0.5]


def baited(*behaviours):
    world = hand_world([X, Y], [X, Y, X], list(behaviours))
    world.items.clickbait = BAIT
    return world


# -- clickbait ----


@pytest.mark.parametrize(("pull", "cost"), [(2.0, 1.0), (0.5, 3.0), (0.0, 1.0), (1.5, 0.0)])
def test_clickbait_promises_and_costs_by_hand(pull, cost):
    """Liking ⟨1, 0⟩ · topics, less the cost, plus the promise; nothing where no item is."""
    world = baited(Clickbait(pull=pull, cost=cost))
    slate = make_slate([[0, 1, 2], [2, -1, 0]])
    gain = world.utility(slate.users, slate.items)
    assert gain[0] == pytest.approx([1.0, -2 * cost, 1 + 0.5 * cost])
    assert gain[1, [0, 2]] == pytest.approx([0.5 * cost, 0.0]) and np.isnan(gain[1, 1])
    appeal = sum(world.terms(slate).values())
    assert appeal[0] == pytest.approx([1.0, 2 * (pull - cost), 1 - 0.5 * (pull - cost)])


def test_people_regret_what_baited_them():
    world = baited(Clickbait(pull=2.0, cost=1.0))
    assert world.gained(clicks([1, 1])).ravel().tolist() == [-2.0, -1.0]


def test_an_ideal_recommender_knows_what_the_promise_is_worth():
    world = baited(Clickbait(cost=1.5))
    found = world.truth().utility(np.arange(2, dtype=np.int32), np.arange(3, dtype=np.int32))
    assert found == pytest.approx(world.utility(np.arange(2), np.tile(np.arange(3), (2, 1))))
    assert found[0] == pytest.approx([1.0, -3.0, 1.75])


def test_without_the_behaviour_clickbait_is_nothing():
    world = baited()
    assert world.utility(np.array([0]), np.array([[0, 1, 2]])).tolist() == [[1.0, 0.0, 1.0]]


# -- polish ----


def test_polish_appeals_and_is_worth_nothing():
    world = baited(Polish(pull=0.7))
    world.items.made_by_ai = [False, True, False]
    terms = world.terms(make_slate([[0, 1, 2], [1, -1, 0]]))
    assert terms["polish"][0] == pytest.approx([0.0, 0.7, 0.0])
    assert terms["polish"][1, [0, 2]] == pytest.approx([0.7, 0.0])
    assert terms["utility"][0].tolist() == [1.0, 0.0, 1.0]
    assert world.gained(clicks([1, 1])).ravel().tolist() == [0.0, 1.0]


# -- wander ----


def walked(one, ticks, n=4000, d=4):
    """Tastes before and after, of people who see nothing."""
    first = Draws(3).normal(np.arange(n), np.arange(d)) * np.linspace(0.5, 2.0, n)[:, None]
    world = hand_world(first, np.zeros((1, d)), [one])
    for tick in range(ticks):
        one.after(world, NOTHING, Draws(4).of("tick", tick))
    return first, world


@pytest.mark.parametrize(("rate", "ticks"), [(0.1, 30), (0.5, 3), (1.0, 2)])
def test_a_wandering_taste_forgets_at_the_stated_rate_and_keeps_its_strength(rate, ticks):
    """⟨taste, first⟩/|first|² has mean a^t and variance (1 − a^2t)/d, a² = 1 − rate²; |taste|²/|first|² has mean 1."""
    (first, world), d = walked(Wander(rate=rate), ticks), 4
    tastes, square = world.users.tastes, np.einsum("nd,nd->n", first, first)
    kept = (1 - rate**2) ** (ticks / 2)
    along = np.einsum("nd,nd->n", tastes, first) / square
    assert abs(along.mean() - kept) < 4.5 * np.sqrt((1 - kept**2) / d / len(first))
    assert along.std() == pytest.approx(np.sqrt((1 - kept**2) / d), rel=0.06)
    length = np.einsum("nd,nd->n", tastes, tastes) / square
    assert abs(length.mean() - 1) < 4.5 * length.std() / np.sqrt(len(first))


def test_a_taste_wanders_whatever_is_shown_and_whoever_else_is_there():
    one = Wander(rate=0.3)
    some, others = hand_world([X, Y], [X], [one]), hand_world([X, Y, X], [X], [one])
    for world, seen in ((some, clicks([0, 0])), (others, NOTHING)):
        one.after(world, seen, Draws(4))
    assert np.array_equal(some.users.tastes, others.users.tastes[:2])
    assert (some.users.tastes != [X, Y]).all()


def test_at_rate_zero_nobody_moves():
    first, world = walked(Wander(rate=0.0), 3, n=10)
    assert np.array_equal(world.users.tastes, first)


def test_newcomers_wander_from_where_they_came():
    one = Wander(rate=0.2)
    world = hand_world([X, Y], [X], [one])
    one.after(world, NOTHING, Draws(4))
    (row,) = world.add_users(np.array([77], np.uint64))
    came = world.users.tastes[row].copy()
    one.after(world, NOTHING, Draws(5))
    assert np.array_equal(world.users.first_taste[row], came)
    assert world.users.first_taste[:2].tolist() == [X, Y]


# -- items ----


@pytest.mark.parametrize(("mean", "spread"), [(0.0, 0.0), (0.7, 0.0), (-0.2, 0.6)])
def test_clickbait_of_items_has_the_stated_mean_and_spread(mean, spread):
    """20 000 items: s.e. σ/√n and σ/√2n, 4 of them; normal by KS; and nothing to do with quality."""
    items = Simulation(
        tiny(items={"count": 20_000, "clickbait_mean": mean, "clickbait_spread": spread}, metrics=[])
    ).world.items
    bait = items.clickbait
    assert abs(bait.mean() - mean) <= 4 * spread / np.sqrt(20_000) + 1e-12
    assert abs(bait.std() - spread) <= 4 * spread / np.sqrt(40_000) + 1e-12
    if spread:
        assert stats.kstest((bait - mean) / spread, "norm").pvalue > 1e-4
        assert abs(np.corrcoef(bait, items.quality)[0, 1]) < 4 / np.sqrt(20_000)


def test_clickbait_moves_nothing_else():
    """It has draws of its own."""
    plain, baiting = (
        Simulation(tiny(items=more, metrics=[])).world.items
        for more in ({}, {"clickbait_mean": 1.0, "clickbait_spread": 2.0})
    )
    for name in plain.columns:
        assert np.array_equal(plain[name], baiting[name]) == (name != "clickbait"), name


KEYS = np.array([2**63, 2**62, 2**61], np.uint64)


def made(topics, genre=None, parent=None) -> Works:
    works = anonymous(np.asarray(topics, float), np.array([0.1, 0.2, 0.3]), np.array([1.0, 2.0, 3.0]), genre)
    return works if parent is None else works._replace(parent=np.array(parent, np.int32))


def world_of(**fields):
    tastes = {"kind": "clusters", "dimensions": 2} | fields
    return Simulation(tiny(users={"tastes": tastes}, metrics=[])).world


def test_works_bring_their_parents_clickbait_and_generation():
    world = world_of()
    rows = world.add_works(made(np.ones((3, 2)), parent=[4, -1, 4]), KEYS, generation=7)
    items = world.items
    assert items.parent[rows].tolist() == [4, -1, 4] and (items.parent[:30] == -1).all()
    assert items.clickbait[rows].tolist() == [1.0, 2.0, 3.0] and items.quality[rows].tolist() == [0.1, 0.2, 0.3]
    assert items.generation[rows].tolist() == [7] * 3 and not items.generation[:30].any()
    again = world.content(rows)
    assert again.clickbait.tolist() == [1.0, 2.0, 3.0]
    assert again.parent.tolist() == [-1] * 3, "whoever reads an item does not see what it was made after"


def test_a_work_of_no_genre_is_of_that_of_the_nearest_centre():
    world = world_of()
    centres = world.fitted.centres
    assert len(centres) > 2
    rows = world.add_works(made(3.0 * centres[[2, 0, 1]]), KEYS)
    assert world.items.genre[rows].tolist() == [2, 0, 1]
    told = world.add_works(made(centres[[2, 0, 1]], np.array([1, -1, 0], np.int32)), KEYS + np.uint64(9))
    assert world.items.genre[told].tolist() == [1, 0, 0], "who says so knows better"


def test_genres_of_peoples_items_are_the_clusters_they_come_from():
    world = world_of()
    assert np.array_equal(world.items.genre, world.items.home) and len(np.unique(world.items.genre)) > 1


def test_where_genres_are_forms_of_titles_a_work_without_one_has_none():
    world = Simulation(tiny(users={"tastes": {"kind": "clusters", "dimensions": 2}}, items={"titles": "corpus"})).world
    rows = world.add_works(made(np.ones((3, 2))), KEYS)
    assert world.items.genre[rows].tolist() == [-1] * 3 and (world.items.tokens[rows] == -1).all()
