"""Births and deaths."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from recsim.base.draws import Draws
from recsim.simulation import Simulation
from recsim.world.dynamics.ageing import Ageing
from recsim.world.dynamics.dissatisfaction import Dissatisfaction
from recsim.world.dynamics.session_budget import SessionBudget
from tests.helpers import run_all, tiny
from tests.world.hand import clicks, hand_world

DRAWS = Draws(4)
NOTHING = -1


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


# -- who is dissatisfied leaves ----


def test_satisfaction_is_a_running_mean_of_what_was_gained_above_elsewhere():
    """Gain 3 − 1 of one click; then two clicks of 2 and 5, less 1 each; then none at all."""
    one = Dissatisfaction(base=0.0, memory=0.5, outside=1.0)
    world = hand_world([[1.0]], [[3.0], [2.0], [5.0]], dynamics=[one])
    found = []
    for items in ([[0, NOTHING]], [[1, 2]], [[NOTHING, NOTHING]]):
        one.after(world, clicks(items), DRAWS)
        found.append(float(world.users.satisfaction[0]))
    assert found == [1.0, 0.5 * 1.0 + 0.5 * 5.0, 1.5]
    assert world.users.alive.all()


@pytest.mark.parametrize("satisfaction", [-2.0, 0.0, 1.5])
def test_the_odds_of_leaving_fall_with_satisfaction(satisfaction):
    """logit P = logit 0.2 − 0.7 s: 6000 users, 4 s.e."""
    n = 6000
    one = Dissatisfaction(base=0.2, sensitivity=0.7, memory=0.0)
    world = hand_world(np.zeros((n, 1)), [[1.0]], dynamics=[one])
    world.users.satisfaction = satisfaction
    one.after(world, clicks(np.full(n, NOTHING)), DRAWS)
    p = 1 / (1 + 4 * np.exp(0.7 * satisfaction))
    assert abs((~world.users.alive).mean() - p) < 4 * np.sqrt(p * (1 - p) / n)


@pytest.mark.parametrize(("satisfaction", "more"), [(-1.0, True), (1.0, False)])
def test_the_more_sensitive_leave_earlier_when_dissatisfied_and_later_when_content(satisfaction, more):
    left = []
    for sensitivity in (0.0, 1.0, 3.0):
        one = Dissatisfaction(base=0.3, sensitivity=sensitivity, memory=0.0)
        world = hand_world(np.zeros((500, 1)), [[1.0]], dynamics=[one])
        world.users.satisfaction = satisfaction
        one.after(world, clicks(np.full(500, NOTHING)), DRAWS)
        left.append(int((~world.users.alive).sum()))
    assert left == sorted(left, reverse=not more) and left[0] != left[-1]


def test_only_who_had_a_session_leaves_and_extremes_are_safe():
    one = Dissatisfaction(base=1.0)
    world = hand_world(np.zeros((4, 1)), [[1e9]], dynamics=[one])
    one.after(world, clicks([[0]], [2]), DRAWS)
    assert world.users.alive.tolist() == [True, True, False, True]
    keeper = Dissatisfaction(base=0.5, memory=1.0, sensitivity=1e9, outside=1e9)
    for _ in range(3):
        keeper.after(world, clicks([[0]], [1]), DRAWS)
    assert world.users.alive.tolist() == [True, False, False, True]


def test_a_better_recommender_keeps_more_people():
    """The chain from recommender to utility to retention; paired draws, 300 users, 20 ticks."""
    left = []
    for recommender in ("oracle", "uniform"):
        paths = {"system.recommender": recommender, "ticks": 20, "system.warmup.ticks": 0, "items.count": 200}
        spec = tiny(paths, users={"count": 300, "dynamics": [{"kind": "dissatisfaction", "base": 0.1}]})
        left.append(int(run_all(spec).world.users.alive.sum()))
    assert left[0] > left[1] + 4 * np.sqrt(300 * 0.25), left


# -- time budgets ----


def test_a_session_costs_time_and_quality_gives_some_back():
    one = SessionBudget(budget=100.0, click_cost=4.0, refill=2.0, idle_cost=0.5)
    world = hand_world(np.zeros((3, 1)), [[1.0], [1.0]], dynamics=[one])
    world.items.quality = [1.5, -1.0]
    one.after(world, clicks([[0, NOTHING], [0, 1], [NOTHING, NOTHING]]), DRAWS)
    assert world.users.spent.tolist() == [1.0, 1.0 + 6.0, 0.5]


def test_who_has_no_time_left_goes():
    one = SessionBudget(budget=8.0, refill=0.0)
    world = hand_world(np.zeros((2, 1)), [[1.0]], dynamics=[one])
    one.after(world, clicks([[0]], [1]), DRAWS)
    assert world.users.alive.all()
    one.after(world, clicks([[0]], [1]), DRAWS)
    assert world.users.alive.tolist() == [True, False]


@pytest.mark.parametrize("rest", [1, 3])
def test_who_rests_is_away_for_the_stated_ticks_and_begins_anew(rest):
    """Everybody clicks each tick at a cost of 4 of 8: two sessions, then `rest` ticks without one."""
    budget = {"kind": "session_budget", "budget": 8.0, "refill": 0.0, "rest": rest}
    paths = {"users.choice.outside": -1e6, "system.keep_exposures": 20, "ticks": 12}
    sim = run_all(tiny(paths, users={"dynamics": [budget]}))
    seen = [len(sim.service.log.exposures[tick].users) for tick in range(1, 13)]
    assert seen == [40 if tick % (2 + rest) < 2 else 0 for tick in range(12)]
    assert sim.world.users.alive.all()


def test_a_larger_budget_makes_longer_stays():
    stays = []
    for budget in (4.0, 8.0, 16.0):
        block = {"kind": "session_budget", "budget": budget}
        sim = run_all(tiny({"users.choice.outside": -1e6}, users={"dynamics": [block]}))
        stays.append(len(sim.service.log))
    assert stays == sorted(set(stays))


# -- news age ----


@pytest.mark.parametrize(
    ("form", "expected"), [("linear", [0.9, 0.8, 0.7, 0.6]), ("exponential", [0.9, 0.81, 0.729, 0.6561])]
)
def test_prominence_fades_with_age(form, expected):
    one = Ageing(rate=0.1, form=form)
    world = hand_world([[1.0]], [[1.0], [1.0]], of_items=[one])
    world.items.prominence = [2.0, 5.0]
    for tick, left in enumerate(expected, start=1):
        world.begin(tick, None)
        assert world.items.prominence == pytest.approx([2.0 * left, 5.0 * left])


def test_linear_news_are_ten_days_old_and_gone():
    one = Ageing(rate=0.1)
    world = hand_world([[1.0]], [[1.0]], of_items=[one])
    for tick in range(1, 15):
        world.begin(tick, None)
        assert (world.items.prominence[0] > 1e-12) == (tick < 10)
    assert world.items.alive.all(), "not seen by chance, and still there"


def test_an_item_counts_its_age_from_its_own_birth():
    sim = run_all(tiny({"items.dynamics": ["new_items", {"kind": "ageing", "rate": 0.1}]}))
    items = sim.world.items
    assert items.prominence == pytest.approx(1.0 - 0.1 * (6 - items.born))


def test_items_disappear_at_the_end_of_their_life():
    dynamics = [{"kind": "ageing", "rate": 0.0, "lifetime": 3}, {"kind": "new_items", "per_tick": 5}]
    sim = Simulation(tiny({"items.dynamics": dynamics, "ticks": 8, "system.slate_size": 20, "system.repeats": True}))
    while sim.running and sim.tick < 8:
        sim.step()
        items = sim.world.items
        assert np.array_equal(items.alive, sim.tick - items.born < 3)
        shown = sim.service.log.exposures[sim.tick].items
        assert items.alive[shown[shown >= 0]].all()


def test_a_catalogue_may_die_out():
    sim = run_all(tiny({"items.dynamics": [{"kind": "ageing", "lifetime": 2}], "ticks": 5}))
    assert not sim.world.items.alive.any()
    assert (sim.service.log.exposures[5].items < 0).all()
    assert sim.service.log.clicks.tick.max() < 2


def test_satisfaction_is_what_the_click_gave_whatever_it_does_to_people_afterwards():
    """Satiation and drift change what the item is worth from then on; a rating of the same click would not know."""
    found = []
    for behaviours in ([], [{"kind": "satiation", "strength": 2.0}], [{"kind": "drift", "rate": 0.5}]):
        one = {"kind": "dissatisfaction", "base": 0.001, "memory": 1.0, "outside": 0.0}
        spec = tiny({"users.choice.outside": -50.0}, users={"behaviours": behaviours, "dynamics": [one]})
        sim = Simulation(spec)
        sim.step()
        found.append(sim.world.users.satisfaction.copy())
    assert np.array_equal(found[0], found[1]) and np.array_equal(found[0], found[2])
    assert found[0].any()
