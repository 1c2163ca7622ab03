"""Groups of people and of items: who belongs, what they have in common, and what is said of mistakes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from recsim.problems import ScenarioError
from recsim.simulation import Simulation
from recsim.world.tastes.clusters import Clusters
from recsim.world.tastes.gaussian import Gaussian
from recsim.world.world import World
from tests.bits import finished
from tests.helpers import tiny

GROUPS: list[dict[str, Any]] = [
    {"name": "majority", "share": 0.8},
    {"name": "minority", "share": 0.2, "tastes": {"center": 2.5}},
]
FOR_THEM = [{"name": "mainstream", "share": 0.7}, {"name": "minority", "share": 0.3, "quality": -0.5}]


def world(n: int = 4000, users: dict[str, Any] | None = None, items: dict[str, Any] | None = None) -> World:
    """So many users and items, in the groups of the contract unless said otherwise."""
    people = {"count": n, "groups": GROUPS, "tastes": "gaussian"} | (users or {})
    return Simulation(
        tiny({"system.recommender": "popularity"}, users=people, items={"count": n} | (items or {}))
    ).world


# -- who belongs ----


def test_groups_have_their_shares():
    """A χ² test of 4000 users and of 4000 items in three groups each."""
    three = [{"name": name, "share": share} for name, share in (("a", 0.6), ("b", 0.3), ("c", 0.1))]
    town = world(users={"groups": three}, items={"groups": three})
    for group in (town.users.group, town.items.group):
        counts = np.bincount(group, minlength=3)
        assert stats.chisquare(counts, np.array([0.6, 0.3, 0.1]) * 4000).pvalue > 1e-4
    assert abs(np.corrcoef(town.users.group, town.items.group)[0, 1]) < 4 / np.sqrt(4000)
    assert town.group_names == town.public().group_names == ("a", "b", "c")


def test_without_groups_all_are_in_one_without_a_name():
    town = world(50, {"groups": []})
    assert town.group_names == ()
    assert not town.users.group.any() and not town.items.group.any()


def test_to_belong_depends_on_the_key_alone():
    """Another number of users moves nobody from one group to the other."""
    few, many = world(40), world(400)
    assert np.array_equal(few.users.group, many.users.group[:40])
    assert np.array_equal(few.users.tastes, many.users.tastes[:40])


def test_newcomers_join_groups_and_have_their_tastes():
    """2000 born of each kind, 4 s.e. of the share and of the mean."""
    town = world(50, items={"groups": FOR_THEM})
    keys = town.draws.of("birth").keys(np.arange(2000))
    users, items = town.add_users(keys), town.add_items(keys)
    for table, born, share, vectors in ((town.users, users, 0.2, "tastes"), (town.items, items, 0.3, "topics")):
        minority = table.group[born] == 1
        assert abs(minority.mean() - share) < 4 * np.sqrt(share * (1 - share) / 2000)
        first = table[vectors][born, 0]
        assert abs(first[minority].mean() - 2.5) < 4 / np.sqrt(minority.sum())
        assert abs(first[~minority].mean()) < 4 / np.sqrt((~minority).sum())


# -- what they have in common ----


def test_a_groups_tastes_without_a_kind_are_everybodys_but_for_what_is_named():
    common = {"kind": "gaussian", "dimensions": 5, "spread": 0.7}
    spec = tiny(users={"groups": GROUPS, "tastes": common})
    assert spec.users.groups[0].tastes is None
    assert spec.users.groups[1].tastes == Gaussian(dimensions=5, spread=0.7, center=2.5)
    assert tiny(users={"groups": GROUPS}).users.groups[1].tastes == Clusters(center=2.5)
    assert tiny(users={"groups": GROUPS, "tastes": "gaussian"}).users.groups[1].tastes == Gaussian(center=2.5)
    named = [GROUPS[0], {**GROUPS[1], "tastes": {"kind": "clusters", "dimensions": 5}}]
    assert tiny(users={"groups": named, "tastes": common}).users.groups[1].tastes == Clusters(dimensions=5)


def test_a_group_goes_with_everybody_when_everybodys_tastes_are_overridden():
    spec = tiny(users={"groups": GROUPS, "tastes": {"kind": "gaussian", "spread": 0.7}})
    for path, value, expected in (
        ("users.tastes.spread", 1.5, Gaussian(spread=1.5, center=2.5)),
        ("users.tastes.dimensions", 3, Gaussian(spread=0.7, center=2.5, dimensions=3)),
        ("users.tastes.center", 1.0, Gaussian(spread=0.7, center=2.5)),
        ("users.tastes", {"kind": "clusters", "strength": 3.0}, Clusters(strength=3.0, center=2.5)),
        ("users.tastes.kind", "clusters", Clusters(center=2.5)),
        ("users.tastes", Gaussian(spread=0.2), Gaussian(spread=0.2, center=2.5)),
        ("users.groups.1.tastes.spread", 0.1, Gaussian(spread=0.1, center=2.5)),
        ("ticks", 3, Gaussian(spread=0.7, center=2.5)),
    ):
        assert spec.override(path, value).users.groups[1].tastes == expected, path
    other = tiny(users={"groups": [GROUPS[0], {**GROUPS[1], "tastes": "gaussian"}]})
    assert other.override("users.tastes.strength", 3.0).users.groups[1].tastes == Gaussian()


@pytest.mark.parametrize("kind", ["gaussian", "clusters"])
def test_a_minoritys_tastes_stand_elsewhere_and_the_majoritys_where_they_were(kind):
    """Shifted by `center` in the first coordinate exactly: the draws of a person are the same in every world."""
    town, alike = world(500, {"tastes": kind}), world(500, {"groups": [], "tastes": kind})
    minority = town.users.group == 1
    moved = town.users.tastes - alike.users.tastes
    assert 50 < minority.sum() < 150
    assert np.array_equal(moved[~minority], np.zeros((500 - minority.sum(), 8)))
    assert moved[minority] == pytest.approx(np.eye(8)[[0] * minority.sum()] * 2.5)
    assert np.array_equal(town.items.topics, alike.items.topics), "without a group of items nothing is made for them"


def test_items_for_a_group_of_people_have_its_topics():
    """What is made for the minority is worth center² more to them than what is made for all; 4 s.e."""
    town = world(items={"groups": FOR_THEM})
    for_them, they = town.items.group == 1, town.users.group == 1
    first = town.items.topics[:, 0]
    assert abs(first[for_them].mean() - 2.5) < 4 / np.sqrt(for_them.sum())
    assert abs(first[~for_them].mean()) < 4 / np.sqrt((~for_them).sum())
    mean_taste = town.users.tastes[they].mean(axis=0)
    gain = (town.items.topics[for_them].mean(axis=0) - town.items.topics[~for_them].mean(axis=0)) @ mean_taste
    assert abs(gain - 2.5**2) < 4 * 2.5 * np.sqrt(1 / for_them.sum() + 1 / (~for_them).sum() + 1 / they.sum())


def test_a_group_of_items_without_a_group_of_people_has_everybodys_topics():
    elsewhere = [{**one, "name": f"{one['name']} made".replace(" ", "_")} for one in FOR_THEM]
    assert np.array_equal(world(300, items={"groups": elsewhere}).items.topics, world(300).items.topics)


def test_quality_of_a_group_is_added_to_that_of_each_of_its_items():
    town, alike = world(300, items={"groups": FOR_THEM}), world(300)
    offset = np.array([0.0, -0.5])[town.items.group]
    assert np.array_equal(town.items.quality, alike.items.quality + offset)


def test_a_single_group_that_differs_in_nothing_changes_no_bit():
    one = [{"name": "everybody", "share": 1.0}]
    with_it = finished(tiny(users={"groups": one}, items={"groups": one}, metrics=["clicks_per_session", "utility"]))
    without = finished(tiny(metrics=["clicks_per_session", "utility"]))
    told = [row for row in with_it.rows if row[2] == "all"]
    assert str(told) == str(without.rows)


# -- quality and popularity ----


@pytest.mark.parametrize("share", [-0.6, 0.2, 1.0])
def test_quality_goes_with_prominence_as_closely_as_stated(share):
    """4000 items: s.e. of a correlation (1 − ρ²)/√n; the spread of quality stays what it is."""
    items = world(items={"quality_popularity": share, "prominence_spread": 0.8, "quality_spread": 0.5}).items
    found = np.corrcoef(items.quality, np.log(items.prominence))[0, 1]
    assert abs(found - share) < 4 * (1 - share**2) / np.sqrt(4000) + 1e-9
    assert abs(items.quality.std() - 0.5) < 4 * 0.5 / np.sqrt(2 * 4000)


def test_prominence_is_lognormal_with_the_stated_spread():
    logs = np.log(world(items={"prominence_spread": 0.8}).items.prominence)
    assert abs(logs.std() - 0.8) < 4 * 0.8 / np.sqrt(2 * 4000)
    assert abs(logs.mean()) < 4 * 0.8 / np.sqrt(4000)
    assert stats.kstest(logs / 0.8, "norm").pvalue > 1e-4
    assert (world(50).items.prominence == 1.0).all(), "without spread all are equally visible"


def test_without_a_correlation_prominence_moves_no_bit_of_quality():
    plain, spread = world(300).items, world(300, items={"prominence_spread": 0.8, "quality_popularity": 0.0}).items
    assert np.array_equal(plain.quality, spread.quality)
    assert np.array_equal(plain.topics, spread.topics)


# -- mistakes ----


@pytest.mark.parametrize(
    ("sections", "where", "what"),
    [
        ({"users": {"groups": [GROUPS[0]]}}, "users.groups", "make 0.8"),
        ({"items": {"groups": [*FOR_THEM, {"name": "more", "share": 0.2}]}}, "items.groups", "make 1.2"),
        ({"users": {"groups": [GROUPS[0], {"name": "majority", "share": 0.2}]}}, "users.groups", "2 groups are called"),
        ({"users": {"groups": [GROUPS[0], {**GROUPS[1], "share": 0.0}]}}, "users.groups.1.share", "0"),
        ({"users": {"groups": [{"share": 1.0}]}}, "users.groups.0", "name"),
        (
            {"users": {"groups": [GROUPS[0], {**GROUPS[1], "tastes": {"centre": 2.5}}]}},
            "users.groups.1.tastes.centre",
            "centre",
        ),
        (
            {"users": {"groups": [GROUPS[0], {**GROUPS[1], "tastes": {"dimensions": 3}}]}},
            "users.groups.1.tastes",
            "3 dimensions",
        ),
        (
            {"users": {"groups": [GROUPS[0], {**GROUPS[1], "tastes": "from_log"}]}},
            "users.groups.1.tastes",
            "there is none",
        ),
        ({"users": {"activity": "from_log"}}, "users.activity", "there is none"),
        (
            {"users": {"count": None, "tastes": "from_log", "groups": [GROUPS[0], {**GROUPS[1], "tastes": "gaussian"}]},
             "items": {"count": None}, "data": {"kind": "movielens"}},
            "users.groups.1.tastes",
            "fitted to the log, which 'gaussian' is not",
        ),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place_and_a_remedy(sections, where, what):
    with pytest.raises(ScenarioError) as caught:
        tiny(**sections)
    found = [problem for problem in caught.value.problems if problem.dotted == where]
    assert found, [problem.dotted for problem in caught.value.problems]
    assert what in found[0].text
    assert found[0].hint


def test_who_belongs_where_cannot_change_in_the_middle_of_a_run():
    for path in ("users.groups", "items.groups"):
        change = {"kind": "change", "path": path, "value": [], "start": 4}
        with pytest.raises(ScenarioError, match=f"'{path}' cannot be changed in the middle of a run"):
            tiny(users={"groups": GROUPS}, items={"groups": FOR_THEM}, interventions=[change])
