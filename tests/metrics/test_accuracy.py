"""Recall and nDCG on the hold-out: by hand, against a slow twin, and what the model is asked."""

from __future__ import annotations

import math

import numpy as np
import pytest

from recsim.base.draws import Draws
from recsim.base.kernels.retrieval import hits
from recsim.simulation import Simulation
from tests.helpers import run_all, tiny


def pairs(*rows: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([user for user, _ in rows], np.int32), np.array([item for _, item in rows], np.int32)


G = [1 / math.log2(rank + 1) for rank in range(1, 6)]


@pytest.mark.parametrize(
    ("listed", "held", "recall", "ndcg"),
    [
        ([5, 6, 7], [(0, 5)], 1.0, 1.0),
        ([5, 6, 7], [(0, 7)], 1.0, G[2] / G[0]),
        ([5, 6, 7], [(0, 8)], 0.0, 0.0),
        ([5, 6, 7], [(0, 6), (0, 9)], 0.5, G[1] / (G[0] + G[1])),
        ([5, 6], [(0, 1), (0, 2), (0, 5), (0, 6)], 1.0, 1.0),  # two of two slots, although four are wanted
        ([5, -1, -1], [(0, 5), (0, 5)], 1.0, 1.0),  # held out twice is still one item
        ([-1, -1, -1], [(0, 5)], math.nan, math.nan),  # nothing was ranked
        ([6, -1, -1], [(0, 5)], 0.0, 0.0),
    ],
)
def test_recall_and_ndcg_by_hand(listed, held, recall, ndcg):
    found = hits(np.array([listed]), np.array([0]), *pairs(*held), 10)
    assert (found[0][0], found[1][0]) == (pytest.approx(recall, nan_ok=True), pytest.approx(ndcg, nan_ok=True))


def test_padding_is_not_the_last_item_of_the_user_before():
    """−1 in user 1's list must not be read as item 9 of user 0 (codes are user · items + item)."""
    found, _ = hits(np.array([[0, 1], [2, -1]]), np.array([0, 1]), *pairs((0, 9), (1, 3)), 10)
    assert found.tolist() == [0.0, 0.0]


def test_hits_agree_with_visiting_every_list():
    draws, n, k, items = Draws(3), 40, 7, 25
    lists = np.argsort(draws.uniform(np.arange(n), np.arange(items)), axis=1)[:, :k]
    held = np.nonzero(draws.of("held").uniform(np.arange(n), np.arange(items)) < 0.2)
    users = np.unique(held[0])
    recall, ndcg = hits(lists[users], users, held[0].astype(np.int32), held[1].astype(np.int32), items)
    for row, user in enumerate(users):
        wanted = set(held[1][held[0] == user].tolist())
        ranks = [rank for rank, item in enumerate(lists[user].tolist(), start=1) if item in wanted]
        ideal = sum(1 / math.log2(rank + 1) for rank in range(1, min(k, len(wanted)) + 1))
        assert recall[row] == pytest.approx(len(ranks) / min(k, len(wanted)))
        assert ndcg[row] == pytest.approx(sum(1 / math.log2(rank + 1) for rank in ranks) / ideal)


def rows(sim: Simulation, name: str) -> list[float]:
    return [value for _, metric, _, value in sim.rows if metric == name]


def test_before_the_hold_out_is_cut_accuracy_is_undefined_and_then_a_share():
    sim = run_all(tiny({"system.holdout": 0.5}, metrics=["holdout_recall", "holdout_ndcg"]))
    for name in ("holdout_recall", "holdout_ndcg"):
        found = rows(sim, name)
        assert np.isnan(found[:2]).all()
        assert all(0 <= value <= 1 for value in found[2:])


def test_of_a_platform_that_ranks_nothing_accuracy_is_undefined():
    metrics = ["holdout_recall", "holdout_ndcg"]
    sim = run_all(tiny({"system.recommender": "none", "system.holdout": 0.5}, metrics=metrics))
    assert len(sim.service.log.held()[0]) > 0
    for name in metrics:
        assert np.isnan(rows(sim, name)).all()


def test_a_list_as_long_as_the_catalogue_finds_everything():
    assert rows(run_all(tiny(metrics=[{"kind": "holdout_recall", "k": 30}])), "holdout_recall")[2:] == [1.0] * 5


def test_a_model_that_knows_nothing_finds_what_chance_finds():
    """Uniform: each held-out item is among k of the m unknown ones with probability k/m; 4 s.e. over 30 seeds.

    Measured right after the last tick of the warm-up, whose slates were uniform too: lists drawn with the same numbers
    as those slates would contain what was just clicked from them, and find three times as much.
    """
    found, expected = [], []
    for seed in range(30):
        paths = {"system.recommender": "uniform", "system.holdout": 0.5, "seed": seed, "ticks": 2}
        sim = run_all(tiny(paths, metrics=[{"kind": "holdout_recall", "k": 3}]))
        log = sim.service.log
        users = np.unique(log.held()[0])
        known = np.diff(log.history(users.astype(np.int32), 40, 30).indptr)
        held = np.array([len(np.unique(log.held()[1][log.held()[0] == user])) for user in users])
        expected.append(np.mean(3 / (30 - known) * held / np.minimum(held, 3)))
        found.append(rows(sim, "holdout_recall")[-1])
    apart = np.array(found) - np.array(expected)
    assert abs(apart.mean()) < 4 * apart.std(ddof=1) / np.sqrt(30)


def test_the_task_is_frozen_births_and_moderation_do_not_change_it():
    """Nobody clicks after the warm-up, so the model stays; 60 items are born, and many are delisted."""
    silence = {"kind": "change", "path": "users.choice.outside", "value": 1e6, "start": 3}
    review = {"kind": "human_review", "attribute": "poor", "sensitivity": 1.0, "false_alarm": 1.0}
    spec = tiny(
        {"system.holdout": 0.5, "ticks": 12, "system.retrain_every": "once"},
        metrics=["holdout_recall"],
        interventions=[silence, review],
    )
    sim = run_all(spec.override("items.dynamics", [{"kind": "new_items", "per_tick": 5}]))
    assert len(sim.world.items) == 30 + 12 * 5
    assert (~sim.service.items.listed).sum() == 10 * 5
    assert len(set(rows(sim, "holdout_recall")[2:])) == 1


def test_what_the_model_learned_from_is_out_of_the_running_and_the_hold_out_never_is():
    sim = run_all(tiny({"system.holdout": 0.3, "ticks": 15, "users.choice.outside": -1e6}))
    users = np.arange(40, dtype=np.int32)
    lists = sim.service.models.lists(users, 30)
    training = sim.service.log.training(None, 15, "recommender")
    trained = set(zip(training.users.tolist(), training.items.tolist(), strict=True))
    listed = {(user, item) for user in range(40) for item in lists[user].tolist() if item >= 0}
    assert not trained & listed
    assert set(zip(*(one.tolist() for one in sim.service.log.held()), strict=True)) <= listed


def test_both_metrics_rank_once(monkeypatch):
    """Whoever asks first ranks; the other reads what was worked out."""
    sim, calls = Simulation(tiny(metrics=["holdout_recall", "holdout_ndcg"])), []
    original = sim.service.models.lists
    monkeypatch.setattr(sim.service.models, "lists", lambda who, k, *more: calls.append(k) or original(who, k, *more))
    run_all(sim)
    assert calls == [10] * 5  # from the end of the warm-up, tick 2, to tick 6
