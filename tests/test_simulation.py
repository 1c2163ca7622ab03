"""The loop as a `mesa.Model`, people in the loop, looking inside, forks and resumes."""

from __future__ import annotations

import gc
import json
import multiprocessing
import weakref
from collections.abc import Iterator
from typing import Any

import mesa
import numpy as np
import pandas as pd
import pytest

from recsim import checkpoint
from recsim.base.component import Component
from recsim.base.flow import Feedback, Slate
from recsim.base.table import Column
from recsim.metrics import Metric
from recsim.problems import ScenarioError, SimulationError
from recsim.scenario import Scenario
from recsim.simulation import Cohort, Simulation
from recsim.system.interventions import Intervention
from recsim.system.interventions.change import Change
from recsim.system.recommenders import Recommender
from recsim.world.behaviours import Behaviour
from tests.bits import PINNED, at, everything, finished, lively, rows, state
from tests.helpers import tiny

# -- mesa ----


def test_it_is_a_mesa_model_whose_agents_are_cohorts() -> None:
    sim = Simulation(lively({"cohort_size": 16}))
    assert isinstance(sim, mesa.Model)
    assert sim.agent_types == [Cohort] and issubclass(Cohort, mesa.Agent)
    assert [(cohort.lo, cohort.hi) for cohort in sim.agents] == [(0, 16), (16, 32), (32, 40)]
    for tick in range(1, 7):
        assert sim.running
        sim.step()
        assert sim.tick == sim.steps == sim.time == sim.world.tick == sim.service.tick == tick
    assert not sim.running
    assert [(cohort.lo, cohort.hi) for cohort in sim.agents] == [(0, 16), (16, 32), (32, 48), (48, 52)]
    assert all(cohort.feedback is None for cohort in sim.agents)


def test_with_a_cohort_size_of_one_every_user_is_an_agent() -> None:
    sim = at(tiny({"cohort_size": 1}), 3)
    assert len(sim.agents) == len(sim.world.users) == 40
    assert [cohort.unique_id for cohort in sim.agents] == list(range(1, 41))


def test_run_model_runs_to_the_end() -> None:
    sim = Simulation(tiny())
    sim.run_model()
    assert sim.tick == 6 and state(sim) == state(finished(tiny()))


@pytest.fixture
def start_method() -> Iterator[None]:
    """`batch_run` changes how processes are started, for everybody; put it back."""
    before = multiprocessing.get_start_method(allow_none=True)
    yield
    multiprocessing.set_start_method(before, force=True)


@pytest.mark.parametrize("processes", [1, 2])
def test_batch_run_agrees_with_our_own_rows(processes: int, start_method: None) -> None:
    found = mesa.batch_run(
        Simulation, {"scenario": [lively(metrics=PINNED)]}, number_processes=processes, rng=[1, 2],
        data_collection_period=1, display_progress=False,
    )  # fmt: skip
    table = pd.DataFrame(found).sort_values(["rng", "Step"])
    assert table["Step"].tolist() == [0, 1, 2, 3, 4, 5, 6] * 2
    for seed in (1, 2):
        ours = finished(lively(seed=seed, metrics=PINNED)).rows
        for name in PINNED:
            theirs = table.loc[table["rng"] == seed, name].to_numpy()
            np.testing.assert_array_equal(theirs, [row[3] for row in ours if row[1:3] == (name, "all")])
    assert not np.array_equal(*(table.loc[table["rng"] == seed, "utility"] for seed in (1, 2)))


def collected(sim: Simulation) -> dict[str, list[float]]:
    return {name: list(column) for name, column in sim.datacollector.get_model_vars_dataframe().items()}


@pytest.mark.parametrize("every", [1, 4])
def test_the_data_collector_holds_the_rows_also_after_a_resume(every: int) -> None:
    spec = everything({"measure_every": every})
    sim = finished(spec)
    ticks = [tick for tick in range(7) if tick % every == 0 or tick == 6]
    assert sorted({row[0] for row in sim.rows}) == ticks
    for one in (sim, *(finished(checkpoint.restore(checkpoint.capture(at(spec, tick)))) for tick in range(7))):
        table = one.datacollector.get_model_vars_dataframe()
        assert list(table.columns) == [metric.label for metric in one.observer.metrics]
        for name in table:
            np.testing.assert_array_equal(table[name], [row[3] for row in sim.rows if row[1:3] == (name, "all")])
        assert one.datacollector._collection_steps == ticks
        assert (one.steps, one.time, one.tick) == (6, 6.0, 6)


@pytest.mark.parametrize("end", [0, 3])
def test_a_model_is_freed(end: int) -> None:
    sim = at(everything(), end)
    others = checkpoint.restore(checkpoint.capture(sim)), sim.fork()
    watched = [weakref.ref(one) for one in (sim, *others, sim.world, sim.service, sim.world.users)]
    del sim, others
    gc.collect()
    assert [one() for one in watched] == [None] * len(watched)


def test_two_live_models_do_not_touch_each_other() -> None:
    one, other = Simulation(everything()), Simulation(everything(seed=2))
    for _ in range(6):
        one.step(), other.step()
    assert state(one) == state(finished(everything()))
    assert state(other) == state(finished(everything(seed=2)))


# -- arguments ----


def test_rng_replaces_the_seed() -> None:
    for rng in (7, np.int64(7)):
        sim = Simulation(tiny(), rng=rng)
        assert sim.spec.seed == 7
        assert state(finished(sim)) == state(finished(tiny(seed=7)))
    assert Simulation(tiny(seed=3), rng=None).spec.seed == 3
    assert Simulation(tiny(seed=3)).spec.seed == 3


def test_set_overrides_by_path() -> None:
    sim = Simulation(tiny(), set={"system.slate_size": 3, "users.behaviours": ["drift"], "seed": 9}, rng=4)
    assert (sim.spec.system.slate_size, sim.spec.users.behaviours[0].kind, sim.spec.seed) == (3, "drift", 4)
    with pytest.raises(ScenarioError, match="slate_siez"):
        Simulation(tiny(), set={"system.slate_siez": 3})


def test_no_argument_is_the_default_scenario() -> None:
    assert Simulation(set={"users.count": 5, "items.count": 12}).spec.system == Scenario().system


def test_no_ticks_is_a_world_that_nobody_has_seen() -> None:
    sim = Simulation(tiny(ticks=0))
    assert not sim.running and {row[0] for row in sim.rows} == {0}
    assert len(sim.service.log) == 0 and (sim.service.items.views == 0).all()
    with pytest.raises(RuntimeError, match="ended at tick 0"):
        sim.open()


def test_a_run_that_has_ended_opens_no_more() -> None:
    sim = finished(tiny())
    before = state(sim)
    for look in (sim.open, lambda: sim.slates([1]), lambda: sim.trace(1)):
        with pytest.raises(RuntimeError, match="this run ended at tick 6; give the scenario more 'ticks'"):
            look()
    assert state(sim) == before
    assert finished(sim.fork({"ticks": 8})).tick == 8


# -- people in the loop ----


def test_looking_is_pure() -> None:
    sim = at(everything(), 4)
    sim.open()
    before = state(sim)
    users = np.flatnonzero(sim.world.users.alive)
    first = sim.slates(users)
    for _ in range(2):
        again = sim.slates(users)
        for one, other in zip(first, again, strict=True):
            np.testing.assert_array_equal(one, other)
        sim.trace(int(users[0])), sim.plan(), sim.open()
    sim.world.utility(first.users, first.items)
    assert state(sim) == before
    assert sim.tick == 5 and sim.is_open
    sim.step()
    assert sim.tick == 5 and not sim.is_open
    assert state(finished(sim)) == state(finished(everything()))


def test_a_run_that_was_looked_at_is_the_same_run() -> None:
    sim = Simulation(everything())
    while sim.running:
        sim.open().trace(1)
        sim.slates([3, 1])
        sim.step()
    assert state(sim) == state(finished(everything()))


def test_slates_are_what_people_then_see() -> None:
    sim = at(everything({"users.activity": 1.0}), 3).open()
    users = np.flatnonzero(sim.world.users.alive)
    seen = sim.slates(users)
    sim.step()
    shown = sim.service.log.exposures[4]
    for one, other in zip(seen, shown, strict=True):
        np.testing.assert_array_equal(one, other)


def living(sim: Simulation, n: int) -> list[int]:
    """Users who have a session in the open tick."""
    users = np.arange(len(sim.world.users), dtype=np.int32)
    return users[sim.open().world.active(users)][:n].tolist()  # type: ignore[no-any-return]


def test_a_pick_takes_the_place_of_the_simulated_one() -> None:
    sim, twin = at(everything(), 3), at(everything(), 3)
    one, two, three = living(sim, 3)
    ranks = {one: 1, two: 4, three: 0}
    slate = sim.slates(ranks)
    sim.picks.update(ranks)
    sim.step(), twin.step()
    log = sim.service.log.clicks
    now = log.tick == 4
    for user, rank in ranks.items():
        mine = log.item[now & (log.user == user)].tolist()
        assert mine == ([int(slate.items[slate.users.tolist().index(user), rank - 1])] if rank else [])
    theirs = twin.service.log.clicks
    others = now & ~np.isin(log.user, list(ranks))
    others_there = (theirs.tick == 4) & ~np.isin(theirs.user, list(ranks))
    np.testing.assert_array_equal(log.item[others], theirs.item[others_there])
    assert sim.inputs == [(4, one, 1), (4, two, 4), (4, three, 0)]
    assert sim.picks == {} and not sim.is_open


def test_a_pick_wakes_somebody_who_would_have_stayed_away() -> None:
    sim = Simulation(tiny({"users.activity": 0.0}))
    sim.step()
    assert len(sim.service.log) == 0
    sim.open().picks[17] = 2
    sim.step()
    assert sim.service.log.clicks.user.tolist() == [17]


def test_picks_survive_a_checkpoint() -> None:
    sim = at(everything(), 3)
    for user in living(sim, 2):
        sim.picks[user] = 1
    again = checkpoint.restore(checkpoint.capture(sim))
    assert again.picks == sim.picks and again.is_open
    assert state(finished(again)) == state(finished(sim))
    assert again.inputs == sim.inputs and len(sim.inputs) == 2


@pytest.mark.parametrize("rank", [-1, 6, 100])
def test_a_pick_that_the_slate_does_not_have_is_an_error(rank: int) -> None:
    sim = at(tiny(), 3).open()
    sim.picks[2] = rank
    with pytest.raises(ValueError, match=rf"picks\[2\] = {rank}: this user's slate has no such rank"):
        sim.step()


@pytest.mark.parametrize("user", [-1, 40, 10_000])
def test_a_pick_of_nobody_is_an_error(user: int) -> None:
    sim = at(tiny(), 3).open()
    sim.picks[user] = 1
    with pytest.raises(ValueError, match=rf"picks\[{user}\]: no such user"):
        sim.step()


def test_a_pick_of_somebody_who_has_left_is_an_error() -> None:
    sim = at(lively({"users.dynamics.churn.hazard": 0.3}), 3).open()
    gone = int(np.flatnonzero(~sim.world.users.alive)[0])
    sim.picks[gone] = 1
    with pytest.raises(ValueError, match="one who has left"):
        sim.step()


@pytest.mark.parametrize("wrong", [{2: 99}, {400: 1}])
def test_after_a_wrong_pick_the_run_goes_on_with_a_right_one(wrong: dict[int, int]) -> None:
    sim = at(everything(), 3)
    (user,) = living(sim, 1)
    sim.picks.update(wrong)
    with pytest.raises(ValueError, match="picks"):
        sim.step()
    sim.picks = {user: 1}
    sim.step()
    right = at(everything(), 3).open()
    right.picks = {user: 1}
    right.step()
    assert sim.tick == sim.steps == 4
    assert state(sim) == state(right)
    assert state(finished(sim)) == state(finished(right))


def test_a_step_that_failed_half_way_is_not_passed_over() -> None:
    """Mesa's clock stops for ever when a step raises: going on must not look like doing nothing."""

    class Faulty(Behaviour):
        """Breaks in tick 3."""

        def after(self, world: Any, feedback: Feedback, draws: Any) -> None:
            if world.tick == 3:
                raise ZeroDivisionError("a mistake in a notebook")

    try:
        sim = at(tiny(users={"behaviours": ["faulty"]}), 2)
    finally:
        del Component.registry["behaviour"]["faulty"]
    with pytest.raises(ZeroDivisionError):
        sim.step()
    with pytest.raises(RuntimeError, match="an earlier step failed half-way"):
        sim.step()


# -- looking inside ----

TRACED = {
    "bare": lambda: tiny(),
    "lively": lambda: lively(),
    "everything": lambda: everything(),
    "popular": lambda: everything({"system.recommender": "popularity"}),
    "ideal": lambda: everything({"system.recommender": "oracle", "users.choice.temperature": 0.0}),
    "nobody": lambda: lively({"system.recommender": "none"}),
    "narrow": lambda: lively({"items.count": 6, "system.slate_size": 20}),
}


@pytest.mark.parametrize("name", sorted(TRACED))
def test_a_trace_says_what_the_next_step_does(name: str) -> None:
    sim = Simulation(TRACED[name]())
    while sim.running:
        sim.open()
        users = [user for user in range(len(sim.world.users)) if sim.world.users.alive[user]][::3]
        told = {user: sim.trace(user) for user in users}
        sim.step()
        log, seen = sim.service.log.clicks, sim.service.log.exposures[sim.tick]
        for user, table in told.items():
            clicked = log.item[(log.tick == sim.tick) & (log.user == user)].tolist()
            assert table.attrs["active"] == (user in seen.users)
            assert (table.attrs["tick"], table.attrs["user"]) == (sim.tick, user)
            if not table.attrs["active"]:
                assert clicked == []
                continue
            assert [item for item in table.loc[table["picked"], "item"] if item >= 0] == clicked
            assert table["picked"].sum() == 1
            assert table.loc[table["picked"], "total"].item() == table["total"].max(), "the strongest pull wins"
            row = seen.items[seen.users.tolist().index(user)]
            assert table["item"].tolist() == [*row[row >= 0], -1]
            terms = [column for column in ("utility", "drift", "position_bias", "noise") if column in table]
            np.testing.assert_allclose(table[terms].sum(axis=1)[:-1], table["total"][:-1], rtol=1e-12, atol=1e-12)


def test_a_trace_of_a_hand_made_pick_shows_it() -> None:
    sim = at(lively(), 3)
    (user,) = living(sim, 1)
    sim.picks[user] = 2
    table = sim.trace(user)
    assert table.loc[table["picked"], "rank"].tolist() == [2]


def test_a_trace_of_nobody_is_refused() -> None:
    for wrong in (-1, 40):
        with pytest.raises(IndexError, match=f"no user {wrong}"):
            Simulation(tiny()).trace(wrong)


def test_the_plan_lists_every_component() -> None:
    spec = everything(metrics=["coverage", "exposure_gini", {"kind": "utility", "name": "gain"}])
    plan = Simulation(spec).plan()
    phases = ["publish", "expose", "choose", "collect", "evolve", "retrain", "measure"]
    assert list(plan.columns) == ["phase", "component", "what it does"]
    order = [phases.index(phase) for phase in plan["phase"]]
    assert order == sorted(order), "in the order of the tick"
    told = plan["component"].tolist()
    text = plan.to_string()
    for path, component in spec.components():
        if path.endswith("tastes"):
            continue  # drawn before the first tick
        listed = f"{component.family}: {component.label}" in told or component.label in text
        assert listed or path == "system.warmup.recommender", path
    assert (plan["what it does"].str.len() > 0).all()
    assert ("expose", "intervention: exploration") in set(zip(plan["phase"], plan["component"], strict=True))
    assert ("measure", "intervention: monitor") in set(zip(plan["phase"], plan["component"], strict=True))


# -- forks, changes and resumes ----


def test_a_fork_goes_on_like_its_parent() -> None:
    sim = at(everything(), 3)
    before = state(sim)
    fork = sim.fork()
    assert state(fork) == before == state(sim)
    assert state(finished(fork)) == state(finished(everything()))
    assert state(sim) == before, "the parent stands still"
    assert state(finished(sim)) == state(fork)


def test_a_fork_of_an_open_tick_is_open() -> None:
    sim = at(everything(), 3).open()
    fork = sim.fork()
    assert fork.is_open and fork.tick == 4
    assert state(finished(fork)) == state(finished(sim))


def test_a_fork_shares_nothing_with_its_parent() -> None:
    sim = at(everything(), 3)
    fork = sim.fork()
    before = state(sim)
    finished(fork)
    fork.world.users.tastes[:] = 0.0
    fork.service.log.clicks.item[:] = 0
    for policy in fork.service.policies.values():
        for array in policy or ():
            array[:] = 0
    for slate in fork.service.log.exposures.values():
        slate.items[:] = -1
    assert state(sim) == before


def test_a_fork_differs_by_its_overrides_only() -> None:
    """Forking with an override is the same as a change at the next tick."""
    base = everything(metrics=PINNED)
    for path, value in {"system.slate_size": 2, "system.recommender": "uniform", "users.behaviours": []}.items():
        forked = finished(at(base, 3).fork({path: value}))
        change = {"kind": "change", "name": "forked", "path": path, "value": value, "start": 4}
        changed = finished(base.override("interventions", [*base.plain()["interventions"], change]))
        one, other = state(forked, spec=False), state(changed, spec=False)
        names = [name for name in one if not name.startswith("memory@forked")]
        assert {name: one[name] for name in names} == {name: other[name] for name in names}, path
        assert rows(forked) != rows(finished(base))


def test_a_fork_may_take_several_overrides() -> None:
    fork = at(tiny(), 3).fork({"system.slate_size": 2, "ticks": 9, "users.activity": 0.5})
    assert finished(fork).tick == 9
    assert fork.service.log.exposures[9].items.shape[1] == 2


FORBIDDEN = {
    "seed": 2, "users.count": 50, "items.count": 10, "users.tastes": {"kind": "clusters", "dimensions": 3},
    "users.tastes.dimensions": 3, "system.warmup.ticks": 1, "system.warmup": {"ticks": 4}, "metrics": ["coverage"],
    "record": {"users": "all"}, "record.users": 3, "interventions": [], "data": {"kind": "movielens"},
    "users": {"count": 50}, "items": {"count": 10}, "system": {"warmup": {"ticks": 4}},
}  # fmt: skip


@pytest.mark.parametrize("path", sorted(FORBIDDEN))
def test_the_past_and_sizes_cannot_be_changed(path: str) -> None:
    sim = at(tiny(), 3)
    before = state(sim)
    if path != "interventions":  # two futures of one past differ in what is done about it
        with pytest.raises(ScenarioError, match="cannot be changed in the middle of a run"):
            sim.fork({path: FORBIDDEN[path]})
        assert state(sim) == before
    with pytest.raises(ScenarioError, match="cannot be changed in the middle of a run"):
        tiny(interventions=[{"kind": "change", "path": path, "value": FORBIDDEN[path], "start": 4}])


def test_a_fork_may_be_treated_where_its_twin_is_not() -> None:
    sim = at(tiny(), 3)
    treated = finished(sim.fork({"interventions": [{"kind": "exploration", "share": 1.0, "start": 5}]}))
    plain = finished(sim.fork())
    then = [row for row in treated.rows if row[0] < 5]
    assert repr(then) == repr([row for row in plain.rows if row[0] < 5])
    assert repr(treated.rows) != repr(plain.rows)


def test_a_change_that_no_longer_fits_ends_the_run_and_says_when_and_why() -> None:
    watch = {"kind": "monitor", "name": "watch", "metric": "coverage", "above": -1.0}
    away = {"kind": "change", "name": "away", "path": "system.recommender", "value": "popularity"}
    tune = {"kind": "change", "name": "tune", "path": "system.recommender.factors", "value": 3, "start": 5}
    spec = tiny(interventions=[watch, tune])
    late = spec.model_copy(update={"interventions": (*spec.interventions, Change.parse({**away, "start": 4}))})
    with pytest.raises(SimulationError, match="tick 4: the change 'away' no longer fits"):
        finished(late)


def test_metrics_and_hooks_cannot_write_into_the_world() -> None:
    sim = at(tiny(), 3)
    with pytest.raises(ValueError, match="read-only"):
        sim.service.public.user_alive[:] = False
    assert not hasattr(sim.service, "truth")

    class Vandal(Metric):
        """Writes where it should read."""

        def measure(self, tick: Any, context: Any) -> float:
            for table in (tick.world.users, tick.world.items, tick.service.items, tick.service.log.clicks):
                with pytest.raises(ValueError, match="read-only"):
                    table[next(iter(table.arrays()))][:] = 0
            for array in (tick.feedback.picks, tick.slate.items, tick.world.fitted.centres):
                with pytest.raises(ValueError, match="read-only"):
                    array[:] = 0
            with pytest.raises(ValueError, match="read-only"):
                tick.world.users.grow(5)
            return 1.0

    assert finished(tiny(metrics=["vandal"])).rows[-1][3] == 1.0


def test_a_whole_section_may_be_changed_where_its_sizes_stay() -> None:
    spec = tiny()
    people = {**spec.plain()["users"], "activity": 0.5, "behaviours": ["drift"]}
    sim = at(spec, 3)
    assert finished(sim.fork({"users": people})).spec.users.behaviours[0].kind == "drift"


def test_a_fork_that_does_not_fit_is_refused() -> None:
    for path, value in {"system.slate_size": 0, "system.recommender": "alss", "users.nobody": 1}.items():
        with pytest.raises(ScenarioError):
            at(tiny(), 3).fork({path: value})


def changing(*changes: tuple[int, str, Any], **sections: Any) -> Scenario:
    """A scenario that changes at these ticks."""
    blocks = [
        {"kind": "change", "name": f"change{n}", "path": path, "value": value, "start": tick}
        for n, (tick, path, value) in enumerate(changes)
    ]
    return tiny(interventions=blocks, **sections)


CHANGES = {
    "a recommender and back": [
        (3, "system.recommender", "popularity"), (5, "system.recommender", {"kind": "als", "factors": 4, "threads": 1}),
    ],
    "other factors": [(4, "system.recommender.factors", 7)],
    "a generator appears": [(4, "system.generators", ["gaussian"])],
    "a generator goes": [(4, "system.generators", [])],
    "people begin to come and go": [(4, "users.dynamics", ["churn", {"kind": "new_users", "per_tick": 3}])],
    "larger slates": [(4, "system.slate_size", 9), (5, "system.slate_size", 2)],
    "discovery": [(3, "users.discovery", {"kind": "browse", "count": 4}), (5, "users.discovery", "none")],
    "re-rankers": [(3, "system.rerankers", ["diversity"]), (5, "system.rerankers", [])],
    "a longer memory": [(4, "system.keep_exposures", 3)],
    "never again": [(4, "system.retrain_every", "never")],
    "repeats": [(4, "system.repeats", True)],
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_a_run_with_changes_resumes_at_every_tick(name: str) -> None:
    generators = ["gaussian"] if name == "a generator goes" else []
    spec = changing(*CHANGES[name], system={"generators": generators})
    sim = finished(spec)
    assert state(sim, spec=False) != state(finished(spec.override("interventions", [])), spec=False)
    for tick in range(7):
        again = finished(checkpoint.restore(checkpoint.capture(at(spec, tick))))
        assert rows(again) == rows(sim), f"resumed after tick {tick}"
        assert state(again) == state(sim), f"resumed after tick {tick}"


def test_a_mechanism_that_leaves_and_returns_resumes() -> None:
    class Grudge(Behaviour):
        """Remembers in a column that does not begin at 0."""

        columns = {"grudge": Column(np.float64, fill=0.25)}

        def appeal(self, world: Any, slate: Slate) -> Any:
            return np.repeat(world.users.grudge[slate.users, None], slate.items.shape[1], axis=1)

        def after(self, world: Any, feedback: Feedback, draws: Any) -> None:
            world.users.grudge[feedback.users] -= 0.5

    try:
        spec = changing((3, "users.behaviours", []), (5, "users.behaviours", ["grudge"]),
                        users={"behaviours": ["grudge"], "dynamics": ["new_users"]})  # fmt: skip
        sim = finished(spec)
        for tick in range(7):
            again = finished(checkpoint.restore(checkpoint.capture(at(spec, tick))))
            assert state(again) == state(sim), f"resumed after tick {tick}"
    finally:
        del Component.registry["behaviour"]["grudge"]


def test_a_state_is_plain_data() -> None:
    found = checkpoint.capture(at(everything(), 4))
    assert json.loads(json.dumps(found.facts)) == found.facts or "NaN" in json.dumps(found.facts)
    for name, array in found.arrays.items():
        assert isinstance(array, np.ndarray) and array.dtype.kind in "biuf", name
        assert array.flags.owndata, f"{name} is a view of the live run"


def test_a_run_that_has_ended_takes_no_further_step() -> None:
    sim = finished(tiny())
    before = state(sim)
    with pytest.raises(RuntimeError, match="this run ended at tick 6"):
        sim.step()
    assert state(sim) == before


def test_a_generator_that_comes_with_a_change_learns_at_once_even_where_nothing_is_retrained() -> None:
    late = {"kind": "change", "path": "system.generators", "value": [{"kind": "gaussian", "per_tick": 2}], "start": 4}
    sim = finished(tiny({"system.retrain_every": "once"}, interventions=[late]))
    assert sim.world.items.made_by_ai.sum() == 2 * 2, "ticks 5 and 6: it learns on tick 4, after the births"


def test_a_filter_acts_on_the_first_fit_too() -> None:
    class Nothing(Intervention):
        """Lets nobody learn anything."""

        def on_training(self, training: Any, service: Any, draws: Any) -> Any:
            empty = training.users[:0]
            return training._replace(users=empty, items=empty, weights=training.weights[:0], ticks=empty)

    sim = finished(tiny({"system.retrain_every": "once"}, interventions=["nothing"]))
    assert not sim.service.policies["recommender.als"].items.any()
    later = finished(tiny({"system.retrain_every": "once"}, interventions=[{"kind": "nothing", "start": 5}]))
    assert later.service.policies["recommender.als"].items.any()


def test_an_open_tick_forks_to_another_recommender() -> None:
    sim = at(tiny(), 3)
    sim.open()
    fork = sim.fork({"system.recommender": "popularity"})
    assert finished(fork).service.policies.keys() == {"recommender.popularity"}


def test_a_change_that_comes_too_late_for_its_tick_is_done_at_once() -> None:
    change = {"kind": "change", "path": "system.slate_size", "value": 3}
    fork = at(tiny(), 3).fork({"interventions": [change]})
    fork.step()
    assert fork.spec.system.slate_size == 3


def test_a_fork_whose_monitor_would_never_sound_is_refused() -> None:
    deaf = {"kind": "monitor", "metric": "review_backlog", "above": 1}
    with pytest.raises(ScenarioError, match="'review_backlog' is not measured in this run"):
        at(tiny(), 3).fork({"interventions": [deaf]})


def test_two_kinds_of_recommender_need_two_names() -> None:
    first = {"kind": "popularity", "name": "m"}
    with pytest.raises(ScenarioError, match="two kinds of recommender are called 'm'"):
        tiny(system={"warmup": {"ticks": 2, "recommender": first}, "recommender": {"kind": "als", "name": "m"}})


def test_a_newcomer_s_window_ends_with_the_tick_before() -> None:
    late = {"kind": "change", "path": "system.recommender", "value": {"kind": "popularity", "window": 1}, "start": 5}
    sim = at(tiny(interventions=[late]), 4)
    sim.open()
    ticks = sim.service.log.clicks.tick
    assert sim.service.policies["recommender.popularity"].clicks.sum() == (ticks == 4).sum() > 0


def test_propensities_of_cold_users_do_not_depend_on_cohorts() -> None:
    model = {"kind": "als", "factors": 4, "cold_users": "uniform"}
    spec = tiny({"users.activity": 0.5, "system.recommender": model, "users.choice.outside": 5.0})
    seen = [finished(spec.override("cohort_size", size)).service.log.exposures[6] for size in (1, 7, 4096)]
    assert all(np.array_equal(one.propensity, seen[0].propensity, equal_nan=True) for one in seen)


# -- mechanisms of one's own that err ----


@pytest.mark.parametrize(
    ("part", "told"),
    [(lambda n, k: np.full((n, k), np.nan), "is NaN"), (lambda n, k: np.zeros(3), r"has shape \(3,\)")],
)
def test_an_own_behaviour_that_errs_is_named(part, told):
    class Mistaken(Behaviour):
        """Returns what is no appeal."""

        def appeal(self, world: Any, slate: Any) -> Any:
            return part(*slate.items.shape)

    with pytest.raises(ValueError, match=f"appeal of 'mistaken' {told}"):
        finished(tiny(users={"behaviours": ["mistaken"]}))


@pytest.mark.parametrize(("item", "less", "told"), [(9999, 0, "that are not there"), (0, 1, r"of shape \(40, 4\)")])
def test_an_own_recommender_that_errs_is_named(item, less, told):
    class Lost(Recommender):
        """Recommends what is not there, or too little."""

        def rank(self, policy: Any, request: Any, draws: Any) -> Slate:
            shape = (len(request.users), request.n - less)
            return Slate(request.users, np.full(shape, item, np.int32), np.zeros(shape, np.int8))

    with pytest.raises(ValueError, match=f"rank of 'lost' returned items {told}"):
        finished(tiny({"system.recommender": "lost"}))


def test_an_own_metric_that_measures_text_is_named():
    class Chatty(Metric):
        """Says it in words."""

        def measure(self, tick: Any, context: Any) -> Any:
            return "a lot"

    with pytest.raises(TypeError, match="the metric 'chatty' measured 'a lot'"):
        Simulation(tiny(metrics=["chatty"]))
