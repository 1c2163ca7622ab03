"""Whether success goes where merit is, and who sees what: by hand, and in the loop."""

from __future__ import annotations

import math

import numpy as np
import pytest

from recsim.base.draws import Draws
from recsim.base.flow import Source
from recsim.metrics import merit
from recsim.metrics.engagement import SlateUtility
from recsim.metrics.exposure import ExposureSegregation, Unexpectedness
from recsim.metrics.merit import AudienceConcentration, ExposureMeritRatio, QualitySuccess
from tests.helpers import run_all, tiny
from tests.metrics.hand import measured, tick

FIVE = np.eye(5)
FOUR = np.eye(4)
READERS = [[5.0, 5, 5, 0], [0, 5, 5, 0], [0, 0, 5, 0]]
"""Items 0, 1, 2 and 3 are liked by 1, 2, 3 and no people."""


def read(clicks, **more):
    return tick([[0]], tastes=READERS, topics=FOUR, clicks=clicks, **more)


# -- audience concentration ----


@pytest.mark.parametrize(
    ("clicks", "expected"),
    [
        ([1, 2, 3, 0], 0.0),  # one click per reader, whatever the audience
        ([0, 0, 9, 0], 2 / 3),  # (n − 1)/n: the largest audience has all
        ([9, 0, 0, 0], -2 / 3),
        ([1, 4, 12, 0], (-2 * 1 + 0 * 2 + 2 * 4) / (3 * 7)),
        ([3, 2, 0, 99], (-2 * 3 + 0 * 1) / (3 * 4)),  # nobody likes item 3: its clicks do not count
    ],
)
def test_audience_concentration_by_hand(clicks, expected):
    assert measured(AudienceConcentration(), read(clicks)) == pytest.approx(expected)


def test_it_is_ordered_by_audience_and_not_by_value():
    """A Gini of the same values would be positive."""
    assert measured(AudienceConcentration(), read([2, 2, 2, 0])) == pytest.approx((-2 * 2 + 2 * 2 / 3) / (3 * 11 / 3))


def test_items_with_one_audience_share_their_ranks():
    two = tick([[0]], tastes=[[5.0, 5, 5, 0], [0, 0, 5, 0]], topics=FOUR, clicks=[4, 0, 2, 0])
    other = tick([[0]], tastes=[[5.0, 5, 5, 0], [0, 0, 5, 0]], topics=FOUR, clicks=[0, 4, 2, 0])
    expected = ((2 * 1.5 - 4) * 4 + (2 * 3 - 4) * 1) / (3 * 5)
    assert measured(AudienceConcentration(), two) == pytest.approx(expected)
    assert measured(AudienceConcentration(), other) == pytest.approx(expected)


def test_the_audience_is_that_of_tick_0_and_of_items_that_were_there_and_live():
    later = tick([[0]], tastes=np.zeros((3, 5)), topics=FIVE, clicks=[0, 4, 3, 0, 50], born=[0, 0, 0, 0, 2])
    first = read([0, 0, 0, 0])
    assert measured(AudienceConcentration(), later, first) == pytest.approx((0 * 2 + 2 * 1) / (3 * 3))
    dead = tick([[0]], tastes=READERS, topics=FOUR, clicks=[0, 4, 3, 0], dead_items=[1])
    assert measured(AudienceConcentration(), dead, first) == pytest.approx(1 / 2)


def test_a_higher_threshold_makes_audiences_smaller():
    people = [[6.0, 9, 0, 0], [0, 6, 0, 0], [0, 6, 0, 0]]
    given = tick([[0]], tastes=people, topics=FOUR, clicks=[1, 3, 0, 0])
    assert measured(AudienceConcentration(), given) == pytest.approx(0.0)
    assert math.isnan(measured(AudienceConcentration(threshold=8.0), given))  # one item is left, no order
    assert math.isnan(measured(AudienceConcentration(threshold=9.5), given))


def test_concentration_is_undefined_without_clicks_and_without_an_order():
    assert math.isnan(measured(AudienceConcentration(), read([0, 0, 0, 7])))
    same = tick([[0]], tastes=[[5.0, 5, 5, 5]], topics=FOUR, clicks=[1, 2, 3, 4])
    assert math.isnan(measured(AudienceConcentration(), same))


def test_looking_at_a_few_cells_at_a_time_changes_nothing(monkeypatch):
    whole = AudienceConcentration().prepare(read([0]))["audience"]
    monkeypatch.setattr(merit, "_CELLS", 1)
    assert np.array_equal(AudienceConcentration().prepare(read([0]))["audience"], whole)
    assert whole.tolist() == [1, 2, 3, 0]


# -- quality and success ----


def sold(clicks_past, quality, **more):
    return tick([[0]], topics=FOUR, quality=quality, clicks_past=clicks_past, recent=2, **more)


@pytest.mark.parametrize(
    ("clicks", "expected"),
    [
        ([[1, 0], [1, 1], [2, 1], [2, 8]], 1.0),
        ([[9, 0], [3, 1], [2, 1], [0, 0]], -1.0),
        ([[0, 2], [0, 1], [4, 0], [1, 2]], 1 - 6 * 4 / (4 * 15)),  # ranks 2, 1, 4, 3 of 1, 2, 3, 4: Σd² = 4
        ([[0, 0], [0, 0], [0, 0], [1, 0]], 1.5 * 2 / math.sqrt(5 * 3)),  # ties at 2, 2, 2, and 4
    ],
)
def test_quality_success_by_hand(clicks, expected):
    assert measured(QualitySuccess(), sold(clicks, [0.1, 0.2, 0.3, 5.0])) == pytest.approx(expected)


def test_only_living_items_have_success():
    given = sold([[1, 0], [2, 0], [3, 0], [0, 0]], [0.1, 0.2, 0.3, 5.0], dead_items=[3])
    assert measured(QualitySuccess(), given) == pytest.approx(1.0)


def test_without_variance_success_is_undefined():
    assert math.isnan(measured(QualitySuccess(), sold([[1, 0]] * 4, [1.0, 2, 3, 4])))
    assert math.isnan(measured(QualitySuccess(), sold([[1, 0], [2, 0], [3, 0], [4, 0]], 0.5)))
    assert math.isnan(measured(QualitySuccess(), sold([[1, 0]] * 4, [1.0, 2, 3, 4], dead_items=[0, 1, 2, 3])))


# -- exposure and merit ----


def fair(slate, tastes, **more):
    names = {"item_groups": [0, 0, 1, 1], "item_group_names": ("big", "small")}
    return tick(slate, tastes=tastes, topics=FOUR, **(names | more))


def test_exposure_merit_ratio_by_hand():
    """Merit above 4: items 1, 1, 2, 0, so the groups have it half and half; slots are 3 to 1."""
    given = fair([[0, 1], [0, 2]], [[6.0, 6, 8, 0], [0, 0, 0, 3]])
    found = measured(ExposureMeritRatio(), given)
    assert found == {"big": pytest.approx(0.75 / 0.5), "small": pytest.approx(0.25 / 0.5)}


def test_what_is_worse_than_nothing_has_no_merit_and_takes_none_away():
    """Above 0: merit 3 + 1 = 4 against 1, and item 3 is loathed."""
    given = fair([[0, 2], [1, 2]], [[6.0, 2, 1, -9], [0, 0, 1, -9]])
    found = measured(ExposureMeritRatio(outside=0.0), given)
    assert found == {"big": pytest.approx(0.5 / 0.8), "small": pytest.approx(0.5 / 0.2)}


def test_the_merit_of_the_dead_and_of_those_who_left_counts_no_more():
    given = fair([[0, 2]], [[6.0, 6, 6, 0], [0, 0, 99, 0]], dead_items=[1], dead_users=[1])
    assert measured(ExposureMeritRatio(), given) == {"big": pytest.approx(1.0), "small": pytest.approx(1.0)}


def test_a_group_without_merit_has_no_ratio_and_nobody_has_one_without_slots():
    found = measured(ExposureMeritRatio(), fair([[0, 2]], [[6.0, 0, 0, 0]]))
    assert found["big"] == pytest.approx(0.5)
    assert math.isnan(found["small"])
    for given in (fair([[-1]], [[6.0, 6, 6, 6]]), fair([[0]], [[0.0, 0, 0, 0]])):
        assert all(math.isnan(value) for value in measured(ExposureMeritRatio(), given).values())


def test_in_the_loop_random_slates_are_in_proportion_where_groups_are_alike():
    halves = {"count": 300, "groups": [{"name": "a", "share": 0.5}, {"name": "b", "share": 0.5}]}
    spec = tiny(
        {"ticks": 3, "users.count": 300, "system.recommender": "uniform"}, items=halves,
        metrics=[{"kind": "exposure_merit_ratio", "outside": 0.0}],
    )  # fmt: skip
    rows = {group: value for number, _, group, value in run_all(spec).rows if number == 3}
    assert set(rows) == {"a", "b"}
    for value in rows.values():
        assert value == pytest.approx(1.0, abs=0.25)


# -- what groups are shown ----


def parted(slate, groups, **more):
    n = len(slate)
    return tick(slate, tastes=np.ones((n, 5)), topics=FIVE, groups=groups, group_names=("a", "b"), **more)


@pytest.mark.parametrize(
    ("slate", "groups", "expected"),
    [
        ([[0, 1], [2, 3]], [0, 1], math.log(2)),
        ([[0, 1], [1, 0]], [0, 1], 0.0),
        # p = (1/2, 1/2, 0), q = (0, 1/2, 1/2), half way (1/4, 1/2, 1/4): 1.5 ln 2 − ln 2
        ([[0, 1], [1, 2]], [0, 1], 0.5 * math.log(2)),
        # a has three people, p = (3/4, 1/4), q = (1, 0): H(7/8, 1/8) − H(3/4, 1/4)/2
        (
            [[0, 1], [0, -1], [0, -1], [0, -1]],
            [0, 0, 0, 1],
            2 * math.log(2) - 7 / 8 * math.log(7) + 3 / 8 * math.log(3),
        ),
    ],
)
def test_exposure_segregation_by_hand(slate, groups, expected):
    assert measured(ExposureSegregation(), parted(slate, groups))["all"] == pytest.approx(expected, abs=1e-12)


def test_pairs_of_groups_count_alike():
    """a and b see the same, c something else: (0 + ln 2 + ln 2)/3."""
    three = tick([[0], [0], [1]], tastes=np.ones((3, 5)), topics=FIVE, groups=[0, 1, 2], group_names=("a", "b", "c"))
    assert measured(ExposureSegregation(), three)["all"] == pytest.approx(2 * math.log(2) / 3)


def test_what_people_met_segregates_nobody():
    source = [[Source.RECOMMENDED, Source.ORGANIC]] * 2
    assert measured(ExposureSegregation(), parted([[0, 1], [0, 2]], [0, 1], source=source))["all"] == 0.0


def test_without_two_groups_that_see_something_there_is_no_segregation():
    for given in (
        parted([[0], [1]], [0, 0]),
        parted([[0], [-1]], [0, 1]),
        tick([[0], [1]], topics=FIVE),
        tick(np.zeros((0, 1)), group_names=("a", "b"), topics=FIVE),
    ):
        assert math.isnan(measured(ExposureSegregation(), given)["all"])


def test_chance_is_what_groups_that_are_served_alike_give():
    """Slates at random: value and chance are draws of one distribution; served apart, only the value moves."""
    users, each = np.arange(400, dtype=np.uint64), 3
    draws = Draws(5)
    slate = (draws.uniform(users, np.arange(each)) * 40).astype(int)
    groups = (draws.of("groups").uniform(users) < 0.3).astype(int)
    alike = tick(slate, tastes=np.ones((400, 2)), topics=np.eye(80), groups=groups, group_names=("a", "b"))
    many = measured(ExposureSegregation(shuffles=60), alike)
    single = [
        measured(ExposureSegregation(shuffles=1), alike._replace(number=number))["chance"] for number in range(60)
    ]
    assert many["chance"] == pytest.approx(np.mean(single), abs=4 * np.std(single) * math.sqrt(2 / 60))
    assert abs(many["all"] - many["chance"]) < 4 * np.std(single)
    assert many["chance"] > 0.005
    apart = tick(
        slate + 40 * groups[:, None], tastes=np.ones((400, 2)), topics=np.eye(80), groups=groups, group_names=("a", "b")
    )
    found = measured(ExposureSegregation(), apart)
    assert found["all"] == pytest.approx(math.log(2))
    assert found["chance"] < 0.1


# -- unexpectedness ----


COMPASS = [[1.0, 0], [0, 3], [-2, 0], [0, 0]]


@pytest.mark.parametrize(
    ("slate", "clicked", "expected"),
    [
        ([[0, 1]], [(2, 0, 0)], (0 + 1) / 2),
        ([[0, 2]], [(1, 0, 0), (2, 0, 1)], (0 + 1 + 2 + 1) / 4),
        ([[2, -1]], [(2, 0, 0)], 2.0),
        ([[1, 3]], [(2, 0, 0), (2, 0, 3)], 1.0),  # item 3 has no direction
        ([[1]], [(2, 0, 1)], 0.0),
    ],
)
def test_unexpectedness_by_hand(slate, clicked, expected):
    given = tick(slate, topics=COMPASS, clicked=clicked, number=3)
    assert measured(Unexpectedness(), given)["all"] == pytest.approx(expected)


def test_only_clicks_of_the_ticks_before_this_one_count():
    clicked = [(1, 0, 2), (3, 0, 1), (5, 0, 0)]
    given = tick([[0]], topics=COMPASS, clicked=clicked, number=5, recent=2)
    assert measured(Unexpectedness(), given)["all"] == pytest.approx(1.0)
    longer = tick([[0]], topics=COMPASS, clicked=clicked, number=5, recent=4)
    assert measured(Unexpectedness(), longer)["all"] == pytest.approx((1.0 + 2.0) / 2)


def test_users_without_clicks_or_slots_are_left_out_and_groups_stand_apart():
    more = {"tastes": np.ones((4, 2)), "groups": [0, 0, 1, 1], "group_names": ("a", "b")}
    clicked = [(1, 0, 0), (2, 1, 0), (2, 3, 0)]
    found = measured(Unexpectedness(), tick([[1], [2], [2], [-1]], topics=COMPASS, clicked=clicked, **more))
    assert (found["all"], found["a"]) == (pytest.approx(1.5), pytest.approx(1.5))
    assert math.isnan(found["b"])
    for nothing in (tick([[0]], topics=COMPASS), tick(np.zeros((0, 1)), topics=COMPASS, clicked=[(2, 0, 0)])):
        assert math.isnan(measured(Unexpectedness(), nothing)["all"])


# -- slates of groups ----


def test_slate_utility_of_a_group_is_a_mean_over_its_own_slots():
    given = tick(
        [[0, 1], [2, -1], [1, 2]], topics=[[1.0, 0], [2, 0], [6, 0]], groups=[0, 1, 1], group_names=("a", "b", "c")
    )
    found = measured(SlateUtility(), given)
    assert {name: found[name] for name in ("all", "a", "b")} == {
        "all": pytest.approx(17 / 5),
        "a": pytest.approx(3 / 2),
        "b": pytest.approx(14 / 3),
    }
    assert math.isnan(found["c"])
