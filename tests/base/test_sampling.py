"""Random items without replacement: different, allowed, and every set equally likely."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from scipy import stats

from recsim.base.draws import Draws
from recsim.base.kernels.sampling import distinct, free
from tests.base.test_ranking import history, keys_after, permutation, relabelled
from tests.helpers import make_public, make_request

DRAWS = Draws(31)


@pytest.mark.parametrize("k", [1, 5, 12, 40])
@pytest.mark.parametrize("offered", [None, np.arange(0, 40, 3), np.array([7])])
def test_items_are_different_offered_and_not_consumed(k, offered):
    """From users who consumed nothing to users who consumed everything; −1 only where nothing is left."""
    n, m = 300, 40
    request = make_request(make_public(n, m), k, history(1, n, m), offered=offered)
    items = distinct(request, DRAWS)
    assert items.shape == (n, k)
    for row, line in enumerate(items):
        lo, hi = request.history.indptr[row : row + 2]
        allowed = set(request.items.tolist()) - set(request.history.items[lo:hi].tolist())
        real = line[line >= 0].tolist()
        assert len(set(real)) == len(real) == min(k, len(allowed))
        assert set(real) <= allowed
        assert (line[len(real) :] == -1).all()


@pytest.mark.parametrize("gone", [0, 2, 16, 196])
def test_every_ordered_list_is_equally_likely(gone):
    """Lists of 2 of the 4 items that are left: χ² over the 12 lists. Of 200, many users are dealt from a deck."""
    n, m, consumed = 12_000, gone + 4, np.arange(gone)
    request = make_request(make_public(n, m), 2, dict.fromkeys(range(n), consumed))
    items = distinct(request, DRAWS.of(gone))
    left = np.setdiff1d(np.arange(m), consumed)
    counts = [((items[:, 0] == a) & (items[:, 1] == b)).sum() for a, b in permutations(left, 2)]
    assert sum(counts) == n
    assert stats.chisquare(counts).pvalue > 1e-4


def test_what_else_a_user_may_not_get_is_respected():
    n, m = 200, 12
    also = np.stack([np.arange(n) % m, np.where(np.arange(n) % 2, (np.arange(n) + 3) % m, -1)], axis=1)
    items = distinct(make_request(make_public(n, m), 10, {0: [1, 2, 3]}), DRAWS, also_without=also)
    for row in range(n):
        gone = set(also[row].tolist()) | ({1, 2, 3} if row == 0 else set())
        assert not gone & set(items[row][items[row] >= 0].tolist())
        assert (items[row] >= 0).sum() == min(10, m - len(gone - {-1}))


@pytest.mark.parametrize("length", [3, 5])
def test_every_order_of_all_that_is_left_is_equally_likely(length):
    """Two of five items are consumed and all are asked for: χ² over the six orders of the rest; nothing behind them."""
    n = 12_000
    request = make_request(make_public(n, 3 + 2), length + 2, dict.fromkeys(range(n), np.array([1, 4])))
    items = distinct(request, DRAWS.of("all", length))
    assert (items[:, 3:] == -1).all() and items.shape == (n, length + 2)
    counts = [(items[:, :3] == order).all(axis=1).sum() for order in permutations([0, 2, 3])]
    assert sum(counts) == n
    assert stats.chisquare(counts).pvalue > 1e-4


@pytest.mark.parametrize("k", [6, 25, 40])
@pytest.mark.parametrize("groups", [2, 17, 150])
def test_lists_do_not_depend_on_who_else_is_served(groups, k):
    n, m = 150, 25
    public, consumed = make_public(n, m), history(2, n, m)
    whole = distinct(make_request(public, k, consumed), DRAWS)
    parts = [distinct(make_request(public, k, consumed, users=s), DRAWS) for s in np.array_split(np.arange(n), groups)]
    assert np.array_equal(np.concatenate(parts), whole)


@pytest.mark.parametrize("k", [6, 25, 40])
def test_relabelling_relabels_the_lists(k):
    n, m = 150, 25
    new_user, new_item = permutation(n, "users"), permutation(m, "items")
    public = make_public(keys_after(new_user), keys_after(new_item))
    first = distinct(make_request(make_public(n, m), k, history(3, n, m)), DRAWS)
    second = distinct(make_request(public, k, relabelled(history(3, n, m), new_user, new_item)), DRAWS)
    assert np.array_equal(np.where(first >= 0, new_item[first], -1), second[new_user])


def test_free_counts_what_may_be_shown():
    n, m = 120, 30
    consumed, offered = history(4, n, m), np.arange(0, 30, 2)
    request = make_request(make_public(n, m), 3, consumed, offered=offered)
    assert free(request).tolist() == [len(set(offered.tolist()) - set(consumed[user].tolist())) for user in range(n)]


def test_nobody_and_nothing():
    assert distinct(make_request(make_public(0, 5), 3), DRAWS).shape == (0, 3)
    assert (distinct(make_request(make_public(4, 5), 3, offered=[]), DRAWS) == -1).all()
