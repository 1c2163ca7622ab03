"""Every metric stays in its range over runs that exercise everything, and no metric writes."""

from __future__ import annotations

import numpy as np
import pytest

from recsim.metrics import Metric
from recsim.simulation import Simulation
from tests.helpers import run_all, tiny

RANGES = {
    "exposure_gini": (0, 1),
    "click_gini": (0, 1),
    "coverage": (0, 1),
    "intra_list_distance": (0, 2),
    "taste_entropy": (0, np.log(8)),
    "taste_drift": (0, np.pi),
    "clicks_per_session": (0, 1),
    "utility": (-np.inf, np.inf),
    "slate_utility": (-np.inf, np.inf),
    "users": (0, np.inf),
    "holdout_recall": (0, 1),
    "holdout_ndcg": (0, 1),
    "ai_catalogue_share": (0, 1),
    "ai_exposure_share": (0, 1),
    "ai_click_share": (0, 1),
    "ai_training_share": (0, 1),
    "review_backlog": (0, np.inf),
    "cost": (0, np.inf),
    "cost_cumulative": (0, np.inf),
}
"""As their docstrings say; a new metric adds its own line here, or brings its own test."""


@pytest.fixture(scope="module")
def busy() -> Simulation:
    spec = tiny(
        {"ticks": 25, "users.activity": 0.7, "users.discovery": "browse"},
        users={
            "behaviours": [{"kind": "drift", "rate": 0.3}, "position_bias"],
            "dynamics": [{"kind": "churn", "hazard": 0.05}, "new_users"],
        },
        items={"dynamics": ["new_items"]},
        system={"generators": ["gaussian"], "rerankers": ["diversity"], "holdout": 0.3},
        interventions=["human_review", "exploration"],
    )
    return run_all(spec)


@pytest.mark.parametrize("name", sorted(RANGES))
def test_values_are_in_the_stated_range(busy, name):
    low, high = RANGES[name]
    found = np.array([value for _, metric, group, value in busy.rows if metric == name and group == "all"])
    assert len(found) == 26
    real = found[~np.isnan(found)]
    assert len(real) > 20, "it is defined on nearly all ticks"
    assert ((real >= low) & (real <= high + 1e-12)).all()


def test_these_are_metrics_that_exist():
    assert set(RANGES) <= set(Metric.members())


def test_what_does_not_apply_is_not_measured_by_default():
    measured = {metric for _, metric, _, _ in run_all(tiny()).rows}
    assert not measured & {"ai_click_share", "review_backlog", "cost", "users"}
    assert {"exposure_gini", "taste_drift", "holdout_recall"} <= measured


def test_measuring_changes_nothing():
    """With and without metrics: the same log, the same tastes, the same factors."""
    with_, without = (
        run_all(tiny(users={"behaviours": ["drift"]})),
        run_all(tiny(users={"behaviours": ["drift"]}, metrics=[])),
    )
    for name, array in with_.service.log.clicks.arrays().items():
        assert np.array_equal(array, without.service.log.clicks[name])
    assert np.array_equal(with_.world.users.tastes, without.world.users.tastes)
    pair = (sim.service.policies["recommender.als"].items for sim in (with_, without))
    assert np.array_equal(*pair)


def test_tick_0_and_the_last_tick_are_always_measured():
    sim = run_all(tiny({"ticks": 11, "measure_every": 4}, metrics=["coverage"]))
    assert [tick for tick, *_ in sim.rows] == [0, 4, 8, 11]
