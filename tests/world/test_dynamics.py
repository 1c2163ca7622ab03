"""Births and deaths."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from recsim.simulation import Simulation
from tests.helpers import run_all, tiny


@pytest.mark.parametrize("per_tick", [0, 1, 10])
def test_items_are_born_everywhere(per_tick):
    """A15 of T-RECS: 10 a tick × 6 ticks = 60 more, in every table and matrix."""
    sim = run_all(tiny({"items.dynamics": [{"kind": "new_items", "per_tick": per_tick}]}))
    n = 30 + 6 * per_tick
    assert len(sim.world.items) == len(sim.service.items) == len(sim.service.public.item_keys) == n
    assert len(sim.service.policies["recommender.als"].items) == n
    assert np.array_equal(sim.world.items.born, np.repeat(np.arange(7), [30] + [per_tick] * 6))
    assert len(np.unique(sim.world.items.key)) == n


def test_users_join_everywhere_and_click():
    """A16 of T-RECS: sessions grow by those who joined; everybody clicks here."""
    paths = {"users.dynamics": [{"kind": "new_users", "per_tick": 5}], "users.choice.outside": -1e6}
    sim = run_all(tiny(paths, metrics=["users"]))
    assert len(sim.world.users) == len(sim.service.users) == 70
    assert [value for _, _, _, value in sim.rows] == [40, 45, 50, 55, 60, 65, 70]
    assert np.bincount(sim.service.log.clicks.tick).tolist() == [0, 45, 50, 55, 60, 65, 70]
    assert len(np.unique(sim.world.users.key)) == 70


def test_newborn_items_can_be_shown_on_the_tick_of_their_birth():
    paths = {"items.dynamics": [{"kind": "new_items", "per_tick": 200}], "system.recommender": "uniform", "ticks": 3}
    sim = run_all(tiny(paths))
    shown = sim.service.log.exposures[3].items
    assert (sim.world.items.born[shown] == 3).any()


def test_a_newborn_is_the_same_however_many_others_are_born():
    few, many = (run_all(tiny({"items.dynamics": [{"kind": "new_items", "per_tick": n}]})).world.items for n in (2, 6))
    for tick in range(1, 7):
        one, other = np.flatnonzero(few.born == tick), np.flatnonzero(many.born == tick)
        assert np.array_equal(few.key[one], many.key[other[:2]])
        assert np.array_equal(few.topics[one], many.topics[other[:2]])
        assert np.array_equal(few.quality[one], many.quality[other[:2]])


def test_the_first_catalogue_does_not_depend_on_who_comes_later():
    without, with_ = (Simulation(tiny({"items.dynamics": d})) for d in ([], ["new_items"]))
    assert np.array_equal(without.world.items.topics, with_.world.items.topics)


def test_lifetimes_are_geometric():
    """After t ticks a share (1 − hazard)^t is left, of 4000 users: s.e. √(p(1 − p)/n); 4 s.e."""
    spec = tiny(
        {"users.dynamics": [{"kind": "churn", "hazard": 0.15}], "system.recommender": "none", "ticks": 8},
        users={"count": 4000},
        system={"warmup": {"ticks": 0}},
        metrics=["users"],
    )
    found = [value / 4000 for _, _, _, value in run_all(spec).rows]
    for tick, share in enumerate(found):
        p = 0.85**tick
        assert abs(share - p) <= 4 * np.sqrt(p * (1 - p) / 4000)


def test_those_who_left_have_no_sessions_and_do_not_come_back():
    sim = Simulation(tiny({"users.dynamics": [{"kind": "churn", "hazard": 0.2}], "ticks": 10}))
    before = sim.world.users.alive.copy()
    while sim.running:
        sim.step()
        served = sim.service.log.exposures[sim.tick].users
        assert np.array_equal(served, np.flatnonzero(before))
        assert not (sim.world.users.alive & ~before).any()
        before = sim.world.users.alive.copy()
    assert 0 < before.sum() < 40


def test_a_larger_hazard_makes_the_same_people_leave_and_more():
    left = []
    for hazard in (0.05, 0.2):
        spec = tiny({"users.dynamics": [{"kind": "churn", "hazard": hazard}], "ticks": 3}, users={"count": 500})
        left.append(~run_all(spec).world.users.alive)
    assert (left[1] | ~left[0]).all()
    assert left[1].sum() > left[0].sum() > 0


def test_sessions_are_as_frequent_as_activity_says_and_independent_between_ticks():
    """Share 0.3 of 2000 users on 6 ticks: 4 s.e.; sessions per user are Binomial(6, 0.3): χ²."""
    spec = tiny({"users.activity": 0.3, "system.keep_exposures": 10}, users={"count": 2000})
    exposures = run_all(spec).service.log.exposures
    active = np.array([np.isin(np.arange(2000), exposures[tick].users) for tick in range(1, 7)])
    assert abs(active.mean() - 0.3) < 4 * np.sqrt(0.3 * 0.7 / active.size)
    counts = np.bincount(active.sum(axis=0), minlength=7)[:6]
    expected = 2000 * stats.binom.pmf(np.arange(6), 6, 0.3)
    expected[5] += 2000 * stats.binom.pmf(6, 6, 0.3)
    counts[5] += 2000 - counts.sum()
    assert stats.chisquare(counts, expected).pvalue > 1e-4


def test_a_larger_share_of_active_users_adds_sessions_and_takes_none_away():
    few, many = (run_all(tiny({"users.activity": a})).service.log.exposures[6].users for a in (0.3, 0.7))
    assert set(few.tolist()) < set(many.tolist())
