"""The values that cross between the world and the system."""

from __future__ import annotations

import numpy as np
import pytest

from recsim.base.flow import Source, joined
from tests.helpers import make_feedback, make_slate


def test_only_what_the_platform_placed_has_a_rank():
    slate = make_slate([[4, -1, 6, 7, 8]])
    slate.source[0] = [Source.RECOMMENDED, Source.RECOMMENDED, Source.INTERLEAVED, Source.ORGANIC, Source.EDITORIAL]
    assert slate.by_platform.tolist() == [[True, False, True, False, False]]
    assert slate.ranks.tolist() == [[1, 0, 3, 0, 0]]


def test_slots_are_taken_with_all_that_belongs_to_them():
    slate = make_slate([[4, 5, 6], [7, 8, 9]], scores=np.array([[0.4, 0.5, 0.6], [0.7, 0.8, 0.9]]))
    moved = slate.take(np.array([[2, 0], [1, 1]]))
    assert moved.items.tolist() == [[6, 4], [8, 8]]
    assert moved.scores.tolist() == [[0.6, 0.4], [0.8, 0.8]]
    assert moved.propensity is None and moved.users.tolist() == [0, 1]


def test_several_clicks_of_a_session_are_one_row_each():
    slate = make_slate([[4, 5, 6], [7, 8, 9]])
    feedback = make_feedback(slate, [[2, 0], [-1, 1]])
    assert feedback.users.tolist() == [0, 0, 1]
    assert feedback.items.tolist() == [6, 4, 8]
    assert feedback.of_clicks(slate.ranks).tolist() == [3, 1, 2]
    assert feedback.clicked.tolist() == [[True, False, True], [False, True, False]]


def test_a_field_that_one_part_lacks_is_lacking_in_the_whole():
    one, other = make_feedback(make_slate([[1, 2]]), [0]), make_feedback(make_slate([[3, 4]], [7]), [-1])
    scored = one._replace(slate=one.slate._replace(scores=np.ones((1, 2))))
    assert joined([scored, other]).slate.scores is None
    both = joined([one, other])
    assert both.slate.items.tolist() == [[1, 2], [3, 4]] and both.users.tolist() == [0]
    assert both.items == pytest.approx([1])


def test_a_slot_that_moves_keeps_its_propensity_only_if_it_was_certain():
    slate = make_slate([[4, 5, 6], [7, 8, 9]], propensity=np.array([[1.0, 0.25, 0.5], [0.1, 0.2, np.nan]]))
    moved = slate.take(np.array([[1, 0, 2], [0, 1, 2]]))
    assert moved.propensity[0] == pytest.approx([np.nan, 1.0, 0.5], nan_ok=True)
    assert moved.propensity[1] == pytest.approx([0.1, 0.2, np.nan], nan_ok=True)
