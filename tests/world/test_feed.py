"""The feed of those one follows, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from recsim.base.draws import Draws
from recsim.base.flow import Source
from recsim.simulation import Simulation
from recsim.world.discovery.feed import Feed
from tests.bits import finished, rows
from tests.helpers import run_all, tiny
from tests.world.hand import clicks, hand_society

DRAWS = Draws(3)
PAIRS = [(0, 1), (0, 2), (0, 3), (4, 1)]


def telling(feed: Feed, history: dict[int, list[int]], now: int = 10, n: int = 5) -> Simulation:
    """People who follow each other as `PAIRS` say; at each tick everybody clicked an item, −1 for nothing."""
    sim = hand_society(np.zeros(n), PAIRS, mutual=False)
    sim.world.users.require(feed.columns)
    for then, items in history.items():
        sim.world.tick = then
        feed.after(sim.world, clicks(items), DRAWS)
    sim.world.tick = now
    return sim


def met(feed: Feed, sim: Simulation, users=(0, 4, 1), seed=0) -> list[list[int]]:
    return feed.meet(sim.world, np.array(users, np.int32), DRAWS.of("seed", seed)).tolist()


def test_people_meet_what_those_they_follow_clicked_last_tick():
    feed = Feed(count=4)
    sim = telling(feed, {8: [-1, 3, 3, 3, 3], 9: [9, 7, -1, 5, 9]})
    first, second, third = met(feed, sim)
    assert sorted(first) == [-1, -1, 5, 7], "2 clicked nothing in the last tick"
    assert second == [7, -1, -1, -1] and third == [-1] * 4


def test_the_newest_come_first_and_nothing_comes_twice():
    feed = Feed(count=3, window=5)
    sim = telling(feed, {6: [-1, 1, 2, 3, -1], 7: [-1, 4, 2, -1, -1], 9: [-1, -1, 8, -1, -1]})
    assert met(feed, sim)[0] == [8, 4, 3]
    short = telling(feed, {6: [-1, 1, 1, 1, -1]})
    assert met(feed, short)[0] == [1, -1, -1]
    assert met(Feed(count=3, window=3), sim)[0] == [8, 4, -1]


def test_of_equally_new_ones_some_are_met_and_each_sometimes():
    feed = Feed(count=1)
    sim = telling(feed, {9: [-1, 1, 2, 3, -1]})
    found = np.array([met(feed, sim, (0,), seed)[0][0] for seed in range(300)])
    counts = np.bincount(found, minlength=4)[1:]
    assert (np.abs(counts - 100) < 4 * np.sqrt(300 * 2 / 9)).all()


def test_in_random_order_old_news_are_as_likely_as_new_ones():
    feed = Feed(count=1, window=9, order="random")
    sim = telling(feed, {3: [-1, 1, -1, -1, -1], 9: [-1, -1, 2, -1, -1]})
    found = np.array([met(feed, sim, (0,), seed)[0][0] for seed in range(300)])
    assert abs((found == 1).mean() - 0.5) < 4 * 0.5 / np.sqrt(300)
    assert met(Feed(count=1, window=9), sim, (0,)) == [[2]]


def test_whoever_is_unfollowed_or_dead_is_not_heard_nor_dead_items_seen():
    feed = Feed(count=3)
    sim = telling(feed, {9: [-1, 1, 2, 3, -1]})
    sim.world.users.alive[1] = False
    edges = sim.world.edges
    sim.world.society.unfollow(np.flatnonzero((edges.follower == 0) & (edges.followed == 2)))
    assert met(feed, sim)[0] == [3, -1, -1]
    sim.world.items.alive[3] = False
    assert met(feed, sim)[0] == [-1] * 3


def test_in_the_loop_it_is_what_friends_did():
    spec = tiny(users={"network": "communities", "discovery": "feed"}, system={"recommender": "none"})
    sim = Simulation(spec)
    while sim.running:
        before = sim.world.users.told_of.copy()
        sim.step()
        slate = sim.service.log.exposures[sim.tick]
        heard = slate.source == Source.FRIEND
        follows = sim.world.follows
        for row, user in enumerate(slate.users.tolist()):
            friends = follows.users[follows.indptr[user] : follows.indptr[user + 1]]
            assert set(slate.items[row][heard[row] & (slate.items[row] >= 0)].tolist()) <= set(before[friends].tolist())
    assert len(sim.service.log) > 40


@pytest.mark.parametrize("order", ["newest", "random"])
def test_cohorts_see_the_same_feed(order):
    spec = tiny(users={"network": "small_world", "discovery": {"kind": "feed", "window": 3, "order": order}})
    one, other = run_all(spec), finished(spec.override("cohort_size", 7))
    assert rows(one) == rows(other)
