"""Exposure, clicks and coverage: two values by hand each, NaN rules, range."""

from __future__ import annotations

import math

import numpy as np
import pytest

from recsim.base.flow import Source
from recsim.metrics.concentration import ClickGini, Coverage, ExposureGini
from tests.metrics.hand import everybody, tick

FOUR = np.zeros((4, 2))


@pytest.mark.parametrize(
    ("slate", "expected"),
    [
        ([[0, 1], [2, 3]], 0.0),  # one view each
        ([[0], [0], [0]], 0.75),  # all on one of four: (n − 1)/n
        ([[0, 1], [0, 1]], 0.5),  # 2, 2, 0, 0: (−3 · 0 − 1 · 0 + 1 · 2 + 3 · 2)/(4 · 4)
        ([[0, 1], [0, -1]], 7 / 12),  # 2, 1, 0, 0: (1 · 1 + 3 · 2)/(4 · 3); padding is no view
    ],
)
def test_exposure_gini_by_hand(slate, expected):
    assert everybody(ExposureGini().measure(tick(slate, topics=FOUR), {})) == pytest.approx(expected)


def test_only_what_the_platform_showed_counts_as_exposure():
    shown = tick([[0, 1, 2]], topics=FOUR, source=[Source.RECOMMENDED, Source.ORGANIC, Source.ORGANIC])
    assert everybody(ExposureGini().measure(shown, {})) == pytest.approx(0.75)
    assert everybody(Coverage().measure(shown, {})) == 0.25


def test_dead_items_are_no_part_of_the_catalogue():
    shown = tick([[0, 1], [0, 1]], topics=FOUR, dead_items=[2, 3])
    assert everybody(ExposureGini().measure(shown, {})) == 0.0
    assert everybody(Coverage().measure(shown, {})) == 1.0


@pytest.mark.parametrize(
    ("slate", "picks", "expected"),
    [
        ([[0, 1], [2, 3]], [0, 1], 0.5),  # clicks 1, 0, 0, 1
        ([[0, 1], [1, 2], [3, 1]], [1, 0, 1], 0.75),  # three clicks on item 1
        ([[0, 1], [2, 3]], [[0, 1], [1, 0]], 0.0),  # two clicks each
    ],
)
def test_click_gini_by_hand(slate, picks, expected):
    assert everybody(ClickGini().measure(tick(slate, picks, topics=FOUR), {})) == pytest.approx(expected)


@pytest.mark.parametrize(("slate", "expected"), [([[0, 1], [1, 0]], 0.5), ([[0, 1], [2, -1]], 0.75), ([[3]], 0.25)])
def test_coverage_by_hand(slate, expected):
    assert everybody(Coverage().measure(tick(slate, topics=FOUR), {})) == expected


@pytest.mark.parametrize("metric", [ExposureGini(), ClickGini(), Coverage()])
@pytest.mark.parametrize("slate", [np.zeros((0, 1)), [[-1, -1]]], ids=["nobody", "nothing"])
def test_nothing_shown_is_undefined_not_zero(metric, slate):
    assert math.isnan(everybody(metric.measure(tick(slate, topics=FOUR), {})))


def test_no_clicks_is_undefined_for_clicks_only():
    shown = tick([[0, 1]], [-1], topics=FOUR)
    assert math.isnan(everybody(ClickGini().measure(shown, {})))
    assert everybody(ExposureGini().measure(shown, {})) == 0.5
