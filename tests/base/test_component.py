"""Components: one frozen class, one block of a scenario. (What every registered one must do is in test_contracts.)"""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from recsim.base.component import closest, snake
from recsim.world.activity import Activity
from recsim.world.activity.share import ShareOfUsers
from recsim.world.behaviours import Behaviour
from recsim.world.behaviours.drift import Drift


@pytest.mark.parametrize(
    ("name", "kind"), [("ALS", "als"), ("HumanReview", "human_review"), ("AICatalogueShare", "ai_catalogue_share")]
)
def test_a_class_is_called_by_its_name_in_snake_case(name, kind):
    assert snake(name) == kind


def test_a_kind_a_block_and_the_thing_itself_all_stand_for_it():
    assert Behaviour.parse("drift") == Drift()
    assert Behaviour.parse({"kind": "drift", "rate": 0.5}) == Drift(rate=0.5)
    assert Behaviour.parse(Drift(rate=0.5)) == Drift(rate=0.5)
    assert Drift.parse({"rate": 0.5}) == Drift(rate=0.5)
    assert Behaviour.parse(Drift(rate=0.5, name="mine").block()) == Drift(rate=0.5, name="mine")


def test_a_number_is_shorthand_for_a_share_of_users():
    assert Activity.parse(0.3) == ShareOfUsers(share=0.3)
    assert Activity.parse(1) == ShareOfUsers(share=1.0)


@pytest.mark.parametrize("wrong", [7, None, "drifft", {"rate": 0.5}, {"kind": 3}, {"kind": "als"}, ["drift"], True])
def test_what_is_no_member_of_the_family_is_refused(wrong):
    from pydantic_core import PydanticCustomError

    with pytest.raises(PydanticCustomError):
        Behaviour.parse(wrong)


@pytest.mark.parametrize("rate", [-0.1, 1.1, float("nan"), float("inf"), "much"])
def test_a_field_outside_its_range_is_refused(rate):
    with pytest.raises(ValidationError):
        Behaviour.parse({"kind": "drift", "rate": rate})


def test_an_unknown_field_is_refused_and_a_known_one_cannot_be_changed():
    with pytest.raises(ValidationError):
        Drift(rat=0.3)
    with pytest.raises(ValidationError):
        Drift().rate = 0.3


def test_streams_are_named_by_family_kind_and_label():
    assert Drift().stream == "behaviour.drift.drift"
    assert Drift(name="fast").stream == "behaviour.drift.fast"


def test_words_tell_what_differs_from_the_defaults():
    assert Drift().words() == "drift"
    assert Drift(rate=0.5).words() == "drift(rate=0.5)"


def test_the_nearest_known_name_is_found():
    assert closest("retrain_evry", ["retrain_every", "repeats"]) == "retrain_every"
    assert closest("xyz", ["retrain_every"]) is None
