"""Intra-list distance, taste entropy and taste drift: by hand, NaN rules, range."""

from __future__ import annotations

import math

import numpy as np
import pytest

from recsim.base.draws import Draws
from recsim.base.flow import Source
from recsim.metrics.bubble import IntraListDistance, TasteDrift, TasteEntropy
from tests.metrics.hand import everybody, tick

COMPASS = [[1.0, 0.0], [0.0, 3.0], [-2.0, 0.0], [5.0, 0.0]]
"""East, north, west, east again."""


@pytest.mark.parametrize(
    ("slate", "expected"),
    [
        ([[0, 3]], 0.0),  # the same direction, whatever the length
        ([[0, 1]], 1.0),  # right angles
        ([[0, 2]], 2.0),  # opposed
        ([[0, 1, 2]], 4 / 3),  # pairs 1, 2, 1
        ([[0, 1], [0, 2]], 1.5),  # mean of 1 and 2
        ([[0, 1, -1], [0, -1, -1]], 1.0),  # padding is no item; a list of one has no pair
    ],
)
def test_intra_list_distance_by_hand(slate, expected):
    assert everybody(IntraListDistance().measure(tick(slate, topics=COMPASS), {})) == pytest.approx(expected)


def test_intra_list_distance_agrees_with_visiting_every_pair():
    draws = Draws(2)
    topics, slate = (
        draws.normal(np.arange(30), np.arange(4)),
        np.argsort(draws.uniform(np.arange(20), np.arange(30)))[:, :6],
    )
    unit = topics / np.linalg.norm(topics, axis=1, keepdims=True)
    slow = np.mean([1 - unit[row[a]] @ unit[row[b]] for row in slate for a in range(6) for b in range(a)])
    found = everybody(IntraListDistance().measure(tick(slate, topics=topics, tastes=np.ones((20, 4))), {}))
    assert found == pytest.approx(slow, abs=1e-12)
    assert 0 <= found <= 2


def test_intra_list_distance_looks_at_what_the_platform_chose():
    shown = tick([[0, 3, 2]], topics=COMPASS, source=[Source.RECOMMENDED, Source.RECOMMENDED, Source.ORGANIC])
    assert everybody(IntraListDistance().measure(shown, {})) == pytest.approx(0.0)


@pytest.mark.parametrize("slate", [np.zeros((0, 1)), [[0]], [[0, -1], [-1, -1]]])
def test_without_a_pair_there_is_no_distance(slate):
    assert math.isnan(everybody(IntraListDistance().measure(tick(slate, topics=COMPASS), {})))


CENTRES = [[1.0, 0.0], [0.0, 1.0]]


@pytest.mark.parametrize(
    ("tastes", "expected"),
    [
        ([[3.0, 3.0]], np.log(2)),  # both clusters are worth the same
        ([[0.0, 0.0]], np.log(2)),  # and so are they to somebody without taste
        ([[800.0, 0.0]], 0.0),
        ([[np.log(3.0), 0.0]], -0.75 * np.log(0.75) - 0.25 * np.log(0.25)),  # odds of 3 to 1
        ([[800.0, 0.0], [5.0, 5.0]], np.log(2) / 2),  # the mean over users
    ],
)
def test_taste_entropy_by_hand(tastes, expected):
    shown = tick(np.zeros((0, 1)), tastes=tastes, centres=CENTRES)
    assert everybody(TasteEntropy().measure(shown, {})) == pytest.approx(expected, abs=1e-12)


def test_taste_entropy_is_that_of_living_users_between_0_and_ln_c_however_the_world_is_turned():
    tastes, centres = Draws(1).normal(np.arange(50), np.arange(6)), Draws(2).normal(np.arange(4), np.arange(6))
    found = everybody(TasteEntropy().measure(tick(np.zeros((0, 1)), tastes=tastes, centres=centres), {}))
    assert 0 < found < np.log(4)
    turn, _ = np.linalg.qr(Draws(3).normal(np.arange(6), np.arange(6)))
    turned = tick(np.zeros((0, 1)), tastes=tastes @ turn, centres=centres @ turn)
    assert everybody(TasteEntropy().measure(turned, {})) == pytest.approx(found, rel=1e-12)
    some = tick(np.zeros((0, 1)), tastes=[[1.0, 1.0], [900.0, 0.0]], centres=CENTRES, dead_users=[0])
    assert everybody(TasteEntropy().measure(some, {})) == 0.0
    assert math.isnan(everybody(TasteEntropy().measure(tick(np.zeros((0, 1)), tastes=[[1.0, 0.0]]), {}))), "no clusters"


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        ([[2.0, 0.0], [0.0, 5.0]], 0.0),  # longer is not elsewhere
        ([[0.0, 1.0], [0.0, 1.0]], np.pi / 4),  # a right angle and none
        ([[-1.0, 0.0], [0.0, -1.0]], np.pi),
        ([[0.0, 1.0], [0.0, 0.0]], np.pi / 2),  # who has no taste any more has no direction
    ],
)
def test_taste_drift_by_hand(later, expected):
    first = tick(np.zeros((0, 1)), tastes=[[1.0, 0.0], [0.0, 1.0]], number=0)
    context = TasteDrift().prepare(first)
    assert everybody(TasteDrift().measure(first, context)) == 0.0
    assert everybody(TasteDrift().measure(tick(np.zeros((0, 1)), tastes=later), context)) == pytest.approx(expected)


def test_taste_drift_is_that_of_the_living_who_were_there_at_the_start():
    context = TasteDrift().prepare(tick(np.zeros((0, 1)), tastes=[[1.0, 0.0], [0.0, 1.0]], number=0))
    later = tick(np.zeros((0, 1)), tastes=[[0.0, 1.0], [0.0, 1.0], [1.0, 0.0]], dead_users=[1])
    assert everybody(TasteDrift().measure(later, context)) == pytest.approx(np.pi / 2)
    gone = tick(np.zeros((0, 1)), tastes=[[0.0, 1.0], [0.0, 1.0]], dead_users=[0, 1])
    assert math.isnan(everybody(TasteDrift().measure(gone, context)))
