"""What random sets have in common, by theory, by drawing them, and through the loop (loops:O7)."""

from __future__ import annotations

import numpy as np
import pytest

from recsim.base.draws import Draws
from recsim.base.flow import Rows
from recsim.base.kernels.overlap import expected_jaccard, jaccard
from recsim.metrics import Metric
from tests.helpers import run_all, tiny


def random_sets(draws: Draws, rows: int, k: int, n: int) -> Rows:
    """k of n items each, every subset equally likely."""
    chosen = np.sort(np.argsort(draws.uniform(np.arange(rows), np.arange(n)), axis=1)[:, :k], axis=1)
    return Rows(np.arange(rows + 1) * k, chosen.ravel().astype(np.int32))


@pytest.mark.parametrize(("k", "n", "usual"), [(10, 200, 0.0256), (50, 1000, 0.0256), (100, 1000, 0.0526)])
def test_random_subsets_have_as_much_in_common_as_theory_says(k, n, usual):
    """loops:O7, k/(2n − k) to ±.002; what the metric uses as its null is better: 4 s.e. over 4000 pairs."""
    draws, pairs = Draws(7).of(k), 4000
    found = jaccard(random_sets(draws.of("one"), pairs, k, n), random_sets(draws.of("other"), pairs, k, n), n)
    expected = float(expected_jaccard(np.array([k]), np.array([k]), n)[0])
    assert k / (2 * n - k) == pytest.approx(usual, abs=5e-5)
    assert expected == pytest.approx(usual, abs=0.002)
    assert abs(found.mean() - expected) < 4 * found.std(ddof=1) / np.sqrt(pairs)


def test_the_usual_formula_is_too_low_for_small_sets():
    """5 % at 10 of 200: outside 4 s.e. of a simulation with 40 000 pairs, in which the metric's own null is inside."""
    draws, pairs = Draws(8), 40_000
    found = jaccard(random_sets(draws.of("one"), pairs, 10, 200), random_sets(draws.of("other"), pairs, 10, 200), 200)
    error = 4 * found.std(ddof=1) / np.sqrt(pairs)
    assert found.mean() - 10 / 390 > error
    assert abs(found.mean() - expected_jaccard(np.array([10]), np.array([10]), 200)[0]) < error


def test_sets_of_different_sizes_too():
    draws, pairs = Draws(9), 4000
    found = jaccard(random_sets(draws.of("one"), pairs, 5, 60), random_sets(draws.of("other"), pairs, 30, 60), 60)
    expected = expected_jaccard(np.array([5]), np.array([30]), 60)[0]
    assert abs(found.mean() - expected) < 4 * found.std(ddof=1) / np.sqrt(pairs)


def test_without_tastes_and_with_random_slates_people_have_what_chance_gives_them():
    """The whole loop: items alike to everybody, uniform slates, so the value follows its null; 4 s.e. over 12 seeds."""
    blind = {"users.tastes.strength": 1e-9, "items.quality_spread": 0.0, "users.choice.outside": -1e6}
    loop = {"system.recommender": "uniform", "ticks": 8, "users.count": 300, "items.count": 100, "seed": 0} | blind
    apart = []
    for seed in range(12):
        sim = run_all(tiny(loop | {"seed": seed}, metrics=["homogenization"]))
        rows = {group: value for tick, _, group, value in sim.rows if tick == 8}
        apart.append(rows["all"] - rows["chance"])
        assert rows["chance"] == pytest.approx(expected_jaccard(np.array([8]), np.array([8]), 100)[0])
    assert abs(np.mean(apart)) < 4 * np.std(apart, ddof=1) / np.sqrt(12)
    assert np.std(apart, ddof=1) < 0.3 * rows["chance"], "the test could fail"


def test_with_tastes_they_have_more_than_chance():
    sim = run_all(tiny({"ticks": 8, "users.count": 300, "items.count": 100}, metrics=["homogenization"]))
    rows = {group: value for tick, _, group, value in sim.rows if tick == 8}
    assert rows["all"] > 1.5 * rows["chance"]
    assert Metric.members()["homogenization"].by_default is False
