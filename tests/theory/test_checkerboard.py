"""The first test of a collaborative recommender: even users like even items, and the withheld diagonal comes back.

Among the items that a user has not clicked, exactly one has the user's own parity: it must be on top. T-RECS passed
such a test on 5 users while 96 % of its factors sat on the wrong items of a larger catalogue; so here ids are sparse,
permuted and far apart.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from recsim.base.draws import Draws
from recsim.base.flow import Training
from recsim.scenario import Scenario
from recsim.simulation import Simulation
from recsim.system.recommenders import Recommender
from recsim.system.recommenders.als import ALS
from recsim.system.recommenders.bpr import BPR
from recsim.system.recommenders.neighbours import ItemKNN, UserKNN
from tests.helpers import make_public, make_request, make_training

DRAWS = Draws(4)
COLLABORATIVE = {
    "fast": ALS(factors=2, iterations=10, threads=1),
    "exact": ALS(factors=2, iterations=10, solver="cholesky", dtype="float64", threads=1),
    "confident": ALS(factors=2, iterations=10, alpha=20.0, threads=1),
    "four factors": ALS(factors=4, iterations=10, threads=1),
    "pairs": BPR(factors=2, learning_rate=0.05),
    "pairs, four factors": BPR(factors=4, iterations=100, learning_rate=0.05),
    "items": ItemKNN(),
    "users": UserKNN(),
    "users of equal votes": UserKNN(votes="equal", neighbours=3),
}
"""Every collaborative recommender there is. Few factors on purpose: a withheld cell counts as not liked, so each factor
above the board's rank of 2 may be spent on fitting some of them: overfitting, no wrong id."""


def shuffled(n: int, name: str) -> np.ndarray:
    return np.argsort(DRAWS.of(name).uniform(np.arange(n)))


def ids(n: int, name: str) -> np.ndarray:
    """n different ids up to 10⁶, in no order."""
    step = 1_000_000 // n
    spread = np.arange(n) * step + (DRAWS.of(name, "jitter").uniform(np.arange(n)) * step).astype(int) + 1
    return spread[shuffled(n, name)]


def board(n: int, rows: np.ndarray, cols: np.ndarray) -> tuple[Training, dict[int, np.ndarray]]:
    """Person p, in row rows[p], clicks the things of p's parity, in cols[·], but not thing p itself."""
    person, thing = np.nonzero((np.arange(n)[:, None] - np.arange(n)) % 2 == 0)
    keep = person != thing
    training = make_training(rows[person[keep]], cols[thing[keep]])
    return training, {int(rows[p]): cols[thing[keep & (person == p)]] for p in range(n)}


@pytest.mark.parametrize("model", COLLABORATIVE.values(), ids=COLLABORATIVE.keys())
@pytest.mark.parametrize("n", [10, 60, 300])
def test_the_withheld_diagonal_comes_back(model: Recommender, n: int):
    """Rows in any order, keys up to 10⁶ apart; the items are offered in order of their keys, not of their rows."""
    rows, cols = shuffled(n, "rows"), shuffled(n, "cols")
    public = make_public(ids(n, "users"), ids(n, "items"))
    training, consumed = board(n, rows, cols)
    policy = model.fit(training, public, None, DRAWS.of("fit"))
    slate = model.rank(policy, make_request(public, 3, consumed), DRAWS.of("rank"))
    assert (slate.items[rows, 0] == cols).all()


@pytest.mark.parametrize("n", [10, 60, 300])
def test_the_withheld_diagonal_scores_what_the_singular_values_say(n: int):
    """Each parity is a block of m × m ones without its diagonal, J − I, of singular values m − 1, 1, 1, …: two factors
    keep the largest of each block, shrunk by λ, so every own-parity pair scores (m − 1 − λ)/m and all others 0."""
    training, consumed = board(n, np.arange(n), np.arange(n))
    public, m = make_public(n, n), n // 2
    penalty = (m - 1) / 20  # the lengths of x and y become equal at the rate 1 − 2λ/(m − 1): below 10⁻⁹ after 200
    model = COLLABORATIVE["exact"].model_copy(update={"iterations": 200, "regularization": penalty})
    policy = model.fit(training, public, None, DRAWS.of("fit"))
    slate = model.rank(policy, make_request(public, 2, consumed), DRAWS.of("rank"))
    assert slate.scores[:, 0] == pytest.approx((m - 1 - penalty) / m, abs=1e-6)
    assert slate.scores[:, 1] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("model", COLLABORATIVE.values(), ids=COLLABORATIVE.keys())
def test_it_comes_back_among_many_who_never_clicked_and_were_never_clicked(model: Recommender):
    """80 × 80 active ones on 900 rows and 1500 columns, and only part of the catalogue on offer."""
    n = 80
    rows, cols = shuffled(900, "many rows")[:n], shuffled(1500, "many cols")[:n]
    public = make_public(ids(900, "users"), ids(1500, "items"))
    training, consumed = board(n, rows, cols)
    policy = model.fit(training, public, None, DRAWS.of("fit"))
    offered = np.union1d(cols, np.arange(0, 1500, 2))
    request = make_request(public, 4, consumed, users=np.sort(rows), offered=offered)
    slate = model.rank(policy, request, DRAWS.of("rank"))
    expected = {int(row): int(col) for row, col in zip(rows, cols, strict=True)}
    assert [expected[int(user)] for user in slate.users] == slate.items[:, 0].tolist()


@pytest.mark.parametrize("model", COLLABORATIVE.values(), ids=COLLABORATIVE.keys())
def test_it_comes_back_for_newborn_rows_whose_keys_come_before_the_others(model: Recommender):
    """Learned, then grown by 20 of each with keys below all others: rows are appended, the order of keys is not."""
    n = 60
    keys = np.append(10_000 + np.arange(n - 20), np.arange(20))
    rows = cols = np.arange(n)
    training, consumed = board(n, rows, cols)
    old = (training.users < 40) & (training.items < 40)
    small = make_public(keys[:40], keys[:40])
    policy = model.fit(make_training(training.users[old], training.items[old]), small, None, DRAWS.of("fit"))
    public = make_public(keys, keys)
    policy = model.fit(training, public, policy, DRAWS.of("fit"))
    slate = model.rank(policy, make_request(public, 2, consumed), DRAWS.of("rank"))
    assert (slate.items[:, 0] == cols).all()


def test_raw_ids_of_a_file_come_back_as_the_right_movies(tmp_path: Path):
    """Through the whole program: a MovieLens folder, ids up to 10⁶ apart, lines in any order, unrated movies between.

    The recommended row, translated back by `history.item_ids`, is the withheld movie of that very person.
    """
    n = 40
    user_ids, movie_ids = ids(n, "raw users"), ids(3 * n, "raw movies")
    lines = []
    for person in range(n):
        lines += [
            f"{user_ids[person]},{movie_ids[thing]},4.0,0" for thing in range(person % 2, n, 2) if thing != person
        ]
    lines = [lines[line] for line in shuffled(len(lines), "lines")]
    (tmp_path / "ratings.csv").write_text("\n".join(["userId,movieId,rating,timestamp", *lines, ""]))
    movies = [f'{movie},"Film, the {movie}",Drama|War' for movie in movie_ids[shuffled(3 * n, "movies")]]
    (tmp_path / "movies.csv").write_text("\n".join(["movieId,title,genres", *movies, ""]))
    spec = Scenario(
        ticks=1,
        data={"kind": "movielens", "path": str(tmp_path)},
        users={"tastes": {"kind": "from_log", "factors": 4}},
        system={
            "slate_size": 3,
            "warmup": {"ticks": 0},
            "holdout": 0.0,
            "recommender": {"kind": "als", "factors": 4, "iterations": 10, "threads": 1},
        },
    )
    sim = Simulation(spec)
    slate = sim.slates(range(n))
    shown = {
        int(sim.history.user_ids[user]): int(sim.history.item_ids[item[0]])
        for user, item in zip(slate.users, slate.items, strict=True)
    }
    assert shown == {int(user_ids[person]): int(movie_ids[person]) for person in range(n)}


@pytest.mark.parametrize("n", [10, 60, 300])
def test_few_neighbours_of_an_item_need_not_know_the_withheld_one(n: int):
    """Why `items` asks 20: of m things of a parity all pairs are equally near but for the withheld cells, so a thing's
    k neighbours are k of m − 1 at random, and nobody of the user's m − 1 things names the withheld one with probability
    (1 − k/(m − 1))^(m − 1), about e^−k.
    """
    k, m = 1, n // 2
    rows, cols = shuffled(n, "rows"), shuffled(n, "cols")
    public = make_public(ids(n, "users"), ids(n, "items"))
    training, consumed = board(n, rows, cols)
    model = ItemKNN(neighbours=k)
    slate = model.rank(model.fit(training, public, None, DRAWS.of("fit")), make_request(public, 1, consumed), DRAWS)
    found = (slate.items[rows, 0] == cols).mean()
    expected = 1 - (1 - k / (m - 1)) ** (m - 1)
    assert abs(found - expected) < 4 * np.sqrt(expected * (1 - expected) / n)


@pytest.mark.parametrize("factors", [8, 32])
def test_pairs_with_more_factors_than_the_board_has_find_it_after_more_passes(factors: int):
    """BPR on ten people with 30 passes does not bring all of them back; with 300 it does."""
    n = 10
    rows, cols = shuffled(n, "rows"), shuffled(n, "cols")
    public = make_public(ids(n, "users"), ids(n, "items"))
    training, consumed = board(n, rows, cols)
    share = {}
    for iterations in (30, 300):
        model = BPR(factors=factors, iterations=iterations, learning_rate=0.05)
        policy = model.fit(training, public, None, DRAWS.of("fit"))
        slate = model.rank(policy, make_request(public, 1, consumed), DRAWS.of("rank"))
        share[iterations] = (slate.items[rows, 0] == cols).mean()
    assert 0.1 < share[30] < share[300] == 1.0
