"""Angles and unit vectors."""

from __future__ import annotations

import numpy as np
import pytest

from recsim.base.draws import Draws
from recsim.base.kernels.geometry import angles, units


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ([1.0, 0.0], [0.0, 5.0], np.pi / 2),
        ([1.0, 0.0], [3.0, 3.0], np.pi / 4),
        ([2.0, 1.0], [-2.0, -1.0], np.pi),
        ([2.0, 1.0], [4.0, 2.0], 0.0),
        ([1.0, 0.0], [1.0, 1e-9], 1e-9),  # an arccosine would say 0
        ([1.0, 0.0], [-1.0, 1e-9], np.pi - 1e-9),
    ],
)
def test_angles_by_hand(one, other, expected):
    assert angles(np.array([one]), np.array([other]))[0] == pytest.approx(expected, abs=1e-15)


def test_equal_rows_have_an_angle_of_exactly_0():
    rows = Draws(1).normal(np.arange(100), np.arange(7))
    assert (angles(rows, rows) == 0).all()


def test_a_row_of_zeros_has_no_direction():
    zeros, ones = np.zeros((1, 3)), np.ones((1, 3))
    assert np.isnan([angles(zeros, ones)[0], angles(ones, zeros)[0], angles(zeros, zeros)[0]]).all()
    assert (units(zeros) == 0).all()


def test_angles_agree_with_the_arccosine_where_that_is_accurate():
    one, other = (Draws(seed).normal(np.arange(500), np.arange(5)) for seed in (1, 2))
    cosine = (one * other).sum(axis=1) / np.linalg.norm(one, axis=1) / np.linalg.norm(other, axis=1)
    assert angles(one, other) == pytest.approx(np.arccos(cosine), abs=1e-9)
    assert np.linalg.norm(units(one), axis=1) == pytest.approx(1.0)
