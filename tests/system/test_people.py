"""Link recommenders: whom each of them suggests, how often, and what becomes of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from recsim.base.draws import Draws
from recsim.scenario import Scenario
from recsim.simulation import Simulation
from recsim.system.people import LinkRecommender
from recsim.system.people.friend_of_friend import FriendOfFriend
from recsim.system.people.random_person import RandomPerson
from recsim.system.people.similar import Similar
from tests.bits import finished, lively
from tests.helpers import tiny
from tests.test_invariance import relabelled
from tests.world.hand import hand_society

DRAWS = Draws(6)
KINDS = sorted(kind for kind, one in LinkRecommender.members().items() if one.__module__.startswith("recsim."))


def platform(pairs: Any, n: int = 8, *, clicked: Any = ()) -> Any:
    """What a platform knows of n people who follow whom the pairs say, and clicked (user, item)."""
    sim = hand_society(np.zeros(n), pairs, mutual=False)
    sim.service.look(sim.world.public(), sim.world.truth())
    who, what = np.array(list(clicked), np.int32).reshape(-1, 2).T
    sim.service.log.extend(1, who, what, np.ones(len(who)), n, len(sim.service.items))
    return sim.service


def suggested(one: LinkRecommender, service: Any, users: Any, seed: int = 0) -> list[list[int]]:
    return one.suggest(np.asarray(users, np.int32), service, DRAWS.of("seed", seed)).tolist()


def running(people: Any, **more: Any) -> Scenario:
    return tiny(users={"network": "small_world"} | more, system={"people": people}, metrics=[])


# -- all of them ----


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_is_suggested_themselves_or_whom_they_follow_or_the_dead(kind):
    spec = lively({"system.people": {"kind": kind, "count": 3, "share": 1.0}, "users.network.accept": 0.0})
    sim = Simulation(spec)
    made = 0
    while sim.running:
        sim.step()
        found = sim.service.introductions()
        real = found.others >= 0
        users, others, alive = found.users[real], found.others[real], sim.world.users.alive
        follows = sim.service.public.follows
        assert (users != others).all() and alive[users].all() and alive[others].all()
        for user, other in zip(users.tolist(), others.tolist(), strict=True):
            assert other not in follows.users[follows.indptr[user] : follows.indptr[user + 1]]
        pairs = list(zip(users.tolist(), others.tolist(), strict=True))
        assert kind == "random_person" or len(set(pairs)) == len(pairs)
        made += len(pairs)
    assert made > 20


@pytest.mark.parametrize("kind", KINDS)
def test_a_share_of_the_people_is_asked_after_the_warm_up(kind):
    sim = Simulation(running({"kind": kind, "share": 0.25, "count": 2}, count=1000))
    sim.step()
    assert not len(sim.service.introductions().users), "the warm-up goes on"
    sim.step(), sim.step()
    asked = np.unique(sim.service.introductions().users)
    assert abs(len(asked) - 250) < 4 * np.sqrt(1000 * 0.25 * 0.75)
    assert len(sim.service.introductions().users) == 2 * len(asked)


@pytest.mark.parametrize("kind", KINDS)
def test_who_is_introduced_may_follow(kind):
    sim = Simulation(running({"kind": kind, "share": 0.5}))
    before = len(sim.world.edges)
    while sim.tick < 2:
        sim.step()
    assert len(sim.world.edges) == before, "nobody is introduced in the warm-up"
    finished(sim)
    born = sim.world.edges.born[before:]
    assert len(born) > 5 and set(born.tolist()) <= {3, 4, 5, 6}


@pytest.mark.parametrize("kind", KINDS)
def test_whom_a_person_is_introduced_to_does_not_hang_on_rows(kind):
    spec = lively({"system.people": {"kind": kind, "share": 0.6}, "system.recommender": "popularity"})
    ends = []
    for sim in (finished(spec), finished(relabelled(spec))):
        ends.append(sorted(zip(sim.world.edges.key.tolist(), sim.world.edges.born.tolist(), strict=True)))
    assert ends[0] == ends[1]
    assert any(born > 2 for _, born in ends[0])


# -- each of them ----


def test_the_most_common_friends_bring_people_together():
    """0 follows 1, 2 and 3; two of these follow 4, one follows 5, and some follow 0 and each other; 7 follows nobody.

    Of 3, who follows 5 and 2, one friend follows 0 and 4 each.
    """
    pairs = [(0, 1), (0, 2), (0, 3), (1, 4), (2, 4), (3, 5), (1, 0), (2, 0), (1, 2), (3, 2)]
    service = platform(pairs)
    assert suggested(FriendOfFriend(count=3), service, [0, 7]) == [[4, 5, -1], [-1, -1, -1]]
    ties = {suggested(FriendOfFriend(), platform(pairs), [3], seed)[0][0] for seed in range(20)}
    assert ties == {0, 4}, "of equals some at random"


def test_those_who_click_the_same_are_brought_together():
    """cos is 1 with 1, √½ with 2, 0 with 3; 4 has clicked nothing."""
    clicked = [(0, 1), (1, 1), (2, 1), (2, 5), (3, 9)]
    service = platform([], 5, clicked=clicked)
    assert suggested(Similar(looks=200, count=4), service, [0, 4]) == [[1, 2, -1, -1], [-1, -1, -1, -1]]
    assert suggested(Similar(looks=200, count=1), platform([(0, 1)], 5, clicked=clicked), [0]) == [[2]]


def test_anybody_is_as_likely_as_anybody_else():
    """Of 3000 suggestions to each of 7 others: 4 s.e."""
    service = platform([], 8)
    found = np.array([suggested(RandomPerson(count=500), service, [0], seed)[0] for seed in range(7)]).ravel()
    counts = np.bincount(found[found >= 0], minlength=8)
    assert counts[0] == 0
    n = 3500
    assert (np.abs(counts[1:] - n / 8) < 4 * np.sqrt(n / 8 * 7 / 8)).all()


def test_closing_triangles_raises_clustering_more_than_chance_does():
    def common(kind: str) -> float:
        spec = running({"kind": kind, "share": 1.0}, count=300, network={"kind": "communities", "accept": 1.0})
        follows = finished(spec).world.follows
        ties = np.zeros((300, 300))
        ties[np.repeat(np.arange(300), np.diff(follows.indptr)), follows.users] = 1
        return float(((ties @ ties) * ties).sum() / (ties @ ties).sum())

    assert common("friend_of_friend") > 1.2 * common("random_person")


def test_introductions_may_begin_and_end_in_the_middle_of_a_run():
    def change(start: int, value: Any) -> dict[str, Any]:
        return {"kind": "change", "name": f"at-{start}", "path": "system.people", "value": value, "start": start}

    spec = running(None).override(
        "interventions", [change(4, {"kind": "random_person", "share": 1.0}), change(6, None)]
    )
    sim = finished(spec)
    assert set(sim.world.edges.born.tolist()) == {0, 4, 5}
