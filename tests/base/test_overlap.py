"""Jaccard index of ragged rows: by hand, and against Python's sets."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import hypergeom

from recsim.base.draws import Draws
from recsim.base.flow import Rows
from recsim.base.kernels.overlap import expected_jaccard, jaccard, sizes


def rows(*sets: list[int]) -> Rows:
    return Rows(np.cumsum([0, *(len(one) for one in sets)]), np.array([x for one in sets for x in one], np.int32))


def test_jaccard_by_hand():
    found = jaccard(rows([0, 1], [2], [], [], [0, 9]), rows([1, 2, 3], [2], [4], [], [9]), 10)
    assert found[:3].tolist() + found[4:].tolist() == [0.25, 1.0, 0.0, 0.5]
    assert math.isnan(found[3]), "two empty sets"


def test_the_last_item_of_a_row_is_not_the_first_of_the_next():
    assert jaccard(rows([9], [0]), rows([0], [9]), 10).tolist() == [0.0, 0.0]


def test_jaccard_agrees_with_sets():
    draws, n, m = Draws(2), 60, 30
    one, other = (draws.of(side).uniform(np.arange(n), np.arange(m)) < 0.3 for side in ("one", "other"))
    lists = [[np.flatnonzero(row).tolist() for row in side] for side in (one, other)]
    slow = [len(set(a) & set(b)) / len(set(a) | set(b)) for a, b in zip(*lists, strict=True)]
    assert jaccard(rows(*lists[0]), rows(*lists[1]), m) == pytest.approx(slow)


def test_sizes_are_those_of_the_rows():
    assert sizes(rows([1, 2], [], [3])).tolist() == [2, 0, 1]


@pytest.mark.parametrize(
    ("a", "b", "n", "expected"),
    [
        (1, 1, 10, 0.1),  # equal with probability 1/10: 1, else 0
        (10, 10, 10, 1.0),  # everything is all there is
        (0, 5, 10, 0.0),
        (2, 2, 4, (1 + 4 / 3 + 0) / 6),  # overlaps 2, 1, 0 in 1, 4, 1 of 6 ways: 1, 1/3, 0
        (3, 2, 4, (3 * 2 / 3 + 3 * 1 / 4) / 6),  # overlaps 2 and 1 in 3 ways each; 0 is impossible
        (100, 100, 100, 1.0),  # beyond the exact sum
        (0, 100, 200, 0.0),
    ],
)
def test_expected_jaccard_by_hand(a, b, n, expected):
    for one, other in ((a, b), (b, a)):
        assert expected_jaccard(np.array([one]), np.array([other]), n)[0] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("a", "b", "n"), [(10, 200, 1000), (64, 64, 300), (65, 65, 300), (90, 400, 500), (200, 300, 9000)]
)
def test_expected_jaccard_agrees_with_the_hypergeometric_distribution(a, b, n):
    x = np.arange(min(a, b) + 1)
    slow = (hypergeom(n, a, b).pmf(x) * x / (a + b - x)).sum()
    assert expected_jaccard(np.array([a]), np.array([b]), n)[0] == pytest.approx(slow, rel=1e-9 if a <= 64 else 1e-3)


def test_nobody_expects_anything_of_empty_sets():
    assert math.isnan(expected_jaccard(np.array([0]), np.array([0]), 10)[0])
