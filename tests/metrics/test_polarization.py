"""Extremity and bimodality of tastes: by hand, of known distributions, NaN rules."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import kurtosis, skew

from recsim.base.draws import Draws
from recsim.metrics.polarization import TasteBimodality, TasteExtremity, bimodality
from tests.metrics.hand import NOBODY, everybody, measured, tick


@pytest.mark.parametrize(
    ("tastes", "expected"), [([[3.0, 4.0], [0.0, 1.0]], 3.0), ([[0.0, 0.0]], 0.0), ([[-2.0], [1.0]], 1.5)]
)
def test_extremity_by_hand(tastes, expected):
    assert everybody(measured(TasteExtremity(), tick(NOBODY, tastes=tastes, topics=tastes))) == pytest.approx(expected)


def test_extremity_is_that_of_the_living_and_of_groups():
    people = {"tastes": [[1.0], [3.0], [9.0]], "groups": [0, 1, 1], "group_names": ("a", "b")}
    shown = tick(NOBODY, topics=[[1.0]], dead_users=[2], **people)
    assert measured(TasteExtremity(), shown) == {"all": 2.0, "a": 1.0, "b": 3.0}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([-1, -1, 1, 1], (0 + 1) / (-6 + 3 * 9 / 2)),  # m₄/m₂² = 1: g₂ = 3/2 · (5 · (−2) + 6) = −6
        ([0, 0, 0, 1], (4 + 1) / (4 + 27 / 2)),  # g₁ = 2/√3 · √12/2 = 2; m₄/m₂² = 7/3, g₂ = 3/2 (5 · (−⅔) + 6) = 4
    ],
)
def test_bimodality_by_hand(values, expected):
    assert bimodality(np.array(values, float)) == pytest.approx(expected)


def test_bimodality_uses_the_unbiased_skewness_and_kurtosis():
    values = Draws(1).normal(np.arange(30)) ** 3
    g1, g2, n = skew(values, bias=False), kurtosis(values, bias=False), 30
    assert bimodality(values) == pytest.approx((g1**2 + 1) / (g2 + 3 * (n - 1) ** 2 / ((n - 2) * (n - 3))))


def test_bimodality_of_known_distributions():
    """Normal ⅓, uniform 5/9, two points 1; the coefficient does not know shift, scale or sign."""
    draws, keys = Draws(2), np.arange(100_000)
    assert bimodality(draws.normal(keys)) == pytest.approx(1 / 3, abs=0.01)
    assert bimodality(draws.uniform(keys)) == pytest.approx(5 / 9, abs=0.01)
    camps = np.where(draws.uniform(keys) < 0.5, 1.0, -1.0)
    assert bimodality(camps) == pytest.approx(1.0, abs=0.001)
    assert bimodality(7.0 - 3.0 * draws.uniform(keys)) == pytest.approx(bimodality(draws.uniform(keys)))


@pytest.mark.parametrize("values", [[], [1.0, 2.0, 3.0], [5.0] * 6, [0.1] * 7, [0.0] * 5])
def test_of_few_or_equal_values_bimodality_is_undefined(values):
    assert math.isnan(bimodality(np.array(values)))


def test_the_axis_is_the_one_on_which_people_differed_at_the_start():
    wide = Draws(4).normal(np.arange(50)) * 5
    first = tick(NOBODY, tastes=np.stack([wide, 0.1 * wide[::-1]], axis=1), number=0)
    context = TasteBimodality().prepare(first)
    assert context["axis"] == pytest.approx([1.0, 0.0], abs=0.03)
    moved = np.stack([np.where(np.arange(50) < 25, 3.0, -3.0), wide], axis=1)
    later = tick(NOBODY, tastes=moved, dead_users=[0])
    assert everybody(TasteBimodality().measure(later, context)) > 0.85
    assert everybody(TasteBimodality().measure(first, context)) < 0.6
