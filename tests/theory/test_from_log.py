"""Tastes fitted to a log: the best approximation of its 0/1 matrix (Eckart & Young 1936), at a stated contrast."""

from __future__ import annotations

import numpy as np
import pytest

from recsim.base.draws import Draws
from recsim.base.flow import History
from recsim.world.tastes.from_log import FromLog

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
