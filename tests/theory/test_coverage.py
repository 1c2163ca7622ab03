"""What uniform draws cover, and how concentrated they look by chance alone (loops:O8)."""

from __future__ import annotations

import numpy as np
import pytest

from recsim.base.draws import Draws
from recsim.base.kernels.concentration import covered, entropy, herfindahl, simpson
from recsim.metrics import Metric, Tick
from recsim.metrics.catalogue import HHI, EffectiveCatalogue
from recsim.metrics.concentration import Coverage, CoverageCumulative
from tests.helpers import run_all, tiny
from tests.metrics.hand import tick


def shown(slate: np.ndarray, n: int) -> Tick:
    """A tick in which these items were shown, of n."""
    return tick(slate, topics=np.zeros((n, 1)), tastes=np.zeros((len(slate), 1)))


def uniform(case: int, m: int, n: int) -> np.ndarray:
    """m slates of one item, each any of n."""
    return (Draws(11).of(case, m).uniform(np.arange(m)) * n).astype(np.int32)[:, None]


@pytest.mark.parametrize(("n", "m", "expected"), [(500, 1000, 432.5), (1000, 500, 393.6), (100, 2, 1.99)])
def test_what_uniform_draws_cover(n, m, expected):
    """loops:O8: n(1 − (1 − 1/n)^m); the metric over 60 draws of m slates, 4 s.e. of their mean."""
    assert n * covered(n, m) == pytest.approx(expected, abs=0.05)
    found = np.array([Coverage().measure(shown(uniform(case, m, n), n), {}) for case in range(60)])
    assert abs(found.mean() - covered(n, m)) <= 4 * found.std(ddof=1) / np.sqrt(60) + 1e-12


def test_how_concentrated_uniform_draws_look():
    """loops:O8: E[Σp²] = 1/n + (1 − 1/n)/m = .002998 at n = 500, m = 1000; the metric says so beside its value."""
    n, m = 500, 1000
    values = [HHI().measure(shown(uniform(case, m, n), n), {}) for case in range(60)]
    found, null = (np.array([value[name] for value in values]) for name in ("all", "chance"))
    assert null == pytest.approx(1 / n + (1 - 1 / n) / m)
    assert null[0] == pytest.approx(0.002998, abs=1e-6)
    assert abs(found.mean() - null[0]) < 4 * found.std(ddof=1) / np.sqrt(60)


def test_simpsons_index_has_no_bias_and_entropy_has_the_one_of_miller():
    """Both from 40 samples: 1/n within 4 s.e. even at m = n/2; H too low by (n − 1)/(2m) to 5 % of it at m = 20n."""
    n = 200
    for m in (100, 4000):
        counts = [np.bincount(uniform(case, m, n)[:, 0], minlength=n) for case in range(40)]
        same = np.array([simpson(one) for one in counts])
        assert abs(same.mean() - 1 / n) < 4 * same.std(ddof=1) / np.sqrt(40)
        assert np.mean([herfindahl(one) for one in counts]) > 1.2 / n or m == 4000
    lost = np.array([np.log(n) - entropy(one) for one in counts])
    assert lost.mean() == pytest.approx((n - 1) / (2 * 4000), rel=0.05)


def test_the_effective_catalogue_grows_with_the_slates_at_order_1_only():
    n = 200
    sizes = {}
    for order in (1, 2):
        for m in (400, 8000):
            found = [EffectiveCatalogue(order=order).measure(shown(uniform(case, m, n), n), {}) for case in range(60)]
            sizes[order, m] = np.mean(found), 4 * np.std(found, ddof=1) / np.sqrt(60)
    assert sizes[1, 400][0] + sizes[1, 400][1] < 0.9 * n < sizes[1, 8000][0] < n
    for m in (400, 8000):  # 1/D̂ has a bias of second order, var(D̂)/D²
        value, error = sizes[2, m]
        assert abs(value - n) < error + 0.01 * n


def test_the_loop_with_uniform_slates_covers_what_its_null_says():
    """One slot a slate, so that nothing is drawn without replacement; 30 seeds, 4 s.e."""
    apart = []
    for seed in range(30):
        small = {"system.slate_size": 1, "system.recommender": "uniform", "system.repeats": True}
        spec = tiny(
            {**small, "users.count": 60, "items.count": 200, "ticks": 5, "seed": seed}, metrics=["coverage_cumulative"]
        )
        rows = {group: value for number, _, group, value in run_all(spec).rows if number == 5}
        assert rows["chance"] == pytest.approx(covered(200, 300))
        apart.append(rows["all"] - rows["chance"])
    assert abs(np.mean(apart)) < 4 * np.std(apart, ddof=1) / np.sqrt(30)
    assert Metric.members()["coverage_cumulative"] is CoverageCumulative
