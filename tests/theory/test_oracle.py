"""The ideal recommender is an upper bound: nobody can offer better slates than one who knows the truth."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from recsim.simulation import Simulation
from recsim.system.recommenders import Recommender
from tests.helpers import run_all, tiny

KINDS = sorted(Recommender.members())


def after_warmup(kind: str, **fields) -> Simulation:
    """The first tick on which the recommender itself serves everybody; until then all of them have the same past."""
    users = {"count": 100, "network": "small_world"}  # some recommenders go by who follows whom
    spec = tiny({"system.recommender": {"kind": kind} | fields, "ticks": 3}, users=users, items={"count": 60})
    return run_all(spec)


@pytest.fixture(scope="module")
def oracle() -> Simulation:
    return after_warmup("oracle")


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_offers_better_slates_than_the_oracle(oracle, kind):
    """Sum of the true utilities of each user's slate, user by user; `none` offers nothing."""
    ideal = oracle.service.log.exposures[3]
    slate = after_warmup(kind).service.log.exposures[3]
    best = oracle.world.utility(ideal.users, ideal.items).sum(axis=1)
    if kind == "none":
        assert (slate.items == -1).all()
        return
    found = oracle.world.utility(slate.users, slate.items).sum(axis=1)
    assert (found <= best + 1e-9).all()
    if kind != "oracle":
        assert found.mean() < best.mean() - 0.1, "and they could: the comparison is not empty"


def test_the_oracle_s_slate_is_the_best_of_all_slates():
    """Every possible slate of 3 out of 9 items, for every user, by brute force."""
    sim = run_all(tiny({"system.recommender": "oracle", "ticks": 3, "items.count": 9, "system.slate_size": 3}))
    slate, log = sim.service.log.exposures[3], sim.service.log.clicks
    utility = sim.world.utility(slate.users, np.tile(np.arange(9), (40, 1)))
    for user in range(40):
        gone = set(log.item[(log.user == user) & (log.tick < 3)].tolist())
        allowed = [item for item in range(9) if item not in gone]
        best = max(sum(utility[user, list(some)]) for some in combinations(allowed, 3))
        assert utility[user, slate.items[user]].sum() == pytest.approx(best)
        assert (np.diff(utility[user, slate.items[user]]) <= 1e-12).all()
        assert not gone & set(slate.items[user].tolist())


def test_the_oracle_does_not_care_for_what_makes_people_click():
    """It maximises what users gain: a position bias changes their clicks, not its lists. Here nobody ever clicks."""
    nobody = {"system.recommender": "oracle", "users.choice.outside": 1e6}
    sims = [run_all(tiny(nobody | {"users.behaviours": behaviours})) for behaviours in ([], ["position_bias"])]
    assert len(sims[0].service.log) == 0
    assert np.array_equal(*(sim.service.log.exposures[6].items for sim in sims))
