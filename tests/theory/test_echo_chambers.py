"""Signs that the literature reports of people who follow each other: whom they meet, and what they see."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from recsim.simulation import Simulation
from tests.bits import finished
from tests.helpers import tiny

TWO = {"kind": "clusters", "dimensions": 1, "clusters": 2, "spread": 0.3}
"""Opinions in two camps."""


def last(metric: str, sim: Simulation, ticks: int = 5) -> float:
    found = [row[3] for row in sim.rows if row[1] == metric and row[2] == "all" and row[0] > sim.tick - ticks]
    return float(np.nanmean(found))


def camps(homophily: float, people: Any = None, recommender: Any = "uniform", seed: int = 1) -> Simulation:
    groups = [{"name": "a", "share": 0.5}, {"name": "b", "share": 0.5}]
    network = {"kind": "communities", "homophily": homophily, "degree": 8, "accept": 1.0}
    return finished(
        tiny(
            users={"count": 400, "groups": groups, "tastes": TWO, "network": network},
            system={"people": people, "recommender": recommender},
            metrics=[{"kind": "ei_index", "by": "group"}],
            ticks=12,
            seed=seed,
        )
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_closing_triangles_keeps_people_within_their_group_if_they_were_so_inclined(seed):
    """Cinus et al. (ICWSM 2022): people-recommenders close echo chambers where there is homophily, and else do not."""
    chance, friends = ({"kind": kind, "share": 0.5} for kind in ("random_person", "friend_of_friend"))
    inclined = [last("ei_index", camps(0.8, people, seed=seed)) for people in (None, chance, friends)]
    assert inclined[2] < inclined[0] + 0.15 < inclined[1]
    indifferent = [last("ei_index", camps(0.0, people, seed=seed)) for people in (chance, friends)]
    assert indifferent == pytest.approx([0.0, 0.0], abs=0.08)


def feed(recommender: str, discovery: str = "none") -> Simulation:
    """People who like what is near their opinion, in a network of those who think alike."""
    network = {"kind": "communities", "homophily": 0.95, "degree": 8}
    return finished(
        tiny(
            users={"count": 400, "tastes": TWO, "affinity": "ideal_point", "network": network, "discovery": discovery},
            items={"count": 60, "dynamics": [{"kind": "new_items", "per_tick": 20}]},
            system={"recommender": recommender, "warmup": {"ticks": 3}},
            metrics=["cross_cutting_exposure", "neighbour_correlation"],
            ticks=15,
        )
    )


def test_a_feed_ranked_by_friends_shows_less_of_the_other_side_than_one_in_order_of_time():
    """Bakshy, Messing & Adamic (Science 2015): homophily of friends is what cuts cross-cutting content first."""
    shown = {kind: last("cross_cutting_exposure", feed(kind)) for kind in ("social", "latest", "uniform")}
    assert shown["social"] < 0.35 < 0.42 < min(shown["latest"], shown["uniform"])
    assert last("neighbour_correlation", feed("latest")) > 0.7
