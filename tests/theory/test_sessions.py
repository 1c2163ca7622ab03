"""Sessions of two systems: how long they last, what they are worth, and what a platform makes of it."""

from __future__ import annotations

import numpy as np
import pytest

from recsim.base.draws import Draws
from recsim.world.choice import Offer
from recsim.world.choice.two_systems import TwoSystems
from tests.bits import finished
from tests.helpers import make_offer, tiny

DRAWS = Draws(17).of("choice", 1)
N, LONG = 20_000, 80
VALUE, TIME = 1.0, 0.5
"""What a valued item gives, and the price of the time that any item takes."""


def sessions(moreish: float, valued: float, clickbait: np.ndarray | None = None, **fields) -> tuple[np.ndarray, ...]:
    """(n,) length and utility of each session; an item is valued with a probability, which is luck in its appeal."""
    keys = np.arange(N)
    worth = np.where(DRAWS.of("worth").uniform(keys, np.arange(LONG)) < valued, 1.0, -1.0)
    offer = make_offer(worth)._replace(clickbait=clickbait)
    model = TwoSystems(moreish=moreish, temperature=0.0, outside=0.0, **fields)
    picks = model.pick(offer, DRAWS)
    length = (picks >= 0).sum(axis=1)
    gained = np.where(picks >= 0, np.take_along_axis(model.valued(offer, DRAWS), np.maximum(picks, 0), axis=1), False)
    return length, VALUE * gained.sum(axis=1) - TIME * length


@pytest.mark.parametrize(("p", "length", "utility"), [(0.0, 3.33, 0.667), (0.5, 4.44, 0.222), (2 / 3, 6.0, 0.0)])
def test_a_session_lasts_1_over_1_minus_p_times_1_minus_q(p, length, utility):
    """E L = 1/((1 − p)(1 − q)), E U = E L (q v − W) by Wald, along q = 0.7 − 0.3 p; 4 s.e. of 20000 sessions."""
    q = 0.7 - 0.3 * p
    expected = 1 / ((1 - p) * (1 - q))
    assert (expected, expected * (q * VALUE - TIME)) == (
        pytest.approx(length, abs=0.01),
        pytest.approx(utility, abs=1e-3),
    )
    found, worth = sessions(p, q)
    assert found.max() < LONG, "no session is cut off by the end of the list"
    assert abs(found.mean() - expected) < 4 * found.std() / np.sqrt(N)
    assert abs(worth.mean() - expected * (q * VALUE - TIME)) < 4 * worth.std() / np.sqrt(N)


def test_lengths_are_geometric():
    """P(L > k) = (p + q − p q)^k, at p = q = 0.4; 4 s.e."""
    found, _ = sessions(0.4, 0.4)
    for k in (1, 2, 5):
        share = 0.64**k
        assert abs((found > k).mean() - share) < 4 * np.sqrt(share * (1 - share) / N)


def test_engagement_rises_while_utility_falls_until_nobody_should_come():
    """A platform that trades value for moreishness, q = 0.7 − 0.3 p, sees nothing but longer sessions."""
    steps = [sessions(p, 0.7 - 0.3 * p) for p in (0.0, 0.25, 0.5, 0.75)]
    lengths, worth = zip(*((length.mean(), utility.mean()) for length, utility in steps), strict=True)
    assert np.all(np.diff(lengths) > 0) and np.all(np.diff(worth) < 0)
    assert worth[-1] < 0 < worth[-2]


def test_baits_make_items_moreish_on_the_scale_of_log_odds():
    """Odds of 1/4 (p = 0.2) times exp(2 · 0.6931) = 4 are 1, so p = 0.5; 4 s.e."""
    bait = np.full((N, LONG), np.log(2.0))
    found, _ = sessions(0.2, 0.5, bait, lure=2.0)
    assert abs(found.mean() - 4.0) < 4 * found.std() / np.sqrt(N)
    model = TwoSystems(moreish=0.2, lure=2.0)
    offer = Offer(*make_offer(np.zeros((N, LONG)))[:4], bait)
    assert abs(model.hooked(offer, DRAWS).mean() - 0.5) < 4 * 0.5 / np.sqrt(N * LONG)
    assert not (model.hooked(offer._replace(clickbait=None), DRAWS) & ~model.hooked(offer, DRAWS)).any()


def test_people_stay_longer_in_a_session_and_leave_sooner_for_good():
    """A moreish catalogue of the same worth: more is consumed in a session, and fewer come back."""
    ends = []
    for moreish in (0.0, 0.6):
        people = {
            "count": 200,
            "choice": {"kind": "two_systems", "moreish": moreish},
            "dynamics": [{"kind": "dissatisfaction", "outside": 3.0, "base": 0.05, "sensitivity": 0.3}],
        }
        spec = tiny({"ticks": 8, "system.slate_size": 20, "system.repeats": True}, users=people, metrics=[])
        sim = finished(spec)
        first = sim.service.log.clicks.tick == 1
        ends.append((first.sum() / 200, sim.world.users.alive.mean()))
    (short, stayed), (long, left) = ends
    assert long > 1.5 * short and left < stayed - 0.2


def test_what_is_consumed_is_the_list_from_its_top_without_gaps():
    appeal = DRAWS.of("appeal").normal(np.arange(300), np.arange(12))
    appeal[:, 3] = -np.inf
    picks = TwoSystems(outside=0.0, moreish=0.5).pick(make_offer(appeal), DRAWS)
    there = [0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11]
    for row in picks:
        consumed = row[row >= 0].tolist()
        assert consumed == there[: len(consumed)] != []
    assert len({(row >= 0).sum() for row in picks}) > 4
