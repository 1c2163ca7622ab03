"""Real human data: the loop starts from MovieLens, named by RECSIM_DATA (skipped with a message elsewhere)."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from implicit.cpu.als import AlternatingLeastSquares
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

import recsim
from recsim.metrics.accuracy import hits
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
    run = recsim.run("movielens", set={"ticks": 4, "record.events": True})
    simulated = run.events[run.events["tick"] > 0]
    assert len(simulated) > 100
    sim = Simulation(prepared("movielens"))
    before = sim.service.policies["recommender.als"].items.copy()
    sim.step()
    training = sim.service.log.training(None, 1, "recommender")
    assert {0, 1} == set(training.ticks.tolist())
    assert not np.array_equal(sim.service.policies["recommender.als"].items, before)
