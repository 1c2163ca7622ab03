"""Lorenz curve, top share, effective catalogue, HHI: by hand, against Gini, NaN rules."""

from __future__ import annotations

import math

import numpy as np
import pytest

from recsim.base.draws import Draws
from recsim.base.flow import Source
from recsim.base.kernels.concentration import covered, entropy, gini, herfindahl, lorenz, simpson
from recsim.metrics.catalogue import HHI, EffectiveCatalogue, ExposureLorenz, ExposureTopShare
from tests.metrics.hand import tick

FOUR = np.zeros((4, 2))
EVEN, SKEW = [[0, 1], [2, 3]], [[0, 1], [0, 2], [0, 1], [0, -1]]
"""One view each; 4, 2, 1, 0 views."""


def test_the_curve_of_equal_views_is_the_diagonal():
    found = ExposureLorenz().measure(tick(EVEN, topics=FOUR), {})
    assert [found[f"bottom {q}%"] for q in range(10, 100, 10)] == pytest.approx(np.arange(1, 10) / 10)
    assert (found["all"], found["top 1%"], found["top 10%"]) == pytest.approx((0.5, 0.01, 0.1))


def test_the_curve_by_hand():
    """Ascending 0, 1, 2, 4 of 7: L(¼) = 0, L(½) = 1/7, L(¾) = 3/7, straight between."""
    found = ExposureLorenz().measure(tick(SKEW, topics=FOUR), {})
    assert found["all"] == found["bottom 50%"] == pytest.approx(1 / 7)
    assert found["bottom 20%"] == 0.0
    assert found["bottom 40%"] == pytest.approx(0.6 / 7)
    assert found["bottom 90%"] == pytest.approx((3 + 0.6 * 4) / 7)
    assert found["top 10%"] == pytest.approx(1 - found["bottom 90%"])
    assert found["top 1%"] == pytest.approx(0.04 * 4 / 7)


def test_gini_is_one_minus_twice_the_area_below_the_curve():
    counts = np.floor(Draws(1).uniform(np.arange(40)) ** 3 * 30)
    corners = lorenz(counts, np.linspace(0, 1, 41))
    area = ((corners[1:] + corners[:-1]) / 2).mean()
    assert gini(counts) == pytest.approx(1 - 2 * area, abs=1e-12)


@pytest.mark.parametrize(("top", "expected"), [(0.25, 4 / 7), (0.5, 6 / 7), (0.125, 2 / 7), (1.0, 1.0)])
def test_top_share_by_hand(top, expected):
    assert ExposureTopShare(top=top).measure(tick(SKEW, topics=FOUR), {}) == pytest.approx(expected)


def test_a_larger_top_has_more():
    shares = [ExposureTopShare(top=top).measure(tick(SKEW, topics=FOUR), {}) for top in (0.0, 0.1, 0.3, 0.7)]
    assert shares == sorted(shares) and shares[0] == 0.0


@pytest.mark.parametrize(
    ("slate", "order", "expected"),
    [
        (EVEN, 1, 4.0),
        ([[0], [0]], 1, 1.0),
        (SKEW, 1, math.exp(-sum(p * math.log(p) for p in (4 / 7, 2 / 7, 1 / 7)))),
        (SKEW, 2, 42 / 14),  # (4·3 + 2·1 + 0)/(7·6)
        ([[0, 1], [0, 1]], 2, 3.0),  # (2 + 2)/(4·3): two draws without replacement
        ([[0], [0]], 2, 1.0),
    ],
)
def test_effective_catalogue_by_hand(slate, order, expected):
    assert EffectiveCatalogue(order=order).measure(tick(slate, topics=FOUR), {}) == pytest.approx(expected)


def test_without_an_item_shown_twice_order_2_says_nothing():
    assert math.isnan(EffectiveCatalogue(order=2).measure(tick(EVEN, topics=FOUR), {}))


@pytest.mark.parametrize(("slate", "expected", "views"), [(EVEN, 0.25, 4), (SKEW, 21 / 49, 7), ([[0], [0]], 1.0, 2)])
def test_hhi_by_hand(slate, expected, views):
    found = HHI().measure(tick(slate, topics=FOUR), {})
    assert found == {"all": pytest.approx(expected), "chance": pytest.approx(0.25 + 0.75 / views)}


METRICS = [ExposureLorenz(), ExposureTopShare(), EffectiveCatalogue(), EffectiveCatalogue(order=2), HHI()]


@pytest.mark.parametrize("metric", METRICS, ids=lambda one: one.words())
@pytest.mark.parametrize("slate", [np.zeros((0, 1)), [[-1, -1]]], ids=["nobody", "nothing"])
def test_nothing_shown_is_undefined(metric, slate):
    found = metric.measure(tick(slate, topics=FOUR), {})
    assert np.isnan(list(found.values()) if isinstance(found, dict) else found).all()


@pytest.mark.parametrize("metric", METRICS, ids=lambda one: one.words())
def test_only_living_items_and_what_the_platform_showed_count(metric):
    organic = [[Source.RECOMMENDED, Source.RECOMMENDED, Source.ORGANIC]] * 2
    given = tick([[0, 1, 2], [0, 1, 3]], topics=FOUR, source=organic, dead_items=[2, 3])
    alone = tick([[0, 1], [0, 1]], topics=FOUR[:2])
    assert metric.measure(given, {}) == metric.measure(alone, {})


def test_kernels_of_nothing_are_undefined_and_rows_of_entropy_stand_alone():
    nothing = np.zeros(3)
    assert np.isnan([herfindahl(nothing), simpson(nothing), simpson(np.array([1, 0])), *lorenz(nothing, nothing)]).all()
    rows = entropy(np.array([[1, 1, 0], [0, 0, 0], [3, 1, 0]]))
    quarter = -0.25 * math.log(0.25) - 0.75 * math.log(0.75)
    assert rows[[0, 2]] == pytest.approx([math.log(2), quarter]) and math.isnan(rows[1])


@pytest.mark.parametrize(
    ("n", "draws", "expected"), [(4, 0, 0.0), (4, 1, 0.25), (2, 2, 0.75), (1, 3, 1.0), (1, 0, 0.0)]
)
def test_what_uniform_draws_cover_by_hand(n, draws, expected):
    assert covered(n, draws) == pytest.approx(expected)
