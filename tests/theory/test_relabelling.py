"""loops:O22: names of rows mean nothing, a world of twins is the same world, and inequality has no unit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from scipy.stats import chi2_contingency

from recsim.base.component import Component
from recsim.base.draws import Draws
from recsim.base.flow import Follows, Public, Training, Truth, Unclicked
from recsim.metrics import Metric
from recsim.simulation import Simulation
from recsim.system.recommenders import Recommender
from recsim.system.recommenders.popularity import Popularity
from tests.bits import finished, lively
from tests.helpers import make_public, make_request, make_training, tiny
from tests.metrics.hand import tick
from tests.test_invariance import clicks_by_name, relabelled

BY_ROW = {
    "bpr": "implicit draws its pairs by their number in the matrix, so another order of rows is another sample",
}
"""Recommenders whose lists may depend on the order of rows, and why."""


def kinds(family: str) -> list[Any]:
    return [
        pytest.param(found, id=kind)
        for kind, found in sorted(Component.registry[family].items())
        if found.__module__.startswith("recsim.")
    ]


# -- every recommender, by itself ----

N, ITEMS, TICKS = 70, 50, 4
DRAWS = Draws(41)
FEATURES = DRAWS.of("topic").normal(np.arange(ITEMS), np.arange(3))
LIKES = DRAWS.of("taste").normal(np.arange(N), np.arange(3)) @ FEATURES.T
PICKED = np.argsort(-(LIKES + DRAWS.of("luck").gumbel(np.arange(N), np.arange(ITEMS))), axis=1)


class Rows:
    """A world of which each row has a key of its own, in some order of rows."""

    def __init__(self, users: np.ndarray, items: np.ndarray) -> None:
        self.users, self.items = users, items  # the key of each row
        self.row_of_user, self.row_of_item = np.argsort(users), np.argsort(items)
        self.public: Public = make_public(users, items, FEATURES[items])._replace(
            born=(items % 3).astype(np.int32),
            groups=(items % 2).astype(np.int32),
            group_names=("a", "b"),
            follows=self._follows(),
        )

    def _follows(self) -> Follows:
        """The n-th by name follows the next three and the tenth after, in order of their keys."""
        whom = np.sort((np.arange(N)[:, None] + [1, 2, 3, 10]) % N, axis=1)[self.users]  # (n, 4) keys
        return Follows(np.arange(0, 4 * N + 1, 4), self.row_of_user[whom].ravel().astype(np.int32))

    def training(self) -> Training:
        """Two clicks of each user a tick, in order of tick and then of row, as cohorts report them."""
        who, what, when = (np.concatenate(cells) for cells in zip(*map(self._tick, range(TICKS)), strict=True))
        found = make_training(who, what, 1.0 + (self.items[what] % 4), tick=TICKS)
        missed = Unclicked(who, self.row_of_item[PICKED[self.users[who], 10 + when]], when, np.full(len(who), 2))
        shown = {"ranks": np.full(len(who), 1, np.int32), "propensity": np.full(len(who), 0.5), "unclicked": missed}
        return found._replace(ticks=when.astype(np.int32), **shown)

    def _tick(self, number: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        clicks = self.row_of_item[PICKED[self.users, 2 * number : 2 * number + 2]]
        return np.repeat(np.arange(N), 2), clicks.ravel(), np.full(2 * N, number)

    def lists(self, recommender: Recommender) -> np.ndarray:
        """(n, k) keys of the items that each user is shown, in order of the users' keys."""
        training = self.training()
        policy = recommender.fit(training, self.public, None, DRAWS.of("fit"))
        consumed = {row: training.items[training.users == row] for row in range(N)}
        truth = Truth(lambda who, what: LIKES[self.users[who]][:, self.items[what]]) if recommender.sees_truth else None
        request = make_request(self.public, 8, consumed, tick=TICKS + 1, truth=truth)
        found = recommender.rank(policy, request, DRAWS.of("rank")).items[self.row_of_user]
        return np.where(found >= 0, self.items[found], -1)


def order(n: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).permutation(n)


@pytest.mark.parametrize("kind", kinds("recommender"))
def test_a_recommender_serves_by_name_whatever_the_order_of_rows(kind: type[Recommender]) -> None:
    one = Rows(np.arange(N), np.arange(ITEMS)).lists(kind.example())
    assert (one >= 0).any() or kind.kind == "none"
    rows, cols = np.arange(N), np.arange(ITEMS)
    for users, items in ((order(N, 1), cols), (rows, order(ITEMS, 2)), (order(N, 3), order(ITEMS, 4))):
        same = (Rows(users, items).lists(kind.example()) == one).all()
        if kind.kind in BY_ROW and not np.array_equal(users, rows):
            assert not same, f"'{kind.kind}' need not be excepted"
        elif kind.kind not in BY_ROW:
            assert same


# -- every recommender and re-ranker, through the loop ----

PLACES: Mapping[str, str] = {"recommender": "system.recommender", "reranker": "system.rerankers"}


@pytest.mark.parametrize("component", [*kinds("recommender"), *kinds("reranker")])
def test_relabelling_rows_changes_no_click(component: type[Component]) -> None:
    """Re-rankers on top of factors in double precision: in single, sums in another order move near ties (measured)."""
    if component.kind in BY_ROW:
        pytest.skip(BY_ROW[component.kind])
    one: Any = component.example()
    spec = lively({"users.count": 120, "items.count": 80, "items.dynamics.new_items.per_tick": 4}, metrics=["coverage"])
    spec = spec.override("system.recommender.dtype", "float64")
    spec = spec.override(PLACES[component.family], [one] if component.family == "reranker" else one)
    straight, mixed = finished(spec), finished(relabelled(spec))
    assert clicks_by_name(straight) == clicks_by_name(mixed)
    assert len(straight.service.log) > 0 and (straight.service.log.clicks.user != mixed.service.log.clicks.user).any()


# -- twins ----

SLATES, PICKS = [[0, 1], [1, 2], [1, 3], [0, 4]], [0, 1, -1, 0]
TASTES = [[1.0, 0.0], [0.0, 1.0], [0.5, 0.5], [1.0, 1.0]]
TOPICS = [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [-1.0, 0.0], [0.3, 0.1], [0.0, 2.0]]
SHARES = (
    "exposure_gini",
    "click_gini",
    "coverage",
    "intra_list_distance",
    "clicks_per_session",
    "utility",
    "slate_utility",
)


@pytest.mark.parametrize("kind", SHARES)
def test_a_measure_of_shares_does_not_see_that_everybody_has_a_twin(kind: str) -> None:
    metric = Metric.parse(kind)
    found = []
    for copies in (1, 2, 5):
        slates, tastes = SLATES * copies, TASTES * copies
        counts = {name: np.bincount(np.ravel(slates), minlength=6) for name in ("views", "views_now")}
        clicked = [slate[pick] for slate, pick in zip(slates, PICKS * copies, strict=True) if pick >= 0]
        counts |= {name: np.bincount(clicked, minlength=6) for name in ("clicks", "clicks_now")}
        now = tick(slates, PICKS * copies, tastes=tastes, topics=TOPICS, items=type("Items", (), counts))
        value = metric.measure(now, metric.prepare(now))
        found.append(value["all"] if isinstance(value, Mapping) else value)
    assert np.isfinite(found[0]) and found[0] != 0
    assert found == pytest.approx([found[0]] * 3, rel=1e-12)


def test_popularity_learns_the_same_shares_from_twins() -> None:
    world = Rows(np.arange(N), np.arange(ITEMS))
    training = world.training()
    twice = training._replace(
        **{name: np.concatenate([getattr(training, name)] * 2) for name in ("users", "items", "weights", "ticks")}
    )
    one, two = (Popularity().fit(log, world.public, None, DRAWS).clicks for log in (training, twice))
    assert np.array_equal(one / one.sum(), two / two.sum()) and two.sum() == 2 * one.sum()


def of_twins(kind: str, *, alike: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """Clicks on each item of 300 users, and of as many more who have their tastes, or tastes of their own."""
    n = 300
    spec = tiny(users={"count": 2 * n}, system={"recommender": kind, "repeats": True}, ticks=12, metrics=[])
    sim = Simulation(spec)
    if alike:
        sim.world.users.tastes[n:] = sim.world.users.tastes[:n]
    else:
        sim.world.users.tastes[n:] *= -1.0
    log = finished(sim).service.log.clicks
    first, second = (np.bincount(log.item[side], minlength=30) for side in (log.user < n, log.user >= n))
    return first, second


@pytest.mark.parametrize("kind", ["uniform", "oracle"])
def test_twins_click_the_same_shares_in_expectation(kind: str) -> None:
    """Clicks on 30 items by 300 users and their twins, who share tastes and no draw: one distribution (χ², α = 0.001).

    Repeats are allowed and nothing is learned from others, so that ticks are independent given the tastes. The test is
    conservative, since users differ; that twins with other tastes are told apart shows that it can fail.
    """
    first, second = of_twins(kind)
    seen = first + second >= 10
    assert seen.sum() > 5 and not np.array_equal(first, second)
    assert chi2_contingency(np.stack([first[seen], second[seen]])).pvalue > 0.001
    other, strange = of_twins(kind, alike=False)
    seen = other + strange >= 10
    assert chi2_contingency(np.stack([other[seen], strange[seen]])).pvalue < 1e-6


@pytest.mark.parametrize("kind", ["exposure_gini", "click_gini"])
def test_inequality_has_no_unit(kind: str) -> None:
    """A thousand times the counts is the same Gini; only what chance alone gives falls with them."""
    metric = Metric.parse(kind)
    slates = [[0, 1, 2, 3]] * 3 + [[0, 1, 4, 5]] * 2
    found = []
    for copies in (1, 1000):
        now = tick(slates * copies, [0, 0, 1, 2, 3] * copies, tastes=[[1.0, 0.0]] * 5 * copies, topics=[[1.0, 0.0]] * 6)
        value = metric.measure(now, {})
        found.append(value["all"] if isinstance(value, Mapping) else value)
    assert found[0] == pytest.approx(found[1], rel=1e-12) and 0 < found[0] < 1
