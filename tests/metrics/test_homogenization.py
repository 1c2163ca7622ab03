"""Distances within and between users, Jaccard of pairs, distances of tastes: by hand, windows, what biases them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from recsim.base.draws import Draws
from recsim.base.kernels.overlap import expected_jaccard
from recsim.metrics import sampled
from recsim.metrics.homogenization import (
    BetweenUserDistance,
    ConsumptionEntropyWindow,
    Homogenization,
    HomogenizationOfNeighbours,
    TasteDistance,
    WithinUserDistance,
)
from recsim.simulation import Simulation
from tests.helpers import run_all, tiny
from tests.metrics.hand import NOBODY, everybody, measured, tick

COMPASS = [[1.0, 0.0], [0.0, 3.0], [-2.0, 0.0], [0.0, 0.0]]
"""East, north, west, nowhere."""


def given(clicked, users=3, **more):
    return tick(NOBODY, tastes=np.ones((users, 2)), topics=COMPASS, clicked=clicked, number=9, **more)


def clicks(*lists, at=9):
    return [(at, user, item) for user, items in enumerate(lists) for item in items]


@pytest.mark.parametrize(
    ("lists", "within", "between"),
    [
        ([[0, 1], [0, 0]], 0.5, 0.0),  # 1 and 0; crossing: 0, 0, 1, 1 of 4, mean ½
        ([[0, 0], [1, 1]], 0.0, 1.0),  # everybody narrow, and elsewhere
        ([[0, 0], [2, 2]], 0.0, 2.0),
        ([[0, 1], [0, 1]], 1.0, -0.5),  # crossing: 0, 1, 1, 0; minus 1: two clicks of all there is, drawn evenly
        ([[0, 0, 1], [1, 1]], 1 / 3, 2 / 3 - 1 / 3),  # pairs 0, 1, 1 → ⅔ of user 0, and 0; crossing 1, 1, 0 twice
        ([[0, 1, 3], [0, 3, 0], [2]], 0.5, 0.0),  # nowhere is left out, and who has one click
    ],
)
def test_within_and_between_by_hand(lists, within, between):
    shown = given(clicks(*lists))
    assert everybody(measured(WithinUserDistance(), shown)) == pytest.approx(within)
    assert everybody(measured(BetweenUserDistance(), shown)) == pytest.approx(between)


def test_together_they_are_the_distance_of_two_clicks_of_different_people():
    draws = Draws(3)
    topics, lists = (
        draws.normal(np.arange(20), np.arange(4)),
        (draws.uniform(np.arange(9), np.arange(5)) * 20).astype(int),
    )
    shown = tick(NOBODY, tastes=np.ones((9, 4)), topics=topics, clicked=clicks(*lists.tolist()), number=9)
    unit = topics / np.linalg.norm(topics, axis=1, keepdims=True)
    far = 1 - unit @ unit.T
    cross = np.mean([far[np.ix_(a, b)].mean() for i, a in enumerate(lists) for j, b in enumerate(lists) if i != j])
    own = np.mean([np.mean([far[a[i], a[j]] for i in range(5) for j in range(i)]) for a in lists])
    within, between = (everybody(measured(one(), shown)) for one in (WithinUserDistance, BetweenUserDistance))
    assert within == pytest.approx(own, abs=1e-12)
    assert within + between == pytest.approx(cross, abs=1e-12)


def test_the_number_of_clicks_does_not_bias_them():
    """Everybody draws from one distribution: within does not depend on how often, between is 0; 4 s.e., 200 draws."""
    topics = Draws(1).normal(np.arange(40), np.arange(3)) + 1.0
    found = {}
    for count in (2, 12):
        values = []
        for case in range(200):
            lists = (Draws(2).of(case, count).uniform(np.arange(6), np.arange(count)) * 40).astype(int).tolist()
            shown = tick(NOBODY, tastes=np.ones((6, 3)), topics=topics, clicked=clicks(*lists), number=9)
            values.append([everybody(measured(one(), shown)) for one in (WithinUserDistance, BetweenUserDistance)])
        found[count] = np.array(values)
    errors = {count: 4 * values.std(axis=0, ddof=1) / np.sqrt(200) for count, values in found.items()}
    (few, few_error), (many, many_error) = ((found[count].mean(axis=0), errors[count]) for count in (2, 12))
    assert abs(few[0] - many[0]) < np.hypot(few_error[0], many_error[0])
    assert abs(few[1]) < few_error[1] and abs(many[1]) < many_error[1]
    assert many_error[1] < 0.05 < few[0], "the test could fail"


def test_only_the_last_ticks_count_and_never_the_file():
    old, now = clicks([0, 2], [0, 2], at=5), clicks([0, 0], [0, 0])
    file = clicks([0, 2], at=0)
    for recent, expected in ((4, 0.0), (5, 1.0), (20, 1.0)):  # E, W, E, E: three of six pairs are opposed
        shown = given(file + old + now, recent=recent)
        assert everybody(measured(WithinUserDistance(), shown)) == pytest.approx(expected)


def test_groups_are_told_apart():
    shown = given(clicks([0, 0], [0, 1], [1, 1]), groups=[0, 0, 1], group_names=("a", "b"))
    within, between = measured(WithinUserDistance(), shown), measured(BetweenUserDistance(), shown)
    assert within == {"all": pytest.approx(1 / 3), "a": pytest.approx(0.5), "b": 0.0}
    assert between["a"] == pytest.approx(0.0) and math.isnan(between["b"])


@pytest.mark.parametrize("metric", [WithinUserDistance(), BetweenUserDistance(), ConsumptionEntropyWindow()])
def test_without_clicks_there_is_no_consumption(metric):
    assert math.isnan(everybody(measured(metric, given([], centres=COMPASS[:2]))))


CENTRES = [[1.0, 0.0], [0.0, 1.0]]


@pytest.mark.parametrize(
    ("lists", "expected"),
    [
        ([[0, 0, 0]], 0.0),
        ([[0, 1]], math.log(2)),
        ([[0, 0, 0, 1], [1]], (-0.75 * math.log(0.75) - 0.25 * math.log(0.25)) / 2),
    ],
)
def test_entropy_of_consumption_by_hand_over_clusters(lists, expected):
    shown = given(clicks(*lists), centres=CENTRES)
    assert everybody(measured(ConsumptionEntropyWindow(), shown)) == pytest.approx(expected)
    assert math.isnan(everybody(measured(ConsumptionEntropyWindow(), given(clicks(*lists))))), "no clusters"


def test_entropy_of_consumption_by_hand_over_genres():
    """Item 0 is half comedy, half drama; the platform's genres count, not the clusters."""
    genres = [[1, 1, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]]
    shown = given(clicks([0], [0, 1], [2, 3]), features=genres, centres=CENTRES)
    mixed = -0.25 * math.log(0.25) - 0.75 * math.log(0.75)
    assert everybody(measured(ConsumptionEntropyWindow(), shown)) == pytest.approx((math.log(2) + mixed + 0) / 3)


# -- pairs ----


def test_homogenization_of_two_by_hand():
    shown = given([(0, 0, 0), *clicks([1, 2], [2, 3])], users=2)
    found = measured(Homogenization(), shown)
    assert found["all"] == pytest.approx(0.25)  # {0, 1, 2} and {2, 3}, the file included
    assert found["chance"] == pytest.approx(expected_jaccard(np.array([3]), np.array([2]), 4)[0])


def test_homogenization_of_three_is_the_mean_of_all_three_pairs():
    shown = given(clicks([0, 1], [1, 2], []))
    assert measured(Homogenization(), shown)["all"] == pytest.approx((1 / 3 + 0 + 0) / 3)


def test_pairs_are_fixed_at_the_start_and_end_with_one_of_them():
    first = given([], users=4)
    context = Homogenization().prepare(first)
    assert sorted(context["one"]) == sorted(context["other"]) == [0, 1, 2, 3]
    assert (context["one"] != context["other"]).all()
    lists = [[0, 1], [1, 2], [0], [0, 1]]
    later = given([*clicks(*lists), (9, 4, 3)], users=5, dead_users=[2])
    wanted = [
        len({*lists[a]} & {*lists[b]}) / len({*lists[a]} | {*lists[b]})
        for a, b in zip(context["one"], context["other"], strict=True)
        if 2 not in (a, b)
    ]
    assert len(wanted) == 2
    assert Homogenization().measure(later, context)["all"] == pytest.approx(np.mean(wanted))


def test_a_smaller_sample_has_fewer_pairs_the_same_in_all_arms():
    pairs = [Homogenization(sample=10).prepare(Simulation(tiny(one))._look(_nothing())) for one in ({}, {"ticks": 9})]
    assert len(pairs[0]["one"]) == 10
    assert pairs[0]["one"].tolist() == pairs[1]["one"].tolist()
    other = Homogenization(sample=10).prepare(Simulation(tiny({"seed": 2}))._look(_nothing()))
    assert other["one"].tolist() != pairs[0]["one"].tolist()


def _nothing():
    return tick(NOBODY).feedback


@pytest.mark.parametrize("metric", [Homogenization(), HomogenizationOfNeighbours()])
def test_alone_or_without_clicks_nobody_is_alike(metric):
    for shown in (given(clicks([0, 1]), users=1), given([], users=3)):
        found = measured(metric, shown)
        assert math.isnan(found["all"]) and math.isnan(found["chance"])


def test_neighbours_are_those_with_the_nearest_tastes_at_the_start():
    tastes = [[1.0, 0.0], [9.0, 1.0], [0.0, 1.0], [0.1, 5.0]]
    first = tick(NOBODY, tastes=tastes, topics=COMPASS, number=0)
    context = HomogenizationOfNeighbours().prepare(first)
    assert dict(zip(context["one"].tolist(), context["other"].tolist(), strict=True)) == {0: 1, 1: 0, 2: 3, 3: 2}
    later = tick(NOBODY, tastes=tastes[::-1], topics=COMPASS, clicked=clicks([0, 1], [1], [2], [0]), number=9)
    assert HomogenizationOfNeighbours().measure(later, context)["all"] == pytest.approx((0.5 + 0.5 + 0 + 0) / 4)


# -- tastes ----


@pytest.mark.parametrize(
    ("tastes", "expected"),
    [
        ([[1.0, 0.0], [0.0, 2.0]], 1.0),
        ([[1.0, 0.0], [3.0, 0.0], [-1.0, 0.0]], 4 / 3),  # 0, 2, 2
        ([[1.0, 0.0], [0.0, 0.0], [1.0, 1.0]], 1 - math.sqrt(0.5)),  # who has no taste has no direction
    ],
)
def test_taste_distance_by_hand(tastes, expected):
    assert everybody(measured(TasteDistance(), tick(NOBODY, tastes=tastes))) == pytest.approx(expected)


def test_taste_distance_is_that_of_the_living_and_of_each_group():
    tastes = [[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]]
    shown = tick(NOBODY, tastes=tastes, dead_users=[3], groups=[0, 0, 1, 1], group_names=("a", "b"))
    found = measured(TasteDistance(), shown)
    assert (found["all"], found["a"]) == (pytest.approx(4 / 3), pytest.approx(1.0))
    assert math.isnan(found["b"]), "one is left"


# -- the sample ----


def test_the_sample_is_a_matter_of_a_users_key_alone():
    many = tick(NOBODY, tastes=np.ones((4000, 1)), topics=[[1.0]])
    inside = sampled(many, np.arange(4000), 400)
    assert abs(inside.sum() - 400) < 4 * math.sqrt(400 * 0.9)
    some = np.array([5, 17, 3000])
    assert sampled(many, some, 400).tolist() == inside[some].tolist()
    assert sampled(many, np.arange(4000), 4000).all()
    assert not (inside & ~sampled(many, np.arange(4000), 800)).any(), "a larger sample holds the smaller one"


def test_newcomers_join_the_sample_in_proportion():
    joined = np.repeat([0, 3], [1000, 3000])
    grown = tick(NOBODY, tastes=np.ones((4000, 1)), topics=[[1.0]], joined=joined)
    inside = sampled(grown, np.arange(4000), 100)
    alone = tick(NOBODY, tastes=np.ones((1000, 1)), topics=[[1.0]])
    assert inside[:1000].tolist() == sampled(alone, np.arange(1000), 100).tolist()
    assert abs(inside[1000:].sum() - 300) < 4 * math.sqrt(300)


def test_a_narrow_platform_brings_clicks_together():
    """Popularity gives everybody the same items, uniform does not."""
    found = {}
    for recommender in ("popularity", "uniform"):
        spec = tiny({"system.recommender": recommender, "ticks": 8, "system.slate_size": 3, "users.count": 200})
        sim = run_all(spec.override("metrics", ["homogenization"]))
        found[recommender] = sim.observer.latest("homogenization")
    assert found["popularity"] > 1.5 * found["uniform"]
