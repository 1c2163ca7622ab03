"""The null loop (loops:O19): a random recommender and indifferent people give pure chance, and no drift.

Repeats are allowed, so that what was clicked is offered again and every slate is a uniform subset of the whole
catalogue, independent between users and ticks. Within a slate items differ, so an item's count is Binomial(users, k/n),
not quite Poisson; the exact values are used beside the limits, which differ by a relative k/n = 1 %.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.special import ive

from recsim.base.kernels.concentration import gini
from recsim.simulation import Simulation
from tests.helpers import run_all, tiny

N_USERS, N_ITEMS, K, TICKS = 500, 1000, 10, 25


@pytest.fixture(scope="module")
def null() -> Simulation:
    spec = tiny(
        {"ticks": TICKS, "measure_every": 1, "record": {"users": "all", "items": "all"}},
        users={"count": N_USERS, "choice": {"kind": "multinomial_logit", "temperature": 1e6, "outside": 0.0}},
        items={"count": N_ITEMS},
        system={"slate_size": K, "warmup": {"ticks": 0}, "recommender": "uniform", "repeats": True},
        metrics=["exposure_gini", "coverage", "click_gini", "taste_drift", "taste_entropy", "clicks_per_session"],
    )
    sim = Simulation(spec)
    while sim.running:
        sim.step()
    return sim


def values(sim: Simulation, name: str) -> np.ndarray:
    return np.array([value for tick, metric, group, value in sim.rows if (metric, group) == (name, "all") and tick > 0])


def standard_error(found: np.ndarray) -> float:
    """Of a mean over ticks, which are independent here."""
    return float(found.std(ddof=1) / np.sqrt(len(found)))


def expected_gini() -> float:
    """Exact: X_i − X_j is a walk of N_USERS steps, each +1 or −1 with k(n − k)/(n(n − 1)); the mean count is fixed."""
    p = K * (N_ITEMS - K) / (N_ITEMS * (N_ITEMS - 1))
    walk = np.ones(1)
    for _ in range(N_USERS):
        walk = np.convolve(walk, [p, 1 - 2 * p, p])
    apart = np.abs(np.arange(-N_USERS, N_USERS + 1)) @ walk
    return (N_ITEMS - 1) / N_ITEMS * apart / (2 * N_USERS * K / N_ITEMS)


def test_exposure_is_as_unequal_as_chance_makes_it(null):
    """loops:O6 at λ = 500 · 10/1000 = 5: e^(−10)(I₀(10) + I₁(10)) = 0.249; the exact value within 4 s.e. over ticks."""
    found, rate = values(null, "exposure_gini"), N_USERS * K / N_ITEMS
    assert abs(found.mean() - expected_gini()) < 4 * standard_error(found)
    assert abs(found.mean() - (ive(0, 2 * rate) + ive(1, 2 * rate))) < 0.005


def test_exposure_does_not_drift(null):
    """The slope over ticks is 0 within 4 of its standard errors, for exposure and for clicks."""
    for name in ("exposure_gini", "click_gini", "coverage"):
        fit = stats.linregress(np.arange(TICKS), values(null, name))
        assert abs(fit.slope) < 4 * fit.stderr


def test_what_was_popular_yesterday_is_not_more_popular_today(null):
    """Correlation of two successive ticks' views over 1000 items, 24 pairs: s.e. 1/√(24 · 1000); 4 s.e."""
    views = null.recorder.arrays()["views"][1:].astype(float)
    found = np.mean([np.corrcoef(one, other)[0, 1] for one, other in zip(views, views[1:], strict=False)])
    assert abs(found) < 4 / np.sqrt((TICKS - 1) * N_ITEMS)


def test_coverage_is_that_of_random_subsets(null):
    """Exact 1 − (1 − k/n)^users; loops:O8 for single draws, n(1 − (1 − 1/n)^m), is within 1 %."""
    found = values(null, "coverage")
    assert abs(found.mean() - (1 - (1 - K / N_ITEMS) ** N_USERS)) < 4 * standard_error(found)
    assert found.mean() == pytest.approx(1 - (1 - 1 / N_ITEMS) ** (N_USERS * K), rel=0.01)


def test_two_users_have_in_common_what_two_random_lists_have(null):
    """loops:O7. E[J] = Σ_j P(j) j/(2k − j), j hypergeometric; about k/(2n − k). 250 disjoint pairs a tick, 4 s.e."""
    j = np.arange(K + 1)
    exact = float(stats.hypergeom.pmf(j, N_ITEMS, K, K) @ (j / (2 * K - j)))
    slates = null.recorder.arrays()["slates"][1:]
    common = (slates[:, ::2, :, None] == slates[:, 1::2, None, :]).sum(axis=(2, 3))
    found = common / (2 * K - common)
    assert abs(found.mean() - exact) < 4 * found.std(ddof=1) / np.sqrt(found.size)
    assert abs(found.mean() - K / (2 * N_ITEMS - K)) < 0.002


def test_clicks_are_spread_like_coin_tosses(null):
    """Indifferent people choose nothing with probability 1/11; clicks of an item are Binomial, nearly Poisson."""
    clicks = values(null, "clicks_per_session")
    p = K / (K + 1)
    assert abs(clicks.mean() - p) < 4 * np.sqrt(p * (1 - p) / (TICKS * N_USERS))
    total = null.recorder.arrays()["clicks"][1:].sum(axis=0)
    rate = total.mean()
    spread = total.var(ddof=1) / rate  # index of dispersion: 1 for Poisson, s.e. √(2/n)
    assert abs(spread - 1) < 4 * np.sqrt(2 / N_ITEMS)
    assert abs(gini(total) - (ive(0, 2 * rate) + ive(1, 2 * rate))) < 0.02


def test_nobody_changes(null):
    assert (values(null, "taste_drift") == 0).all()
    assert len(np.unique(values(null, "taste_entropy"))) == 1


def test_clicks_are_conserved(null):
    """loops:O20: Σ over items = Σ over users = rows of the log, and every click was on something shown."""
    service = null.service
    assert service.items.clicks.sum() == service.users.clicks.sum() == len(service.log)
    assert service.items.views.sum() == service.users.views.sum() == TICKS * N_USERS * K
    assert (service.items.clicks <= service.items.views).all()


# -- other ways to pick and to meet items ------------------------------------------------------------------------------

INDIFFERENT = {
    "proportional": {"floor": 1e9, "outside": 0.0},
    "cascade": {"temperature": 1e9, "outside": 0.0, "patience": 1.0},
    "rank_acceptance": {"alpha": 0.5},
}
"""People whose appeal plays no role, and what it takes."""


@pytest.mark.parametrize("kind", sorted(INDIFFERENT))
@pytest.mark.parametrize("discovery", ["none", "browse"])
def test_indifferent_people_spread_clicks_like_coin_tosses_however_they_pick(kind, discovery):
    """Each click falls on each item equally often, whatever its rank was: dispersion 1, s.e. √(2/n), 4 s.e."""
    people = {"count": 300, "choice": {"kind": kind} | INDIFFERENT[kind], "discovery": discovery}
    system = {"slate_size": K, "warmup": {"ticks": 0}, "recommender": "uniform", "repeats": True}
    sim = run_all(tiny({"ticks": 15}, users=people, items={"count": N_ITEMS}, system=system))
    total = sim.service.items.clicks
    assert len(sim.service.log) == total.sum() > 2000
    assert abs(total.var(ddof=1) / total.mean() - 1) < 4 * np.sqrt(2 / N_ITEMS)
    quality = sim.world.items.quality
    assert abs(np.corrcoef(total, quality)[0, 1]) < 4 / np.sqrt(N_ITEMS)


def test_popularity_alone_concentrates_what_indifferent_people_click():
    """The deliberate break: rank the list by its own clicks and the null is gone."""
    people = {"count": 300, "choice": {"kind": "rank_acceptance", "alpha": 0.5}}
    system = {"slate_size": K, "warmup": {"ticks": 1}, "recommender": "popularity", "repeats": True}
    sim = run_all(tiny({"ticks": 15}, users=people, items={"count": N_ITEMS}, system=system))
    total = sim.service.items.clicks
    assert total.var(ddof=1) / total.mean() > 20
