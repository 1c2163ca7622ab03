"""A truth fitted to a log: the best approximation of its 0/1 matrix (Eckart & Young 1936) at a stated contrast, its
popularity and its activity. What needs a real log is skipped where RECSIM_DATA names none."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from recsim.base.draws import Draws
from recsim.base.flow import History
from recsim.base.kernels.concentration import gini
from recsim.data import MovieLens
from recsim.world.activity import Activity
from recsim.world.choice.multinomial_logit import MultinomialLogit
from recsim.world.sections import Items, Users
from recsim.world.tastes import Fitted
from recsim.world.tastes.from_log import FromLog
from recsim.world.world import World
from tests.helpers import make_slate

DRAWS = Draws(3)


def history(n_users: int = 30, n_items: int = 22, density: float = 0.2) -> History:
    users, items = np.nonzero(DRAWS.uniform(np.arange(n_users), np.arange(n_items)) < density)
    order = np.argsort(DRAWS.of("order").uniform(np.arange(len(users))))
    users, items = users[order].astype(np.int32), items[order].astype(np.int32)
    ids = np.arange(n_users), np.arange(n_items)
    return History(
        users, items, np.ones(len(users)), np.zeros((n_items, 1)), ("drama",), *ids, np.zeros(n_users, np.int32)
    )


LOG = history()
DENSE = np.zeros((30, 22))
DENSE[LOG.users, LOG.items] = 1.0


@pytest.mark.parametrize("factors", [1, 5, 16])
def test_utilities_are_the_truncated_svd_of_the_log_up_to_one_scale(factors):
    """tastes · topics = s · Σ_{k ≤ f} σ_k u_k v_k′ with one s for all pairs."""
    fitted = FromLog(factors=factors).fit(LOG, DRAWS)
    u, values, vt = np.linalg.svd(DENSE)
    best = (u[:, :factors] * values[:factors]) @ vt[:factors]
    found = fitted.users @ fitted.items.T
    scale = (found * best).sum() / (best**2).sum()
    assert scale > 0
    assert np.abs(found - scale * best).max() < 1e-10 * np.abs(found).max() + 1e-9


def test_dimensions_come_in_order_of_their_weight_and_are_shared_fairly():
    """Tastes U√S and topics V√S: equal lengths of both per dimension, orthogonal, the largest first."""
    fitted = FromLog(factors=6).fit(LOG, DRAWS)
    for vectors in (fitted.users, fitted.items):
        gram = vectors.T @ vectors
        assert np.abs(gram - np.diag(np.diag(gram))).max() < 1e-9
        assert (np.diff(np.diag(gram)) < 0).all()
    ratio = np.diag(fitted.users.T @ fitted.users) / np.diag(fitted.items.T @ fitted.items)
    assert ratio == pytest.approx(1.0)


def test_signs_are_fixed_so_that_the_largest_topic_of_a_dimension_is_positive():
    fitted = FromLog(factors=6).fit(LOG, DRAWS)
    largest = np.abs(fitted.items).argmax(axis=0)
    assert (fitted.items[largest, np.arange(6)] > 0).all()


@pytest.mark.parametrize("contrast", [0.5, 3.0, 10.0])
def test_contrast_is_by_how_much_a_pair_of_the_log_beats_a_random_pair(contrast):
    fitted = FromLog(factors=5, contrast=contrast).fit(LOG, DRAWS)
    utility = fitted.users @ fitted.items.T
    assert utility[LOG.users, LOG.items].mean() - utility.mean() == pytest.approx(contrast, abs=1e-9)


def test_too_many_factors_leave_dimensions_empty():
    """A matrix of 30 × 22 has 22 dimensions, which reproduce it; the rest are zeros, so the width is as asked for."""
    fitted = FromLog(factors=40).fit(LOG, DRAWS)
    assert fitted.users.shape == (30, 40)
    assert fitted.items.shape == (22, 40)
    assert not fitted.users[:, 22:].any()
    utility = fitted.users @ fitted.items.T
    assert np.abs(utility / utility[LOG.users[0], LOG.items[0]] - DENSE).max() < 1e-9


def test_the_people_of_the_log_get_their_own_vectors_and_newcomers_somebodys():
    tastes = FromLog(factors=5)
    fitted = tastes.fit(LOG, DRAWS)
    drawn = tastes.users(np.arange(30, dtype=np.uint64), fitted, DRAWS)
    assert np.array_equal(drawn.vectors, fitted.users)
    keys = DRAWS.of("birth").keys(np.arange(3000))
    for found, known in (
        (tastes.users(keys, fitted, DRAWS), fitted.users),
        (tastes.items(keys, fitted, DRAWS), fitted.items),
    ):
        who = (found.vectors[:, None, :] == known).all(axis=2)
        assert who.any(axis=1).all()
        counts = who.argmax(axis=1)
        share = 1 / len(known)  # everybody equally likely: 4 s.e. of each share
        assert np.abs(np.bincount(counts, minlength=len(known)) / 3000 - share).max() < 4 * np.sqrt(
            share * (1 - share) / 3000
        )
    again = tastes.users(keys[::-1], fitted, DRAWS)
    assert np.array_equal(again.vectors[::-1], tastes.users(keys, fitted, DRAWS).vectors)


def test_the_fit_is_the_same_every_time():
    one, two = (FromLog(factors=5).fit(LOG, DRAWS) for _ in range(2))
    assert np.array_equal(one.users, two.users)
    assert np.array_equal(one.items, two.items)


def small(shape: tuple[int, int], step: int) -> History:
    """Every `step`-th pair."""
    users, items = np.divmod(np.arange(0, shape[0] * shape[1], step), shape[1])
    ids = np.arange(shape[0]), np.arange(shape[1])
    return History(
        users.astype(np.int32),
        items.astype(np.int32),
        np.ones(len(users)),
        np.zeros((shape[1], 1)),
        ("a",),
        *ids,
        np.zeros(shape[0], np.int32),
    )


@pytest.mark.parametrize("shape", [(1, 5), (5, 1), (2, 2), (3, 4)])
def test_a_tiny_log_is_fitted_too(shape):
    """Where the sparse solver would refuse: one user, one item, as many factors as either."""
    log = small(shape, 3)
    fitted = FromLog(factors=3).fit(log, DRAWS)
    utility = fitted.users @ fitted.items.T
    assert utility[log.users, log.items].mean() - utility.mean() == pytest.approx(3.0)


def test_a_log_of_all_pairs_has_no_contrast_and_stays_as_it_is():
    fitted = FromLog(factors=3).fit(small((3, 4), 1), DRAWS)
    assert fitted.users @ fitted.items.T == pytest.approx(1.0)


# -- quality and activity: the truth reproduces the log ----------------------------------------------------------------

CLICKS = np.bincount(LOG.items, minlength=22)
OFTEN = np.bincount(LOG.users, minlength=30)


def shares(fitted: Fitted, weights: np.ndarray) -> np.ndarray:
    """How often each item is chosen among all of them by multinomial logit, by users who weigh so much."""
    assert fitted.quality is not None
    worth = np.exp(fitted.users @ fitted.items.T + fitted.quality)
    return weights @ (worth / worth.sum(axis=1, keepdims=True)) / weights.sum()


@pytest.mark.parametrize("smoothing", [0.1, 0.5, 3.0])
def test_free_choices_of_active_people_have_the_popularity_of_the_log(smoothing):
    """Berry, Levinsohn & Pakes 1995: the contraction ends where the model's shares are those observed."""
    fitted = FromLog(factors=5, smoothing=smoothing).fit(LOG, DRAWS)
    target = (CLICKS + smoothing) / (CLICKS + smoothing).sum()
    assert np.abs(np.log(shares(fitted, OFTEN) / target)).max() < 1e-5
    assert abs(fitted.quality.mean()) < 1e-12


def test_the_fitted_quality_is_not_what_a_fit_to_equally_active_people_gives():
    """Else the test above could not tell whether people weigh by their activity."""
    fitted = FromLog(factors=5).fit(LOG, DRAWS)
    target = (CLICKS + 0.5) / (CLICKS + 0.5).sum()
    assert np.abs(np.log(shares(fitted, np.ones(30)) / target)).max() > 0.01


def test_where_tastes_say_nothing_quality_is_the_logarithm_of_the_clicks():
    fitted = FromLog(factors=5, contrast=1e-12).fit(LOG, DRAWS)
    logs = np.log(CLICKS + 0.5)
    assert fitted.quality == pytest.approx(logs - logs.mean(), abs=1e-5)


def test_quality_may_be_kept_in_part_or_left_out():
    whole, half = (FromLog(factors=5, popularity=share).fit(LOG, DRAWS).quality for share in (1.0, 0.5))
    assert np.array_equal(half, 0.5 * whole)
    assert FromLog(factors=5, popularity=0.0).fit(LOG, DRAWS).quality is None


def test_more_smoothing_makes_popularity_more_even():
    uneven = [gini(shares(FromLog(factors=5, smoothing=s).fit(LOG, DRAWS), OFTEN)) for s in (0.01, 0.5, 5.0, 1e6)]
    assert (np.diff(uneven) < 0).all()
    assert uneven[0] == pytest.approx(gini(CLICKS), rel=0.01)
    assert uneven[-1] < 1e-5


def test_an_item_that_nobody_clicked_is_worth_something_finite():
    log = LOG._replace(users=LOG.users[LOG.items != 4], items=LOG.items[LOG.items != 4])
    fitted = FromLog(factors=5).fit(log, DRAWS)
    assert np.isfinite(fitted.quality).all()
    assert shares(fitted, np.bincount(log.users, minlength=30)).argmin() == 4


def test_users_are_taken_in_chunks_and_a_part_of_them_will_do(monkeypatch):
    whole = FromLog(factors=5).fit(LOG, DRAWS).quality
    monkeypatch.setattr("recsim.world.tastes.from_log.CHUNK", 7)
    assert FromLog(factors=5).fit(LOG, DRAWS).quality == pytest.approx(whole, abs=1e-9)
    some = FromLog(factors=5, fitted_users=10).fit(LOG, DRAWS)
    rows = np.linspace(0, 29, 10).astype(int)
    chosen = shares(some._replace(users=some.users[rows]), OFTEN[rows])
    assert chosen == pytest.approx((CLICKS + 0.5) / (CLICKS + 0.5).sum(), rel=1e-5)


def test_activity_is_a_users_count_over_the_mean_count():
    log = LOG._replace(users=np.array([0, 0, 0, 2], np.int32), items=np.array([0, 1, 2, 1], np.int32))
    log = log._replace(user_ids=np.arange(3), values=np.ones(4), groups=np.zeros(3, np.int32))
    assert FromLog(factors=2).fit(log, DRAWS).activity.tolist() == [2.25, 0.0, 0.75]


def world(log: History = LOG, **tastes: float) -> World:
    people = Users(tastes=FromLog(**{"factors": 5, **tastes}), choice=MultinomialLogit(outside=-1e6))
    return World(people, Items(quality_spread=0.0), Draws(8), log)


def test_the_loops_own_choices_have_the_popularity_of_the_log():
    """Everybody of a small world chooses from everything on 600 ticks; weighted by activity, 4 s.e. of each share."""
    town = world()
    items, chosen = np.tile(np.arange(22), (30, 1)), np.zeros((30, 22))
    for tick in range(1, 601):
        town.tick = tick
        picks = town.choose(make_slate(items)).picks[:, 0]
        chosen[np.arange(30), picks] += 1
    weights = OFTEN / OFTEN.sum()
    found, error = weights @ chosen / 600, np.sqrt((weights**2) @ (chosen / 600 * (1 - chosen / 600)) / 600)
    assert (np.abs(found - (CLICKS + 0.5) / (CLICKS + 0.5).sum()) < 4 * error).all()


def test_newcomers_get_taste_quality_and_group_of_one_and_the_same_stranger():
    log = LOG._replace(groups=np.arange(30, dtype=np.int32) % 3, group_names=("a", "b", "c"))
    town = world(log)
    users, items = town.add_users(DRAWS.keys(np.arange(50))), town.add_items(DRAWS.keys(np.arange(50)))
    whose, what = town.users.logged[users], town.items.logged[items]
    assert len(set(whose.tolist())) > 15
    assert np.array_equal(town.users.tastes[users], town.fitted.users[whose])
    assert np.array_equal(town.users.group[users], whose % 3)
    assert np.array_equal(town.items.topics[items], town.fitted.items[what])
    assert town.items.quality[items] == pytest.approx(town.fitted.quality[what])


FOLDER = os.environ.get("RECSIM_DATA", "")
real = pytest.mark.skipif(
    not FOLDER or not any((Path(FOLDER) / name).is_file() for name in ("ratings.csv", "ratings.csv.gz")),
    reason="set RECSIM_DATA to a MovieLens folder",
)


@pytest.fixture(scope="module")
def movies() -> World:
    log = MovieLens(path=FOLDER).read()
    people = Users(tastes=FromLog(), activity=Activity.parse("from_log"))
    return World(people, Items(quality_spread=0.0), Draws(1), log)


@real
def test_what_people_would_choose_is_as_concentrated_as_the_real_log(movies):
    """Gini of the expected counts, and of one draw of as many choices as the log has, within 10 % of the log's."""
    log = movies.history
    logged, often = gini(np.bincount(log.items, minlength=len(movies.items))), np.bincount(log.users)
    expected, drawn = np.zeros(len(movies.items)), np.zeros(len(movies.items))
    utility = movies.truth().utility
    for user, count in enumerate(often):
        worth = np.exp(utility(np.array([user], np.int32), np.arange(len(movies.items), dtype=np.int32))[0])
        chance = worth / worth.sum()
        expected += count * chance
        luck = DRAWS.of("choices", user).uniform(np.arange(count))
        picks = np.minimum(np.searchsorted(np.cumsum(chance), luck), len(chance) - 1)
        np.add.at(drawn, picks, 1)
    assert abs(gini(expected) / logged - 1) < 0.1
    assert abs(gini(drawn) / logged - 1) < 0.1


@real
def test_people_come_as_unequally_often_as_in_the_real_log(movies):
    """Standard deviation of the logarithm of session rates over 4000 ticks, within 10 % of that of the log's counts."""
    users, activity = np.arange(len(movies.users), dtype=np.int32), movies.people.activity
    sessions = sum(activity.active(movies, users, DRAWS.of(tick)).astype(int) for tick in range(4000))
    logged, found = np.log(np.bincount(movies.history.users)).std(), np.log(sessions).std()
    assert abs(found / logged - 1) < 0.1
    assert abs(sessions.mean() / 4000 / 0.05 - 1) < 0.02
