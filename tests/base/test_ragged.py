"""Rows of different lengths against plain loops."""

from __future__ import annotations

import numpy as np
import pytest

from recsim.base.kernels.ragged import best, gathered, linked, means, nobody, spread, strongest, sums
from tests.helpers import make_follows

PAIRS = [(0, 1), (0, 3), (2, 0), (2, 1), (2, 3)]
FOLLOWS = make_follows(PAIRS, 5)
VALUES = np.array([1.0, 2.0, 4.0, 8.0, 16.0])


def test_rows_of_some_users_stand_one_behind_the_other():
    row, who = gathered(FOLLOWS, np.array([2, 4, 0, 2], np.int32))
    assert row.tolist() == [0, 0, 0, 2, 2, 3, 3, 3]
    assert who.tolist() == [0, 1, 3, 1, 3, 0, 1, 3]
    assert not len(gathered(nobody(5), np.array([0, 3], np.int32))[0])


def test_sums_and_means_are_of_those_followed():
    assert sums(FOLLOWS, VALUES).tolist() == [10.0, 0.0, 11.0, 0.0, 0.0]
    assert means(FOLLOWS, VALUES) == pytest.approx([5.0, np.nan, 11 / 3, np.nan, np.nan], nan_ok=True)
    assert np.isnan(means(nobody(3), VALUES[:3])).all()


def test_who_is_followed_is_known_of_each():
    users = np.array([2, 0, 2], np.int32)
    others = np.array([[0, 2, -1], [3, 0, 1], [3, 4, 1]], np.int32)
    assert linked(FOLLOWS, users, others).tolist() == [
        [True, False, False], [True, False, True], [True, False, True],
    ]  # fmt: skip


@pytest.mark.parametrize("k", [1, 2, 5])
def test_the_best_of_each_row_agree_with_a_loop(k):
    rng = np.random.default_rng(4)
    row, score = np.sort(rng.integers(6, size=40)), rng.integers(5, size=40).astype(float)
    ties = rng.permutation(40).astype(np.uint64)
    expected = []
    for one in np.unique(row):
        mine = [place for place in range(40) if row[place] == one]
        expected += sorted(mine, key=lambda place: (-score[place], ties[place]))[:k]
    assert best(row, score, ties, k).tolist() == expected


def test_the_strongest_of_each_row_is_the_first_of_equals():
    assert strongest(np.array([0, 0, 2, 2, 2]), np.array([1.0, 3.0, 2.0, 5.0, 5.0]), 4).tolist() == [1, -1, 3, -1]


def test_values_are_spread_over_their_rows():
    cells = spread(np.array([0, 0, 2]), np.array([7, 8, 9], np.int32), 3, 2)
    assert cells.tolist() == [[7, 8], [-1, -1], [9, -1]]
