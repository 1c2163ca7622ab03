"""The behavioural assertions of T-RECS (Lucherini et al. 2021; its test suite), restated for this loop.

A2 is in `system/test_social`, A5 and A6 in `test_drift`, A7 in `test_position_bias`, A15 and A16 in
`world/test_dynamics`. No counterpart yet: A9 (Jaccard: no such metric; its null is in `test_null_loop`), A10 (RMSE: no
rating is predicted), A17 (Bass: no diffusion), A18 (divisive normalisation: another choice model).
"""

from __future__ import annotations

import numpy as np
import pytest

from recsim.base.draws import Draws
from recsim.scenario import Scenario
from recsim.simulation import Simulation
from recsim.system.recommenders import Recommender
from recsim.system.recommenders.als import ALS
from recsim.system.recommenders.popularity import Popularity
from tests.helpers import make_public, make_request, make_training, run_all, tiny

N = 12


def identity(**more) -> Simulation:
    """As many users as items; user i likes item i (utility 1) and is indifferent to all others (utility 0)."""
    paths = {
        "users.tastes": {"kind": "clusters", "dimensions": N},
        "users.choice": {"kind": "multinomial_logit", "temperature": 0.0, "outside": 0.5},
        "items.quality_spread": 0.0,
        "system.slate_size": N,
        "system.holdout": 0.0,
        "system.repeats": True,
    }
    sim = Simulation(tiny(paths | more, users={"count": N}, items={"count": N}))
    sim.world.users.tastes = np.eye(N)
    sim.world.items.topics = np.eye(N)
    sim.world.items.quality = 0.0
    return sim


def top(sim: Simulation) -> list[int]:
    return sim.slates(range(N)).items[:, 0].tolist()


# -- A1, A3: the identity world ----------------------------------------------------------------------------------------


def test_the_oracle_recommends_to_everybody_their_own_item():
    sim = identity(**{"system.recommender": "oracle"})
    for _ in range(2):
        sim.step()
    assert top(sim) == list(range(N))


def test_als_recommends_to_everybody_their_own_item_once_they_have_clicked_it():
    """One click each on the own item makes the matrix the identity: as many factors as users represent it."""
    sim = identity(**{"system.recommender": {"kind": "als", "factors": N, "iterations": 15, "threads": 1}})
    for _ in range(2):
        sim.step()
    clicks = sim.service.log.clicks
    assert (clicks.user == clicks.item).all()
    assert len(clicks) == 2 * N
    for _ in range(4):
        assert top(sim) == list(range(N))
        sim.step()


# -- A4: popularity ----------------------------------------------------------------------------------------------------


def test_what_everybody_likes_is_recommended_to_everybody():
    sim = identity(**{"system.recommender": "popularity"})
    sim.world.users.tastes = np.eye(N)[5]
    for _ in range(2):
        sim.step()
    counts = sim.service.policies["recommender.popularity"].clicks
    assert counts[0].tolist() == [0.0] * 5 + [2.0 * N] + [0.0] * (N - 6)
    assert top(sim) == [5] * N


def test_popularity_counts_are_exact():
    training = make_training([0, 1, 2, 0, 3], [4, 4, 1, 4, 2], [1, 1, 2.5, 1, 1])
    counts = Popularity().fit(training, make_public(5, 6), None, Draws(1)).clicks
    assert counts.tolist() == [[0, 2.5, 1, 0, 3, 0]]


def test_the_more_popular_of_two_items_wins_and_consumed_ones_make_room():
    public = make_public(4, 3)
    policy = Popularity().fit(make_training([0, 1, 2, 0], [2, 2, 2, 1]), public, None, Draws(1))
    slate = Popularity().rank(policy, make_request(public, 2, {0: [1, 2], 1: [2]}), Draws(1))
    assert slate.items.tolist() == [[0, -1], [1, 0], [2, 1], [2, 1]]


# -- A8: without repeats people walk down their list -------------------------------------------------------------------


def test_without_repeats_a_user_walks_through_the_best_the_second_best_and_so_on():
    paths = {
        "system.recommender": "oracle",
        "system.warmup": {"ticks": 0},
        "system.holdout": 0.0,
        "users.choice": {"kind": "multinomial_logit", "temperature": 0.0, "outside": -1e6},
        "ticks": 10,
    }
    sim = run_all(tiny(paths))
    best = np.argsort(-sim.world.utility(np.arange(40), np.tile(np.arange(30), (40, 1))), axis=1)
    clicks = sim.service.log.clicks
    walked = [clicks.item[clicks.user == user].tolist() for user in range(40)]
    assert walked == best[:, :10].tolist()


# -- A11, A12: bookkeeping ---------------------------------------------------------------------------------------------


def test_clicks_per_tick_add_up_to_the_users_when_everybody_always_clicks():
    sim = run_all(tiny({"users.choice.outside": -1e6}, record={"items": "all", "users": "all"}))
    traces = sim.recorder.arrays()
    assert traces["clicks"].sum(axis=1).tolist() == [0] + [40] * 6
    assert traces["views"].sum(axis=1).tolist() == [0] + [40 * 5] * 6
    assert (traces["picks"][1:] >= 0).all()
    assert sim.service.log.history(np.arange(40), 40, 30).items.size <= 40 * 6


def test_never_clicked_twice_what_may_not_be_shown_again():
    sim = run_all(tiny({"users.choice.outside": -1e6, "system.holdout": 0.0, "ticks": 20}))
    clicks = sim.service.log.clicks
    assert len(np.unique(np.stack([clicks.user, clicks.item]), axis=1).T) == len(clicks) == 40 * 20


# -- A13: order and ties -----------------------------------------------------------------------------------------------


def networks(kind: str) -> str:
    """A network for those who go by one."""
    return "small_world" if getattr(Recommender.members()[kind], "needs_network", False) else "none"


@pytest.mark.parametrize("kind", sorted(Recommender.members()))
def test_slates_are_in_the_order_of_their_scores(kind):
    sim = run_all(tiny({"system.recommender": {"kind": kind}}, users={"network": networks(kind)}))
    scores = sim.service.log.exposures[6].scores
    assert scores is None or (np.diff(scores, axis=1) <= 0).all()


def test_ties_are_broken_differently_for_each_user_and_tick():
    """All items equal: each stands on top equally often (χ²), and another tick has another order."""
    from scipy import stats

    public, model = make_public(6000, 6), Popularity()
    policy = model.fit(make_training([], []), public, None, Draws(1))
    one, other = (model.rank(policy, make_request(public, 3), Draws(3).of(tick)).items for tick in (1, 2))
    for slot in range(3):
        assert stats.chisquare(np.bincount(one[:, slot], minlength=6)).pvalue > 1e-4
    same = (one[:, 0] == other[:, 0]).mean()
    assert abs(same - 1 / 6) < 4 * np.sqrt(1 / 6 * 5 / 6 / 6000)


def test_ties_of_als_are_broken_by_user_too():
    """Two items clicked by the same people have equal factors: either comes first about half of the time, 4 s.e."""
    from scipy import stats

    public, model = make_public(3000, 6), ALS(factors=3, iterations=5, solver="cholesky", dtype="float64", threads=1)
    users = np.repeat(np.arange(1500), 2)
    policy = model.fit(make_training(users, np.tile([1, 4], 1500)), public, None, Draws(1))
    assert np.array_equal(policy.items[1], policy.items[4])
    first = model.rank(policy, make_request(public, 2, users=np.arange(1500)), Draws(2)).items
    assert (np.sort(first, axis=1) == [1, 4]).all()
    assert stats.binomtest(int((first[:, 0] == 1).sum()), 1500).pvalue > 1e-4


# -- A14: exploration --------------------------------------------------------------------------------------------------


def test_exploring_everywhere_with_slates_as_long_as_the_catalogue_shows_a_permutation():
    sim = identity(**{"interventions": [{"kind": "exploration", "share": 1.0}], "system.recommender": "oracle"})
    for _ in range(2):
        sim.step()
    items = sim.slates(range(N)).items
    assert (np.sort(items, axis=1) == np.arange(N)).all()
    assert (items[:, 0] != np.arange(N)).any()


# -- A19, A20: seeds and sparseness ------------------------------------------------------------------------------------


def seeded(kind: str, seed: int) -> Scenario:
    users = {"behaviours": ["drift"], "network": networks(kind)}
    return tiny({"system.recommender": {"kind": kind}, "seed": seed}, users=users)


@pytest.mark.parametrize("kind", sorted(Recommender.members()))
def test_equal_seeds_give_equal_everything_and_other_seeds_do_not(kind):
    """The one model that T-RECS did not test for this was the broken one: so, all of them."""
    one, again, other = (run_all(seeded(kind, seed)) for seed in (5, 5, 6))
    assert repr(one.rows) == repr(again.rows)
    for table, twin in ((one.service.log.clicks, again.service.log.clicks), (one.world.users, again.world.users)):
        for name, array in table.arrays().items():
            assert np.array_equal(array, twin[name], equal_nan=array.dtype.kind == "f"), name
    assert repr(one.rows) != repr(other.rows)


def test_sparse_in_sparse_out():
    """What is known of everybody's past takes one cell a click, not users × items."""
    sim = run_all(tiny({"system.retrain_every": 2}))
    history = sim.service.log.history(np.arange(40, dtype=np.int32), 40, 30)
    assert len(history.indptr) == 41
    assert 0 < len(history.items) <= len(sim.service.log) < 40 * 30
