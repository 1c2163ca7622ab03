"""Networks as their authors describe them, against networkx; edges that come and go; people who join."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from recsim import checkpoint
from recsim.base.flow import Introductions
from recsim.problems import ScenarioError
from recsim.simulation import Simulation
from recsim.world.network import Network
from recsim.world.network.complete import Complete
from tests.bits import finished, state
from tests.helpers import run_all, tiny
from tests.world.hand import hand_society

DRAWN = ("small_world", "scale_free", "communities", "textbook")
GROUPS = [{"name": "a", "share": 0.3}, {"name": "b", "share": 0.7}]


def living_in(network: object, n: int = 1000, seed: int = 1, **users: object) -> Simulation:
    """A world with a network, before its first tick."""
    return Simulation(tiny(users={"count": n, "network": network, **users}, metrics=[], seed=seed))


def graph(sim: Simulation) -> nx.DiGraph:
    """Its living follows, for networkx."""
    follows = sim.world.follows
    found = nx.DiGraph()
    found.add_nodes_from(range(len(sim.world.users)))
    row = np.repeat(np.arange(len(sim.world.users)), np.diff(follows.indptr))
    found.add_edges_from(zip(row.tolist(), follows.users.tolist(), strict=True))
    return found


def degrees(sim: Simulation) -> np.ndarray:
    return np.diff(sim.world.follows.indptr)


# -- what all of them keep to ----


@pytest.mark.parametrize("kind", [*DRAWN, "complete"])
def test_friends_follow_each_other_once_and_nobody_follows_themselves(kind):
    sim = living_in(kind, 150)
    found = graph(sim)
    assert found.number_of_edges() == len(sim.world.edges) > 0
    assert nx.number_of_selfloops(found) == 0
    assert nx.overall_reciprocity(found) == 1.0
    assert len(np.unique(sim.world.edges.key)) == len(sim.world.edges)


@pytest.mark.parametrize("kind", DRAWN)
def test_a_seed_makes_a_network_and_another_seed_another_one(kind):
    one, same, other = (living_in(kind, 100, seed).world.edges for seed in (1, 1, 2))
    assert np.array_equal(one.key, same.key)
    assert not np.array_equal(np.sort(one.key), np.sort(other.key))


@pytest.mark.parametrize("kind", sorted(Network.members()))
@pytest.mark.parametrize("n", [1, 2, 3])
def test_a_handful_of_people_make_a_network(kind, n):
    if kind != "from_file":
        assert degrees(living_in(kind, n)).max(initial=0) <= n - 1


@pytest.mark.parametrize("kind", [*DRAWN, "complete"])
def test_whoever_joins_finds_friends_among_those_who_are_there(kind):
    sim = run_all(
        tiny(users={"network": kind, "dynamics": [{"kind": "new_users", "per_tick": 3}, "churn"]}, metrics=[])
    )
    users = sim.world.users
    young = np.flatnonzero((users.born > 0) & users.alive)
    assert len(young) > 10 and (degrees(sim)[young] > 0).mean() > 0.9
    edges = sim.world.edges
    assert edges.born.max() == sim.tick
    late = edges.born > 0
    assert (np.maximum(users.born[edges.follower], users.born[edges.followed])[late] == edges.born[late]).all()
    assert nx.overall_reciprocity(graph(sim)) == 1.0


# -- each of them ----


def test_a_ring_has_the_clustering_of_a_ring():
    """3(k − 2)/(4(k − 1)) for k = 10 neighbours, all of which everybody has."""
    sim = living_in({"kind": "small_world", "degree": 10, "rewiring": 0.0}, 200)
    assert (degrees(sim) == 10).all()
    assert nx.average_clustering(graph(sim).to_undirected()) == pytest.approx(3 * 8 / (4 * 9))
    assert graph(sim).has_edge(0, 5) and graph(sim).has_edge(0, 195) and not graph(sim).has_edge(0, 6)


@pytest.mark.parametrize("rewiring", [0.1, 0.5, 1.0])
def test_rewiring_shortens_ways_as_in_networkx(rewiring):
    """Clustering and mean path of 5 networks each to 4 s.e. of their difference; as many friendships."""
    ours, theirs = [], []
    for seed in range(5):
        found = graph(living_in({"kind": "small_world", "degree": 8, "rewiring": rewiring}, 300, seed)).to_undirected()
        assert found.number_of_edges() == 1200
        for told, one in ((ours, found), (theirs, nx.connected_watts_strogatz_graph(300, 8, rewiring, seed=seed))):
            told.append([nx.average_clustering(one), nx.average_shortest_path_length(one)])
    spread = np.sqrt((np.var(ours, axis=0, ddof=1) + np.var(theirs, axis=0, ddof=1)) / 5)
    assert (np.abs(np.mean(ours, axis=0) - np.mean(theirs, axis=0)) < 4 * spread + 1e-3).all()


def test_friends_of_the_first_are_as_many_as_in_networkx():
    """Barabási & Albert: the degrees of 8 networks of 400, sorted; quantiles to 4 s.e., and P(k ≥ 20) ~ k⁻² beyond."""
    ours, theirs = [], []
    for seed in range(8):
        sim = living_in({"kind": "scale_free", "attachments": 4}, 400, seed)
        assert len(sim.world.edges) == 2 * (4 + 4 * 395)
        ours.append(np.sort(degrees(sim))[[100, 200, 300, 380, 396]])
        theirs.append(
            np.sort([d for _, d in nx.barabasi_albert_graph(400, 4, seed=seed).degree])[[100, 200, 300, 380, 396]]
        )
    spread = np.sqrt((np.var(ours, axis=0, ddof=1) + np.var(theirs, axis=0, ddof=1)) / 8)
    assert (np.abs(np.mean(ours, axis=0) - np.mean(theirs, axis=0)) <= 4 * spread + 0.5).all()


def test_of_a_large_network_the_tail_falls_with_the_cube():
    """P(K ≥ k) = m(m + 1)/(k(k + 1)) in the limit (Dorogovtsev et al. 2000): to 4 s.e. of 20,000 people."""
    n, m = 20_000, 5
    found = degrees(living_in({"kind": "scale_free", "attachments": m}, n))
    for k in (10, 20, 40):
        expected = m * (m + 1) / (k * (k + 1))
        assert abs((found >= k).mean() - expected) < 4 * np.sqrt(expected / n)


@pytest.mark.parametrize("homophily", [0.0, 0.5, 0.9])
def test_friendships_stay_within_groups_as_homophily_says(homophily):
    """A share h + (1 − h) Σκ², κ a group's share: 4 s.e. of 20,000 friendships."""
    network = {"kind": "communities", "degree": 10, "exponent": None, "homophily": homophily}
    sim = living_in(network, 4000, groups=GROUPS)
    edges, group = sim.world.edges, sim.world.users.group
    kappa = np.bincount(group) / 4000
    expected = homophily + (1 - homophily) * (kappa**2).sum()
    within = (group[edges.follower] == group[edges.followed]).mean()
    assert abs(within - expected) < 4 * np.sqrt(expected * (1 - expected) / 20_000)
    assert degrees(sim).mean() == pytest.approx(10.0)


def test_without_groups_circles_are_the_clusters_of_tastes():
    sim = living_in({"kind": "communities", "homophily": 0.9}, 1000)
    edges, home = sim.world.edges, sim.world.users.home
    assert (home[edges.follower] == home[edges.followed]).mean() > 0.85


def test_a_smaller_exponent_makes_hubs():
    spread = [degrees(living_in({"kind": "communities", "exponent": e}, 3000)) for e in (2.2, 3.0, 6.0, None)]
    assert [found.mean() for found in spread] == pytest.approx([10.0] * 4, rel=0.02)
    hubs = [found.max() for found in spread]
    assert hubs == sorted(hubs, reverse=True) and hubs[0] > 3 * hubs[-1]
    assert spread[-1].var() == pytest.approx(10.0, rel=0.15), "Poisson"


def test_everybody_knows_everybody_up_to_a_size():
    assert (degrees(living_in("complete", 30)) == 29).all()
    assert Complete().too_large(3162) is None and Complete().too_large(3163) is not None
    with pytest.raises(ScenarioError, match=r"'complete' is for up to 10,000,000 follows.*\n.*lower users\.count"):
        tiny(users={"count": 4000, "network": "complete"})


def test_what_goes_by_follows_needs_somebody_who_follows():
    for path, one in (
        ("users.discovery", "feed"), ("users.dynamics", ["degroot"]), ("users.dynamics", ["unfollowing"]),
        ("system.recommender", "social"), ("system.people", "random_person"),
    ):  # fmt: skip
        with pytest.raises(ScenarioError, match=r"nobody follows anybody[\s\S]*users\.network"):
            tiny().override(path, one)
    tiny().override("users.dynamics", [{"kind": "deffuant", "among": "anybody"}])


def test_an_axis_is_one_of_the_dimensions():
    with pytest.raises(ScenarioError, match=r"so there is no axis 2[\s\S]*the axes are 0 to 1"):
        spec = tiny(users={"tastes": {"kind": "clusters", "dimensions": 2}, "network": "small_world"})
        spec.override("users.dynamics", [{"kind": "degroot", "axis": 2}])
    with pytest.raises(ScenarioError, match="no axis 99"):
        tiny(metrics=[{"kind": "opinion_variance", "axis": 99}])


def test_a_network_cannot_be_swapped_in_the_middle_of_a_run():
    sim = Simulation(tiny(users={"network": "small_world"}))
    with pytest.raises(ScenarioError, match=r"'users\.network' cannot be changed"):
        sim.fork({"users.network": "scale_free"})


# -- edges ----


def followed_by(sim: Simulation, user: int) -> list[int]:
    follows = sim.world.follows
    return follows.users[follows.indptr[user] : follows.indptr[user + 1]].tolist()


def test_edges_come_and_go_and_rows_never_move():
    sim = hand_society([0.0] * 5, [(0, 1), (0, 2)], mutual=False)
    world, society, before = sim.world, sim.world.society, len(sim.world.edges)
    assert followed_by(sim, 0) == [1, 2] and followed_by(sim, 1) == []
    new = society.follow(np.array([0, 0, 0, 3, 3, -1, 2]), np.array([1, 3, 0, 4, 4, 1, -1]))
    assert new.tolist() == [before, before + 1], "0 → 3 and 3 → 4: the others are there, oneself, twice or nobody"
    assert followed_by(sim, 0) == [1, 2, 3] and followed_by(sim, 3) == [4]
    society.unfollow(np.flatnonzero(world.edges.follower == 0)[-1:])
    assert followed_by(sim, 0) == [1, 2] and len(world.edges) == before + 2
    again = society.follow(np.array([0]), np.array([3]))
    assert followed_by(sim, 0) == [1, 2, 3] and world.edges.key[again] == world.edges.key[before]
    world.users.alive[1] = False
    assert followed_by(sim, 0) == [2, 3]
    assert not len(society.follow(np.array([0, 1]), np.array([1, 4])))


def test_the_platform_sees_follows_in_order_of_keys_and_cannot_write_them():
    sim = hand_society([0.0] * 4, [(0, 1), (0, 2), (0, 3)], mutual=False)
    sim.world.users.key = np.array([5, 9, 7, 8], np.uint64)
    follows = sim.world.public().follows
    assert follows.users.tolist() == [2, 3, 1] and follows.indptr.tolist() == [0, 3, 3, 3, 3]
    with pytest.raises(ValueError, match="read-only"):
        follows.users[0] = 1


def test_people_follow_a_share_of_those_they_are_introduced_to():
    """`accept` of 2000 pairs, 4 s.e.; more accept what fewer do."""
    found = {}
    for accept in (0.0, 0.3, 0.8, 1.0):
        sim = living_in({"kind": "small_world", "degree": 2, "rewiring": 0.0, "accept": accept}, 2000)
        users = np.arange(2000, dtype=np.int32)
        first = len(sim.world.edges)
        sim.world.society.introduce(Introductions(users, (users + 7) % 2000))
        found[accept] = set(sim.world.edges.follower[first:].tolist())
        assert abs(len(found[accept]) - 2000 * accept) <= 4 * np.sqrt(2000 * accept * (1 - accept))
    assert found[0.3] < found[0.8]


def test_a_checkpoint_holds_the_network_as_it_has_become():
    dynamics = [{"kind": "unfollowing", "share": 0.5, "instead": "anybody"}, "new_users", "churn"]
    spec = tiny(users={"network": "communities", "dynamics": dynamics}, system={"people": "friend_of_friend"})
    sim = Simulation(spec)
    for _ in range(4):
        sim.step()
    again = checkpoint.restore(checkpoint.capture(sim))
    assert not sim.world.edges.alive.all()
    for mine, theirs in zip(sim.world.follows, again.world.follows, strict=True):
        assert np.array_equal(mine, theirs)
    assert state(finished(again)) == state(finished(sim))


# -- networkx's own ----


@pytest.mark.parametrize("model", ["powerlaw_cluster", "caveman", "geometric", "random"])
def test_textbook_networks_have_about_the_degree_they_ask_for(model):
    sim = living_in({"kind": "textbook", "model": model, "degree": 8, "tie": 0.3}, 900)
    assert 6.5 < degrees(sim).mean() < 9.0


def test_a_larger_tie_closes_more_triangles():
    loose, close = (living_in({"kind": "textbook", "tie": tie}, 500) for tie in (0.0, 1.0))
    clustering = [nx.average_clustering(graph(sim).to_undirected()) for sim in (loose, close)]
    assert clustering[1] > 3 * clustering[0] > 0


def test_textbook_networks_are_refused_for_more_people_than_python_can_hold():
    with pytest.raises(ScenarioError, match="textbook"):
        tiny(users={"count": 300_000, "network": "textbook"})
