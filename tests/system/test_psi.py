"""The stability index in the loop: which ticks are compared, what bins are, and when it sounds again (null: theory)."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from recsim.system.interventions.psi import PSI
from tests.helpers import run_all, tiny


def service(*shares: float, first: int = 4, n: int = 1000):
    """On tick `first` + t a share of n clicks is on item 1, the rest on item 0; items 2 and 3 are like 0."""
    ticks = [first + turn for turn, _ in enumerate(shares) for _ in range(n)]
    items = [int(number < share * n) for share in shares for number in range(n)]
    clicks = SimpleNamespace(tick=np.array(ticks, np.int32), item=np.array(items, np.int32))
    features = np.array([[1.0, 0.0], [0.2, 0.9], [1.0, 0.0], [1.0, 0.5]])
    public = SimpleNamespace(groups=np.array([0, 1, 0, 0]), group_names=("a", "b"), features=features)
    return SimpleNamespace(log=SimpleNamespace(clicks=clicks), public=public, first_tick=first, alarms={}, tick=0)


def sounds(watcher, given, until):
    memory, found = {name: np.array(value) for name, value in watcher.memory.items()}, []
    for tick in range(given.first_tick, until):
        given.tick = tick
        found += [tick] if watcher.notices(float("nan"), memory, given) else []
    return found


@pytest.mark.parametrize("bins", ["groups", "features"])
def test_it_sounds_once_when_the_mix_leaves_the_reference_and_again_when_it_leaves_it_again(bins):
    """Ticks 4 and 5 are the reference. The mix changes on ticks 9 to 11 and on tick 14."""
    mix = service(0.5, 0.5, 0.5, 0.5, 0.5, 0.9, 0.9, 0.9, 0.5, 0.5, 0.1)
    assert sounds(PSI(bins=bins, reference=2, recent=1), mix, 15) == [9, 14]


def test_it_is_silent_until_the_recent_ticks_lie_behind_the_reference():
    """Reference 4 to 6; the recent three are 7 to 9 at the earliest, all of which differ."""
    assert sounds(PSI(reference=3, recent=3), service(0.5, 0.5, 0.5, 0.9, 0.9, 0.9, 0.9), 11) == [9]


def test_windows_are_pooled():
    """A share of 0.56 in place of 0.5 is too little in 400 clicks, and enough in 2400."""
    mild = service(*[0.5] * 3, *[0.56] * 6, n=400)
    assert sounds(PSI(reference=3, recent=1, level=1e-3), mild, 13) == []
    assert sounds(PSI(reference=3, recent=6, level=1e-3), mild, 13) == [12]


def test_where_nothing_was_clicked_or_all_is_alike_nothing_is_compared():
    psi = PSI()
    assert not psi.exceeds(np.array([0, 0]), np.array([5, 9]))
    assert not psi.exceeds(np.array([5, 9]), np.array([0, 0]))
    assert not psi.exceeds(np.array([50, 0]), np.array([90, 0])), "one bin"


def test_a_platform_that_shows_something_else_is_noticed_and_what_waits_for_it_starts():
    """Up to tick 11 the most popular items, then any: clicks move to other kinds of items, and review begins."""
    spec = tiny(
        {"ticks": 24, "users.count": 150, "system.recommender": "popularity", "system.repeats": True},
        interventions=[
            {"kind": "psi", "reference": 4, "recent": 2, "start": 4, "since": 12},
            {"kind": "human_review", "start": {"after": "psi", "delay": 1}},
            {"kind": "change", "path": "system.recommender", "value": "uniform", "start": 12},
        ],
        metrics=["alarms", "false_alarms", "detection_delay"],
    )
    sim = run_all(spec)
    told = {tuple(row[:3]): row[3] for row in sim.rows}
    assert 12 <= sim.service.alarms["psi"] <= 14
    assert told[24, "false_alarms", "psi"] == 0.0 and told[24, "detection_delay", "psi"] <= 2.0
    assert sim.spec.interventions[1].begins(sim.service) == sim.service.alarms["psi"] + 1
