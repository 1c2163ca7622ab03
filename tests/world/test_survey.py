"""Asking people what a click was worth: who is asked, what they say, and where it is kept."""

from __future__ import annotations

import numpy as np
import pytest

from recsim import checkpoint
from recsim.base.flow import joined
from recsim.events import clicks
from recsim.simulation import Simulation
from tests.bits import at, events, finished, lively, state
from tests.helpers import make_feedback, make_slate, tiny
from tests.world.hand import hand_world


def asked(share: float, noise: float = 0.0, **paths: object) -> Simulation:
    """A run of 400 users who all click."""
    few = {"users.count": 400, "ticks": 4, "users.choice.outside": -1e6, "system.recommender": "uniform"}
    return finished(tiny(few | {"users.survey.share": share, "users.survey.noise": noise} | paths, metrics=[]))


def test_by_default_nobody_is_asked():
    sim = finished(tiny())
    assert np.isnan(sim.service.log.clicks.stated).all() and not sim.service.items.asked.any()
    assert sim.session(np.arange(3, dtype=np.int32)).stated is None


def test_asking_changes_nothing_but_what_is_known():
    silent, told = finished(lively({"users.survey.share": 0.0})), finished(lively({"users.survey.share": 0.9}))
    one, other = state(silent), state(told)
    differ = {name for name in one if one[name] != other.get(name)}
    assert differ == {"log@clicks@stated", "service@items@asked", "service@items@stated", "spec"}
    assert events(silent) == events(told)


def test_a_share_of_the_clicks_is_asked_about_and_a_larger_one_asks_the_same_and_more():
    few, many = (~np.isnan(asked(share).service.log.clicks.stated) for share in (0.2, 0.6))
    assert len(few) == 1600
    for found, share in ((few, 0.2), (many, 0.6)):
        assert abs(found.mean() - share) < 4 * np.sqrt(share * (1 - share) / 1600)
    assert not (few & ~many).any()


def test_without_noise_people_say_what_they_gain():
    world = hand_world([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]], [[1.0, 0.0], [0.5, 3.0]])
    world.items.quality = [0.0, 0.25]
    world.people = world.people.model_copy(
        update={"survey": world.people.survey.model_copy(update={"share": 1.0, "noise": 0.0})}
    )
    found = world.respond(make_slate([[0, 1], [0, 1], [0, 1]]), np.array([[1, 0], [-1, 1], [-1, -1]], np.int32))
    assert found.stated is not None
    np.testing.assert_array_equal(found.stated, [[0.75, 1.0], [np.nan, 6.25], [np.nan, np.nan]])
    assert found.answers.tolist() == [0.75, 1.0, 6.25]


def test_with_noise_they_are_right_on_average():
    """Of 1600 answers with errors of 2; 4 s.e."""
    exact, noisy = (asked(1.0, noise).service.log.clicks.stated.astype(float) for noise in (0.0, 2.0))
    error = noisy - exact
    assert abs(error.mean()) < 4 * 2 / np.sqrt(1600) and abs(error.std() - 2) < 4 * 2 / np.sqrt(3200)


def test_the_platform_keeps_the_sum_of_what_was_said_of_each_item():
    sim = asked(0.5)
    clicks = sim.service.log.clicks
    told = ~np.isnan(clicks.stated)
    n = len(sim.world.items)
    assert np.array_equal(sim.service.items.asked, np.bincount(clicks.item[told], minlength=n))
    total = np.bincount(clicks.item[told], clicks.stated[told], n)
    assert sim.service.items.stated == pytest.approx(total, rel=1e-5, abs=1e-4)


def test_answers_are_among_the_events():
    told, silent = clicks(asked(0.5)), clicks(asked(0.0))
    assert 0 < told["stated"].isna().mean() < 1 and list(told)[-1] == "stated"
    assert list(silent) == list(told)[:-1]


def test_what_a_person_picks_by_hand_is_asked_about_too():
    sim = Simulation(tiny({"users.survey.share": 1.0}, metrics=[])).open()
    sim.picks[3] = 2
    sim.step()
    mine = sim.service.log.clicks.user == 3
    assert mine.sum() == 1 and not np.isnan(sim.service.log.clicks.stated[mine]).any()


def test_feedback_of_cohorts_is_joined_with_its_answers():
    one, other = (make_feedback(make_slate([[0, 1]], [user]), [0]) for user in (0, 1))
    assert joined([one, other]).stated is None
    told = [part._replace(stated=np.array([[value]])) for part, value in ((one, 2.0), (other, np.nan))]
    np.testing.assert_array_equal(joined(told).stated, [[2.0], [np.nan]])


def test_answers_survive_a_break():
    spec = lively({"users.survey.share": 0.5})
    whole = finished(spec)
    again = finished(checkpoint.restore(checkpoint.capture(at(spec, 3))))
    np.testing.assert_array_equal(whole.service.log.clicks.stated, again.service.log.clicks.stated)
    assert not np.isnan(whole.service.log.clicks.stated).all()
