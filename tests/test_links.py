"""A network from a file: read, cut to the users, with groups, and every mistake in a line that says what to do."""

from __future__ import annotations

import gzip
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsim.cli import main
from recsim.data import DataError, DataNotFoundError
from recsim.problems import ScenarioError
from recsim.runs import prepared
from recsim.simulation import Simulation
from tests.bits import finished, state
from tests.helpers import TINY

EDGES = "node_1,node_2\n10,7\n7,100\n2,7\n100,2\n"
"""Nodes 2, 7, 10 and 100, which are users 0 to 3."""
GROUPS = "id,group\n7,red\n2,blue\n100,blue\n10,red\n"
REAL = [
    Path(os.environ.get("RECSIM_DATA", "nowhere")),
    Path(__file__).parents[2] / "shared" / "data" / "lastfm-asia-graph",
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "edges.csv").write_text(EDGES)
    (tmp_path / "groups.csv").write_text(GROUPS)
    return tmp_path


def fields(network: Mapping[str, Any] = {}, **users: Any) -> dict[str, Any]:
    return {**TINY, "users": users | {"network": {"kind": "from_file", **network}}, "metrics": ["users"]}


def living_in(folder: Path, network: Mapping[str, Any] = {}, **users: Any) -> Simulation:
    return Simulation(prepared(fields(network, **users), data=folder))


def pairs(sim: Simulation) -> set[tuple[int, int]]:
    edges = sim.world.edges
    return set(zip(edges.follower.tolist(), edges.followed.tolist(), strict=True))


# -- what is read ----


def test_friendships_go_both_ways_between_nodes_in_order_of_their_ids(folder):
    sim = living_in(folder)
    assert len(sim.world.users) == 4
    assert pairs(sim) == {(2, 1), (1, 2), (1, 3), (3, 1), (0, 1), (1, 0), (3, 0), (0, 3)}


def test_follows_go_one_way_if_they_are_not_mutual(folder):
    assert pairs(living_in(folder, {"mutual": False})) == {(2, 1), (1, 3), (0, 1), (3, 0)}
    swapped = {"mutual": False, "follower": "node_2", "followed": "node_1"}
    assert pairs(living_in(folder, swapped)) == {(1, 2), (3, 1), (1, 0), (0, 3)}


def test_of_a_large_network_the_first_nodes_are_used(folder):
    sim = living_in(folder, {"mutual": False}, count=3)
    assert len(sim.world.users) == 3 and pairs(sim) == {(2, 1), (0, 1)}


def test_groups_of_nodes_are_groups_of_users(folder):
    sim = living_in(folder, {"groups": "groups.csv"}, dynamics=[{"kind": "new_users", "per_tick": 50}])
    assert sim.world.group_names == ("blue", "red")
    assert sim.world.users.group.tolist() == [0, 1, 1, 0]
    sim.step()
    assert abs(sim.world.users.group[4:].mean() - 0.5) < 4 * 0.5 / np.sqrt(50), "newcomers are like those who are there"


def test_it_may_be_gzipped_and_lie_beside_the_scenario(folder, monkeypatch):
    (folder / "edges.csv.gz").write_bytes(gzip.compress((folder / "edges.csv").read_bytes()))
    (folder / "edges.csv").unlink()
    assert len(living_in(folder).world.edges) == 8
    (folder / "mine.yaml").write_text("ticks: 1\nusers: {network: {kind: from_file}}\nmetrics: [users]\n")
    assert len(Simulation(prepared(folder / "mine.yaml")).world.edges) == 8


def test_whoever_joins_follows_as_many_as_the_others_do(folder):
    sim = living_in(folder, {"mutual": False}, dynamics=[{"kind": "new_users", "per_tick": 30}])
    sim.step()
    new = sim.world.edges.born > 0
    assert new.sum() == 30 and (sim.world.edges.follower[new] >= 4).all()
    assert (sim.world.edges.followed[new] == 1).mean() > 0.3, "node 7 has two of four followers"


def test_a_run_on_a_real_network_resumes(folder):
    spec = prepared(fields({"groups": "groups.csv"}), data=folder)
    assert state(finished(spec)) == state(finished(finished(spec).fork()))


# -- what goes wrong ----


@pytest.mark.parametrize(
    ("network", "users", "said"),
    [
        ({"path": "edgez.csv"}, {}, r"users\.network\.path: no file 'edgez\.csv'; did you mean 'edges\.csv'\?"),
        ({"groups": "group.csv"}, {}, r"users\.network\.groups: no file 'group\.csv'; did you mean 'groups\.csv'\?"),
        ({"follower": "node1"}, {}, r"edges\.csv: no column is called 'node1'; did you mean 'node_1'\?"),
        ({"follower": "node_2"}, {}, r"the column 'node_2' cannot hold both ends"),
        ({}, {"count": 9}, r"edges\.csv: has 4 nodes, and there are 9 users\n.*users\.count: 4 or less"),
        ({"groups": "groups.csv", "group": "colour"}, {}, r"groups\.csv: no column is called 'colour'"),
    ],
)
def test_what_is_wrong_is_told_with_what_to_do(folder, network, users, said):
    with pytest.raises(DataError, match=said):
        living_in(folder, network, **users)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("edges.csv", EDGES + "3,\n", r"edges\.csv:6: node_2 is missing\n.*mend or remove the row"),
        ("groups.csv", "id,group\n7,red\n", r"groups\.csv: node 2 of the network is not there, so its group"),
        ("groups.csv", GROUPS.replace("blue", "all"), r"a group is called 'all', which has a meaning"),
        ("groups.csv", GROUPS.replace("10,red", "10,"), r"groups\.csv:5: group is missing"),
        ("edges.csv", "", r"edges\.csv: is empty"),
    ],
)
def test_a_bad_file_is_told_with_its_line(folder, name, text, said):
    (folder / name).write_text(text)
    with pytest.raises(DataError, match=said):
        living_in(folder, {"groups": "groups.csv"})


def test_groups_of_both_network_and_scenario_are_refused(folder):
    with pytest.raises(ScenarioError, match="the network brings groups of users itself: blue and red"):
        living_in(folder, {"groups": "groups.csv"}, groups=[{"name": "x", "share": 1.0}])


def test_without_its_file_a_run_says_so_and_exits_with_2(tmp_path, capsys):
    (tmp_path / "mine.yaml").write_text("ticks: 1\nusers: {network: {kind: from_file, path: lost.csv}}\n")
    assert main(["run", str(tmp_path / "mine.yaml"), "-o", str(tmp_path / "out")]) == 2
    told = capsys.readouterr().err
    assert "users.network.path: no file 'lost.csv'" in told and "--data DIR" in told and "Traceback" not in told
    with pytest.raises(DataNotFoundError):
        prepared(tmp_path / "mine.yaml")


# -- a real one ----


def test_the_friends_of_last_fm_keep_to_their_countries():
    """7,624 people and 27,806 friendships, 87 % of them within a country (Rozemberczki & Sarkar, CIKM 2020)."""
    folder = next(
        (one for one in REAL if (one / "edges.csv.gz").is_file() and (one / "country.csv.gz").is_file()), None
    )
    if folder is None:
        pytest.skip("set RECSIM_DATA to the folder of lastfm-asia-graph")
    metrics = [{"kind": "ei_index", "by": "group"}, {"kind": "modularity", "by": "group"}]
    network = {"path": "edges.csv", "groups": "country.csv", "group": "country_code"}
    sim = Simulation(prepared(fields(network) | {"metrics": metrics}, data=folder))
    assert len(sim.world.users) == 7624 and len(sim.world.edges) == 2 * 27806 and len(sim.world.group_names) == 18
    found = {(metric, group): value for _, metric, group, value in sim.rows}
    assert (1 - found["ei_index", "all"]) / 2 == pytest.approx(0.874, abs=0.001)
    assert (1 - found["ei_index", "chance"]) / 2 < 0.13 and found["modularity", "all"] > 0.7
