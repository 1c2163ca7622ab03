"""Every metric stays in its range over runs that exercise everything, and no metric writes."""

from __future__ import annotations

import numpy as np
import pytest

from recsim.metrics import Metric
from recsim.simulation import Simulation
from tests.helpers import run_all, tiny

ANY = (-np.inf, np.inf)
RANGES = {
    "exposure_gini": (0, 1), "click_gini": (0, 1), "exposure_gini_cumulative": (0, 1), "click_gini_cumulative": (0, 1),
    "exposure_gini_window": (0, 1), "click_gini_window": (0, 1),
    "coverage": (0, 1), "coverage_window": (0, 1), "coverage_cumulative": (0, 1),
    "exposure_lorenz": (0, 1), "exposure_top_share": (0.01, 1), "effective_catalogue": (1, np.inf), "hhi": (0, 1),
    "average_popularity_frozen": (0, np.inf), "average_popularity_current": (0, np.inf), "novelty": (0, 10),
    "long_tail_share": (0, 1), "popularity_lift": (-1, np.inf),
    "intra_list_distance": (0, 2), "taste_entropy": (0, np.log(8)), "taste_drift": (0, np.pi),
    "within_user_distance": (0, 2), "between_user_distance": (-1, 2), "consumption_entropy_window": (0, np.log(8)),
    "homogenization": (0, 1), "homogenization_of_neighbours": (0, 1), "taste_distance": (0, 2),
    "taste_extremity": (0, np.inf), "taste_bimodality": (0, 1), "calibration_error": (0, np.log(100)),
    "clicks_per_session": (0, 1), "click_through_rate": (0, 1), "utility": ANY, "slate_utility": ANY,
    "regret": (0, np.inf), "utility_intention_to_treat": ANY, "retention": (0, 1), "active_users": (0, 1),
    "users": (0, np.inf),
    "holdout_recall": (0, 1), "holdout_ndcg": (0, 1),
    "random_slice_recall": (0, 1), "random_slice_click_rate": (0, 1),
    "random_slice_sample_size": (0, np.inf), "click_rate_gap": (-1, 1),
    "ai_catalogue_share": (0, 1), "ai_exposure_share": (0, 1), "ai_click_share": (0, 1), "ai_training_share": (0, 1),
    "audience_concentration": (-1, 1), "quality_success": (-1, 1), "unexpectedness": (0, 2),
    "exposure_segregation": (0, np.log(2)),
    "quality_made": ANY, "quality_consumed": ANY, "clickbait_made": ANY, "clickbait_consumed": ANY,
    "alarms": (0, np.inf), "gate_rejections": (0, np.inf), "review_backlog": (0, np.inf),
    "intervention_cost": (0, np.inf), "intervention_cost_cumulative": (0, np.inf),
}  # fmt: skip
"""As their docstrings say; a new metric adds its own line here, or brings its own test."""
NAMED = {"audience_concentration": {"kind": "audience_concentration", "threshold": 0.0}}
"""Those whose defaults do not suit so small a world."""
USUAL = {
    "holdout_recall", "holdout_ndcg", "intra_list_distance", "taste_entropy", "taste_drift", "exposure_gini",
    "click_gini", "coverage", "clicks_per_session", "utility", "slate_utility",
}  # fmt: skip
"""What a new user sees, without naming any."""


@pytest.fixture(scope="module")
def busy() -> Simulation:
    spec = tiny(
        {"ticks": 25, "users.activity": 0.7, "users.discovery": "browse"},
        users={
            "behaviours": [{"kind": "drift", "rate": 0.3}, "position_bias"],
            "dynamics": [{"kind": "churn", "hazard": 0.05}, "new_users"],
            "groups": [{"name": "a", "share": 0.5}, {"name": "b", "share": 0.5}],
        },
        items={"dynamics": ["new_items"]},
        system={"generators": ["gaussian"], "rerankers": ["diversity"], "holdout": 0.3, "random_share": 0.4},
        interventions=["human_review", "exploration", "gate", {"kind": "adwin", "metric": "coverage"}],
        metrics=[NAMED.get(name, name) for name in sorted(RANGES)],
    )
    return run_all(spec)


@pytest.mark.parametrize("name", sorted(RANGES))
def test_values_are_in_the_stated_range(busy, name):
    low, high = RANGES[name]
    found = np.array([value for _, metric, group, value in busy.rows if metric == name and group == "all"])
    assert len(found) == 26
    assert (~np.isnan(found)).sum() > 20, "it is defined on nearly all ticks"
    every = np.array([value for _, metric, group, value in busy.rows if metric == name])
    real = every[~np.isnan(every)]
    assert ((real >= low) & (real <= high + 1e-12)).all()


def test_these_are_metrics_that_exist():
    assert set(RANGES) <= set(Metric.members())


def test_what_does_not_apply_is_not_measured_by_default():
    measured = {metric for _, metric, _, _ in run_all(tiny()).rows}
    assert measured == USUAL


def test_what_is_not_usual_is_measured_where_it_is_named_or_watched():
    assert not Metric.members()["hhi"].by_default
    assert {metric for _, metric, _, _ in run_all(tiny(metrics=["hhi"])).rows} == {"hhi"}
    watched = tiny(interventions=[{"kind": "monitor", "metric": "hhi", "above": 0.5}])
    assert {metric for _, metric, _, _ in run_all(watched).rows} == USUAL | {"hhi", "alarms"}


def test_only_everybody_reaches_a_monitor():
    """The null and the groups stand beside the value, and a platform is told one number."""
    sim = run_all(tiny(users={"groups": [{"name": "a", "share": 0.5}, {"name": "b", "share": 0.5}]}))
    last = {(metric, group): value for tick, metric, group, value in sim.rows if tick == 6}
    assert {"all", "chance"} == {group for metric, group in last if metric == "exposure_gini"}
    assert {"all", "a", "b"} == {group for metric, group in last if metric == "clicks_per_session"}
    report = sim.observer.measure(sim._look(sim.session(np.arange(40, dtype=np.int32))))
    assert set(report) == {name for name in USUAL if Metric.members()[name].platform}
    assert all(isinstance(value, float) for value in report.values())


def test_measuring_changes_nothing():
    """With and without metrics: the same log, the same tastes, the same factors."""
    with_, without = (
        run_all(tiny(users={"behaviours": ["drift"]})),
        run_all(tiny(users={"behaviours": ["drift"]}, metrics=[])),
    )
    for name, array in with_.service.log.clicks.arrays().items():
        np.testing.assert_array_equal(array, without.service.log.clicks[name])
    assert np.array_equal(with_.world.users.tastes, without.world.users.tastes)
    pair = (sim.service.policies["recommender.als"].items for sim in (with_, without))
    assert np.array_equal(*pair)


def test_tick_0_and_the_last_tick_are_always_measured():
    sim = run_all(tiny({"ticks": 11, "measure_every": 4}, metrics=["coverage"]))
    assert [tick for tick, *_ in sim.rows] == [0, 4, 8, 11]
