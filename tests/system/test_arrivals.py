"""How many items machines make and when: by hand, and in a run."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from pydantic import ValidationError

from recsim.system.arrivals.ramp import Ramp
from recsim.system.arrivals.response import Response
from recsim.system.arrivals.schedule import Schedule
from recsim.system.generators.gaussian import Gaussian
from tests.bits import at
from tests.helpers import run_all, tiny


def platform(tick=10, **items):
    """A platform of four items, two of them its own, all on offer; memory as a generator of this name keeps it."""
    columns = {
        "own": np.array([False, False, True, True]), "views_now": np.zeros(4, int),
        "listed": np.ones(4, bool), "hidden": np.zeros(4, bool),
    } | {name: np.asarray(column) for name, column in items.items() if name != "alive"}  # fmt: skip
    public = SimpleNamespace(alive=np.asarray(items.get("alive", np.ones(4, bool))))
    memory = {"generator.gaussian": {"pace": np.array(-1.0)}}
    offer = public.alive & columns["listed"] & ~columns["hidden"]
    return SimpleNamespace(tick=tick, public=public, items=SimpleNamespace(**columns), memory=memory, on_offer=offer)


@pytest.mark.parametrize(
    ("start", "stop", "working"),
    [(0, None, range(20)), (4, None, range(4, 20)), (4, 7, range(4, 7)), (0, 3, range(3))],
)
def test_a_schedule_is_all_or_nothing(start, stop, working):
    one = Schedule(start=start, stop=stop)
    found = [one.count(Gaussian(per_tick=6), platform(tick), 99) for tick in range(20)]
    assert found == [6 if tick in working else 0 for tick in range(20)]


@pytest.mark.parametrize("stop", [0, 3, 5])
def test_a_schedule_that_never_works_is_refused(stop):
    with pytest.raises(ValidationError, match="nothing is ever made"):
        Schedule(start=5, stop=stop)


@pytest.mark.parametrize(
    ("tick", "uploads", "expected"),
    [(25, 29, 11), (25, 0, 0), (10_000, 11, 9), (25, 1000, 50), (30, 100, 54)],
)
def test_a_ramp_by_hand(tick, uploads, expected):
    """Half-way between .1 and .45 lies .275: 29 · .275/.725 = 11; in the end 11 · .45/.55 = 9.

    One width later g = .1 + .35/(1 + 1/e) = .3559: 100 · g/(1 − g) = 55.2, which `per_tick` may cut.
    """
    generator = Gaussian(per_tick=54 if tick == 30 else 50)
    assert Ramp().count(generator, platform(tick), uploads) == expected
    if tick == 30:
        assert Ramp().count(Gaussian(per_tick=100), platform(tick), uploads) == 55


def test_a_ramp_rises_to_its_end_and_may_fall_and_never_overflows():
    generator = Gaussian(per_tick=10_000)
    rising, falling = Ramp(low=0.0, high=0.9, width=1e-9), Ramp(low=0.8, high=0.2)
    assert [rising.count(generator, platform(tick), 10) for tick in (0, 24, 26, 10**6)] == [0, 0, 90, 90]
    slope = [falling.count(generator, platform(tick), 100) for tick in range(0, 60, 5)]
    assert slope == sorted(slope, reverse=True) and slope[0] > 350 and slope[-1] == 25
    with pytest.raises(ValidationError, match="less than 1"):
        Ramp(high=1.0)


@pytest.mark.parametrize(
    ("views", "expected"),
    [([1, 1, 1, 1], 20.0), ([0, 0, 3, 1], 24.0), ([3, 1, 0, 0], 16.0), ([2, 1, 1, 0], 18.0)],
)
def test_a_response_by_hand(views, expected):
    """n ← 20 · (1 + .2 (x/.5 − 1))."""
    one, service, generator = Response(strength=0.2), platform(), Gaussian(per_tick=20)
    assert one.count(generator, service, 0) == 20, "it begins there"
    service.items.views_now = np.array(views)
    assert one.count(generator, service, 0) == expected
    assert service.memory[generator.home]["pace"] == pytest.approx(expected)


def test_a_response_remembers_fractions():
    one, service, generator = Response(strength=0.05), platform(views_now=[1, 1, 1, 3]), Gaussian(per_tick=3)
    found = [one.count(generator, service, 0) for _ in range(8)]
    assert found == [round(3 * (1 + 0.05 / 3) ** n) for n in range(8)]
    assert service.memory[generator.home]["pace"] == pytest.approx(3 * (1 + 0.05 / 3) ** 7)


@pytest.mark.parametrize(
    "items",
    [{"views_now": [0, 0, 0, 0]}, {"own": [False] * 4}, {"listed": [True, True, False, False]},
     {"hidden": [False, False, True, True]}, {"alive": np.array([True, True, False, False])}],
)  # fmt: skip
def test_where_nothing_is_shown_or_on_offer_the_response_stays(items):
    one, generator = Response(strength=1.0), Gaussian(per_tick=7)
    service = platform(**({"views_now": [0, 0, 5, 5]} | items))
    assert [one.count(generator, service, 0) for _ in range(3)] == [7, 7, 7]


def test_only_what_may_be_recommended_counts():
    """One of the machine's two items is hidden: a third of what is on offer has half the views."""
    one, generator = Response(strength=1.0, most=50), Gaussian(per_tick=10)
    service = platform(views_now=[1, 0, 1, 0], hidden=[False, False, False, True])
    assert [one.count(generator, service, 0) for _ in range(2)] == [10, 15]


def test_a_response_stays_between_one_and_most():
    one, generator = Response(strength=10.0, most=30), Gaussian(per_tick=20)
    loved, ignored = platform(views_now=[0, 0, 1, 1]), platform(views_now=[1, 1, 0, 0])
    assert [one.count(generator, loved, 0) for _ in range(3)] == [20, 30, 30]
    assert [one.count(generator, ignored, 0) for _ in range(3)] == [20, 1, 1]
    assert one.count(Gaussian(per_tick=99), platform(), 0) == 30


def machines_of(spec):
    items = run_all(spec).world.items
    return np.bincount(items.born[items.made_by_ai], minlength=spec.ticks + 1).tolist()


def spec(arrivals, **generator):
    fields = {"kind": "gaussian", "per_tick": 5, "arrivals": arrivals} | generator
    people = {"dynamics": [{"kind": "new_items", "per_tick": 6}]}
    return tiny(
        {"ticks": 8, "system.recommender": "uniform"}, items=people, system={"generators": [fields]}, metrics=[]
    )


def test_in_a_run_machines_keep_to_their_schedule():
    assert machines_of(spec({"kind": "schedule", "start": 4, "stop": 7})) == [0, 0, 0, 0, 5, 5, 5, 0, 0]
    assert machines_of(spec({"kind": "schedule", "stop": 5})) == [0, 0, 0, 5, 5, 0, 0, 0, 0]


def test_in_a_run_machines_go_by_what_people_upload():
    ramp = {"kind": "ramp", "low": 0.4, "high": 0.4}
    assert machines_of(spec(ramp)) == [0, 0, 0, 4, 4, 4, 4, 4, 4]
    assert machines_of(spec(ramp, per_tick=3)) == [0, 0, 0, 3, 3, 3, 3, 3, 3]
    assert machines_of(spec(ramp).override("items.dynamics", [])) == [0] * 9


def test_in_a_run_the_response_follows_last_tick_s_exposure():
    """At tick 3 nothing of its own is there yet; from then on the number follows from what the log has."""
    plan = spec({"kind": "in_answer_to_exposure", "strength": 0.8}, per_tick=4)
    made, pace = machines_of(plan), 4.0
    assert made[3] == 4
    for tick in range(4, 9):
        sim = at(plan, tick - 1)
        views, own = sim.service.items.views_now, sim.world.items.made_by_ai
        pace = np.clip(pace * (1 + 0.8 * (views[own].sum() / views.sum() / own.mean() - 1)), 1, 1000)
        assert made[tick] == round(pace)
    assert len(set(made[3:])) > 1
