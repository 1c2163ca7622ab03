"""Calibration error: by hand, over genres and clusters, range, NaN rules."""

from __future__ import annotations

import math

import numpy as np
import pytest

from recsim.base.draws import Draws
from recsim.base.flow import Source
from recsim.metrics.calibration import CalibrationError
from tests.metrics.hand import NOBODY, everybody, tick

GENRES = [[1, 0], [0, 1], [1, 1], [0, 0]]
"""Drama, comedy, both, neither."""
CENTRES = [[1.0, 0.0], [0.0, 1.0]]


def given(slate, clicked, features=GENRES, **more):
    return tick(slate, topics=np.ones((4, 2)), features=features, clicked=clicked, number=3, **more)


def error(shown, **fields):
    return everybody(CalibrationError(**fields).measure(shown, {}))


def mixed(p, q, a=0.01):
    return sum(x * math.log(x / ((1 - a) * y + a * x)) for x, y in zip(p, q, strict=True) if x)


@pytest.mark.parametrize(
    ("slate", "history", "p", "q"),
    [
        ([[0, 1]], [0, 1], (0.5, 0.5), (0.5, 0.5)),
        ([[0, 0]], [0, 1], (0.5, 0.5), (1, 0)),
        ([[1, 1]], [0, 0], (1, 0), (0, 1)),  # the worst there is: ln 100
        ([[2, 0]], [2], (0.5, 0.5), (0.75, 0.25)),
        ([[0, 3]], [0, 1, 3, 0], (2 / 3, 1 / 3), (1, 0)),  # an item of no genre tells nothing
    ],
)
def test_calibration_error_by_hand(slate, history, p, q):
    assert error(given(slate, [(1, 0, item) for item in history])) == pytest.approx(mixed(p, q))


def test_smoothing_bounds_the_error():
    worst = given([[1, 1]], [(1, 0, 0)])
    assert error(worst) == pytest.approx(math.log(100))
    assert error(worst, smoothing=0.1) == pytest.approx(math.log(10))
    assert error(worst, smoothing=1.0) == pytest.approx(0.0)


def test_it_is_between_0_and_its_bound_for_any_slates():
    draws = Draws(5)
    slate = (draws.uniform(np.arange(30), np.arange(4)) * 4).astype(int)
    clicked = [(1, user, item) for user in range(30) for item in (draws.of(user).uniform(np.arange(5)) * 4).astype(int)]
    users = [error(given(slate[[user]], [(1, 0, i) for _, who, i in clicked if who == user])) for user in range(30)]
    real = [one for one in users if not math.isnan(one)]
    assert len(real) > 20 and min(real) >= 0 and max(real) <= math.log(100)
    assert error(given(slate, clicked)) == pytest.approx(np.mean(real))


def test_the_clicks_on_this_slate_are_no_part_of_the_history():
    assert error(given([[0, 1]], [(2, 0, 0), (3, 0, 1)])) == pytest.approx(mixed((1, 0), (0.5, 0.5)))


def test_who_has_no_history_or_no_slate_is_left_out():
    shown = given([[0, 1], [0, 0], [-1, -1]], [(1, 1, 1), (1, 2, 0)])
    assert error(shown) == pytest.approx(math.log(100))
    assert math.isnan(error(given([[0, 1]], [])))
    assert math.isnan(error(given(NOBODY, [(1, 0, 0)])))


def test_what_people_found_themselves_is_no_part_of_the_slate():
    assert error(given([[0, 1]], [(1, 0, 0)], source=[[Source.RECOMMENDED, Source.ORGANIC]])) == pytest.approx(0.0)


def test_groups_are_told_apart():
    shown = given([[0, 0], [1, 1]], [(1, 0, 0), (1, 1, 0)], groups=[0, 1], group_names=("a", "b"))
    assert CalibrationError().measure(shown, {}) == {
        "all": pytest.approx(math.log(100) / 2), "a": pytest.approx(0.0), "b": pytest.approx(math.log(100)),
    }  # fmt: skip


def test_without_genres_true_clusters_count_and_without_either_nothing():
    topics = [[2.0, 0.1], [0.1, 2.0], [-0.5, 0.2], [1.0, -3.0]]  # nearest in direction: 0, 1, 1, 0
    shown = tick([[0, 3]], topics=topics, clicked=[(1, 0, 1), (1, 0, 2), (1, 0, 0)], centres=CENTRES)
    assert error(shown) == pytest.approx(mixed((1 / 3, 2 / 3), (1, 0)))
    assert math.isnan(error(tick([[0, 3]], topics=topics, clicked=[(1, 0, 1)])))
