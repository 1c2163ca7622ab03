"""Alternating least squares (Hu, Koren & Volinsky, ICDM 2008): what the algebra says must come out.

L = Σ c(p − x·y)² + λ(Σ|x|² + Σ|y|²), with p = 1 and c = alpha · weight for clicks, p = 0 and c = 1 elsewhere.
A half-step solves (Y′Y + λI + Σ_clicks (c − 1) y y′) x = Σ_clicks c y for each user, then the same for each item.
"""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from recsim.base.draws import Draws
from recsim.base.flow import Public, Training, Unclicked
from recsim.simulation import Simulation
from recsim.system.recommenders.als import ALS, Factors
from tests.helpers import make_public, make_request, make_training, run_all, tiny

LATER = {"kind": "change", "path": "system.retrain_every", "value": 1, "start": 5}

DRAWS = Draws(1).of("fit")
USERS, ITEMS, FACTORS = 60, 45, 6
SOLVERS = ("cholesky", "conjugate_gradient")


def some_clicks(n_users: int = USERS, n_items: int = ITEMS, density: float = 0.15) -> Training:
    """Random clicks with weights 1 to 3; the last user and the last item have none."""
    draws = Draws(9).of("clicks")
    users, items = np.nonzero(draws.uniform(np.arange(n_users - 1), np.arange(n_items - 1)) < density)
    weights = np.ceil(3 * draws.of("weights").uniform(users * n_items + items))
    return make_training(users, items, weights)


PUBLIC, CLICKS = make_public(USERS, ITEMS), some_clicks()


def exact(**fields) -> ALS:
    given = {
        "factors": FACTORS,
        "solver": "cholesky",
        "dtype": "float64",
        "alpha": 2.0,
        "regularization": 0.3,
        "threads": 1,
    }
    return ALS(**(given | fields))


def confidence(training: Training, alpha: float, shape: tuple[int, int] = (USERS, ITEMS)) -> np.ndarray:
    """(u, i) c for clicks, 0 elsewhere."""
    out = np.zeros(shape)
    np.add.at(out, (training.users, training.items), alpha * training.weights)
    return out


def half_step(clicks: np.ndarray, other: np.ndarray, regularization: float) -> np.ndarray:
    """The plain slow twin: solve the normal equations row by row."""
    gram = other.T @ other + regularization * np.eye(other.shape[1])
    rows = []
    for row in clicks:
        weighted = np.where(row > 0, row - 1, 0.0)
        rows.append(np.linalg.solve(gram + (other * weighted[:, None]).T @ other, row @ other))
    return np.array(rows)


def loss(clicks: np.ndarray, factors: Factors, regularization: float) -> float:
    error = (clicks > 0) - factors.users @ factors.items.T
    weight = np.where(clicks > 0, clicks, 1.0)
    return float((weight * error**2).sum() + regularization * ((factors.users**2).sum() + (factors.items**2).sum()))


def start(public: Public, factors: int = FACTORS, scale: float = 0.01) -> tuple[np.ndarray, np.ndarray]:
    """What a cold fit starts from, as its docstring says: keyed uniform numbers up to start_scale."""
    columns = np.arange(factors)
    users = scale * DRAWS.of("users").uniform(public.user_keys, columns)
    return users, scale * DRAWS.of("items").uniform(public.item_keys, columns)


def digest(factors: Factors) -> str:
    return hashlib.sha256(b"".join(array.tobytes() for array in factors)).hexdigest()


def same(one: Factors, other: Factors) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


# -- the algebra -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("alpha", [1.0, 2.0, 15.0])
def test_the_last_half_step_solves_the_normal_equations(alpha):
    """loops:O12. Items are solved last, given the final users: relative residual below 10⁻⁵ at float64."""
    found = exact(alpha=alpha, iterations=3).fit(CLICKS, PUBLIC, None, DRAWS)
    clicks, x, y = confidence(CLICKS, alpha).T, found.users, found.items
    gram = x.T @ x + 0.3 * np.eye(FACTORS)
    for item in range(ITEMS):
        weighted = np.where(clicks[item] > 0, clicks[item] - 1, 0.0)
        right = clicks[item] @ x
        residual = (gram + (x * weighted[:, None]).T @ x) @ y[item] - right
        assert np.abs(residual).max() < 1e-5 * max(1.0, np.abs(right).max())


@pytest.mark.parametrize("iterations", [1, 2, 5])
@pytest.mark.parametrize("alpha", [1.0, 2.0])
def test_a_fit_agrees_with_plain_numpy(iterations, alpha):
    """The same start, users first: factors agree to 10⁻⁸."""
    found = exact(iterations=iterations, alpha=alpha).fit(CLICKS, PUBLIC, None, DRAWS)
    clicks = confidence(CLICKS, alpha)
    _, items = start(PUBLIC)
    for _ in range(iterations):
        users = half_step(clicks, items, 0.3)
        items = half_step(clicks.T, users, 0.3)
    assert np.abs(found.users - users).max() < 1e-8
    assert np.abs(found.items - items).max() < 1e-8
    assert (found.clicks == np.bincount(CLICKS.items, CLICKS.weights, minlength=ITEMS)).all()


@pytest.mark.parametrize("solver", SOLVERS)
def test_lists_are_those_of_implicit_called_by_hand(solver):
    """From an equal start, at float32: bit-equal factors, and the lists of `implicit.recommend`."""
    from implicit.cpu.als import AlternatingLeastSquares

    ours = ALS(factors=FACTORS, solver=solver, iterations=4, alpha=2.0, threads=1)
    found = ours.fit(CLICKS, PUBLIC, None, DRAWS)
    users, items = (array.astype(np.float32) for array in start(PUBLIC))
    matrix = csr_matrix((CLICKS.weights.astype(np.float32), (CLICKS.users, CLICKS.items)), shape=(USERS, ITEMS))
    theirs = AlternatingLeastSquares(
        factors=FACTORS,
        regularization=0.01,
        alpha=2.0,
        iterations=4,
        use_cg=solver == "conjugate_gradient",
        num_threads=1,
    )
    theirs.user_factors, theirs.item_factors = users, items
    theirs.fit(matrix, show_progress=False)
    assert np.array_equal(found.users, theirs.user_factors)
    assert np.array_equal(found.items, theirs.item_factors)
    some = np.arange(USERS - 1)
    expected, _ = theirs.recommend(some, matrix[some], N=10, filter_already_liked_items=True)
    consumed = {user: matrix[user].indices for user in some}
    slate = ours.rank(found, make_request(PUBLIC, 10, consumed, users=some), DRAWS)
    assert np.array_equal(slate.items, expected)


@pytest.mark.parametrize("alpha", [1.0, 5.0])
def test_the_loss_never_rises(alpha):
    """Each half-step minimises it: with exact solutions non-increasing, up to rounding."""
    losses, factors, model = [], None, exact(iterations=1, alpha=alpha)
    clicks = confidence(CLICKS, alpha)
    for _ in range(12):
        factors = model.fit(CLICKS, PUBLIC, factors, DRAWS)
        losses.append(loss(clicks, factors, 0.3))
    assert all(later <= earlier * (1 + 1e-12) for earlier, later in zip(losses, losses[1:], strict=False))
    assert losses[-1] < 0.9 * losses[0]


def test_the_fast_solver_comes_close_to_the_exact_one():
    """Conjugate gradients, three steps: the loss may rise by at most 10⁻⁴ of itself (loops:O12)."""
    losses, factors = [], None
    clicks = confidence(CLICKS, 2.0)
    for _ in range(15):
        factors = exact(iterations=1, solver="conjugate_gradient").fit(CLICKS, PUBLIC, factors, DRAWS)
        losses.append(loss(clicks, factors, 0.3))
    assert all(later <= earlier * (1 + 1e-4) for earlier, later in zip(losses, losses[1:], strict=False))
    assert losses[-1] == pytest.approx(
        loss(clicks, exact(iterations=15).fit(CLICKS, PUBLIC, None, DRAWS), 0.3), rel=0.02
    )


def test_a_block_of_ones_has_a_known_solution():
    """loops:O12. All click all, one factor, c = 1: the only singular value of the matrix of ones, √(u·i), is shrunk by
    λ, so every pair scores 1 − λ/√(u·i)."""
    public = make_public(12, 5)
    users, items = np.divmod(np.arange(60), 5)
    found = exact(factors=1, alpha=1.0, iterations=200).fit(make_training(users, items), public, None, DRAWS)
    assert found.users @ found.items.T == pytest.approx(1 - 0.3 / np.sqrt(60), abs=1e-9)


def test_scores_do_not_change_when_all_factors_are_turned():
    """X Q (Y Q)′ = X Y′: a fit that goes on from turned factors gives turned factors, and equal scores."""
    first = exact(iterations=2).fit(CLICKS, PUBLIC, None, DRAWS)
    turn, _ = np.linalg.qr(DRAWS.of("turn").normal(np.arange(FACTORS), np.arange(FACTORS)))
    turned = first._replace(users=first.users @ turn, items=first.items @ turn)
    model = exact(iterations=2)
    plain, other = (model.fit(CLICKS, PUBLIC, previous, DRAWS) for previous in (first, turned))
    assert np.abs(plain.users @ plain.items.T - other.users @ other.items.T).max() < 1e-10
    assert np.abs(plain.users @ turn - other.users).max() < 1e-10


@pytest.mark.parametrize("solver", SOLVERS)
def test_whoever_has_no_interactions_has_a_row_of_zeros(solver):
    found = exact(solver=solver, iterations=2).fit(CLICKS, PUBLIC, None, DRAWS)
    assert (found.users[-1] == 0).all()
    assert (found.items[-1] == 0).all()
    assert found.users[:-1].any(axis=1).sum() == len(np.unique(CLICKS.users))
    assert found.items[:-1].any(axis=1).sum() == len(np.unique(CLICKS.items))


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("alpha", [1.0, 20.0])
def test_rows_without_interactions_are_zero_even_if_items_and_users_were_there_before(solver, alpha):
    """loops:O12. A warm start forgets who has no clicks any more: x = 0, y = 0, every score 0."""
    first = exact(solver=solver, alpha=alpha).fit(CLICKS, PUBLIC, None, DRAWS)
    gone = (CLICKS.users == 3) | (CLICKS.items == 5)
    left = make_training(CLICKS.users[~gone], CLICKS.items[~gone], CLICKS.weights[~gone])
    assert first.users[3].any() and first.items[5].any()
    found = exact(solver=solver, alpha=alpha).fit(left, PUBLIC, first, DRAWS)
    assert not found.users[3].any() and not found.items[5].any()
    assert not (found.users[3] @ found.items.T).any()


@pytest.mark.parametrize("negatives", [0.5, 3.0])
def test_stored_dislikes_solve_their_normal_equations(negatives):
    """loops:O12. A showing in vain is p = 0 with c = alpha · negatives: (Y′Y + λI + Σ (c − 1) y y′) x = Σ_clicks c y,
    the sum on the left over clicks and dislikes; the last half-step solves it for the items."""
    cells = CLICKS.users.astype(np.int64) * ITEMS + CLICKS.items
    shown = np.flatnonzero(DRAWS.of("shown").uniform(np.arange(USERS * ITEMS)) < 0.1)
    shown = np.repeat(np.setdiff1d(shown, cells), 2)  # each twice
    zeros = np.zeros(len(shown), np.int32)
    missed = Unclicked((shown // ITEMS).astype(np.int32), (shown % ITEMS).astype(np.int32), zeros, zeros + 1)
    model = exact(iterations=3, alpha=2.0, negatives=negatives)
    found = model.fit(CLICKS._replace(unclicked=missed), PUBLIC, None, DRAWS)
    likes = confidence(CLICKS, 2.0).T  # (i, u)
    dislikes = np.zeros((USERS, ITEMS))
    np.add.at(dislikes, (missed.users, missed.items), 2.0 * negatives)
    x, y = found.users, found.items
    for item in np.flatnonzero(likes.any(axis=1)):
        c = likes[item] + dislikes[:, item]
        left = x.T @ x + 0.3 * np.eye(FACTORS) + (x * np.where(c > 0, c - 1, 0.0)[:, None]).T @ x
        assert np.abs(left @ y[item] - likes[item] @ x).max() < 1e-5 * np.abs(likes[item] @ x).max()


def test_relabelling_users_and_items_relabels_the_factors():
    """loops:O22. Rows are keyed: the same people in another order have the same factors, up to the order of sums."""
    new_user, new_item = (np.argsort(DRAWS.of(name).uniform(np.arange(n))) for name, n in (("u", USERS), ("i", ITEMS)))
    user_keys, item_keys = np.empty(USERS, np.uint64), np.empty(ITEMS, np.uint64)
    user_keys[new_user], item_keys[new_item] = np.arange(USERS), np.arange(ITEMS)
    other = make_training(new_user[CLICKS.users], new_item[CLICKS.items], CLICKS.weights)
    one = exact(iterations=3).fit(CLICKS, PUBLIC, None, DRAWS)
    two = exact(iterations=3).fit(other, make_public(user_keys, item_keys), None, DRAWS)
    assert np.abs(two.users[new_user] - one.users).max() < 1e-9
    assert np.abs(two.items[new_item] - one.items).max() < 1e-9


# -- going on, and starting again --------------------------------------------------------------------------------------


@pytest.mark.parametrize("fields", [{}, {"solver": "conjugate_gradient", "dtype": "float32"}], ids=["exact", "fast"])
def test_twice_one_iteration_is_once_two_iterations_bit_for_bit(fields):
    once = exact(iterations=2, **fields).fit(CLICKS, PUBLIC, None, DRAWS)
    half = exact(iterations=1, **fields).fit(CLICKS, PUBLIC, None, DRAWS)
    before = digest(half)
    twice = exact(iterations=1, **fields).fit(CLICKS, PUBLIC, half, DRAWS)
    assert same(once, twice)
    assert digest(half) == before, "the previous policy is not written into"


def test_a_cold_fit_forgets_and_a_warm_one_goes_on():
    first = exact(iterations=1).fit(CLICKS, PUBLIC, None, DRAWS)
    cold = exact(iterations=1, warm=False).fit(CLICKS, PUBLIC, first, DRAWS)
    warm = exact(iterations=1).fit(CLICKS, PUBLIC, first, DRAWS)
    assert same(cold, first)
    assert not same(warm, first)


def test_another_number_of_factors_starts_again():
    first = exact(factors=3).fit(CLICKS, PUBLIC, None, DRAWS)
    assert same(
        exact(factors=FACTORS).fit(CLICKS, PUBLIC, first, DRAWS),
        exact(factors=FACTORS).fit(CLICKS, PUBLIC, None, DRAWS),
    )


def test_the_start_is_as_documented():
    """Uniform in (0, start_scale), keyed by who they are, not by where they stand."""
    keys = np.array([2**63 + 5, 17, 3], np.uint64)
    model, draws = exact(start_scale=0.5), DRAWS.of("users")
    rows = model._start(keys, None, np.ones(3), draws)
    assert np.array_equal(model._start(keys[::-1], None, np.ones(3), draws), rows[::-1])
    assert np.array_equal(rows, 0.5 * draws.uniform(keys, np.arange(FACTORS)))


def test_newcomers_are_added_below_those_who_were_there():
    """Growth by users and by items between two fits: known rows go on, newborn rows start from their own key."""
    first = exact(iterations=2).fit(CLICKS, PUBLIC, None, DRAWS)
    users, items = np.append(np.arange(USERS), [2**62, 2**61]), np.append(np.arange(ITEMS), [2**60, 99, 2**59])
    grown, model = make_public(users, items), exact(iterations=1)
    more = make_training([*CLICKS.users, USERS, USERS + 1], [*CLICKS.items, ITEMS + 2, 0], [*CLICKS.weights, 1.0, 1.0])
    padded = Factors(
        np.vstack([first.users, start(grown)[0][USERS:]]),
        np.vstack([first.items, start(grown)[1][ITEMS:] * np.array([[0.0], [0.0], [1.0]])]),  # two have no clicks
        np.append(first.clicks, np.zeros(3)),
    )
    found = model.fit(more, grown, first, DRAWS)
    assert found.users.shape == (USERS + 2, FACTORS)
    assert found.items.shape == (ITEMS + 3, FACTORS)
    assert same(found, model.fit(more, grown, padded, DRAWS))
    clicks = confidence(more, 2.0, (USERS + 2, ITEMS + 3))
    users = half_step(clicks, padded.items, 0.3)
    assert np.abs(found.users - users).max() < 1e-8
    assert np.abs(found.items - half_step(clicks.T, users, 0.3)).max() < 1e-8


def test_a_first_fit_on_nothing_is_no_end_a_warm_start_learns_as_soon_as_there_are_clicks():
    """All-zero factors are a fixed point of ALS: rows that get their first clicks have to start from their draws."""
    nothing = make_training([], [], [])
    model = exact(iterations=2)
    empty = model.fit(nothing, PUBLIC, None, DRAWS)
    assert not empty.users.any() and not empty.items.any()
    found, cold = model.fit(CLICKS, PUBLIC, empty, DRAWS), model.fit(CLICKS, PUBLIC, None, DRAWS)
    assert np.abs(found.users).max() > 0.1
    assert np.allclose(found.users, cold.users, atol=0.01)  # but for the one item without clicks, which starts from 0


@pytest.mark.parametrize(
    "paths",
    [
        {"system.warmup.ticks": 0},
        {"system.warmup.recommender": {"kind": "als", "factors": 4}},
        {"system.retrain_every": "never", "interventions": [LATER]},
    ],
)
def test_als_comes_to_life_whatever_came_before(paths):
    sim = run_all(tiny({**paths, "ticks": 10}))
    assert np.abs(sim.service.policies["recommender.als"].items).max() > 0.1


def test_ranking_with_factors_older_than_the_catalogue_is_safe():
    """A newborn item scores 0 for all who are known, a newborn user is cold."""
    first = exact(iterations=3).fit(CLICKS, PUBLIC, None, DRAWS)
    grown, n = make_public(USERS + 3, ITEMS + 4), ITEMS + 4
    slate = exact().rank(first, make_request(grown, n), DRAWS)
    assert (np.sort(slate.items, axis=1) == np.arange(n)).all()
    known = slice(0, USERS - 1)  # the last user has no clicks, so is cold like the newborn ones
    assert (slate.scores[known][slate.items[known] >= ITEMS] == 0).all()
    popular = np.argsort(-first.clicks, kind="stable")
    assert np.bincount(CLICKS.items, CLICKS.weights)[slate.items[USERS:, 0]].tolist() == [first.clicks[popular[0]]] * 3


def test_a_long_life_of_growth_stays_in_bounds():
    """Users and items are born between all fits; the factors always fit the tables (implicit would not check)."""
    sim = Simulation(
        tiny(
            {"items.dynamics": [{"kind": "new_items", "per_tick": 7}], "ticks": 12},
            users={"dynamics": [{"kind": "new_users", "per_tick": 5}]},
        )
    )
    while sim.running:
        sim.step()
        factors = sim.service.policies.get("recommender.als")
        if factors is not None:
            assert (len(factors.users), len(factors.items)) == (len(sim.world.users), len(sim.world.items))
            assert np.isfinite(factors.users).all()
            assert np.isfinite(factors.items).all()
            assert np.abs(factors.items).max() < 100
    assert len(sim.world.items) == 30 + 12 * 7


# -- policies that are stated ------------------------------------------------------------------------------------------


def test_a_user_who_has_consumed_everything_gets_a_short_list():
    found = exact().fit(CLICKS, PUBLIC, None, DRAWS)
    slate = exact().rank(found, make_request(PUBLIC, 5, {0: np.arange(ITEMS), 1: np.arange(ITEMS - 2)}), DRAWS)
    assert slate.items[0].tolist() == [-1] * 5
    assert sorted(slate.items[1, :2]) == [ITEMS - 2, ITEMS - 1]
    assert slate.items[1, 2:].tolist() == [-1] * 3
    assert (slate.scores[slate.items < 0] == -np.inf).all()
    assert (slate.items[2:] >= 0).all()


def test_cold_users_get_what_is_popular_and_not_what_they_consumed():
    found = exact().fit(CLICKS, PUBLIC, None, DRAWS)
    order = np.argsort(-found.clicks, kind="stable")
    slate = exact().rank(found, make_request(PUBLIC, 6, {USERS - 1: order[:2]}), DRAWS)
    assert found.clicks[slate.items[USERS - 1]].tolist() == found.clicks[order[2:8]].tolist()
    assert not np.isin(order[:2], slate.items[USERS - 1]).any()


def test_cold_users_can_be_served_at_random():
    """Every item equally often: χ² over 2000 cold users with 4 of 45 items each (negative correlation within a list
    makes the statistic smaller than χ², so the test is safe)."""
    from scipy import stats

    public, model = make_public(2000, ITEMS), exact(cold_users="uniform")
    found = model.fit(make_training([0], [3]), public, None, DRAWS)
    slate = model.rank(found, make_request(public, 4, users=np.arange(1, 2000)), DRAWS)
    assert stats.chisquare(np.bincount(slate.items.ravel(), minlength=ITEMS)).pvalue > 1e-4


def test_a_fit_without_any_interaction_makes_everybody_cold():
    found = exact().fit(make_training([], []), PUBLIC, None, DRAWS)
    assert not found.users.any()
    slate = exact().rank(found, make_request(PUBLIC, 5), DRAWS)
    assert (np.sort(slate.items, axis=1)[:, :-1] < np.sort(slate.items, axis=1)[:, 1:]).all()
    assert len(np.unique(slate.items)) > 30, "equal counts come in another order for each user"


# -- the schedule ------------------------------------------------------------------------------------------------------


def factors_by_tick(every: int | str, ticks: int = 10) -> list[str | None]:
    """Digest of the factors in force at the end of each tick, tick 0 first."""
    sim = Simulation(tiny({"ticks": ticks, "system.retrain_every": every}))
    found = [sim.service.policies.get("recommender.als")]
    while sim.running:
        sim.step()
        found.append(sim.service.policies.get("recommender.als"))
    return [None if factors is None else digest(factors) for factors in found]


@pytest.mark.parametrize("every", [1, 3])
def test_factors_change_when_retraining_is_due_and_never_else(every):
    """Warm-up of 2 ticks: trained at its end, then every N ticks."""
    found = factors_by_tick(every)
    changed = [tick for tick in range(1, 11) if found[tick] != found[tick - 1]]
    assert changed == list(range(2, 11, every))


def test_training_once_means_once():
    found = factors_by_tick("once")
    assert found[:2] == [None, None]
    assert found[2] is not None
    assert len(set(found[2:])) == 1


def test_a_model_that_is_never_trained_knows_nothing_and_stays_so():
    found = factors_by_tick("never")
    assert found[:3] == [None] * 3
    assert len(set(found[3:])) == 1
    sim = run_all(tiny({"system.retrain_every": "never"}))
    factors = sim.service.policies["recommender.als"]
    assert not factors.users.any()
    assert not factors.items.any()
    assert not factors.clicks.any()
    assert len(sim.service.log) > 0


def test_a_window_restricts_what_is_learned():
    """With `window: 2`, at tick 6 the model has seen the clicks of ticks 5 and 6, and the hold-out never."""
    sim = run_all(tiny({"system.recommender.window": 2}))
    clicks = sim.service.log.clicks
    recent = (clicks.tick > 4) & ~clicks.held
    assert 0 < recent.sum() < (~clicks.held).sum()
    counts = np.bincount(clicks.item[recent], minlength=30)
    factors = sim.service.policies["recommender.als"]
    assert (factors.clicks == counts).all()
    assert (factors.items.any(axis=1) == (counts > 0)).all()
    assert (factors.users.any(axis=1) == np.isin(np.arange(40), clicks.user[recent])).all()
    everything = run_all(tiny()).service.policies["recommender.als"]
    assert everything.clicks.sum() > counts.sum()
