"""The k best of many, against a plain slow twin that sorts every row."""

from __future__ import annotations

import numpy as np
import pytest

from recsim.base.draws import Draws, mix
from recsim.base.kernels.ranking import TILE, popular, ranked, top_k
from tests.helpers import make_public, make_request

DRAWS = Draws(21)


def some_keys(rows: np.ndarray, cols: np.ndarray) -> np.ndarray:
    return mix(mix(np.uint64(5), rows), cols)


def slow_top_k(scores: np.ndarray, k: int) -> np.ndarray:
    """Sort each row by score, ties by key; −inf is nothing."""
    best = np.full((len(scores), k), -1)
    for row, line in enumerate(scores):
        cols, ties = [col for col in range(len(line)) if line[col] > -np.inf], some_keys(row, np.arange(len(line)))
        cols.sort(key=lambda col, line=line, ties=ties: (-line[col], ties[col]))
        best[row, : min(k, len(cols))] = cols[:k]
    return best


def scores_of(n: int, m: int, levels: int | None, forbidden: float, dtype: type, case: int) -> np.ndarray:
    """Normal scores, or few different ones; a share of them forbidden."""
    u = DRAWS.of("scores", case, n, m).uniform(np.arange(n), np.arange(m))
    scores = (u if levels is None else np.floor(u * levels)).astype(dtype) - dtype(0.5)
    scores[DRAWS.of("forbidden", case, n, m).uniform(np.arange(n), np.arange(m)) < forbidden] = -np.inf
    return scores


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("forbidden", [0.0, 0.3, 0.99, 1.0])
@pytest.mark.parametrize("levels", [None, 1, 2, 40])
@pytest.mark.parametrize(("m", "k"), [(1, 1), (3, 5), (40, 1), (40, 40), (257, 3), (1000, 4), (1400, 9)])
def test_top_k_agrees_with_sorting(m, k, levels, forbidden, dtype):
    """The last sizes have more than 64 · 2 · (k + 1) columns, where only the best combs are looked at."""
    scores = scores_of(6, m, levels, forbidden, dtype, k)
    found = top_k(scores.copy(), k, some_keys)
    assert found.dtype == np.int32
    assert np.array_equal(found, slow_top_k(scores, k))


@pytest.mark.parametrize("m", [1281, 1300, 2000])
def test_the_best_are_found_wherever_they_stand(m):
    """One winner in every column in turn, the odd end beyond the last full comb included; k = 2 at 1281 uses combs."""
    scores = np.zeros((m, m), np.float32)
    np.fill_diagonal(scores, 1.0)
    assert np.array_equal(top_k(scores, 2, lambda r, c: mix(r, c))[:, 0], np.arange(m))


def test_many_of_the_best_in_one_comb_are_all_found():
    """Columns b, 2b, 3b … are one comb: all ten best in the same one, for every comb."""
    m, k = 64 * 40, 10
    combs = m // 64
    scores = DRAWS.of("comb").uniform(np.arange(combs), np.arange(m))
    for row in range(combs):
        scores[row, row + combs * np.arange(k)] = 2.0 + np.arange(k)
    expected = [[row + combs * place for place in range(k - 1, -1, -1)] for row in range(combs)]
    assert top_k(scores, k, some_keys).tolist() == expected


def test_a_tie_at_the_edge_that_reaches_into_an_unseen_comb_is_seen():
    """All equal but one: which of the 2000 equal items come next is decided by key over all of them."""
    scores = np.zeros((20, 2000))
    scores[:, 77] = 1.0
    assert np.array_equal(top_k(scores, 3, some_keys), slow_top_k(scores, 3))


@pytest.mark.parametrize("winners", range(1, 12))
def test_ties_between_just_as_many_combs_as_are_looked_at_go_by_key(winners):
    """Some equal winners, each in a comb of its own (columns of another remainder), in random places; k = 4."""
    n, m, k = 60, 64 * 30, 4
    combs = m // 64
    scores = np.zeros((n, m), np.float32)
    home = np.argsort(DRAWS.of("home").uniform(np.arange(n), np.arange(combs)), axis=1)[:, :winners]
    tooth = (64 * DRAWS.of("tooth").uniform(np.arange(n), np.arange(winners))).astype(int)
    np.put_along_axis(scores, home + combs * tooth, 1.0, axis=1)
    assert np.array_equal(top_k(scores, k, some_keys), slow_top_k(scores, k))


def test_equal_scores_go_to_everybody_equally_often():
    """20 000 rows, 8 equal columns, first place: χ²."""
    from scipy import stats

    found = top_k(np.zeros((20_000, 8)), 1, some_keys)
    assert stats.chisquare(np.bincount(found[:, 0], minlength=8)).pvalue > 1e-4


def test_very_small_and_very_large_scores_are_ordered_too():
    scores = np.array([[-1e30, 1e30, 0.0, -1e-30, -np.inf]])
    assert top_k(scores, 5, some_keys).tolist() == [[1, 2, 3, 0, -1]]
    assert top_k(np.array([[-3e38, -3e38, -np.inf]], np.float32), 1, some_keys)[0, 0] in (0, 1)


@pytest.mark.parametrize("shape", [(0, 5), (4, 0), (0, 0)])
def test_nothing_from_nothing(shape):
    assert np.array_equal(top_k(np.zeros(shape), 3, some_keys), np.full((shape[0], 3), -1))


# -- ranked ------------------------------------------------------------------------------------------------------------

USERS, ITEMS = 700, 60
TABLE = DRAWS.of("table").uniform(np.arange(USERS), np.arange(ITEMS))


def history(seed: int, n: int = USERS, m: int = ITEMS) -> dict[int, np.ndarray]:
    """Anything from nothing to everything."""
    u = Draws(seed).uniform(np.arange(n), np.arange(m))
    return {user: np.flatnonzero(u[user] < Draws(seed).of("share").uniform(user) ** 2 * 1.1) for user in range(n)}


def slow_ranked(table: np.ndarray, request, n_items: int) -> np.ndarray:
    out = np.full((len(request.users), request.n), -1)
    for row, user in enumerate(request.users):
        lo, hi = request.history.indptr[row : row + 2]
        gone = set(request.history.items[lo:hi].tolist())
        left = [item for item in request.items.tolist() if item not in gone]
        left.sort(key=lambda item, user=user: -table[user, item])
        out[row, : min(request.n, len(left))] = left[: request.n]
    return out


@pytest.mark.parametrize("offered", [None, np.array([59, 3, 17, 8, 30, 31]), np.array([], np.int32)])
def test_ranked_leaves_out_what_was_consumed_and_what_is_not_offered(offered):
    request = make_request(make_public(USERS, ITEMS), 7, history(1), offered=offered)
    items, scores = ranked(request, lambda rows: TABLE[np.ix_(rows, request.items)], DRAWS)
    assert np.array_equal(items, slow_ranked(TABLE, request, ITEMS))
    row, col = np.nonzero(items >= 0)
    assert np.allclose(scores[row, col], TABLE[row, items[row, col]], rtol=0, atol=2.0**-32 * np.abs(TABLE).max())
    assert (scores[items < 0] == -np.inf).all()


def test_scores_are_always_asked_for_in_tiles_of_one_size():
    """The bits of a matrix product depend on the shape of the block, so the shape never does on who is served."""
    asked = []

    def score(rows):
        asked.append(len(rows))
        return TABLE[np.ix_(rows, np.arange(ITEMS))]

    for users in (np.arange(USERS), np.arange(3), np.array([5, 261, 517])):
        ranked(make_request(make_public(USERS, ITEMS), 3, users=users), score, DRAWS)
    assert set(asked) == {TILE}


@pytest.mark.parametrize("groups", [1, 2, 9, USERS])
def test_lists_do_not_depend_on_who_else_is_served(groups):
    public, consumed, flat = make_public(USERS, ITEMS), history(2), np.round(TABLE, 1)
    request = make_request(public, 5, consumed)
    whole = ranked(request, lambda rows: flat[np.ix_(rows, request.items)], DRAWS)
    parts = []
    for some in np.array_split(np.arange(USERS), groups):
        part = make_request(public, 5, consumed, users=some)
        parts.append(ranked(part, lambda rows: flat[np.ix_(rows, np.arange(ITEMS))], DRAWS))
    for found, expected in zip((np.concatenate(column) for column in zip(*parts, strict=True)), whole, strict=True):
        assert np.array_equal(found, expected)


def test_some_of_a_request_can_be_served_alone():
    request = make_request(make_public(USERS, ITEMS), 5, history(3))
    whole, _ = ranked(request, lambda rows: TABLE[rows], DRAWS)
    some = np.array([3, 400, 401, 699], np.int32)
    part, _ = ranked(request, lambda rows: TABLE[rows], DRAWS, users=some)
    assert np.array_equal(part, whole[some])


def relabelled(consumed: dict[int, np.ndarray], new_user: np.ndarray, new_item: np.ndarray) -> dict[int, np.ndarray]:
    return {int(new_user[user]): new_item[items] for user, items in consumed.items()}


def permutation(n: int, name: str) -> np.ndarray:
    return np.argsort(DRAWS.of("permutation", name).uniform(np.arange(n)))


def keys_after(new: np.ndarray) -> np.ndarray:
    keys = np.empty(len(new), np.uint64)
    keys[new] = np.arange(len(new))
    return keys


def test_relabelling_users_and_items_relabels_the_lists_ties_included():
    """Ties are broken by keys, which a relabelling carries along: half of the scores are equal here."""
    new_user, new_item = permutation(USERS, "users"), permutation(ITEMS, "items")
    flat = np.floor(TABLE * 5)
    other = np.empty_like(flat)
    other[np.ix_(new_user, new_item)] = flat
    one = make_request(make_public(USERS, ITEMS), 6, history(4))
    public = make_public(keys_after(new_user), keys_after(new_item))
    two = make_request(public, 6, relabelled(history(4), new_user, new_item))
    first, _ = ranked(one, lambda rows: flat[np.ix_(rows, one.items)], DRAWS)
    second, _ = ranked(two, lambda rows: other[np.ix_(rows, two.items)], DRAWS)
    assert np.array_equal(np.where(first >= 0, new_item[first], -1), second[new_user])


# -- popular -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", range(4))
@pytest.mark.parametrize("levels", [1, 3, 1000])
def test_popular_agrees_with_sorting_all_counts(case, levels):
    """The slow twin sorts counts plus the draws that break ties."""
    n, m, k = 60, 300, 8
    counts = np.floor(DRAWS.of("counts", case).uniform(np.arange(m)) ** 3 * levels)
    consumed = {user: items[:40] for user, items in history(case, n, m).items()}
    request = make_request(make_public(n, m), k, consumed, offered=np.flatnonzero(np.arange(m) % 7))
    items, scores = popular(request, counts, DRAWS)
    luck = DRAWS.uniform(np.arange(n), np.arange(m))
    assert np.array_equal(items, slow_ranked(counts + luck, request, m))
    assert np.array_equal(scores, counts[items])


def test_popular_gives_users_who_consumed_a_lot_as_long_a_list():
    public = make_public(3, 50)
    items, _ = popular(make_request(public, 5, {1: np.arange(10, 50), 2: np.arange(49)}), np.arange(50.0), DRAWS)
    assert items.tolist() == [[49, 48, 47, 46, 45], [9, 8, 7, 6, 5], [49, -1, -1, -1, -1]]


def test_relabelling_relabels_popular_lists():
    new_user, new_item = permutation(USERS, "users"), permutation(ITEMS, "items")
    counts, other = np.floor(TABLE[0] * 4), np.empty(ITEMS)
    other[new_item] = counts
    public = make_public(keys_after(new_user), keys_after(new_item))
    first, _ = popular(make_request(make_public(USERS, ITEMS), 6, history(5)), counts, DRAWS)
    second, _ = popular(make_request(public, 6, relabelled(history(5), new_user, new_item)), other, DRAWS)
    assert np.array_equal(np.where(first >= 0, new_item[first], -1), second[new_user])


def test_scores_that_differ_by_rounding_noise_only_are_ties_in_double_precision():
    """Items with the same clicks have equal scores but for noise, which is another on every machine."""
    rng = np.random.default_rng(3)
    table = np.repeat(rng.normal(size=(300, 20)), 5, axis=1)  # five items of each score
    noisy = table * (1 + 1e-13 * rng.normal(size=table.shape))
    request = make_request(make_public(300, 100), 12)
    clean, dirty = (ranked(request, lambda rows, t=t: t[rows], DRAWS)[0] for t in (table, noisy))
    assert np.array_equal(clean, dirty)
    assert not np.array_equal(np.argsort(-table, axis=1)[:, :12], np.argsort(-noisy, axis=1)[:, :12])
