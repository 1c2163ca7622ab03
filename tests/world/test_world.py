"""The truth: what people meet, what it is worth to them, what is seen of it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from recsim.base.flow import Source, Works
from recsim.simulation import Simulation
from recsim.system.generators import anonymous
from tests.helpers import make_slate, run_all, tiny


@pytest.fixture
def sim() -> Simulation:
    return Simulation(tiny())


def test_utility_is_taste_times_topic_plus_quality(sim):
    users, items = sim.world.users, sim.world.items
    found = sim.world.utility(np.array([3, 9]), np.array([[1, 4, -1], [0, 1, 2]]))
    for row, user in enumerate((3, 9)):
        for col, item in enumerate([(1, 4, -1), (0, 1, 2)][row]):
            expected = sum(users.tastes[user] * items.topics[item]) + items.quality[item]
            assert np.isnan(found[row, col]) if item < 0 else found[row, col] == pytest.approx(expected)


def test_the_truth_that_ideals_see_is_the_utility_that_users_gain(sim):
    everything = np.tile(np.arange(30), (40, 1))
    table = sim.world.truth().utility(np.arange(40), np.arange(30))
    assert np.abs(table - sim.world.utility(np.arange(40), everything)).max() < 1e-12


def test_the_likings_of_a_group_are_those_of_its_members_bit_for_bit(sim):
    """Row by row in a fixed order: how users are grouped cannot change a bit."""
    items = np.tile(np.arange(30), (40, 1))
    whole = sim.world.utility(np.arange(40), items)
    for size in (1, 7, 16):
        parts = [sim.world.utility(some, items[some]) for some in np.split(np.arange(40), range(size, 40, size))]
        assert np.array_equal(np.concatenate(parts), whole)


def test_appeal_is_the_sum_of_its_terms():
    sim = Simulation(tiny(users={"behaviours": [{"kind": "position_bias", "strength": 0.5}, "drift"]}))
    terms = sim.world.terms(make_slate([[3, 1], [2, -1]]))
    assert list(terms) == ["utility", "position_bias", "drift"]
    assert terms["position_bias"][0] == pytest.approx([0, -0.5 * np.log(2)])
    assert (terms["drift"] == 0).all()


def test_quality_has_the_stated_mean_and_spread():
    """20 000 items: s.e. of the mean σ/√n, of σ itself σ/√2n; 4 s.e.; normal by KS."""
    quality = Simulation(
        tiny(items={"count": 20_000, "quality_mean": -0.3, "quality_spread": 0.8}, system={"warmup": {"ticks": 1}})
    ).world.items.quality
    assert abs(quality.mean() + 0.3) < 4 * 0.8 / np.sqrt(20_000)
    assert abs(quality.std() - 0.8) < 4 * 0.8 / np.sqrt(40_000)
    assert stats.kstest((quality + 0.3) / 0.8, "norm").pvalue > 1e-4


@pytest.mark.parametrize("noise", [0.0, 0.7])
def test_features_are_topics_seen_with_the_stated_error(noise):
    items = Simulation(tiny(items={"count": 5000, "feature_noise": noise})).world.items
    error = items.features - items.topics
    assert abs(error.std() - noise) <= 4 * noise / np.sqrt(2 * error.size)
    assert (noise > 0) or (error == 0).all()


def test_works_of_a_machine_are_known_as_such_to_the_world_only(sim):
    world = sim.world
    rows = world.add_works(anonymous(np.ones((2, 8)), np.array([0.1, 0.2])), np.array([2**63, 5 * 10**9], np.uint64))
    assert rows.tolist() == [30, 31]
    assert world.items.made_by_ai.tolist() == [False] * 30 + [True] * 2
    assert world.items.quality[30:].tolist() == [0.1, 0.2]
    assert world.content(rows).topics.tolist() == np.ones((2, 8)).tolist()
    assert "made_by_ai" not in world.public()._fields
    assert "made_by_ai" not in Works._fields


def test_what_people_meet_by_themselves_stands_beside_the_slate_and_nothing_twice():
    sim = Simulation(tiny({"users.discovery": {"kind": "browse", "count": 8}}))
    slate = make_slate(np.tile([3, -1, 5], (40, 1)), scores=np.ones((40, 3)), propensity=np.full((40, 3), 0.5))
    met = sim.world.meet(slate)
    assert np.array_equal(met.items[:, :3], slate.items)
    assert (met.source[:, :3] == Source.RECOMMENDED).all()
    assert (met.source[:, 3:] == Source.ORGANIC).all()
    assert np.isnan(met.scores[:, 3:]).all()
    assert np.isnan(met.propensity[:, 3:]).all()
    assert met.shown is None
    for line in met.items:
        real = line[line >= 0].tolist()
        assert len(set(real)) == len(real)
    assert not np.isin(met.items[:, 3:], [3, 5]).any()


def test_browsing_is_uniform_over_what_exists():
    """3000 users × 4 items of 25: χ². Delisted items are met too."""
    sim = Simulation(
        tiny({"users.discovery": {"kind": "browse", "count": 4}}, users={"count": 3000}, items={"count": 25})
    )
    sim.service.items.listed[:20] = False
    found = sim.world.people.discovery.meet(sim.world, np.arange(3000), sim.draws.of("test"))
    assert stats.chisquare(np.bincount(found.ravel(), minlength=25)).pvalue > 1e-4


def test_nobody_browses_at_count_0_and_none_is_the_same():
    one, other = (run_all(tiny({"users.discovery": d})).rows for d in ("none", {"kind": "browse", "count": 0}))
    assert repr(one) == repr(other)


def test_without_a_recommender_people_live_from_what_they_find():
    sim = run_all(tiny({"system.recommender": "none", "users.discovery": "browse", "users.choice.outside": -1e6}))
    clicks = sim.service.log.clicks
    assert (clicks.tick > 2).sum() == 40 * 4
    assert sim.service.items.views.sum() == 40 * 5 * 2, "views count what the platform showed: the warm-up only"
    assert sim.service.items.clicks.sum() == 40 * 6


def test_what_people_know_anyway_needs_no_looking_down_the_list():
    """Everything is met, so every recommended item is known: no rank, no penalty; without discovery the rank counts."""
    strong = [{"kind": "position_bias", "strength": 3.0}]
    known = Simulation(tiny({"users.discovery": "everything"}, users={"behaviours": strong}))
    slate = known.slates(range(40))
    assert slate.met[slate.by_platform].all() and not slate.met[~slate.by_platform].any()
    assert (known.world.terms(slate)["position_bias"] == 0).all()
    assert (slate.ranks[slate.by_platform] > 0).all(), "the platform's own log still knows the rank"
    alone = Simulation(tiny(users={"behaviours": strong}))
    plain = alone.slates(range(40))
    assert plain.met is None and (alone.world.terms(plain)["position_bias"][:, 1:] < 0).all()
