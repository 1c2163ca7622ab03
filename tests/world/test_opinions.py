"""What people make of each other's opinions, by hand; the theorems are in `tests/theory/test_opinions.py`."""

from __future__ import annotations

import numpy as np
import pytest

from recsim.base.draws import Draws
from recsim.simulation import Simulation
from recsim.world.dynamics.deffuant import Deffuant
from recsim.world.dynamics.degroot import DeGroot
from recsim.world.dynamics.friedkin_johnsen import FriedkinJohnsen
from recsim.world.dynamics.hegselmann_krause import HegselmannKrause
from recsim.world.dynamics.radicalisation import Radicalisation
from recsim.world.dynamics.unfollowing import Unfollowing
from tests.bits import finished, lively
from tests.helpers import tiny
from tests.test_invariance import relabelled
from tests.world.hand import NOTHING, hand_society

DRAWS = Draws(5)
STAR = [(0, 1), (0, 2), (0, 3)]
"""Somebody who follows three, or is friends with them."""
ALL = ("degroot", "friedkin_johnsen", "deffuant", "hegselmann_krause", "radicalisation", "unfollowing")
KINDS = (
    *ALL,
    {"kind": "deffuant", "among": "anybody", "bias": 1.0},
    {"kind": "hegselmann_krause", "among": "anybody"},
    {"kind": "radicalisation", "among": "anybody"},
    {"kind": "unfollowing", "instead": "similar", "tolerance": 0.2},
)


def moved(one, opinions, pairs, *, mutual=False, dead=()):
    """Opinions after one tick of one mechanism."""
    sim = hand_society(opinions, pairs, one, mutual=mutual)
    sim.world.users.alive[list(dead)] = False
    one.after(sim.world, NOTHING, DRAWS)
    return sim.world.users.tastes[:, 0].tolist()


# -- by hand ----


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (DeGroot(rate=0.5), [1.5, 1.0, 2.0, 6.0]),  # half way from 0 to 3
        (DeGroot(rate=1.0), [3.0, 1.0, 2.0, 6.0]),
        (FriedkinJohnsen(), [9 / 4, 1.0, 2.0, 6.0]),  # (0 + 9)/(1 + 3)
        (FriedkinJohnsen(stubbornness=6.0), [1.0, 1.0, 2.0, 6.0]),  # 9/(6 + 3)
        (FriedkinJohnsen(stubbornness=0.0), [3.0, 1.0, 2.0, 6.0]),
        (HegselmannKrause(tolerance=2.0), [1.0, 1.0, 2.0, 6.0]),  # of 0, 1 and 2
        (HegselmannKrause(tolerance=2.0, rate=0.5), [0.5, 1.0, 2.0, 6.0]),
        (HegselmannKrause(tolerance=1.0, among="anybody"), [0.5, 1.0, 1.5, 6.0]),
        (Deffuant(tolerance=9.0, step_size=0.0), [0.0, 1.0, 2.0, 6.0]),
    ],
)
def test_somebody_who_follows_three_others_hears_them(one, expected):
    assert moved(one, [0.0, 1.0, 2.0, 6.0], STAR) == pytest.approx(expected)


def test_the_dead_are_not_heard_and_do_not_hear():
    assert moved(DeGroot(rate=1.0), [0.0, 1.0, 2.0, 6.0], STAR, dead=[3]) == [1.5, 1.0, 2.0, 6.0]
    assert moved(DeGroot(rate=1.0), [0.0, 1.0, 2.0, 6.0], STAR, dead=[0], mutual=True) == [0.0, 1.0, 2.0, 6.0]
    assert moved(HegselmannKrause(tolerance=9.0, among="anybody"), [0.0, 1.0, 5.0], [], dead=[2]) == [0.5, 0.5, 5.0]


def test_influence_drives_outwards_and_opinions_fade():
    """x + 0.1 · (−x + 2 · mean of tanh): heard are tanh 1 and tanh −1 by the first, nobody by the others."""
    one = Radicalisation(strength=2.0, controversy=1.0, rate=0.1)
    heard = moved(one, [0.5, 1.0, 1.0, -2.0], [(0, 1), (0, 2), (0, 3)])
    assert heard[0] == pytest.approx(0.45 + 0.2 * (2 * np.tanh(1.0) - np.tanh(2.0)) / 3)
    assert heard[1:] == pytest.approx([0.9, 0.9, -1.8])
    everybody = moved(one.model_copy(update={"among": "anybody"}), [1.0, -1.0, 3.0], [])
    assert everybody == pytest.approx(0.9 * np.array([1.0, -1.0, 3.0]) + 0.2 * np.tanh(3.0) / 3)


def test_two_who_meet_move_towards_each_other_if_they_are_near_enough():
    near, far = Deffuant(tolerance=1.0, step_size=0.25), Deffuant(tolerance=0.9)
    assert moved(near, [0.0, 0.8], [(0, 1)]) == pytest.approx([0.2, 0.6])
    assert moved(far, [0.0, 0.9], [(0, 1)]) == [0.0, 0.9], "at the bound nobody moves"
    assert moved(Deffuant(tolerance=1.0), [0.0, 0.9], [(0, 1)]) == pytest.approx([0.45, 0.45])


def test_in_a_round_nobody_meets_twice_and_about_half_meet():
    one, sim = Deffuant(among="anybody"), hand_society(np.zeros(4000))
    shares = []
    for turn in range(5):
        first, second = one.pairs(sim.world, DRAWS.of("turn", turn))
        people = np.concatenate([first, second])
        assert len(np.unique(people)) == len(people)
        shares.append(len(people) / 4000)
    assert 0.4 < np.mean(shares) < 0.65


def test_whom_one_meets_is_drawn_by_the_power_of_the_difference():
    """P ∝ |Δ|⁻²: of people at 1, 2 and 4 with 16 : 4 : 1; 4 s.e. of 2000 who ask."""
    n = 2000
    opinions = np.concatenate([np.zeros(n), np.repeat([1.0, 2.0, 4.0], n)])
    pairs = [(i, n + i + n * camp) for i in range(n) for camp in range(3)]
    one = Deffuant(bias=2.0)
    first, second = one.pairs(hand_society(opinions, pairs, mutual=False).world, DRAWS)
    assert (np.sort(first) == np.arange(n)).all(), "each asks people whom nobody else asks"
    counts = np.bincount((second - n) // n, minlength=3)
    expected = np.array([16, 4, 1]) / 21
    assert (np.abs(counts / n - expected) < 4 * np.sqrt(expected * (1 - expected) / n)).all()


def test_an_opinion_is_one_coordinate_of_the_taste():
    sim = hand_society([[0.0, 5.0, 1.0], [4.0, 7.0, 1.0]], [(0, 1)], DeGroot(axis=1))
    DeGroot(axis=1, rate=0.5).after(sim.world, NOTHING, DRAWS)
    assert sim.world.users.tastes.tolist() == [[0.0, 6.0, 1.0], [4.0, 6.0, 1.0]]


def test_innate_is_what_somebody_thought_when_they_came():
    spec = tiny(users={"network": "small_world", "dynamics": ["friedkin_johnsen", "new_users"]}, metrics=[])
    spec = spec.override("users.behaviours", [{"kind": "drift_toward", "rate": 0.5}])
    sim = Simulation(spec)
    first = sim.world.users.tastes[:, 0].copy()
    finished(sim)
    assert np.array_equal(sim.world.users.innate[:40], first)
    assert not np.isnan(sim.world.users.innate).any() and len(sim.world.users) == 46


# -- unfollowing ----


def test_only_who_thinks_too_differently_is_unfollowed():
    sim = hand_society([0.0, 0.5, 1.0, 1.1, -3.0], [(0, 1), (0, 2), (0, 3), (0, 4)], mutual=True)
    Unfollowing(tolerance=1.0, share=1.0).after(sim.world, NOTHING, DRAWS)
    follows = sim.world.follows
    assert follows.users[: follows.indptr[1]].tolist() == [1, 2]
    assert np.diff(follows.indptr).tolist() == [2, 1, 1, 0, 0], "each direction of a friendship by itself"


def test_a_share_of_them_is_unfollowed():
    """Of 3000 follows across, 4 s.e.; a larger share undoes the same ones and more."""
    n = 3000
    left = {}
    for share in (0.2, 0.6):
        sim = hand_society(np.repeat([0.0, 9.0], n), [(i, n + i) for i in range(n)], mutual=False)
        Unfollowing(share=share).after(sim.world, NOTHING, DRAWS)
        edges = sim.world.society.living()
        left[share] = set(sim.world.edges.follower[edges].tolist())
        assert abs(len(left[share]) - n * (1 - share)) < 4 * np.sqrt(n * share * (1 - share))
    assert left[0.6] < left[0.2]


@pytest.mark.parametrize(("instead", "expected"), [("anybody", 0.375), ("similar", 0.375 / 30)])
def test_somebody_else_is_followed_instead(instead, expected):
    """A quarter of the people are at 0, others spread over −1 to 1: anybody is 0.375 away in the mean.

    The nearest of thirty is nearly always somebody who is at 0, too.
    """
    n = 400
    opinions = np.concatenate([np.zeros(n), np.linspace(-1, 1, 3 * n), [50.0]])
    sim = hand_society(opinions, [(i, 4 * n) for i in range(n)], mutual=False)
    Unfollowing(tolerance=10.0, share=1.0, instead=instead, looks=30).after(sim.world, NOTHING, DRAWS)
    edges = sim.world.society.living()
    follower, followed = sim.world.edges.follower[edges], sim.world.edges.followed[edges]
    assert n - 10 < len(edges) <= n and (np.sort(follower) < n).all() and (follower != followed).all()
    apart = np.abs(opinions[followed])
    assert (followed < 4 * n).mean() > 0.98
    if instead == "anybody":
        assert apart[apart < 10].mean() == pytest.approx(expected, abs=0.08)
    else:
        assert apart[apart < 10].mean() < expected


def test_unfollowing_and_influence_divide_a_network():
    """Sasahara et al. (2021): the same people with and without it."""
    found = {}
    for share in (0.0, 0.5):
        dynamics = [
            {"kind": "hegselmann_krause", "tolerance": 0.5, "rate": 0.2},
            {"kind": "unfollowing", "tolerance": 0.5, "share": share, "instead": "anybody"},
        ]
        users = {"count": 300, "tastes": {"kind": "gaussian", "dimensions": 1}, "dynamics": dynamics}
        spec = tiny(users=users | {"network": "small_world"}, metrics=["neighbour_correlation"], ticks=30)
        found[share] = [row[3] for row in finished(spec).rows if row[2] == "all"]
    assert found[0.0][0] == found[0.5][0] and abs(found[0.0][0]) < 0.1
    assert found[0.5][-1] > 0.3 > 0.1 > found[0.0][-1]


# -- rows ----


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_relabelling_rows_changes_nobodys_opinion(kind):
    spec = lively({"users.dynamics": ["churn", "new_users", kind], "system.recommender": "popularity"})
    one, other = finished(spec), finished(relabelled(spec))
    by_key = []
    for sim in (one, other):
        by_key.append(dict(zip(sim.world.users.key.tolist(), sim.world.users.tastes[:, 0].tolist(), strict=True)))
    assert by_key[0].keys() == by_key[1].keys()
    for key, opinion in by_key[0].items():
        assert by_key[1][key] == pytest.approx(opinion, rel=1e-9, abs=1e-12)
    edges = [sorted(sim.world.edges.key[sim.world.society.living()].tolist()) for sim in (one, other)]
    assert edges[0] == edges[1]
