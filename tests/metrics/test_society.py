"""Opinions along follows: by hand, against networkx and against all ways of dealing them out."""

from __future__ import annotations

import itertools
import math
from types import SimpleNamespace

import networkx as nx
import numpy as np
import pytest

from recsim.base.draws import Draws
from recsim.metrics.concentration import FollowersGini, poisson_gini
from recsim.metrics.society import (
    CrossCuttingExposure,
    Disagreement,
    EIIndex,
    Modularity,
    NeighbourCorrelation,
    OpinionVariance,
)
from recsim.simulation import Simulation
from tests.helpers import make_follows, make_public, run_all, tiny
from tests.metrics.hand import NOBODY, everybody, measured, tick

DRAWS = Draws(12)


def society(opinions, follows, **more):
    """A tick of people of these opinions, who follow whom the pairs say."""
    tastes = [[float(one)] for one in opinions]
    return tick(NOBODY, tastes=tastes, topics=[[0.0]], follows=follows, **more)


CHAIN = [(0, 1), (1, 0), (1, 2), (2, 1)]
"""Two friendships of three people."""


# -- variance ----


@pytest.mark.parametrize(("opinions", "expected"), [([1, -1, 1, -1], 1.0), ([0, 3, 6], 6.0), ([2, 2], 0.0)])
def test_variance_by_hand(opinions, expected):
    assert everybody(measured(OpinionVariance(), society(opinions, []))) == pytest.approx(expected)


def test_variance_is_of_the_living_within_groups_and_beside_that_of_the_start():
    first = society([0, 4, 1, 1], [])
    later = society([0, 2, 5, 9], [], groups=[0, 0, 1, 1], group_names=("a", "b"), dead_users=[3])
    assert measured(OpinionVariance(), later, first) == pytest.approx(
        {"all": 38 / 9, "a": 1.0, "b": 0.0, "start": 2.25}
    )
    nobody = society([1.0], [], dead_users=[0])
    assert math.isnan(everybody(measured(OpinionVariance(), nobody)))


def test_the_axis_is_a_coordinate_of_the_taste():
    plane = tick(NOBODY, tastes=[[0.0, 1.0], [0.0, 3.0]], topics=[[0.0, 0.0]])
    assert everybody(measured(OpinionVariance(axis=0), plane)) == 0.0
    assert everybody(measured(OpinionVariance(axis=1), plane)) == 1.0


# -- correlation and disagreement ----


@pytest.mark.parametrize(
    ("opinions", "follows", "expected"),
    [
        ([1, 1, -1, -1], [(0, 1), (1, 0), (2, 3), (3, 2)], 1.0),
        ([1, -1, 1, -1], [(0, 1), (2, 3)], -1.0),
        ([-1, 0, 1], CHAIN, 0.0),  # friends of the middle: all products are 0
        ([0, 0, 3], [(0, 1)], (1.0 * 1.0) / 2.0),  # x̄ = 1, variance 2: one follow between −1 and −1
    ],
)
def test_correlation_by_hand(opinions, follows, expected):
    found = measured(NeighbourCorrelation(), society(opinions, follows))
    assert found == pytest.approx({"all": expected, "chance": -1 / (len(opinions) - 1)})


@pytest.mark.parametrize(
    ("opinions", "follows", "expected", "chance"),
    [([-1, 0, 1], CHAIN, 1.0, 2.0), ([0, 4], [(0, 1)], 16.0, 16.0), ([0, 0, 3], [(0, 1), (2, 0)], 4.5, 6.0)],
)
def test_disagreement_by_hand(opinions, follows, expected, chance):
    found = measured(Disagreement(), society(opinions, follows))
    assert found == pytest.approx({"all": expected, "chance": chance})


# -- camps ----


@pytest.mark.parametrize(
    ("opinions", "follows", "expected", "chance"),
    [
        ([1, 2, -1, -3], [(0, 1), (1, 0), (2, 3)], -1.0, 1 / 3),
        ([1, 2, -1, -3], [(0, 2), (1, 3)], 1.0, 1 / 3),
        ([1, 1, 1, -1, -1], [(0, 1), (0, 3), (3, 1), (4, 1)], 0.5, 0.2),  # 1 within of 4; 2(3·2 + 2·1)/20 = 0.8
    ],
)
def test_ei_index_by_hand(opinions, follows, expected, chance):
    found = measured(EIIndex(), society(opinions, follows))
    assert found == pytest.approx({"all": expected, "chance": chance})


def test_camps_are_sides_or_groups():
    people = {"groups": [0, 1, 0, 1], "group_names": ("a", "b")}
    given = society([1, 2, -1, -3], [(0, 1), (2, 3)], **people)
    assert everybody(measured(EIIndex(), given)) == -1.0
    assert everybody(measured(EIIndex(by="group"), given)) == 1.0
    assert everybody(measured(EIIndex(centre=1.5), given)) == 0.0, "1 is below, 2 above, −1 and −3 below"
    assert everybody(measured(EIIndex(centre=2.0), given)) == 0.0, "somebody at the centre is above"


TWO = [(0, 1), (1, 2), (0, 2), (3, 4), (4, 5), (3, 5), (2, 3)]
"""Two triangles and a bridge."""


@pytest.mark.parametrize(("opinions", "expected"), [([1, 1, 1, -1, -1, -1], 6 / 7 - 0.5), ([1] * 6, 0.0)])
def test_modularity_by_hand(opinions, expected):
    """6 of 7 friendships are within, and each camp has half of the ends."""
    both = TWO + [(b, a) for a, b in TWO]
    assert everybody(measured(Modularity(), society(opinions, both))) == pytest.approx(expected)


def test_modularity_is_that_of_networkx():
    n = 40
    opinions = DRAWS.normal(np.arange(n))
    pairs = [(i, j) for i in range(n) for j in range(n) if i != j and DRAWS.of("p", i).uniform(np.array([j]))[0] < 0.15]
    camps = [set(np.flatnonzero(opinions >= 0).tolist()), set(np.flatnonzero(opinions < 0).tolist())]
    expected = nx.community.modularity(nx.DiGraph(pairs), camps)
    assert everybody(measured(Modularity(), society(opinions, pairs))) == pytest.approx(expected)


# -- each against its null ----


@pytest.mark.parametrize("metric", [NeighbourCorrelation(), Disagreement(), EIIndex(), Modularity()])
def test_chance_is_the_mean_over_all_ways_of_dealing_opinions_out(metric):
    """All 120 orders of five opinions, on a network that is not regular."""
    follows, opinions = [(0, 1), (1, 0), (0, 2), (3, 0), (4, 0), (1, 2), (2, 4)], [3.0, -1.0, 0.5, -2.0, 4.0]
    found = [measured(metric, society(order, follows)) for order in itertools.permutations(opinions)]
    assert np.mean([one["all"] for one in found]) == pytest.approx(found[0]["chance"], abs=1e-12)
    assert np.ptp([one["chance"] for one in found]) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("metric", [NeighbourCorrelation(), Disagreement(), EIIndex(), Modularity()])
def test_without_a_follow_there_is_nothing_to_tell(metric):
    found = measured(metric, society([1.0, -1.0], []))
    assert math.isnan(found["all"]) and math.isnan(found["chance"])
    assert not metric.applies(society([1.0, -1.0], []))


def test_of_one_mind_nobody_correlates():
    assert math.isnan(everybody(measured(NeighbourCorrelation(), society([0.1] * 3, CHAIN))))


# -- what is shown, and who is followed ----


def test_exposure_to_the_other_side_by_hand():
    """Users at 1 and −2 see (+, −) and (−, nothing); of three living items one lies above."""
    given = tick(
        [[0, 1], [1, -1]],
        tastes=[[1.0], [-2.0]],
        topics=[[2.0], [-1.0], [-3.0], [5.0]],
        dead_items=[3],
        groups=[0, 1],
        group_names=("a", "b"),
    )
    found = measured(CrossCuttingExposure(), given)
    assert found == pytest.approx({"all": 1 / 3, "a": 0.5, "b": 0.0, "chance": (2 / 3 + 2 / 3 + 1 / 3) / 3})
    shifted = measured(CrossCuttingExposure(centre=-2.0), given)
    assert shifted["all"] == 0.0 and shifted["chance"] == pytest.approx(1 / 3), "only the item at −3 is below"
    assert math.isnan(everybody(measured(CrossCuttingExposure(), tick(NOBODY, tastes=[[1.0]], topics=[[1.0]]))))


def test_followers_are_as_unequal_as_counts():
    """Followers 2, 1, 0, 0 of four: Gini (2·(1·0 + 2·0 + 3·1 + 4·2)/(4·3) − 5/4) = 7/12."""
    public = make_public(5, 1)._replace(follows=make_follows([(1, 0), (2, 0), (3, 1)], 5))
    public.user_alive[4] = False
    given = society([0.0] * 5, [])._replace(service=SimpleNamespace(public=public))
    assert measured(FollowersGini(), given) == pytest.approx({"all": 7 / 12, "chance": poisson_gini(0.75)})
    nobody = given._replace(service=SimpleNamespace(public=make_public(5, 1)))
    assert math.isnan(measured(FollowersGini(), nobody)["all"])


def test_they_stay_in_their_ranges_in_a_lively_world():
    metrics = {
        "opinion_variance": (0, np.inf), "neighbour_correlation": (-1.5, 1.5), "disagreement": (0, np.inf),
        "ei_index": (-1, 1), "modularity": (-1, 1), "cross_cutting_exposure": (0, 1), "followers_gini": (0, 1),
    }  # fmt: skip
    dynamics = [{"kind": "unfollowing", "instead": "similar"}, "friedkin_johnsen", "churn", "new_users"]
    users = {"network": "communities", "dynamics": dynamics, "tastes": {"kind": "clusters", "dimensions": 1}}
    sim = run_all(tiny(users=users, system={"people": "similar"}, metrics=list(metrics), ticks=15))
    for name, (low, high) in metrics.items():
        values = np.array([row[3] for row in sim.rows if row[1] == name])
        real = values[~np.isnan(values)]
        assert len(real) > 20 and ((real >= low) & (real <= high)).all(), name


def test_a_world_in_which_nobody_follows_anybody_has_none_of_them_by_default():
    for network in ("none", "small_world"):
        sim = Simulation(tiny(users={"network": network}))
        assert not {"ei_index", "modularity", "opinion_variance"} & {metric for _, metric, _, _ in sim.rows}
