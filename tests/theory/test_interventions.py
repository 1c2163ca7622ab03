"""What is done about the loop: known answers for review, monitors and changes."""

from __future__ import annotations

import numpy as np
import pytest

from recsim.base.flow import Instrument
from recsim.checkpoint import capture, restore
from recsim.scenario import Scenario
from recsim.simulation import Simulation
from tests.helpers import run_all, tiny

WARMUP = 2


def values(sim: Simulation, name: str) -> dict[int, float]:
    return {tick: value for tick, metric, _, value in sim.rows if metric == name}


def machines(per_tick: int = 6, ticks: int = 12, **review) -> Scenario:
    """A generator makes items from the end of the warm-up on; people review them."""
    return tiny(
        {"ticks": ticks, "system.generators": [{"kind": "gaussian", "per_tick": per_tick}]},
        interventions=[{"kind": "human_review", **review}],
    )


# -- human review ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("arrivals", "budget"), [(6, 4), (5, 0), (3, 3), (2, 9)])
def test_the_backlog_grows_by_arrivals_minus_budget(arrivals, budget):
    sim = run_all(machines(arrivals, budget=budget))
    backlog = values(sim, "review_backlog")
    expected = {tick: max(0, (arrivals - budget) * max(0, tick - WARMUP)) for tick in range(13)}
    assert backlog == expected


def test_reviewers_who_come_every_third_tick_leave_the_rest_waiting():
    """6 arrive per tick; on the first tick, and every third after, 10 are reviewed."""
    sim = run_all(machines(6, budget=10, every=3, start=3))
    expected, waiting = {}, 0
    for tick in range(13):
        waiting += 6 * (tick > WARMUP)
        if tick > WARMUP and (tick - 3) % 3 == 0:
            waiting = max(0, waiting - 10)
        expected[tick] = waiting
    assert values(sim, "review_backlog") == expected


def test_every_review_is_paid():
    sim = run_all(machines(6, budget=4, cost=2.5))
    assert values(sim, "intervention_cost") == {tick: 10.0 * (tick > WARMUP) for tick in range(13)}
    assert values(sim, "intervention_cost_cumulative") == {tick: 10.0 * max(0, tick - WARMUP) for tick in range(13)}
    assert sim.service.ledger == {"human_review": 100.0}


def test_a_review_that_finds_nothing_to_look_at_costs_nothing():
    sim = run_all(tiny(interventions=["human_review"]))
    assert set(values(sim, "intervention_cost").values()) == {0.0}


@pytest.mark.parametrize(("sensitivity", "false_alarm"), [(0.8, 0.1), (1.0, 0.0), (0.0, 1.0), (0.35, 0.35)])
def test_an_instrument_errs_as_often_as_it_says(sensitivity, false_alarm):
    """Shares of 20 000 items, half of them made by a machine: s.e. √(p(1 − p)/n); 4 s.e."""
    world = Simulation(tiny(items={"count": 20_000})).world
    world.items.made_by_ai[::2] = True
    instrument = Instrument("eye", "made_by_ai", sensitivity, false_alarm, 1.0)
    reading = world.inspect(np.arange(20_000, dtype=np.int32), instrument).reading
    for found, p in ((reading[::2], sensitivity), (reading[1::2], false_alarm)):
        assert abs(found.mean() - p) <= 4 * np.sqrt(p * (1 - p) / 10_000)
    again = world.inspect(np.arange(0, 20_000, 7, dtype=np.int32), instrument).reading
    assert np.array_equal(again, reading[::7]), "a second look reads the same"
    other = world.inspect(np.arange(20_000, dtype=np.int32), instrument._replace(name="another eye")).reading
    agree = sensitivity**2 + (1 - sensitivity) ** 2
    assert abs((other == reading)[::2].mean() - agree) <= 4 * np.sqrt(agree * (1 - agree) / 10_000)


def test_poor_is_what_is_worth_less_than_nothing():
    world = Simulation(tiny()).world
    reading = world.inspect(np.arange(30, dtype=np.int32), Instrument("eye", "poor", 1.0, 0.0, 1.0)).reading
    assert np.array_equal(reading, world.items.quality < 0)
    assert 0 < reading.sum() < 30


def shown_by_tick(sim: Simulation) -> dict[int, np.ndarray]:
    """Items recommended on each tick; keep_exposures must be long."""
    return {tick: np.unique(slate.items[slate.items >= 0]) for tick, slate in sim.service.log.exposures.items()}


def reviewed(**review) -> Simulation:
    """Machine-made items that everybody would love, so that they are shown whenever they may be."""
    spec = machines(4, 14, **review).override("system.generators.gaussian.quality_loss", -20.0)
    spec = spec.override("system.recommender", "oracle").override("system.keep_exposures", 50)
    return Simulation(spec)


def test_a_delisted_item_is_never_recommended_again():
    sim = reviewed(budget=2, sensitivity=1.0, false_alarm=0.0)
    gone: dict[int, int] = {}
    while sim.running:
        sim.step()
        for item in np.flatnonzero(~sim.service.items.listed):
            gone.setdefault(int(item), sim.tick)
    assert len(gone) == 2 * (14 - WARMUP)
    shown = shown_by_tick(sim)
    for item, since in gone.items():
        assert not any(item in shown[tick] for tick in range(since, 15))
    assert any(item in shown[since - 1] for item, since in gone.items() if since > 4), "and it was, before"
    assert (sim.world.items.alive).all(), "delisted is not dead"


def test_what_waits_is_hidden_until_it_is_cleared():
    sim = reviewed(budget=2, pending="hidden", sensitivity=0.0, false_alarm=0.0)
    queued: dict[int, np.ndarray] = {}
    while sim.running:
        sim.step()
        queued[sim.tick] = np.flatnonzero(sim.service.items["human_review.queued"])
        assert np.array_equal(np.flatnonzero(sim.service.items.hidden), queued[sim.tick])
        assert sim.service.items.listed.all()
    shown = shown_by_tick(sim)
    assert all(not np.isin(queued[tick], shown[tick]).any() for tick in shown)
    cleared = np.setdiff1d(np.flatnonzero(sim.world.items.made_by_ai), queued[14])
    assert np.isin(cleared, np.concatenate(list(shown.values()))).any()


def test_what_still_waits_when_the_review_stops_is_shown_again():
    sim = reviewed(budget=0, pending="hidden", stop=8)
    while sim.running:
        sim.step()
        assert sim.service.items.hidden.any() == (WARMUP < sim.tick < 8)


def test_two_reviews_have_queues_of_their_own():
    """Neither ever accuses anything: what one takes down would leave the other's queue."""
    blind = {"kind": "human_review", "sensitivity": 0.0, "false_alarm": 0.0}
    desks = [blind | {"name": name, "budget": budget} for name, budget in (("slow", 1), ("fast", 50))]
    sim = run_all(machines(4, 8).override("interventions", desks))
    arrivals = int(sim.world.items.made_by_ai.sum())
    assert sim.service.items["slow.queued"].sum() == arrivals - (8 - WARMUP)
    assert not sim.service.items["fast.queued"].any()
    assert sim.service.ledger["fast"] == arrivals


def test_what_one_reviewer_takes_down_another_does_not_put_back():
    """The second looks for poor quality, finds none in what the first has delisted, and leaves it delisted."""
    spec = machines(4, 8).override("system.generators.gaussian.quality_loss", -20.0)
    desks = [
        {"kind": "human_review", "name": name, "attribute": attribute, "sensitivity": 1.0, "false_alarm": 0.0}
        for name, attribute in (("ai", "made_by_ai"), ("poor", "poor"))
    ]
    sim = run_all(spec.override("interventions", desks))
    assert sim.world.items.made_by_ai.sum() == 4 * (8 - WARMUP)
    assert np.array_equal(sim.service.items.listed, ~sim.world.items.made_by_ai)


@pytest.mark.parametrize("order", ["oldest", "most_shown"])
def test_the_first_in_the_queue_are_the_oldest_or_the_most_shown(order):
    sim = reviewed(budget=2, order=order, sensitivity=1.0, false_alarm=0.0)
    for _ in range(7):
        sim.step()
    waiting = np.flatnonzero(sim.service.items["human_review.queued"])
    items, born = sim.service.items, sim.world.items.born
    views = items.views.copy()
    sim.open()
    waiting = np.union1d(waiting, np.flatnonzero(born == sim.tick))
    taken = waiting[~sim.service.items["human_review.queued"][waiting]]
    views = np.append(views, np.zeros(len(born) - len(views), int))
    rank = [(born[i] if order == "oldest" else -views[i], born[i], sim.world.items.key[i], i) for i in waiting]
    assert sorted(taken) == sorted(i for *_, i in sorted(rank)[:2])


# -- monitors ----------------------------------------------------------------------------------------------------------


def growing(patience: int = 1, delay: int = 1, above: float | None = 56.0, **monitor) -> Scenario:
    """The metric `users` is 40 + 3 · tick: known beforehand."""
    return tiny(
        {"ticks": 15},
        users={"dynamics": [{"kind": "new_users", "per_tick": 3}]},
        interventions=[
            {"kind": "monitor", "name": "crowd", "metric": "users", "above": above, "patience": patience, **monitor},
            {
                "kind": "change",
                "path": "system.slate_size",
                "value": 2,
                "start": {"after": "crowd", "delay": delay},
            },
        ],
    )


@pytest.mark.parametrize(("patience", "delay"), [(1, 1), (3, 1), (1, 4), (2, 3)])
def test_an_alarm_sounds_when_patience_ends_and_what_waits_for_it_starts_on_time(patience, delay):
    """40 + 3t > 56 from tick 6 on; the alarm on the patience-th such report; the change `delay` ticks later."""
    sim = Simulation(growing(patience, delay))
    sizes = {}
    while sim.running:
        sim.step()
        sizes[sim.tick] = sim.service.log.exposures[sim.tick].items.shape[1]
    alarm = 6 + patience - 1
    assert sim.service.alarms == {"crowd": alarm}
    assert sizes == {tick: 2 if tick >= alarm + delay else 5 for tick in range(1, 16)}


def test_no_alarm_no_change():
    sim = run_all(growing(above=1000.0))
    assert sim.service.alarms == {}
    assert sim.spec.system.slate_size == 5


def test_a_monitor_waits_for_the_end_of_the_warm_up_and_for_its_start():
    assert run_all(growing(above=1.0)).service.alarms == {"crowd": WARMUP + 1}
    assert run_all(growing(above=1.0, start=9)).service.alarms == {"crowd": 9}


def test_reports_in_bounds_reset_the_patience():
    """Strikes in a row; a report that is undefined breaks the row too."""
    sim = Simulation(growing(above=1.0, patience=3))
    monitor = sim.spec.interventions[0]
    for tick, value in enumerate([5.0, 5.0, 0.0, 5.0, 5.0, np.nan, 5.0, 5.0, 5.0, 5.0], start=3):
        sim.service.tick = tick
        monitor.on_report({"users": value}, sim.service, sim.draws)
    assert sim.service.alarms == {"crowd": 3 + 8}


def test_a_monitor_that_looks_every_other_tick_needs_twice_the_time():
    assert run_all(growing(above=1.0, start=3, every=2, patience=3)).service.alarms == {"crowd": 7}


def test_below_is_a_bound_too():
    spec = growing(above=None, below=50.0)
    assert run_all(spec).service.alarms == {"crowd": 3}  # 49 < 50 on tick 3, the first after the warm-up


# -- changes -----------------------------------------------------------------------------------------------------------

CHANGES = [
    pytest.param("system.slate_size", 2, id="slate size"),
    pytest.param("system.recommender", "popularity", id="recommender"),
    pytest.param("system.rerankers", [{"kind": "diversity", "strength": 0.9}], id="re-rankers"),
    pytest.param("users.behaviours", [{"kind": "drift", "rate": 0.5}], id="behaviours"),
    pytest.param("users.choice.outside", -5.0, id="choice"),
    pytest.param("items.dynamics", [{"kind": "new_items", "per_tick": 9}], id="births"),
    pytest.param("system.retrain_every", 100, id="schedule"),
]


@pytest.mark.parametrize(("path", "value"), CHANGES)
def test_a_change_takes_effect_on_its_tick_and_not_before(path, value):
    """Rows before it are identical to those of the run without it; some row of the rest differs."""
    base = tiny({"ticks": 9}, users={"behaviours": [{"kind": "drift", "rate": 0.05}]})
    changed = base.override("interventions", [{"kind": "change", "path": path, "value": value, "start": 6}])
    one, other = run_all(base), run_all(changed)
    before = [[row for row in sim.rows if row[0] < 6] for sim in (one, other)]
    after = [[row for row in sim.rows if row[0] >= 6] for sim in (one, other)]
    assert repr(before[0]) == repr(before[1])  # as text, so that NaN equals NaN
    assert repr(after[0]) != repr(after[1])
    assert repr([row for row in one.rows if row[0] == 6]) != repr([row for row in other.rows if row[0] == 6]) or (
        path == "system.retrain_every"  # seen one tick later, in what the next slates show
    )


def test_a_change_to_what_is_already_so_changes_nothing():
    base = tiny({"ticks": 9})
    same = base.override("interventions", [{"kind": "change", "path": "system.slate_size", "value": 5, "start": 6}])
    assert repr(run_all(base).rows) == repr(run_all(same).rows)


def test_a_change_is_as_if_the_other_scenario_had_been_there_from_the_fork_on():
    base = tiny({"ticks": 9})
    path, value = "system.recommender", {"kind": "popularity"}
    changed = run_all(base.override("interventions", [{"kind": "change", "path": path, "value": value, "start": 6}]))
    sim = Simulation(base)
    for _ in range(5):
        sim.step()
    forked = run_all(sim.fork({path: value}))
    assert repr(forked.rows) == repr(changed.rows)


def test_going_back_to_an_earlier_model_starts_it_again_resumed_or_not():
    """A policy nobody uses is forgotten when its model leaves, as it is in a checkpoint: both go on alike."""
    als = {"kind": "als", "factors": 4, "threads": 1}
    changes = [
        {"kind": "change", "name": "away", "path": "system.recommender", "value": "popularity", "start": 4},
        {"kind": "change", "name": "back", "path": "system.recommender", "value": als, "start": 7},
    ]
    spec = tiny({"ticks": 9}, interventions=changes)
    through, stopped = run_all(spec), Simulation(spec)
    for _ in range(5):
        stopped.step()
    resumed = run_all(restore(capture(stopped)))
    assert repr(resumed.rows) == repr(through.rows)
    one, other = (sim.service.policies["recommender.als"] for sim in (through, resumed))
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
