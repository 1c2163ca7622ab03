"""Who has a session: shares of their own, a few at a time."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from recsim.problems.doubts import doubts
from recsim.scenario import Scenario
from recsim.simulation import Simulation
from recsim.world.activity import Activity
from recsim.world.activity.few_at_a_time import FewAtATime
from recsim.world.activity.lognormal import Lognormal
from recsim.world.activity.share import ShareOfUsers
from recsim.world.world import World
from tests.bits import finished
from tests.helpers import tiny

N = 4000


@pytest.fixture(scope="module")
def town() -> World:
    return Simulation(tiny({"system.recommender": "popularity"}, users={"count": N})).world


def sessions(activity: Activity, town: World, ticks: int) -> np.ndarray:
    """(ticks, users) who came."""
    users = np.arange(len(town.users), dtype=np.int32)
    return np.array([activity.active(town, users, town.draws.of(activity.stream, tick)) for tick in range(ticks)])


# -- lognormal ----


def test_session_rates_are_lognormal_with_the_stated_mean_and_spread(town):
    """share 0.02 and spread 0.8, so that nobody is capped: sessions are binomial at each user's own rate (χ²), their
    mean is the share, and the rates have the spread; 4 s.e."""
    activity = Lognormal(share=0.02, spread=0.8)
    keys = town.users.key
    rate = 0.02 * np.exp(0.8 * town.draws.of(activity.stream, "rate").normal(keys) - 0.32)
    came = sessions(activity, town, 400).sum(axis=0)
    error = np.sqrt(rate * (1 - rate) / 400)
    assert stats.chi2.sf((((came / 400 - rate) / error) ** 2).sum(), N) > 1e-4
    assert rate.max() < 1
    spread_of_means = 0.02 * np.sqrt(np.exp(0.8**2) - 1)
    assert abs(came.mean() / 400 - 0.02) < 4 * np.sqrt((spread_of_means**2 + 0.02 / 400) / N)
    assert abs(np.log(rate).std() - 0.8) < 4 * 0.8 / np.sqrt(2 * N)


def test_with_more_spread_fewer_people_have_most_sessions(town):
    shares = []
    for spread in (0.0, 0.5, 1.0, 2.0):
        came = np.sort(sessions(Lognormal(share=0.05, spread=spread), town, 200).sum(axis=0))
        shares.append(came[-N // 10 :].sum() / came.sum())
    assert (np.diff(shares) > 0).all()


def test_without_spread_everybody_has_the_share_of_a_coin(town):
    assert np.array_equal(
        sessions(Lognormal(share=0.3, spread=0.0, name="one"), town, 5),
        [
            ShareOfUsers(share=0.3).active(town, np.arange(N), town.draws.of("activity.lognormal.one", tick))
            for tick in range(5)
        ],
    )


def test_nobody_comes_more_often_than_always(town):
    """share 1: whoever is above the mean comes in every tick, so that the mean falls below the share."""
    activity = Lognormal(share=1.0, spread=1.0)
    z = town.draws.of(activity.stream, "rate").normal(town.users.key)
    came = sessions(activity, town, 30)
    assert came[:, z > 0.5].all()
    assert not came[:, z < 0.3].all()
    assert came.mean() < 0.75


def test_a_larger_share_adds_sessions_and_takes_none_away(town):
    few, many = sessions(Lognormal(share=0.1), town, 5), sessions(Lognormal(share=0.3), town, 5)
    assert (few <= many).all() and few.sum() < many.sum()


def test_who_is_asked_about_changes_nobodys_session(town):
    some = np.array([7, 3, 900], np.int32)
    for activity in (Lognormal(), FewAtATime(count=2000)):
        draws = town.draws.of(activity.stream, 3)
        everybody = activity.active(town, np.arange(N, dtype=np.int32), draws)
        assert np.array_equal(activity.active(town, some, draws), everybody[some])


# -- few at a time ----


@pytest.mark.parametrize("count", [1, 12, 40])
def test_exactly_so_many_of_the_living_come(count):
    sim = Simulation(tiny(users={"activity": {"kind": "few_at_a_time", "count": count}}))
    sim.world.users.alive[[0, 5, 39]] = False
    for tick in range(1, 8):
        sim.world.tick = tick
        active = sim.world.active(np.arange(40, dtype=np.int32))
        assert active.sum() == min(count, 37)
        assert not active[[0, 5, 39]].any()


def test_nobody_comes_where_nobody_lives():
    sim = Simulation(tiny(users={"activity": "few_at_a_time"}))
    sim.world.users.alive[:] = False
    sim.world.tick = 1
    assert not sim.world.active(np.arange(40, dtype=np.int32)).any()


def test_everybody_is_as_likely_to_come_and_no_two_together():
    """3 of 40 on 3000 ticks: a share of 3/40 each (4 s.e.), pairs as often as without replacement."""
    sim = Simulation(tiny())
    came = sessions(FewAtATime(count=3), sim.world, 3000)
    assert (came.sum(axis=1) == 3).all()
    p = 3 / 40
    assert (np.abs(came.mean(axis=0) - p) < 4 * np.sqrt(p * (1 - p) / 3000)).all()
    pair = 3 * 2 / (40 * 39)
    together = (came[:, ::2] & came[:, 1::2]).mean()
    assert abs(together - pair) < 4 * np.sqrt(pair / (3000 * 20))
    assert (came[1:] & came[:-1]).any(), "twice in a row is possible"


def test_with_one_at_a_time_one_clicks_before_the_next_one_chooses():
    sim = finished(
        tiny(users={"activity": "few_at_a_time", "choice": {"kind": "multinomial_logit", "outside": -1000.0}})
    )
    ticks = sim.service.log.clicks.tick
    assert ticks.tolist() == [1, 2, 3, 4, 5, 6]


def test_rates_are_about_how_often_people_come(town):
    """Over 50 ticks of 4000 users; within 5 % where nobody is capped."""
    for activity in (ShareOfUsers(share=0.3), Lognormal(share=0.05), FewAtATime(count=100), Activity.parse("everyone")):
        assert sessions(activity, town, 50).mean() == pytest.approx(activity.rate(N), rel=0.05)
    assert FewAtATime(count=100).rate(40) == 1.0


def test_somebody_at_a_time_does_not_use_up_a_catalogue():
    """2000 ticks with one of 1000 users at a time are two clicks a user: no note about them."""
    fields = {"ticks": 2000, "system": {"recommender": "popularity", "slate_size": 5}}
    few, all_ = ({"activity": kind} for kind in ("few_at_a_time", "everyone"))
    notes = [" ".join(doubts(Scenario.parse({**fields, "users": users}))) for users in (few, all_)]
    assert "use up" not in notes[0] and "use up" in notes[1]
