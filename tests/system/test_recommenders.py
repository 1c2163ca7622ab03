"""Recommenders: what each shows, by hand, against plain slow twins, and at the edges."""

from __future__ import annotations

import numpy as np
import pytest

from recsim.base.draws import Draws
from recsim.base.flow import Slate, Training, Unclicked
from recsim.problems.doubts import doubts
from recsim.system.recommenders import Recommender, counted
from recsim.system.recommenders.als import ALS
from recsim.system.recommenders.bandit import Bandit
from recsim.system.recommenders.bpr import BPR
from recsim.system.recommenders.content import Content
from recsim.system.recommenders.neighbours import ItemKNN, UserKNN
from recsim.system.recommenders.popularity import Popularity
from recsim.system.recommenders.proportional import Proportional
from tests.helpers import make_public, make_request, make_training, run_all, tiny

DRAWS = Draws(11)
USERS, ITEMS = 30, 20
PERSONAL = {
    "als": ALS(factors=4, threads=1),
    "bpr": BPR(factors=4),
    "content": Content(),
    "item_knn": ItemKNN(neighbours=4),
    "user_knn": UserKNN(neighbours=4),
}
ALL = {
    **PERSONAL,
    "popularity": Popularity(worlds=3),
    "least": Popularity(direction="least"),
    "proportional": Proportional(),
    "own urns": Proportional(worlds=5),
    "greedy": Bandit(rule="epsilon_greedy"),
    "ucb1": Bandit(rule="ucb1"),
    "thompson": Bandit(),
    "shared draws": Bandit(drawn="once a tick"),
}
each = pytest.mark.parametrize("model", ALL.values(), ids=ALL.keys())
personal = pytest.mark.parametrize("model", PERSONAL.values(), ids=PERSONAL.keys())


def some_clicks(n_users: int = USERS, n_items: int = ITEMS, density: float = 0.25) -> Training:
    """Random clicks; the last user and the last item have none."""
    users, items = np.nonzero(DRAWS.of("clicks").uniform(np.arange(n_users - 1), np.arange(n_items - 1)) < density)
    return make_training(users, items)


def with_missed(training: Training, users, items, ticks=None, ranks=None) -> Training:
    n = len(users)
    missed = Unclicked(
        np.asarray(users, np.int32),
        np.asarray(items, np.int32),
        np.full(n, training.tick, np.int32) if ticks is None else np.asarray(ticks, np.int32),
        np.ones(n, np.int32) if ranks is None else np.asarray(ranks, np.int32),
    )
    return training._replace(unclicked=missed)


CLICKS = some_clicks()
FEATURES = DRAWS.of("features").normal(np.arange(ITEMS), np.arange(3))
PUBLIC = make_public(USERS, ITEMS, FEATURES)
CONSUMED = {user: CLICKS.items[CLICKS.users == user] for user in range(USERS)}
MATRIX = np.zeros((USERS, ITEMS))
MATRIX[CLICKS.users, CLICKS.items] = 1.0


def served(model: Recommender, n: int = ITEMS, training: Training = CLICKS, **request) -> Slate:
    policy = model.fit(training, PUBLIC, None, DRAWS.of("fit"))
    return model.rank(policy, make_request(PUBLIC, n, CONSUMED, **request), DRAWS.of("rank"))


def order(score: np.ndarray, user: int) -> np.ndarray:
    """Scores of what the user may be shown, best first."""
    return np.sort(np.delete(score, CONSUMED[user]))[::-1]


# -- all of them -------------------------------------------------------------------------------------------------------


@each
def test_everything_that_may_be_shown_is_shown_once_and_nothing_else(model: Recommender):
    offered = np.arange(0, ITEMS, 2)
    slate = served(model, offered=offered)
    for user, row in zip(slate.users, slate.items, strict=True):
        assert sorted(row[row >= 0]) == sorted(np.setdiff1d(offered, CONSUMED[int(user)]))
        assert (row[(row >= 0).sum() :] == -1).all()
    assert (slate.by_platform == (slate.items >= 0)).all()


@each
def test_nobody_to_serve_and_nothing_to_offer_make_empty_slates(model: Recommender):
    assert served(model, 3, users=[]).items.shape == (0, 3)
    assert (served(model, 3, offered=[]).items == -1).all()


@each
def test_a_fit_on_nothing_still_serves(model: Recommender):
    slate = served(model, 3, training=make_training([], []))
    assert (slate.items[-1] >= 0).all() and len(np.unique(slate.items[-1])) == 3


@each
def test_newcomers_since_the_last_fit_are_served_and_offered(model: Recommender):
    policy = model.fit(CLICKS, PUBLIC, None, DRAWS.of("fit"))
    more = make_public(USERS + 3, ITEMS + 4, np.vstack([FEATURES, np.ones((4, 3))]))
    slate = model.rank(policy, make_request(more, ITEMS + 4, CONSUMED), DRAWS.of("rank"))
    assert (np.sort(slate.items[USERS:], axis=1) == np.arange(ITEMS + 4)).all()
    again = model.fit(CLICKS, more, policy, DRAWS.of("fit"))
    assert (model.rank(again, make_request(more, 3, CONSUMED), DRAWS.of("rank")).items >= 0).all()


@each
def test_a_list_does_not_depend_on_who_else_is_served(model: Recommender):
    policy = model.fit(CLICKS, PUBLIC, None, DRAWS.of("fit"))
    together = model.rank(policy, make_request(PUBLIC, 6, CONSUMED), DRAWS.of("rank"))
    for part in (np.array([3]), np.arange(5, USERS, 4)):
        alone = model.rank(policy, make_request(PUBLIC, 6, CONSUMED, users=part), DRAWS.of("rank"))
        for one, other in zip(alone[1:], together[1:], strict=True):
            assert one is other is None or np.array_equal(one, other[part], equal_nan=True)


@each
def test_the_same_bits_on_every_fit(model: Recommender):
    one, other = (model.fit(CLICKS, PUBLIC, None, DRAWS.of("fit")) for _ in range(2))
    assert all(a.tobytes() == b.tobytes() for a, b in zip(one, other, strict=True))


@each
def test_relabelling_users_and_items_relabels_the_lists(model: Recommender):
    """loops:O22. Rows in another order under the same keys: the same people are shown the same things."""
    if model.kind == "bpr":
        pytest.skip("it draws its pairs by their place in the log: other pairs, another optimum nearby")
    to_user, to_item = (np.argsort(DRAWS.of(name).uniform(np.arange(n))) for name, n in (("u", USERS), ("i", ITEMS)))
    keys = [np.argsort(to).astype(np.uint64) for to in (to_user, to_item)]
    public = make_public(*keys, features=FEATURES[np.argsort(to_item)])
    training = make_training(to_user[CLICKS.users], to_item[CLICKS.items])
    consumed = {int(to_user[user]): to_item[items] for user, items in CONSUMED.items()}
    model = model.model_copy(update={"dtype": "float64", "solver": "cholesky"}) if model.kind == "als" else model
    policy = model.fit(training, public, None, DRAWS.of("fit"))
    slate = model.rank(policy, make_request(public, 5, consumed), DRAWS.of("rank"))
    assert np.array_equal(slate.items[to_user], to_item[served(model, 5).items])


@personal
@pytest.mark.parametrize("how", ["popular", "uniform"])
def test_who_has_no_interactions_gets_what_cold_users_says(model: Recommender, how: str):
    slate = served(model.model_copy(update={"cold_users": how}))
    if how == "popular":
        assert (np.diff(MATRIX.sum(axis=0)[slate.items[-1]]) <= 0).all()
        assert slate.propensity is None
    else:
        assert slate.propensity[-1] == pytest.approx(1 / ITEMS)
        assert (slate.propensity[0][slate.items[0] >= 0] == 1).all()
        firsts = {int(served_once(model, how, tick).items[-1, 0]) for tick in range(60)}
        assert len(firsts) > 12, "60 draws of 20: 19 expected"


def served_once(model: Recommender, how: str, tick: int) -> Slate:
    model = model.model_copy(update={"cold_users": how})
    policy = model.fit(CLICKS, PUBLIC, None, DRAWS.of("fit"))
    return model.rank(policy, make_request(PUBLIC, 1, CONSUMED), DRAWS.of("rank", tick))


# -- popularity --------------------------------------------------------------------------------------------------------


def test_the_least_clicked_come_first():
    slate = served(Popularity(direction="least"))
    count = MATRIX.sum(axis=0)
    for user, row in zip(slate.users, slate.items, strict=True):
        assert (np.diff(count[row[row >= 0]]) >= 0).all()
        assert np.array_equal(slate.scores[user][row >= 0], count[row[row >= 0]])
    assert (slate.items[:-1, 0] == ITEMS - 1).all(), "nobody ever clicked the last item"


def test_each_world_sees_its_own_counts():
    """Users 0, 2, 4 … of the first world clicked item 3, the others item 5."""
    users = np.arange(USERS)
    training = make_training(users, np.where(users % 2 == 0, 3, 5))
    model = Popularity(worlds=2)
    policy = model.fit(training, PUBLIC, None, DRAWS)
    assert policy.clicks[:, [3, 5]].tolist() == [[15, 0], [0, 15]]
    slate = model.rank(policy, make_request(PUBLIC, 2), DRAWS)
    assert np.array_equal(slate.items[:, 0], np.where(users % 2 == 0, 3, 5))
    assert (slate.scores == [15.0, 0.0]).all()
    assert len(np.unique(slate.items[:, 1])) > 5, "equal counts in random order"
    least = Popularity(worlds=2, direction="least")
    assert not (least.rank(policy, make_request(PUBLIC, ITEMS - 1), DRAWS).items[::2] == 3).any()


def test_worlds_of_equal_counts_rank_as_one_world_does():
    training = make_training(np.tile(np.arange(4), 3), np.repeat([7, 2, 7], 4))
    one, two = (
        model.rank(model.fit(training, PUBLIC, None, DRAWS), make_request(PUBLIC, 2), DRAWS).items
        for model in (Popularity(), Popularity(worlds=4))
    )
    assert one[:4].tolist() == two[:4].tolist() == [[7, 2]] * 4


def test_too_many_worlds_are_refused():
    with pytest.raises(ValueError, match="use fewer worlds"):
        counted(CLICKS, PUBLIC, 600_000)


# -- proportional ------------------------------------------------------------------------------------------------------


def shares_of(model: Proportional, training: Training, n: int, ticks: int = 400) -> np.ndarray:
    """(n, i) how often each item stood in each slot, over users without clicks of their own."""
    policy = model.fit(training, PUBLIC, None, DRAWS)
    found = np.zeros((n, ITEMS))
    for tick in range(ticks):
        items = model.rank(policy, make_request(PUBLIC, n), DRAWS.of("rank", tick)).items
        for slot in range(n):
            found[slot] += np.bincount(items[:, slot], minlength=ITEMS)
    return found / (ticks * USERS)


@pytest.mark.parametrize(("exponent", "prior"), [(1.0, 1.0), (0.5, 1.0), (2.0, 0.5), (0.0, 0.0)])
def test_the_first_slot_is_in_proportion_to_the_clicks(exponent: float, prior: float):
    """12 000 lists: 4.5 standard errors of each of 20 shares."""
    count = np.bincount(CLICKS.items, minlength=ITEMS)
    mass = np.where(count + prior > 0, (count + prior) ** exponent, 0.0)
    expected = mass / mass.sum()
    found = shares_of(Proportional(exponent=exponent, prior=prior), CLICKS, 1)[0]
    assert (np.abs(found - expected) <= 4.5 * np.sqrt(expected * (1 - expected) / 12_000)).all()


def test_the_second_slot_is_in_proportion_to_what_is_left():
    """Items of weight 6, 3, 1: P(second = j) = Σ over firsts i of w_i · w_j / (10 − w_i)."""
    training = make_training(np.zeros(10), [0] * 6 + [1] * 3 + [2])
    found = shares_of(Proportional(prior=0.0), training, 3)
    weight = np.array([0.6, 0.3, 0.1])
    second = [sum(weight[i] * weight[j] / (1 - weight[i]) for i in range(3) if i != j) for j in range(3)]
    assert np.abs(found[1, :3] - second).max() < 4.5 * np.sqrt(0.25 / 12_000)
    assert not found[:, 3:].any(), "without a prior nobody sees what nobody clicked"


def test_lists_of_one_log_their_propensity():
    slate = served(Proportional(exponent=1.5, prior=0.5), 1)
    mass = (MATRIX.sum(axis=0) + 0.5) ** 1.5
    for user in range(USERS):
        allowed = np.setdiff1d(np.arange(ITEMS), CONSUMED[user])
        assert slate.propensity[user, 0] == pytest.approx(mass[slate.items[user, 0]] / mass[allowed].sum(), rel=1e-12)
    assert np.isnan(served(Proportional(), 2).propensity).all(), "unknown, which is not certain"


def test_a_propensity_survives_that_nearly_all_weight_is_used_up():
    """The one item that has 10⁹ clicks is consumed; two of weight 1 and 3 are left."""
    model = Proportional(prior=0.0, exponent=2.0)
    policy = model.fit(make_training([0, 0, 0], [0, 1, 2], [1e9, 1.0, 3.0]), PUBLIC, None, DRAWS)
    slate = model.rank(policy, make_request(PUBLIC, 1, dict.fromkeys(range(USERS), [0])), DRAWS)
    assert set(slate.items[:, 0]) == {1, 2}
    assert slate.propensity[:, 0] == pytest.approx(np.where(slate.items[:, 0] == 1, 0.1, 0.9))


# -- neighbours --------------------------------------------------------------------------------------------------------


def plain_similarity(rows: np.ndarray, shrinkage: float) -> np.ndarray:
    """Cosines of all pairs, the slow way; 0 on the diagonal."""
    found = np.zeros((len(rows), len(rows)))
    for i, one in enumerate(rows):
        for j, other in enumerate(rows):
            common = ((one > 0) & (other > 0)).sum()
            if i != j and common:
                cosine = one @ other / np.sqrt((one @ one) * (other @ other))
                found[i, j] = cosine * common / (common + shrinkage)
    return found


def nearest(similarity: np.ndarray, policy_rows: np.ndarray, k: int) -> None:
    """Kept are the k largest of each row; which of equal ones is free."""
    for kept, row in zip(policy_rows, similarity, strict=True):
        assert np.sort(kept[kept > 0]) == pytest.approx(np.sort(row[row > 0])[-k:], rel=1e-12)
        assert row[kept > 0] == pytest.approx(kept[kept > 0], rel=1e-12)


@pytest.mark.parametrize("shrinkage", [0.0, 2.5])
@pytest.mark.parametrize("k", [1, 3, 50])
def test_item_neighbours_agree_with_a_plain_twin(k: int, shrinkage: float):
    weights = np.ceil(3 * DRAWS.of("weights").uniform(CLICKS.users * ITEMS + CLICKS.items))
    matrix = np.zeros((USERS, ITEMS))
    matrix[CLICKS.users, CLICKS.items] = weights
    model = ItemKNN(neighbours=k, shrinkage=shrinkage)
    policy = model.fit(CLICKS._replace(weights=weights), PUBLIC, None, DRAWS)
    near = np.zeros((ITEMS, ITEMS))
    near[np.repeat(np.arange(ITEMS), np.diff(policy.indptr)), policy.items] = policy.similarity
    nearest(plain_similarity(matrix.T, shrinkage), near, k)
    slate = model.rank(policy, make_request(PUBLIC, ITEMS, CONSUMED), DRAWS)
    for user in range(USERS - 1):
        real = slate.items[user] >= 0
        score = MATRIX[user] @ near
        assert slate.scores[user][real] == pytest.approx(order(score, user), abs=1e-8)
        assert slate.scores[user][real] == pytest.approx(score[slate.items[user][real]], abs=1e-8)


@pytest.mark.parametrize("fields", [{}, {"votes": "equal"}, {"discount": 1.0}, {"shrinkage": 2.0}])
@pytest.mark.parametrize("k", [1, 5, 50])
def test_user_neighbours_agree_with_a_plain_twin(k: int, fields: dict):
    model = UserKNN(neighbours=k, **fields)
    policy = model.fit(CLICKS, PUBLIC, None, DRAWS)
    near = np.zeros((USERS, USERS))
    near[np.repeat(np.arange(USERS), np.diff(policy.indptr)), policy.users] = policy.similarity
    nearest(plain_similarity(MATRIX, model.shrinkage), near, k)
    votes = (near > 0) * 1.0 if model.votes == "equal" else near
    score = votes @ MATRIX / np.maximum(MATRIX.sum(axis=0), 1) ** model.discount
    slate = model.rank(policy, make_request(PUBLIC, ITEMS, CONSUMED), DRAWS)
    for user in range(USERS - 1):
        real = slate.items[user] >= 0
        assert slate.scores[user][real] == pytest.approx(order(score[user], user), abs=1e-8)
        assert slate.scores[user][real] == pytest.approx(score[user][slate.items[user][real]], abs=1e-8)


def test_three_people_and_four_things_by_hand():
    """a: 0 1 2, b: 0 1, c: 2 3. cos(0, 1) = 2/√(2·2) = 1, cos(0, 2) = cos(1, 2) = 1/2, cos(2, 3) = 1/√2.
    For b: item 2 has 1/2 + 1/2 = 1, item 3 nothing; for c: items 0 and 1 have 1/2 each."""
    public = make_public(3, 4)
    training = make_training([0, 0, 0, 1, 1, 2, 2], [0, 1, 2, 0, 1, 2, 3])
    consumed = {0: [0, 1, 2], 1: [0, 1], 2: [2, 3]}
    model = ItemKNN()
    slate = model.rank(model.fit(training, public, None, DRAWS), make_request(public, 2, consumed), DRAWS)
    assert slate.items[0].tolist() == [3, -1] and slate.scores[0, 0] == pytest.approx(1 / np.sqrt(2))
    assert slate.items[1].tolist() == [2, 3] and slate.scores[1] == pytest.approx([1.0, 0.0])
    assert set(slate.items[2]) == {0, 1} and slate.scores[2] == pytest.approx([0.5, 0.5])
    model = UserKNN()  # cos(a, b) = 2/√6, cos(a, c) = 1/√6, cos(b, c) = 0
    slate = model.rank(model.fit(training, public, None, DRAWS), make_request(public, 2, consumed), DRAWS)
    assert slate.items[1].tolist() == [2, 3] and slate.scores[1] == pytest.approx([2 / np.sqrt(6), 0.0])
    assert slate.scores[2] == pytest.approx([1 / np.sqrt(6)] * 2)


def test_item_neighbours_use_the_clicks_since_the_last_fit():
    """A user unknown to the fit has clicked item 0 meanwhile, whose only neighbour is item 1."""
    public, model = make_public(5, 6), ItemKNN()
    policy = model.fit(make_training([0, 0, 1, 1], [0, 1, 4, 5]), public, None, DRAWS)
    slate = model.rank(policy, make_request(public, 1, {3: [0], 4: [4]}), DRAWS)
    assert slate.items[3:, 0].tolist() == [1, 5]


def test_where_no_neighbour_speaks_the_most_clicked_follow():
    """User 0 has clicked 0 only; its neighbour is 1; then come 5 (3 clicks) and 4 (2 clicks)."""
    public, model = make_public(7, 6), ItemKNN()
    training = make_training([0, 1, 1, 2, 3, 4, 5, 6], [0, 0, 1, 5, 5, 5, 4, 4])
    slate = model.rank(model.fit(training, public, None, DRAWS), make_request(public, 3, {0: [0]}), DRAWS)
    assert slate.items[0].tolist() == [1, 5, 4]
    assert slate.scores[0].tolist() == [pytest.approx(1 / np.sqrt(2)), 0.0, 0.0]


def test_shrinkage_prefers_what_is_seen_often():
    """Item 1 shares both its clicks with item 0, item 2 shares 6 of 8: cosine prefers 1, shrunk 2."""
    users = [*range(8), *range(2), *range(6), 8, 9]
    items = [0] * 8 + [1] * 2 + [2] * 6 + [2, 2]
    public, training = make_public(10, 3), make_training(users, items)
    assert 2 / np.sqrt(8 * 2) < 6 / 8 and 1 / np.sqrt(2) > 2 / np.sqrt(8 * 2)
    one, two = (
        ItemKNN(neighbours=5, shrinkage=shrinkage).fit(training, public, None, DRAWS).similarity[:2]
        for shrinkage in (0.0, 4.0)
    )
    ratio = (two / one).tolist()
    assert sorted(ratio) == pytest.approx([2 / 6, 6 / 10]), "common clicks / (common clicks + 4)"


# -- content -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("regularization", [0.1, 1.0, 50.0])
def test_content_equals_the_closed_form(regularization: float):
    """w = (F′F + λI)⁻¹ F′ clicks, user by user."""
    policy = Content(regularization=regularization).fit(CLICKS, PUBLIC, None, DRAWS)
    gram = FEATURES.T @ FEATURES + regularization * np.eye(3)
    for user in range(USERS):
        assert policy.users[user] == pytest.approx(np.linalg.inv(gram) @ FEATURES.T @ MATRIX[user], abs=1e-12)
    slate = served(Content(regularization=regularization))
    score = policy.users @ FEATURES.T
    for user in range(USERS - 1):
        real = slate.items[user] >= 0
        assert slate.scores[user][real] == pytest.approx(order(score[user], user), abs=1e-8)


def test_much_regularization_is_the_mean_of_what_was_clicked():
    policy = Content(regularization=1e9).fit(CLICKS, PUBLIC, None, DRAWS)
    mean = MATRIX[0] @ FEATURES / MATRIX[0].sum()
    cosine = policy.users[0] @ mean / np.linalg.norm(policy.users[0]) / np.linalg.norm(mean)
    assert cosine == pytest.approx(1.0, abs=1e-6)


def test_non_negative_leanings_are_those_of_a_known_solver():
    """scipy's active sets, on F over √λ·I: the same least squares."""
    from scipy.optimize import nnls

    policy = Content(nonnegative=True, regularization=0.5, sweeps=300).fit(CLICKS, PUBLIC, None, DRAWS)
    for user in range(USERS):
        expected, _ = nnls(np.vstack([FEATURES, np.sqrt(0.5) * np.eye(3)]), np.append(MATRIX[user], np.zeros(3)))
        assert policy.users[user] == pytest.approx(expected, abs=1e-9)
    assert (policy.users == 0).any() and (policy.users > 0).any()


def test_content_knows_an_item_as_soon_as_it_is_born():
    public = make_public(2, 2, np.eye(2))
    model = Content()
    policy = model.fit(make_training([0, 1], [0, 1]), public, None, DRAWS)
    more = make_public(2, 4, np.vstack([np.eye(2), np.eye(2)]))
    slate = model.rank(policy, make_request(more, 1, {0: [0], 1: [1]}), DRAWS)
    assert slate.items[:, 0].tolist() == [2, 3]


# -- bpr ---------------------------------------------------------------------------------------------------------------


def test_bpr_scores_are_factors_and_a_bias():
    """The last column of the users is 1, of the items the bias; rows without clicks are zero."""
    model = BPR(factors=4, iterations=20)
    policy = model.fit(CLICKS, PUBLIC, None, DRAWS.of("fit"))
    assert (policy.users[:, -1] == 1).all()
    assert (policy.users[-1, :-1] == 0).all() and (policy.items[-1] == 0).all()
    slate = served(model, 5)
    score = policy.users[:, :-1] @ policy.items[:, :-1].T + policy.items[:, -1]
    for user in range(USERS - 1):
        assert slate.scores[user] == pytest.approx(order(score[user], user)[:5], abs=1e-5)


def test_bpr_puts_clicks_above_the_rest():
    """Share of pairs (clicked, other) in the right order: ½ at the start, nearly all in the end."""
    found = []
    for iterations in (1, 300):
        policy = BPR(factors=16, iterations=iterations, learning_rate=0.05).fit(CLICKS, PUBLIC, None, DRAWS.of("fit"))
        score = policy.users @ policy.items.T
        found.append(
            np.mean(
                [
                    (score[u][MATRIX[u] > 0][:, None] > score[u][MATRIX[u] == 0][None]).mean()
                    for u in range(USERS - 1)
                    if MATRIX[u].any()
                ]
            )
        )
    assert found[0] < 0.7 and found[1] > 0.95


def test_bpr_goes_on_where_it_was_and_never_writes_into_the_past():
    model = BPR(factors=4, iterations=5)
    first = model.fit(CLICKS, PUBLIC, None, DRAWS.of("fit"))
    before = [array.tobytes() for array in first]
    warm = model.fit(CLICKS, PUBLIC, first, DRAWS.of("fit"))
    cold = model.model_copy(update={"warm": False}).fit(CLICKS, PUBLIC, first, DRAWS.of("fit"))
    assert [array.tobytes() for array in first] == before
    assert np.array_equal(cold.users, first.users) and not np.array_equal(warm.users, first.users)
    other = BPR(factors=3, iterations=5)
    assert np.array_equal(
        other.fit(CLICKS, PUBLIC, first, DRAWS.of("fit")).users, other.fit(CLICKS, PUBLIC, None, DRAWS.of("fit")).users
    )
    later = cold_at(7)
    assert not np.array_equal(later.users, first.users), "other pairs on another tick"


def cold_at(tick: int):
    return BPR(factors=4, iterations=5).fit(CLICKS._replace(tick=tick), PUBLIC, None, DRAWS.of("fit"))


def test_a_warm_bpr_learns_who_had_no_clicks_before():
    model = BPR(factors=4, iterations=5)
    empty = model.fit(make_training([], []), PUBLIC, None, DRAWS.of("fit"))
    assert not empty.users[:, :-1].any() and not empty.items.any()
    found = model.fit(CLICKS, PUBLIC, empty, DRAWS.of("fit"))
    assert found.users[:-1, :-1].any(axis=1).all() and found.items[:-1].any(axis=1).all()


def test_a_warm_bpr_forgets_whose_clicks_have_left_the_window():
    model = BPR(factors=4, iterations=5, start_scale=2.0)
    first = model.fit(CLICKS, PUBLIC, None, DRAWS.of("fit"))
    stays = (CLICKS.users >= 10) & (CLICKS.items >= 5)
    later = model.fit(make_training(CLICKS.users[stays], CLICKS.items[stays]), PUBLIC, first, DRAWS.of("fit"))
    assert first.users[:10, :-1].any() and first.items[:5].any()
    assert not later.users[:10, :-1].any() and not later.items[:5].any()
    assert (later.users[:, -1] == 1).all() and later.items[5:-1].any(axis=1).all()


# -- bandit: see also tests/theory/test_bandit.py ----------------------------------------------------------------------


def shown(clicks: list[tuple[int, int]], misses: list[tuple[int, int]], tick: int, ranks: int = 1) -> Training:
    """(item, tick) of clicks and of showings in vain, all by user 0."""
    what = np.array(clicks, int).reshape(-1, 2).T
    training = make_training(np.zeros(what.shape[1]), what[0])._replace(ticks=what[1].astype(np.int32), tick=tick)
    training = training._replace(ranks=np.full(what.shape[1], ranks, np.int32))
    missed = np.array(misses, int).reshape(-1, 2).T
    return with_missed(training, np.zeros(missed.shape[1]), missed[0], missed[1])


def test_nothing_is_counted_twice():
    """Tick 1 stands in the log again at tick 2; the clicks of tick 0 have lost their non-clicks."""
    model = Bandit()
    one = model.fit(shown([(0, 0), (0, 1)], [(1, 1), (1, 1)], tick=1), PUBLIC, None, DRAWS)
    assert (one.clicks[0], one.misses[1], int(one.until)) == (1, 2, 1)
    two = model.fit(shown([(0, 0), (0, 1), (2, 2)], [(1, 1), (1, 1), (1, 2)], tick=2), PUBLIC, one, DRAWS)
    assert (two.clicks[[0, 2]].tolist(), two.misses[1], int(two.until)) == ([1, 1], 3, 2)
    again = model.fit(shown([(0, 0), (0, 1), (2, 2)], [(1, 1), (1, 1), (1, 2)], tick=2), PUBLIC, two, DRAWS)
    assert all(np.array_equal(a, b) for a, b in zip(two, again, strict=True))
    windowed = Bandit(window=1).fit(shown([(2, 2)], [(1, 2)], tick=2), PUBLIC, two, DRAWS)
    assert (windowed.clicks.sum(), windowed.misses.sum()) == (1, 1)


def test_what_users_met_by_themselves_is_no_showing():
    assert not Bandit().fit(shown([(0, 1)], [(1, 1)], tick=1, ranks=0), PUBLIC, None, DRAWS).clicks.any()


def test_in_the_loop_a_bandit_counts_every_showing_once():
    """All exposures of the ticks after the warm-up but its last, counted by the service in another way."""
    spec = tiny({"system.recommender": {"kind": "bandit"}, "system.keep_exposures": 3, "system.holdout": 0.0})
    sim = run_all(spec.override("system.warmup.ticks", 0))
    policy = sim.service.policies["recommender.bandit"]
    assert np.array_equal(policy.clicks, sim.service.items.clicks)
    assert np.array_equal(policy.clicks + policy.misses, sim.service.items.views)


def test_ucb_tries_everything_once_and_then_weighs_means_and_doubts():
    """Item 0: 1 of 2, item 1: 0 of 1, T = 3. 0.5 + √(2 ln 3 / 2) = 1.548; 0 + √(2 ln 3) = 1.482; the rest first."""
    model = Bandit(rule="ucb1")
    policy = model.fit(shown([(0, 1)], [(0, 1), (1, 1)], tick=1), PUBLIC, None, DRAWS)
    slate = model.rank(policy, make_request(PUBLIC, ITEMS), DRAWS)
    assert (slate.items[:, -2:] == [0, 1]).all()
    assert slate.scores[0, -2:] == pytest.approx([0.5 + np.sqrt(np.log(3)), np.sqrt(2 * np.log(3))])
    eager = Bandit(rule="ucb1", exploration=3.0)
    assert (eager.rank(policy, make_request(PUBLIC, ITEMS), DRAWS).items[:, -2:] == [1, 0]).all()


# -- ALS with dislikes -------------------------------------------------------------------------------------------------


def test_dislikes_of_weight_nothing_change_no_bit():
    missed = with_missed(CLICKS, [0, 1], [3, 4])
    one, other = (ALS(factors=4, threads=1).fit(data, PUBLIC, None, DRAWS) for data in (CLICKS, missed))
    assert all(a.tobytes() == b.tobytes() for a, b in zip(one, other, strict=True))


def test_what_was_shown_in_vain_loses_and_the_more_so_the_larger_the_weight():
    user = 0
    item = int(np.setdiff1d(np.arange(ITEMS - 1), CONSUMED[user])[0])
    missed = with_missed(CLICKS, [user], [item])
    score = []
    for negatives in (0.0, 5.0, 50.0):
        model = ALS(factors=6, negatives=negatives, solver="cholesky", iterations=10, dtype="float64", threads=1)
        policy = model.fit(missed, PUBLIC, None, DRAWS.of("fit"))
        score.append(abs(policy.users[user] @ policy.items[item]))
    assert score[0] > score[1] > score[2], "p = 0 with more and more confidence"


def test_a_click_outweighs_the_showings_in_vain_of_the_same_pair():
    """Whoever clicked it at some other time does not dislike it."""
    user, item = int(CLICKS.users[0]), int(CLICKS.items[0])
    model = ALS(factors=4, negatives=9.0, threads=1)
    one, other = (model.fit(data, PUBLIC, None, DRAWS) for data in (CLICKS, with_missed(CLICKS, [user], [item])))
    assert all(a.tobytes() == b.tobytes() for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("solver", ["conjugate_gradient", "cholesky"])
def test_who_has_dislikes_only_is_still_without_interactions(solver):
    model = ALS(factors=4, negatives=9.0, solver=solver, threads=1)
    policy = model.fit(with_missed(CLICKS, [USERS - 1], [ITEMS - 1]), PUBLIC, None, DRAWS)
    assert not policy.users[-1].any() and not policy.items[-1].any()


# -- notes -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("paths", "noted"),
    [
        ({"system.recommender": "bandit", "system.retrain_every": 3}, True),
        ({"system.recommender": "bandit", "system.retrain_every": 3, "system.keep_exposures": 3}, False),
        ({"system.recommender": "bandit", "system.retrain_every": "once"}, True),
        ({"system.recommender": "bandit"}, False),
        ({"system.recommender": {"kind": "als", "negatives": 2.0}, "system.retrain_every": 3}, True),
        ({"system.recommender": "als", "system.retrain_every": 3}, False),
    ],
)
def test_a_note_says_when_non_clicks_are_forgotten_before_they_are_learned(paths, noted):
    notes = [note for note in doubts(tiny(paths)) if "non-clicks" in note]
    assert bool(notes) == noted
    assert all("keep_exposures" in note for note in notes)
