"""The Gini coefficient: known values, and the one of pure chance."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import gamma

from recsim.base.draws import Draws
from recsim.base.kernels.concentration import gini, mean
from recsim.metrics.concentration import poisson_gini
from tests.helpers import run_all, tiny


def slow_gini(counts: np.ndarray) -> float:
    """The definition: mean absolute difference of two, over twice the mean."""
    n = len(counts)
    return sum(abs(a - b) for a in counts for b in counts) / (2 * n * n * (sum(counts) / n))


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([1, 1, 1, 1], 0.0),
        ([0, 0, 0, 1], 0.75),
        ([1, 3], 0.25),  # |1 − 3| · 2 / (2 · 4 · 2)
        ([1, 2, 3, 4], 0.25),  # Σ(2i − 5)i = −3 − 2 + 3 + 12 = 10; 10 / (4 · 10)
        ([0, 1, 2], 4 / 9),  # (−2 · 0 + 0 · 1 + 2 · 2) / (3 · 3)
        ([7], 0.0),
    ],
)
def test_gini_of_small_counts_is_as_computed_by_hand(counts, expected):
    assert gini(np.array(counts)) == pytest.approx(expected, abs=1e-15)


@pytest.mark.parametrize("counts", [[], [0, 0, 0]])
def test_gini_of_nothing_is_undefined(counts):
    assert math.isnan(gini(np.array(counts)))


def test_gini_agrees_with_its_definition_and_ignores_order_and_scale():
    draws = Draws(3)
    for case in range(20):
        counts = np.floor(draws.of(case).uniform(np.arange(25)) ** 4 * 50)
        assert gini(counts) == pytest.approx(slow_gini(counts), abs=1e-12)
        assert 0 <= gini(counts) <= 24 / 25
        assert gini(counts[::-1] * 7.5) == pytest.approx(gini(counts), abs=1e-12)


@pytest.mark.parametrize(("rate", "expected"), [(0.5, 0.674), (1, 0.524), (5, 0.249), (20, 0.126), (100, 0.0564)])
def test_gini_of_random_exposure_is_that_of_poisson_counts(rate, expected):
    """loops:O6. Simulated: n = 10 000 counts, 20 times; 4 s.e. of the mean, from the spread of the 20."""
    assert poisson_gini(rate) == pytest.approx(expected, abs=5e-4)
    rng, n = Draws(1).of("poisson", int(10 * rate)).generator(), 10_000
    found = np.array([gini(rng.poisson(rate, n)) for _ in range(20)])
    bias = 1 / n  # the sample's pairs include each count with itself
    assert abs(found.mean() - poisson_gini(rate)) < 4 * found.std(ddof=1) / np.sqrt(20) + bias


def test_gini_of_random_exposure_falls_like_one_over_the_root_of_its_mean():
    assert poisson_gini(10_000) == pytest.approx(1 / np.sqrt(np.pi * 10_000), rel=1e-3)


@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan")])
def test_without_a_mean_count_there_is_no_gini_of_chance(rate):
    assert math.isnan(poisson_gini(rate))


@pytest.mark.parametrize(
    ("rate", "users", "items", "k"),
    [(0.5, 200, 400, 1), (1, 400, 400, 1), (5, 1000, 400, 2), (20, 2000, 200, 2), (100, 5000, 100, 2)],
)
def test_the_loop_with_uniform_slates_has_the_gini_of_chance_and_says_so(rate, users, items, k):
    """loops:O6 through the whole loop: 10 ticks; 4 s.e., the bias of a sample 1/n, and slots without replacement.

    k different items of n in a slate have a variance lower by 1 − k/n than Poisson's: a Gini lower by up to k/(2n).
    """
    paths = {"system.slate_size": k, "system.recommender": "uniform", "system.repeats": True, "ticks": 10}
    spec = tiny({**paths, "users.count": users, "items.count": items}, metrics=["exposure_gini"])
    rows = run_all(spec).rows
    found = np.array([value for tick, _, group, value in rows if group == "all" and tick > 0])
    nulls = np.array([value for tick, _, group, value in rows if group == "chance" and tick > 0])
    assert nulls == pytest.approx(poisson_gini(rate))
    slack = 1 / items + poisson_gini(rate) * k / (2 * items)
    assert abs(found.mean() - poisson_gini(rate)) < 4 * found.std(ddof=1) / np.sqrt(10) + slack
    assert found.std(ddof=1) < 0.1 * poisson_gini(rate), "the test could fail"


@pytest.mark.parametrize("a", [0.5, 1.0, 4.0])
def test_gini_of_gamma_distributed_weights_is_known(a):
    """loops:O9: Γ(a + ½)/(√π Γ(a + 1)), the limit of a Pólya urn; 20 samples of 10⁴, 4 s.e. of their mean."""
    rng, n = Draws(2).of("gamma", int(10 * a)).generator(), 10_000
    found = np.array([gini(rng.gamma(a, size=n)) for _ in range(20)])
    known = gamma(a + 0.5) / (np.sqrt(np.pi) * gamma(a + 1))
    assert abs(found.mean() - known) < 4 * found.std(ddof=1) / np.sqrt(20) + 1 / n


def test_the_mean_leaves_out_what_is_undefined():
    assert mean(np.array([1.0, np.nan, 3.0])) == 2.0
    assert math.isnan(mean(np.array([np.nan])))
    assert math.isnan(mean(np.zeros(0)))
