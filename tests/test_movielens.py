"""Real human data: the loop starts from MovieLens, named by RECSIM_DATA (skipped with a message elsewhere)."""

import os
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from implicit.cpu.als import AlternatingLeastSquares
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

import recsim
from recsim.base.kernels.retrieval import hits
from recsim.data import DataError, Log, MovieLens
from recsim.runs import prepared
from recsim.simulation import Simulation

FOLDER = os.environ.get("RECSIM_DATA", "")
pytestmark = pytest.mark.skipif(
    not any((Path(FOLDER) / name).is_file() for name in ("ratings.csv", "ratings.csv.gz")) or not FOLDER,
    reason="set RECSIM_DATA to a MovieLens folder",
)


@pytest.fixture(scope="module")
def sim():
    return Simulation(prepared("movielens"))


@pytest.fixture(scope="module")
def ratings():
    name = next(name for name in ("ratings.csv", "ratings.csv.gz") if (Path(FOLDER) / name).is_file())
    return pd.read_csv(Path(FOLDER) / name)


def test_all_real_ratings_are_the_human_data_before_tick_0(sim, ratings):
    clicks = sim.service.log.clicks
    assert len(sim.service.log) == len(ratings) == 100_004
    assert (clicks.tick == 0).all()
    assert clicks.human.all()
    ids = set(zip(ratings["userId"], ratings["movieId"], strict=True))
    users, items = sim.history.user_ids[clicks.user], sim.history.item_ids[clicks.item]
    assert set(zip(users.tolist(), items.tolist(), strict=True)) == ids


def test_about_a_tenth_is_held_out_and_never_trains(sim):
    held = sim.service.log.clicks.held
    n = len(held)
    assert abs(held.sum() - 0.1 * n) < 4 * np.sqrt(n * 0.1 * 0.9)
    assert len(sim.service.log.training(None, 0, "recommender").users) == n - held.sum()


def test_features_are_genres(sim):
    movie = int(np.flatnonzero(sim.history.item_ids == 1)[0])  # Toy Story (1995)
    genres = {name for name, has in zip(sim.history.feature_names, sim.world.items.features[movie], strict=True) if has}
    assert genres == {"Adventure", "Animation", "Children", "Comedy", "Fantasy"}


def test_als_inside_gives_the_lists_of_implicit_called_by_hand(sim):
    section = sim.spec.system.recommender
    inside = sim.service.policies["recommender.als"]
    training = sim.service.log.training(None, 0, "recommender")
    matrix = csr_matrix(
        (np.ones(len(training.users), np.float32), (training.users, training.items)),
        shape=(len(sim.world.users), len(sim.world.items)),
    )
    start = sim.draws.of(section.stream, "fit")
    axes = np.arange(section.factors)
    with threadpool_limits(1, "blas"):
        model = AlternatingLeastSquares(
            factors=section.factors, regularization=section.regularization, iterations=section.iterations
        )
        model.user_factors = (0.01 * start.of("users").uniform(sim.world.users.key, axes)).astype(np.float32)
        model.item_factors = (0.01 * start.of("items").uniform(sim.world.items.key, axes)).astype(np.float32)
        model.fit(matrix, show_progress=False)
        users = np.arange(len(sim.world.users), dtype=np.int32)
        by_hand, _ = model.recommend(users, matrix, N=10)
    assert np.array_equal(inside.users, model.user_factors)
    assert np.array_equal(sim.service.models.lists(users, 10), by_hand)


def test_als_beats_popularity_on_the_frozen_hold_out(sim):
    other = Simulation(prepared("movielens", set={"system.recommender": "popularity"}))
    assert np.array_equal(other.service.log.clicks.held, sim.service.log.clicks.held)
    als, popularity = (one.observer.latest("holdout_recall") for one in (sim, other))
    per_user = []
    for one in (sim, other):
        users, items = one.service.log.held()
        who = np.unique(users).astype(np.int32)
        per_user.append(hits(one.service.models.lists(who, 10), who, users, items, len(one.world.items))[0])
    difference = per_user[0] - per_user[1]
    assert als - popularity == pytest.approx(difference.mean())
    assert difference.mean() > 3 * difference.std(ddof=1) / np.sqrt(len(difference))


def test_from_tick_1_on_clicks_join_the_log_and_both_are_trained_on():
    run = recsim.run("movielens", seed=1, set={"ticks": 4, "record.events": True})
    simulated = run.events[run.events["tick"] > 0]
    assert len(simulated) > 100
    sim = Simulation(prepared("movielens"))
    before = sim.service.policies["recommender.als"].items.copy()
    sim.step()
    training = sim.service.log.training(None, 1, "recommender")
    assert {0, 1} == set(training.ticks.tolist())
    assert not np.array_equal(sim.service.policies["recommender.als"].items, before)


# -- the same files, and others, as a log of one's own ----

FILMS = {"path": "ratings.csv", "user": "userId", "item": "movieId", "time": "timestamp"}
GENRES = {"items": "movies.csv", "features": ("genres",)}


def other(name, **fields):
    """A file in a folder beside that of MovieLens, read as a log."""
    place = Path(FOLDER).resolve().parent / name
    if not any(one.is_file() for one in (place, place.with_name(f"{place.name}.gz"))):
        pytest.skip(f"there is no {name} beside the MovieLens folder")
    return Log(path=str(place), **fields)


def test_movielens_read_as_a_log_is_the_same_history(sim):
    history = Log(**FILMS, **GENRES).located([Path(FOLDER)]).read()
    for name, one, other in zip(history._fields, history, sim.history, strict=True):
        same = np.array_equal(one, other) if isinstance(one, np.ndarray) else one == other
        assert same and type(one) is type(other), name


def test_ratings_are_in_order_of_time_and_nothing_is_left_out(sim, ratings):
    order = np.argsort(ratings["timestamp"].to_numpy(), kind="stable")
    assert np.array_equal(sim.history.user_ids[sim.history.users], ratings["userId"].to_numpy()[order])
    assert sim.history.left_out == ()


def test_a_minimum_of_stars_leaves_the_others_out_and_counts_them(ratings):
    history = MovieLens(path=FOLDER, minimum_rating=4).read()
    below = int((ratings["rating"] < 4).sum())
    assert history.left_out == (("below minimum_rating 4", below),)
    weighted = Log(**FILMS, value="rating", minimum_value=4).located([Path(FOLDER)]).read()
    assert np.array_equal(weighted.users, history.users)
    assert np.array_equal(np.unique(weighted.values), [4, 4.5, 5])


def test_the_latest_ratings_of_each_user_can_be_held_out(sim):
    clicks = Simulation(prepared("movielens", set={"system.holdout_by": "latest"})).service.log.clicks
    times = pd.Series(np.arange(len(clicks.user)))  # the log is in order of time
    last_trained = times[~clicks.held].groupby(clicks.user[~clicks.held]).max()
    first_held = times[clicks.held].groupby(clicks.user[clicks.held]).min()
    assert len(first_held) == len(sim.world.users)
    assert (last_trained.loc[first_held.index] < first_held).all()
    counts = np.bincount(clicks.user)
    assert np.array_equal(np.bincount(clicks.user[clicks.held]), np.maximum(1, np.floor(0.1 * counts + 1e-9)))


def test_the_order_of_the_log_moves_no_random_hold_out(sim):
    rows = np.arange(len(sim.history.users))[::-1]
    users, items, values = (column[rows] for column in sim.history[:3])
    turned = sim.history._replace(users=users, items=items, values=values)
    again = Simulation(sim.spec, _history=turned).service.log
    assert set(zip(*again.held(), strict=True)) == set(zip(*sim.service.log.held(), strict=True))


def test_clicks_of_open_bandit_are_a_log():
    """40,000 impressions, of which 207 were clicked; times are dates with an offset."""
    history = other(
        "open-bandit-small/impressions.csv",
        user="uf0", item="item_id", time="timestamp", value="click", minimum_value=1, duplicates="keep",
    ).read()  # fmt: skip
    assert len(history.users) == 207
    assert history.left_out == (("below minimum_value 1", 39_793),)
    with pytest.raises(DataError, match=r"impressions\.csv\.gz:2: click is '0', and a weight is above 0"):
        other("open-bandit-small/impressions.csv", user="uf0", item="item_id", value="click").read()


def test_genres_of_deezer_are_a_log_with_names_of_items():
    history = other("deezer-hu-social/user_genres.csv", item="genre", items="genres.csv", features=("name",)).read()
    assert (len(history.users), len(history.user_ids), len(history.item_ids)) == (284_901, 47_538, 84)
    assert history.feature_names[history.features[0].argmax()] == "Acoustic Blues"


def test_a_graph_of_friends_is_a_log_of_who_follows_whom():
    history = other("lastfm-asia-graph/edges.csv", user="node_1", item="node_2").read()
    assert (len(history.users), history.left_out) == (27_806, ())


# -- the README's table ----

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
TOLD = {
    model: [float(cell) for cell in cells.split("|")[:5]]
    for model, cells in re.findall(r"^\| (ALS|item-kNN|popularity) \| (.*) \|$", README, re.MULTILINE)
}
MODELS = {"ALS": {}, "item-kNN": {"system.recommender": "item_knn"}, "popularity": {"system.recommender": "popularity"}}
FOUND = ("holdout_recall", "holdout_ndcg")


@pytest.mark.parametrize("model", ["ALS", "popularity", pytest.param("item-kNN", marks=pytest.mark.long)])
def test_the_table_of_the_readme_is_what_its_commands_print(model):
    table = recsim.run("movielens", seed=1, set=MODELS[model]).table
    ends = [table.loc[name, when] for name in FOUND for when in ("start", "end")]
    assert [*ends, table.loc["utility", "end"]] == pytest.approx(TOLD[model], rel=1e-3)


def test_the_readme_tells_what_item_knn_finds_before_the_loop():
    sim = Simulation(prepared("movielens", set=MODELS["item-kNN"]))
    assert [sim.observer.latest(name) for name in FOUND] == pytest.approx(TOLD["item-kNN"][0:3:2], rel=1e-3)


def test_events_carry_the_ids_of_the_file(ratings):
    run = recsim.run("movielens", seed=1, set={"ticks": 2, "record.events": True})
    human = run.events[run.events["tick"] == 0]
    assert set(zip(human["user_id"], human["item_id"], strict=True)) == set(
        zip(ratings["userId"], ratings["movieId"], strict=True)
    )
    chosen = run.events[run.events["tick"] > 0]
    assert len(chosen) > 50 and chosen["user_id"].notna().all() and (chosen["rank"] > 0).all()
