"""What may not change a result: grouping, threads, hash seeds, names of rows, who else is there."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsim import checkpoint
from recsim.base.draws import Draws
from recsim.base.flow import Feedback, Slate, Works
from recsim.base.kernels.ranking import TILE
from recsim.metrics import Metric
from recsim.problems import ScenarioError
from recsim.scenario import Scenario
from recsim.simulation import Simulation
from tests.bits import at, events, everything, finished, lively, rows, state
from tests.helpers import make_offer, tiny

WIDE: dict[str, Any] = {"users.count": 300, "items.count": 120, "system.recommender.factors": 16}
"""More users than a tile has seats, and enough factors for BLAS to show its colours."""


KINDS = ("als", "popularity", "uniform", "oracle", "none", "als64")


def recommenders(spec: Scenario) -> dict[str, Scenario]:
    """The same scenario with every recommender."""
    kinds = ({"kind": "als", "factors": 32, "threads": 1}, "popularity", "uniform", "oracle", "none")
    double = {"kind": "als", "factors": 32, "dtype": "float64", "threads": 1}
    made = [spec.override("system.recommender", kind) for kind in (*kinds, double)]
    return dict(zip(KINDS, made, strict=True))


# -- the seed ----


@pytest.mark.parametrize("kind", KINDS)
def test_same_seed_same_bytes(kind: str) -> None:
    spec = recommenders(everything())[kind]
    one, other = finished(spec), finished(spec)
    assert state(one) == state(other)
    assert rows(one) == rows(other)


def test_another_seed_is_another_world() -> None:
    runs = [finished(everything(seed=seed)) for seed in (1, 2, 3)]
    assert len({rows(sim) for sim in runs}) == len({events(sim) for sim in runs}) == 3
    tastes = [sim.world.users.tastes[:40] for sim in runs]
    assert not np.isclose(tastes[0], tastes[1]).any(axis=1).any()


def test_neighbouring_seeds_have_nothing_in_common() -> None:
    users = np.arange(2000)
    one, other = (Draws(seed).of("behaviour.drift.drift", 7).uniform(users) for seed in (1, 2))
    assert abs(np.corrcoef(one, other)[0, 1]) < 4 / np.sqrt(len(users))
    assert abs(np.corrcoef(one[1:], one[:-1])[0, 1]) < 4 / np.sqrt(len(users))


# -- grouping ----


def test_all_at_once_resumes_at_every_tick() -> None:
    """Every mechanism and every metric in one run."""
    spec = everything(metrics=[one.example() for one in Metric.members().values()])
    reference = state(finished(spec))
    sim = Simulation(spec)
    for tick in range(7):
        assert state(finished(checkpoint.restore(checkpoint.capture(sim)))) == reference, f"resumed after tick {tick}"
        if tick < 6:
            assert state(finished(checkpoint.restore(checkpoint.capture(sim.open())))) == reference, f"open {tick + 1}"
            sim.step()
    assert state(sim) == reference


@pytest.mark.parametrize("size", [1, 7, 64, 100_000])
def test_cohorts_of_any_size_give_the_same_bits(size: int) -> None:
    spec = everything(metrics=[one.example() for one in Metric.members().values()])
    sim = finished(spec.override("cohort_size", size))
    assert state(sim, spec=False) == state(finished(spec), spec=False)
    served = [user for cohort in sim.agents for user in range(cohort.lo, cohort.hi)]
    assert served == list(range(len(sim.world.users)))


@pytest.mark.parametrize("kind", ["als", "als64", "popularity", "oracle"])
def test_cohorts_do_not_change_the_bits_of_a_score(kind: str) -> None:
    """The last bits of a product depend on the place of a row in its block: measured with OpenBLAS's Haswell kernel."""
    spec = recommenders(everything(WIDE).override("ticks", 4))[kind]
    reference = finished(spec)
    assert len(reference.world.users) > TILE
    for size in (7, 64):
        other = finished(spec.override("cohort_size", size))
        assert state(other, spec=False) == state(reference, spec=False), f"cohort_size {size}"


def test_a_users_slate_does_not_depend_on_who_else_asks() -> None:
    sim = at(everything(WIDE), 4).open()
    users = np.flatnonzero(sim.world.users.alive).astype(np.int32)
    together = sim.slates(users)
    for group in (users[:1], users[5:6], users[3:290:7], users[-20:]):
        alone = sim.slates(group)
        place = np.searchsorted(together.users, group)
        for name, array in alone._asdict().items():
            if array is not None:
                np.testing.assert_array_equal(array, getattr(together, name)[place], err_msg=name)


# -- threads, processes, hash seeds ----

CHILD = """
import json, sys
from recsim.scenario import Scenario
from tests.bits import finished, rows, state
spec = Scenario.parse(json.loads(sys.stdin.read()))
sim = finished(spec)
print(json.dumps([rows(sim), state(sim, spec=False)]))
"""


def child(spec: Scenario, **env: str) -> Any:
    """Rows and state of a run in a process of its own."""
    here = str(Path(__file__).parents[1])
    told, ours = json.dumps(spec.plain()), {**os.environ, "PYTHONPATH": here, **env}
    done = subprocess.run([sys.executable, "-c", CHILD], input=told, env=ours, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_threads_and_hash_seeds_change_nothing() -> None:
    spec = everything(WIDE).override("system.recommender.threads", 0)
    found = [
        child(spec, OMP_NUM_THREADS=threads, OPENBLAS_NUM_THREADS=blas, PYTHONHASHSEED=seed)
        for threads, blas, seed in (("1", "1", "0"), ("2", "2", "1"))
    ]
    assert found[0] == found[1]
    here = finished(spec)
    assert found[0] == [rows(here), state(here, spec=False)]


def test_the_number_of_threads_of_a_fit_changes_nothing() -> None:
    one, two = (finished(everything(WIDE).override("system.recommender.threads", n)) for n in (1, 2))
    assert state(one, spec=False) == state(two, spec=False)


def test_global_random_state_is_neither_used_nor_moved() -> None:
    found = []
    for seed in (0, 12345):
        np.random.seed(seed)  # noqa: NPY002
        random.seed(seed)
        before = (repr(np.random.get_state()), random.getstate())  # noqa: NPY002
        sim = finished(everything())
        sim.trace(3) if sim.running else None
        assert (repr(np.random.get_state()), random.getstate()) == before  # noqa: NPY002
        found.append(state(sim))
    assert found[0] == found[1]


def test_mesas_own_random_numbers_are_not_used() -> None:
    sim = Simulation(everything())
    before = (repr(sim.rng.bit_generator.state), sim.random.getstate())
    finished(sim)
    assert (repr(sim.rng.bit_generator.state), sim.random.getstate()) == before


# -- names of rows ----

FREE = (
    "utility", "slate_utility", "taste_entropy", "taste_drift", "exposure_gini", "click_gini", "coverage",
    "intra_list_distance", "clicks_per_session",
)  # fmt: skip


TREATMENTS = [
    "exploration", "human_review", "popularity_debiasing", {"kind": "gate", "tolerance": 0.05},
    {"kind": "ai_detector", "consumer": "all", "action": "downweight", "d_prime": 1.5},
    {"kind": "anchor", "consumer": "all", "refresh": "fresh", "size": 20, "budget": 15},
]  # fmt: skip


def relabelled(spec: Scenario) -> Simulation:
    """The same world with its rows in another order, before anybody has seen anything."""
    sim = Simulation(spec)
    mixer = np.random.default_rng(3)
    for table in (sim.world.users, sim.world.items, sim.world.edges):
        order = mixer.permutation(len(table))
        assert (order != np.arange(len(order))).any() or not len(order)
        for array in table.arrays().values():
            array[:] = array[order]
        for end in ("follower", "followed") if table is sim.world.users else ():
            sim.world.edges[end][:] = np.argsort(order)[sim.world.edges[end]]
    sim.service.look(sim.world.public(), sim.world.truth())
    nobody = Slate(np.zeros(0, np.int32), np.zeros((0, 1), np.int32), np.zeros((0, 1), np.int8))
    tick = sim._look(Feedback(nobody, np.zeros((0, 1), np.int32), np.zeros((0, 1))))
    sim.observer.contexts = [metric.prepare(tick) for metric in sim.observer.metrics]
    return sim


def clicks_by_name(sim: Simulation) -> list[tuple[int, int, int]]:
    """Who clicked what and when, by keys instead of row numbers."""
    log = sim.service.log.clicks
    users, items = sim.world.users.key[log.user], sim.world.items.key[log.item]
    return sorted(zip(log.tick.tolist(), users.tolist(), items.tolist(), strict=True))


def values(sim: Simulation) -> dict[tuple[int, str, str], float]:
    return {(tick, metric, group): value for tick, metric, group, value in sim.rows if tick > 0}


@pytest.mark.parametrize("kind", KINDS)
def test_relabelling_rows_changes_nothing(kind: str) -> None:
    """Exactly the same clicks; metrics are sums in another order, so they agree to 1e-9.

    Factors of ALS are sums in another order as well: there the lists could differ where two scores differ by rounding
    only. It does not happen here, at either precision.
    """
    size = {"users.count": 120, "items.count": 80, "system.random_share": 0.1}
    spec = recommenders(lively(size, metrics=FREE))[kind]
    spec = spec.override("system.rerankers", ["diversity"]).override("interventions", TREATMENTS)
    one, other = finished(spec), finished(relabelled(spec))
    assert clicks_by_name(one) == clicks_by_name(other) != []
    assert (one.service.log.clicks.user != other.service.log.clicks.user).any()
    mine, theirs = values(one), values(other)
    assert mine.keys() == theirs.keys()
    for key, value in mine.items():
        assert theirs[key] == pytest.approx(value, rel=1e-9, abs=1e-12, nan_ok=True), key


# -- common random numbers ----


def test_an_a_a_experiment_differs_by_exactly_nothing() -> None:
    spec = everything()
    for same in ({"system.slate_size": 5}, {"about": "another name"}, {"users.behaviours.drift.rate": 0.02}):
        arm = Simulation(spec, set=same)
        assert rows(finished(arm)) == rows(finished(spec))
        assert state(arm, spec=False) == state(finished(spec), spec=False)


def test_arms_share_their_past() -> None:
    """A change at tick 4 leaves ticks 1 to 3 alone, bit for bit, and not tick 4."""
    for path, value in {"system.slate_size": 3, "users.activity": 0.2, "system.recommender": "popularity"}.items():
        control = at(everything(), 3)
        spec = everything(interventions=[*everything().plain()["interventions"], later(path, value)])
        treated = at(spec, 3)
        assert state(treated, spec=False) == state(control, spec=False), path
        control.step(), treated.step()
        assert events(treated) != events(control), path


def later(path: str, value: Any) -> dict[str, Any]:
    return {"kind": "change", "name": "later", "path": path, "value": value, "start": 4}


def noise(sim: Simulation, users: int, items: int) -> Any:
    """The shocks of a choice in the tick that comes, for the first users and items, and those of doing nothing."""
    choice = sim.world.people.choice
    offer = make_offer(np.zeros((users, items)), sim.world.users.key[:users], sim.world.items.key[:items])
    return choice.chance(offer, sim.draws.of(choice.stream, sim.tick))


@pytest.mark.parametrize("path", ["users.count", "items.count"])
def test_one_more_of_them_changes_nobodys_luck(path: str) -> None:
    n = {"users.count": 40, "items.count": 30}[path]
    few, many = Simulation(lively()), Simulation(lively({path: n + 1}))
    for _ in range(5):
        assert all(np.array_equal(a, b) for a, b in zip(noise(few, 40, 30), noise(many, 40, 30), strict=True))
        few.step(), many.step()
    assert np.array_equal(few.world.users.alive[:40], many.world.users.alive[:40]), "who leaves"
    assert not few.world.users.alive[:40].all()
    born_few = few.world.users.key[few.world.users.born > 0]
    assert np.array_equal(born_few, many.world.users.key[many.world.users.born > 0])


PEOPLE: dict[str, Any] = {"generators": []}
"""A system in which people make all there is: what a machine makes rightly depends on everybody's clicks."""


def test_without_a_model_one_more_user_changes_nobodys_clicks() -> None:
    """Where nothing is learned from others, a user's life does not depend on them at all."""
    for kind in ("uniform", "oracle"):
        spec = lively(system=PEOPLE).override("system.recommender", kind)
        spec = spec.override("users.dynamics", ["churn"])
        few, many = finished(spec), finished(spec.override("users.count", 41))
        everybody = clicks_by_name(many)
        assert clicks_by_name(few) == [click for click in everybody if click[1] != 40]
        assert any(click[1] == 40 for click in everybody)
        assert np.array_equal(few.world.users.tastes, many.world.users.tastes[:40])


def test_more_births_keep_the_first_ones() -> None:
    paths = "items.dynamics.new_items.per_tick", "users.dynamics.new_users.per_tick"
    few, many = (finished(lively(dict.fromkeys(paths, n), system=PEOPLE)) for n in (1, 3))
    for mine, theirs in ((few.world.items, many.world.items), (few.world.users, many.world.users)):
        born = mine.key[mine.born > 0]
        assert len(born) == 6
        assert np.isin(born, theirs.key).all()
        for name in ("topics", "quality", "home", "born") if "topics" in mine else ("home", "born"):
            ours, place = mine[name][mine.born > 0], np.argmax(theirs.key[None] == born[:, None], axis=1)
            np.testing.assert_array_equal(ours, theirs[name][place], err_msg=name)


@pytest.mark.parametrize("arm", [{"system.recommender": "uniform"}, {"users.activity": 0.1}, {"system.slate_size": 2}])
def test_births_are_the_same_ones_in_both_arms(arm: Mapping[str, Any]) -> None:
    one, other = finished(lively(system=PEOPLE)), finished(lively(arm, system=PEOPLE))
    assert events(one) != events(other)
    for name in ("key", "born", "topics", "quality", "home", "features", "made_by_ai", "maker", "alive"):
        assert np.array_equal(one.world.items[name], other.world.items[name]), name
    for name in ("key", "born", "home", "alive"):
        assert np.array_equal(one.world.users[name], other.world.users[name]), name
    young = one.world.users.born == 6
    assert young.sum() == 2


def test_everybody_has_a_name_of_their_own() -> None:
    sim = finished(everything({"items.dynamics.new_items.per_tick": 20, "users.dynamics.new_users.per_tick": 20}))
    for table in (sim.world.users, sim.world.items):
        assert len(np.unique(table.key)) == len(table) > 100


def test_machines_and_people_make_different_items() -> None:
    sim = finished(everything())
    made = sim.world.items.made_by_ai
    assert made.sum() == (3 + 2) * 4, "three of one model and two of another a tick after the warm-up of two"
    assert (sim.world.items.born[made] > 2).all()
    assert set(Works._fields) <= {"topics", "quality", "clickbait", "genre", "tokens", "parent"}
    assert (sim.world.items.parent[made] >= 0).sum() == 2 * 4, "the second model writes after what there is"
    content = sim.world.content(np.arange(len(made), dtype=np.int32))
    assert (content.parent == -1).all(), "what crosses to the system says nothing of provenance"


def test_a_seed_that_is_no_integer_is_refused() -> None:
    for wrong in (np.random.default_rng(1), 1.5, "1", [1], True):
        with pytest.raises(ScenarioError, match="give an integer"):
            Simulation(tiny(), rng=wrong)  # type: ignore[arg-type]
