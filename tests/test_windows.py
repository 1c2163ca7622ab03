"""Windows of time: which ticks they mean, and what is said of those that mean none."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import BaseModel, ValidationError

from recsim.windows import FORMS, When, ticks_in, words

EVERY = np.arange(0, 51)
"""Tick 0 to 50."""


def chosen(when: str, ticks: np.ndarray = EVERY, warmup: int = 5) -> list[int]:
    return ticks[ticks_in(when, ticks, warmup)].tolist()


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("last 3 ticks", [48, 49, 50]),
        ("last 1 tick", [50]),
        ("first 3 ticks", [6, 7, 8]),
        ("tick 50", [50]),
        ("tick 0", [0]),
        ("tick 51", []),
        ("ticks 30 to 32", [30, 31, 32]),
        ("ticks 4 to 4", [4]),
        ("ticks 49 to 60", [49, 50]),
        ("end", [50]),
        ("after warm-up", list(range(6, 51))),
        ("last 45 ticks", list(range(6, 51))),
    ],
)
def test_a_window_means_these_ticks(when, expected):
    assert chosen(when) == expected


def test_the_last_ticks_are_those_of_the_clock_not_measurements():
    """Measured every 5 ticks: the last 20 hold four measurements, and tick 30 is the 21st from the end."""
    assert chosen("last 20 ticks", np.arange(0, 51, 5), 0) == [35, 40, 45, 50]
    assert chosen("first 12 ticks", np.arange(0, 51, 5), 5) == [10, 15]
    assert chosen("ticks 31 to 44", np.arange(0, 51, 5)) == [35, 40]
    assert chosen("end", np.array([0, 5, 7])) == [7]


def test_only_windows_that_name_their_ticks_reach_into_the_warm_up():
    assert chosen("last 200 ticks") == chosen("after warm-up") == chosen("first 200 ticks")
    assert min(chosen("after warm-up", warmup=0)) == 1, "tick 0 is the world before anything"
    assert chosen("ticks 0 to 6") == [0, 1, 2, 3, 4, 5, 6]


def test_nothing_measured_is_nothing_in_a_window():
    for when in FORMS:
        assert ticks_in(when, np.array([], np.int64), 5).tolist() == []


@pytest.mark.parametrize(
    "wrong",
    ["", "last", "last ticks", "20", "last -3 ticks", "last 2.5 ticks", "Last 20 ticks", "tick", "ticks 3", "at tick 3",
     "ticks 3-5", "the end", "after warmup", "last 20 ticks of all", "last 9999999999 ticks"],
)  # fmt: skip
def test_what_is_no_window_is_refused_with_all_that_can_be_written(wrong):
    with pytest.raises(ValueError, match="is no window of time: write ") as caught:
        ticks_in(wrong, EVERY, 0)
    assert repr(wrong) in str(caught.value)
    assert all(form in str(caught.value) for form in FORMS)


@pytest.mark.parametrize(
    ("wrong", "told"), [("last 0 ticks", "is empty"), ("ticks 9 to 3", "ends before it begins: write 'ticks 3 to 9'")]
)
def test_an_empty_window_is_refused(wrong, told):
    with pytest.raises(ValueError, match=told):
        ticks_in(wrong, EVERY, 0)


def test_a_field_takes_a_window_and_nothing_else():
    class Holder(BaseModel):
        at: When = "end"

    for form in FORMS:
        assert Holder(at=form).at == form
    assert Holder(at=" last  20\n ticks").at == "last 20 ticks"
    with pytest.raises(ValidationError, match="last 20 ticks, first 10 ticks"):
        Holder(at="lately")
    with pytest.raises(ValidationError):
        Holder(at=20)


def test_every_window_can_be_said_in_a_sentence():
    assert [words(form) for form in FORMS] == [
        "in the last 20 ticks", "in the first 10 ticks", "at tick 50", "in ticks 30 to 40", "at the end",
        "after the warm-up",
    ]  # fmt: skip
