"""Feeds that a platform ranks: by the clicks of friends, and by time."""

from __future__ import annotations

import numpy as np
import pytest

from recsim.base.draws import Draws
from recsim.system.recommenders.latest import Latest
from recsim.system.recommenders.social import Social
from tests.bits import finished
from tests.helpers import make_follows, make_public, make_request, make_training, tiny

DRAWS = Draws(14)


def lists(one, public, training, n=3, consumed=None, seed=0, **more):
    policy = one.fit(training, public, None, DRAWS.of("fit"))
    return one.rank(policy, make_request(public, n, consumed, **more), DRAWS.of("rank", seed))


# -- friends ----


def test_what_more_friends_clicked_more_often_comes_first():
    """0 follows 1 and 2: item 4 was clicked by both, 3 twice by one with weight 1.5, 2 by 3, whom 0 does not follow."""
    public = make_public(4, 6)._replace(follows=make_follows([(0, 1), (0, 2), (1, 3)], 4))
    training = make_training([1, 2, 1, 1, 3, 3], [4, 4, 3, 3, 2, 2], [1.0, 1.0, 1.5, 1.5, 9.0, 9.0])
    found = lists(Social(), public, training, n=2)
    assert found.items[0].tolist() == [3, 4] and found.scores[0].tolist() == [3.0, 2.0]
    assert found.items[1, 0] == 2 and found.scores[1].tolist() == [18.0, 0.0]
    again = lists(Social(), public, training, n=2, consumed={0: [3]})
    assert again.items[0, 0] == 4 and again.items[0, 1] != 3


def test_the_network_of_the_moment_counts_not_that_of_the_fit():
    before = make_public(3, 4)._replace(follows=make_follows([(0, 1)], 3))
    after = before._replace(follows=make_follows([(0, 2)], 3))
    policy = Social().fit(make_training([1, 2], [0, 3]), before, None, DRAWS)
    for public, item in ((before, 0), (after, 3)):
        assert Social().rank(policy, make_request(public, 1), DRAWS).items[0, 0] == item


@pytest.mark.parametrize("how", ["popular", "uniform"])
def test_who_follows_nobody_who_clicked_is_shown_something_else(how):
    public = make_public(3, 5)._replace(follows=make_follows([(0, 1), (1, 2)], 3))
    found = lists(Social(cold_users=how), public, make_training([1, 1, 1], [2, 2, 4]), n=2)
    assert found.items[0].tolist() == [2, 4]
    for cold in (1, 2):
        assert found.items[cold].tolist() == [2, 4] or how == "uniform"
        assert len(set(found.items[cold].tolist())) == 2 and (found.items[cold] >= 0).all()


def test_what_no_friend_clicked_is_in_random_order():
    public = make_public(2, 9)._replace(follows=make_follows([(0, 1)], 2))
    found = np.array([lists(Social(), public, make_training([1], [0]), n=2, seed=s).items[0] for s in range(400)])
    assert (found[:, 0] == 0).all()
    counts = np.bincount(found[:, 1], minlength=9)[1:]
    assert (np.abs(counts - 50) < 4 * np.sqrt(400 / 8 * 7 / 8)).all()


def test_people_and_items_that_came_since_the_fit_are_no_trouble():
    old = make_public(2, 3)._replace(follows=make_follows([(0, 1)], 2))
    policy = Social().fit(make_training([1], [1]), old, None, DRAWS)
    new = make_public(4, 6)._replace(follows=make_follows([(0, 1), (0, 3), (2, 3), (3, 1)], 4))
    found = Social().rank(policy, make_request(new, 2), DRAWS)
    assert found.items[0, 0] == found.items[3, 0] == 1 and (found.items >= 0).all()


# -- time ----


def test_the_newest_come_first_and_equally_new_ones_in_random_order():
    public = make_public(200, 6)._replace(born=np.array([0, 3, 1, 3, 0, 2], np.int32))
    found = lists(Latest(), public, make_training([], []), n=4, consumed={0: [1]})
    assert found.items[0].tolist() == [3, 5, 2, found.items[0, 3]]
    assert (np.sort(found.items[1:, :2], axis=1) == [1, 3]).all() and (found.items[1:, 2:] == [5, 2]).all()
    assert 0.3 < (found.items[1:, 0] == 1).mean() < 0.7
    assert (found.scores[1:] == [3.0, 3.0, 2.0, 1.0]).all()


def test_in_the_loop_a_chronological_feed_shows_todays_items():
    spec = tiny(items={"dynamics": [{"kind": "new_items", "per_tick": 5}]}, system={"recommender": "latest"})
    sim = finished(spec)
    shown = sim.service.log.exposures[6].items
    assert (sim.world.items.born[shown] == 6).all()
