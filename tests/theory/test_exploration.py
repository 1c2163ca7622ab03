"""Exploration and random serving: what is logged as a propensity is how often it happens."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats

from recsim.base.draws import Draws
from recsim.simulation import Simulation
from recsim.system.interventions.exploration import Exploration
from recsim.system.recommenders.uniform import Uniform
from tests.helpers import make_public, make_request, make_slate, tiny

N = 20_000


@cache
def explored(
    greedy: tuple[int, ...], m: int, share: float, consumed: tuple[int, ...] = ()
) -> tuple[np.ndarray, np.ndarray]:
    """Items and propensities (N, k) of N users who were all about to see `greedy`, out of m items."""
    public = make_public(N, m + len(consumed))
    gone = dict.fromkeys(range(N), consumed) if consumed else {}
    service = SimpleNamespace(public=public, request=lambda users, n: make_request(public, n, gone, users=users))
    slate = make_slate(np.tile(greedy, (N, 1)))
    out = Exploration(share=share).on_slate(slate, service, Draws(11).of(len(greedy), m, int(100 * share)))
    return out.items, out.propensity


CASES = [
    pytest.param((0,), 3, 0.5, id="one slot"),
    pytest.param((0, 1), 2, 0.7, id="nothing is left out"),
    pytest.param((2, 0, 1), 4, 0.3, id="three slots of four items"),
    pytest.param((4, 1, 3), 6, 0.9, id="nearly all random"),
    pytest.param((0, 1, 2, 3), 5, 1.0, id="all random"),
    pytest.param((5, 2), 7, 0.05, id="hardly ever"),
]


@pytest.mark.parametrize(("greedy", "m", "share"), CASES)
def test_logged_propensities_are_the_frequencies(greedy, m, share):
    """For each slot and item: share of N independent users; s.e. √(p(1 − p)/N); 4 s.e."""
    items, propensity = explored(greedy, m, share)
    for slot in range(len(greedy)):
        found = np.bincount(items[:, slot], minlength=m) / N
        logged = np.full(m, np.nan)
        logged[items[:, slot]] = propensity[:, slot]
        assert len(np.unique(propensity[items[:, slot] == greedy[slot], slot])) == 1, "the same for everybody"
        p = np.where(np.isnan(logged), 0.0, logged)
        assert (np.abs(found - p) <= 4 * np.sqrt(p * (1 - p) / N) + 1e-12).all(), (slot, found, p)
        if not np.isnan(logged).any():
            assert logged.sum() == pytest.approx(1, abs=1e-12), "something stands in each slot"


@pytest.mark.parametrize(("greedy", "m", "share"), CASES)
def test_a_slate_stays_a_list_of_different_items(greedy, m, share):
    items, _ = explored(greedy, m, share)
    ordered = np.sort(items, axis=1)
    assert (ordered[:, 1:] > ordered[:, :-1]).all()
    assert ordered.min() >= 0
    assert ordered.max() < m


def test_consumed_items_are_neither_explored_nor_counted():
    items, propensity = explored((0, 1), 4, 0.5, consumed=(4, 5, 6))
    other, expected = explored((0, 1), 4, 0.5)
    assert items.max() < 4
    assert np.unique(propensity).tolist() == np.unique(expected).tolist()


def test_a_larger_share_replaces_the_same_slots_and_more():
    """A slot that was given away has no score. Share of slots: s.e. √(p(1 − p)/5N); 4 s.e."""
    public = make_public(N, 400)
    service = SimpleNamespace(public=public, request=lambda users, n: make_request(public, n, users=users))
    slate = make_slate(np.tile(np.arange(5), (N, 1)), scores=np.ones((N, 5)))
    few, many = (np.isnan(Exploration(share=p).on_slate(slate, service, Draws(1)).scores) for p in (0.2, 0.6))
    assert (many | ~few).all()
    for p, given in ((0.2, few), (0.6, many)):
        assert abs(given.mean() - p) < 4 * np.sqrt(p * (1 - p) / given.size)


@pytest.mark.parametrize(
    ("greedy", "m"),
    [
        pytest.param((-1, -1), 4, id="no list at all"),
        pytest.param((1, -1), 4, id="a list with a hole"),
        pytest.param((1, 0, -1, -1), 2, id="fewer items than slots"),
        pytest.param((2, 0, 1, -1), 3, id="one item too few"),
    ],
)
def test_propensities_are_right_where_the_recommender_left_slots_empty(greedy, m):
    """An empty slot that is kept takes no item away from the draw. Every item that is seen in a slot: 4 s.e."""
    items, propensity = explored(greedy, m, 0.5)
    for slot in range(len(greedy)):
        for item in np.unique(items[:, slot][items[:, slot] >= 0]):
            here = items[:, slot] == item
            p = propensity[here, slot][0]
            assert abs(here.mean() - p) < 4 * np.sqrt(p * (1 - p) / N), (slot, item)
        assert np.isnan(propensity[items[:, slot] < 0, slot]).all()


def test_with_share_1_slates_know_nothing_of_the_model():
    """Bitwise the same slates whoever is the recommender: ALS, popularity, an oracle, or nobody at all."""
    sims = []
    for recommender in ({"kind": "als", "factors": 4, "threads": 1}, "popularity", "oracle", "uniform", "none"):
        spec = tiny(
            {"system.recommender": recommender, "users.choice.outside": 50.0, "ticks": 4},
            interventions=[{"kind": "exploration", "share": 1.0}],
        )
        sim = Simulation(spec)
        for _ in range(3):
            sim.step()
        sims.append(sim.slates(range(40)))
    for other in sims[1:]:
        assert np.array_equal(sims[0].items, other.items)


def test_with_share_1_every_item_is_shown_equally_often():
    items, propensity = explored((0, 1, 2), 12, 1.0)
    for slot in range(3):
        assert stats.chisquare(np.bincount(items[:, slot], minlength=12)).pvalue > 1e-4
    assert propensity == pytest.approx(1 / 12)


def test_uniform_logs_one_over_what_the_user_may_be_shown():
    """Frequency of each item in each slot, for users who have consumed 0, 1, … items: 4 s.e."""
    public, m = make_public(N, 6), 6
    gone = {user: np.arange(user % 4) for user in range(N)}
    slate = Uniform().rank(None, make_request(public, 3, gone), Draws(2))
    for consumed in range(4):
        rows = np.arange(consumed, N, 4)
        assert np.unique(slate.propensity[rows]).tolist() == [1 / (m - consumed)]
        for slot in range(3):
            found = np.bincount(slate.items[rows, slot], minlength=m) / len(rows)
            p = np.where(np.arange(m) < consumed, 0.0, 1 / (m - consumed))
            assert (np.abs(found - p) <= 4 * np.sqrt(p * (1 - p) / len(rows))).all()


def test_a_random_share_is_a_fixed_set_of_users_and_their_propensity_is_that_of_uniform():
    """Membership is keyed by user alone: the unbiased slice stays unbiased. Share 0.3 of 2000: 4 s.e."""
    spec = tiny(
        {"system.random_share": 0.3, "ticks": 5, "users.choice.outside": 50.0},
        users={"count": 2000},
        items={"count": 200},
    )
    sim, chosen = Simulation(spec), []
    for _ in range(4):
        sim.step()
        slate = sim.service.log.exposures[sim.tick]
        # the warm-up is uniform for all; afterwards only the slice has a propensity below 1
        chosen.append((slate.propensity < 1).all(axis=1))
    assert chosen[0].all()
    assert np.array_equal(chosen[2], chosen[3])
    assert abs(chosen[3].mean() - 0.3) < 4 * np.sqrt(0.3 * 0.7 / 2000)
    assert np.unique(slate.propensity).tolist() == [1 / 200, 1.0]
