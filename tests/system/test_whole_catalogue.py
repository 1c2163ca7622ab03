"""`slate_size: all`: everybody is shown everything that may be shown, in the recommender's order."""

from __future__ import annotations

import numpy as np
import pytest

from recsim.problems import ScenarioError
from recsim.scenario import Scenario
from recsim.simulation import Simulation
from recsim.system.rerankers import Reranker
from tests.bits import at
from tests.helpers import run_all, tiny

NEW = {"kind": "new_items", "per_tick": 1}
"""People who make an item a tick."""


@pytest.mark.parametrize("kind", ["uniform", "popularity", "als", "oracle", "content"])
def test_a_slate_of_all_holds_what_may_be_shown_once_and_nothing_else(kind):
    """An item a tick is born and two are delisted; what was clicked may not come again."""
    spec = tiny({"system.slate_size": "all", "system.recommender": kind}, items={"dynamics": [NEW]}, metrics=[])
    sim = at(spec, 2)
    sim.service.items.listed[:2] = False
    sim.step()
    slate, clicks = sim.service.log.exposures[3], sim.service.log.clicks
    assert slate.items.shape == (40, 30 + 3 - 2)
    for user in range(40):
        shown = slate.items[user][slate.items[user] >= 0]
        before = clicks.item[(clicks.user == user) & (clicks.tick < 3)]
        assert np.array_equal(np.sort(shown), np.setdiff1d(np.arange(2, 33), before))
        assert (slate.items[user][len(shown) :] == -1).all()


@pytest.mark.parametrize("kind", sorted(Reranker.members()))
def test_a_reranker_of_all_changes_the_order_only(kind):
    """Seen on one open tick, with and without it; `interleave` brings what is not in the slate anyway, so nothing."""
    groups = [{"name": "mainstream", "share": 0.7}, {"name": "niche", "share": 0.3}]
    people = {"users": {"survey": {"share": 0.5}}, "items": {"groups": groups, "dynamics": [NEW]}}
    one = Reranker.members()[kind].example()
    spec = tiny({"system.slate_size": "all", "ticks": 4}, **people, system={"rerankers": [one]}, metrics=[])
    sim = at(spec, 3).open()
    users = np.arange(40, dtype=np.int32)
    slate, plain = sim.service.expose(users), sim.service.candidates(users)
    assert slate.items.shape == plain.items.shape == (40, 34)
    assert np.array_equal(np.sort(slate.items, axis=1), np.sort(plain.items, axis=1))
    assert np.array_equal(slate.items, plain.items) == (kind == "interleave")


def test_a_random_share_of_all_is_dealt_in_any_order():
    paths = {"system.slate_size": "all", "system.random_share": 0.5, "system.recommender": "popularity"}
    slate = run_all(tiny(paths, metrics=[])).service.log.exposures[6]
    chosen = (slate.intended >= 0).any(axis=1)
    assert 8 < chosen.sum() < 32
    assert np.array_equal(np.sort(slate.items[chosen], axis=1), np.sort(slate.intended[chosen], axis=1))
    assert not np.array_equal(slate.items[chosen], slate.intended[chosen])
    free = (slate.items[chosen] >= 0).sum(axis=1)
    assert slate.propensity[chosen, 0] == pytest.approx(1 / free)


def test_all_for_everybody_is_refused_where_it_is_too_much(monkeypatch):
    """Before a run where the sizes are known; else on the tick on which the world has grown too large."""
    with pytest.raises(ScenarioError, match=r"'all' is for up to 10,000,000 users × items; here are 20,000 × 501"):
        Scenario.parse({"users": {"count": 20_000}, "items": {"count": 501}, "system": {"slate_size": "all"}})
    Scenario.parse({"users": {"count": 20_000}, "items": {"count": 500}, "system": {"slate_size": "all"}})
    monkeypatch.setattr("recsim.system.service.MOST_CELLS", 40 * 32)
    sim = Simulation(tiny({"system.slate_size": "all"}, items={"dynamics": [NEW]}, metrics=[]))
    sim.step(), sim.step()
    with pytest.raises(ValueError, match=r"'slate_size: all' is for up to 1,280 users × items; here are 40 × 33"):
        sim.step()


def test_all_leaves_no_choice_of_candidates():
    with pytest.raises(ScenarioError, match=r"candidates \(50\) must be at least slate_size \(all\)"):
        tiny({"system.slate_size": "all"}, system={"candidates": 50})


def test_a_change_may_open_the_whole_catalogue_and_close_it_again():
    changes = [{"kind": "change", "name": name, "path": "system.slate_size", "value": value, "start": start}
               for name, value, start in (("open", "all", 4), ("close", 3, 5))]  # fmt: skip
    sim = run_all(tiny({"system.keep_exposures": 9}, interventions=changes, metrics=[]))
    assert [sim.service.log.exposures[tick].items.shape[1] for tick in range(1, 7)] == [5, 5, 5, 30, 3, 3]
