"""Arms are byte-identical until the first tick on which they differ, and forking there changes nothing."""

import time

import pytest

from recsim import checkpoint
from recsim.arms import arms_of
from recsim.experiment import Experiment
from recsim.experiment.sharing import Step, branches, shared_ticks
from recsim.metrics import Metric
from recsim.scenario import Scenario
from recsim.simulation import Simulation
from tests.bits import LIVELY, PINNED, at, everything, finished, lively, rows, state
from tests.helpers import tiny
from tests.test_contracts import ABSENT, CLASSES, FIELDS, LISTS

CHANGES = {
    "a recommender": {"system.recommender": {"kind": "popularity"}},
    "no learning": {"system.retrain_every": "never"},
    "learning once": {"system.retrain_every": "once"},
    "reranking": {"system.rerankers": ["diversity"]},
    "candidates": {"system.rerankers": ["popularity_penalty"], "system.candidates": 12},
    "a generator": {"system.generators": [{"kind": "gaussian", "per_tick": 4}]},
    "no generator": {"system.generators": []},
    "suggestions whom to follow": {"system.people": {"kind": "friend_of_friend", "share": 0.5}},
    "no holdout": {"system.holdout": 0.0},
    "the latest held out": {"system.holdout_by": "latest"},
    "an intervention at once": {"interventions": ["exploration"]},
    "an intervention later": {"interventions": [{"kind": "exploration", "start": 5}]},
    "one that changes the training at the first fit": {"interventions": ["debiasing"]},
    "one that looks at items": {"interventions": [{"kind": "ai_detector", "consumer": "all", "action": "delist"}]},
    "one that brings items": {"interventions": [{"kind": "anchor", "consumer": "all", "budget": 4}]},
    "one that refuses a fit": {"interventions": [{"kind": "gate", "tolerance": 0.0}]},
    "a change": {"interventions": [{"kind": "change", "start": 5, "path": "system.slate_size", "value": 3}]},
    "an alarm": {
        "interventions": [
            {"kind": "monitor", "metric": "coverage", "below": 2.0},
            {"kind": "exploration", "start": {"after": "monitor", "delay": 2}},
        ]
    },
    "the same": {},
}
"""Everything that can differ and still leaves something in common, warm-up of 3 in 7 ticks."""


def warm(overrides=None, **sections):
    return lively({"system.warmup.ticks": 3, "ticks": 7, **(overrides or {})}, metrics=PINNED, **sections)


def common(one: Simulation, other: Simulation) -> tuple[dict[str, str], dict[str, str]]:
    """What two states both have: an arm may bring columns, memory and policies of its own."""
    mine, theirs = state(one, spec=False), state(other, spec=False)
    own = ("service@users@", "service@items@", "memory@", "policy@")
    assert all(name.startswith(own) for name in mine.keys() ^ theirs.keys()), mine.keys() ^ theirs.keys()
    both = [name for name in mine if name in theirs]
    assert {"rows", "log@clicks@item", "world@users@tastes", "service@items@views"} <= set(both)
    return {name: mine[name] for name in both}, {name: theirs[name] for name in both}


def forked(one: Scenario, other: Scenario, tick: int) -> Simulation:
    """A run that begins by one scenario and goes on by another, as a cell does."""
    sim = checkpoint.restore(checkpoint.capture(at(one, tick)))
    sim.adopt(sim.changed(other))
    return finished(sim)


@pytest.mark.parametrize("what", CHANGES)
def test_forking_gives_the_same_bytes_as_not_forking(what):
    one, other = warm(), warm().override_all(CHANGES[what])
    ticks = shared_ticks(one, other)
    assert ticks == {"an intervention later": 4, "a change": 4, "the same": 6}.get(what, 2)
    for root, branch in ((one, other), (other, one)):
        assert state(forked(root, branch, ticks)) == state(finished(branch))


@pytest.mark.parametrize("what", CHANGES)
def test_arms_are_identical_as_long_as_they_share(what):
    one, other = warm(), warm().override_all(CHANGES[what])
    ticks = shared_ticks(one, other)
    mine, theirs = common(at(one, ticks), at(other, ticks))
    assert mine == theirs
    if what != "the same":
        after, also = state(finished(one)), state(finished(other))
        both = [name for name in after if name in also and name != "spec"]
        assert any(after[name] != also[name] for name in both), "it would have shared everything"


@pytest.mark.parametrize("what", [what for what in CHANGES if what.startswith(("a ", "no ", "an inter"))])
def test_no_metric_looks_ahead(what):
    """What is measured in the warm-up is the same to the name of its groups, whatever models come behind it."""
    metrics = [metric.example() for metric in Metric.members().values()]
    spec = everything({"system.warmup.ticks": 3, "ticks": 7}, metrics=metrics).override("interventions", [])
    one, other = (at(arm, 2) for arm in (spec, spec.override_all(CHANGES[what])))
    assert rows(one) == rows(other) and len(one.rows) > 100


def test_a_change_before_the_fork_is_not_done_twice():
    change = {"kind": "change", "start": 4, "path": "users.behaviours.drift.rate", "value": 0.4}
    exploring = {"kind": "exploration", "start": 6}
    one, other = warm(interventions=[change]), warm(interventions=[change, exploring])
    assert shared_ticks(one, other) == 5
    assert state(forked(one, other, 5)) == state(finished(other))


def test_a_change_that_brings_a_memory_keeps_it_over_the_fork():
    change = {
        "kind": "change",
        "start": 4,
        "path": "system.recommender",
        "value": {"kind": "popularity", "name": "new"},
    }
    one = warm(interventions=[change])
    other = warm(interventions=[change, {"kind": "human_review", "start": 6, "budget": 1}])
    assert shared_ticks(one, other) == 5
    assert state(forked(one, other, 5)) == state(finished(other))


@pytest.mark.parametrize(
    "changes",
    [
        {"users.behaviours": []},
        {"users.count": 50},
        {"items.count": 31},
        {"system.slate_size": 3},
        {"system.repeats": True},
        {"system.random_share": 0.2},
        {"system.warmup.recommender": "popularity"},
        {"system.keep_exposures": 2},
        {"metrics": ["coverage"]},
        {"record": {"users": 3}},
        {"cohort_size": 7},
    ],
)
def test_what_matters_from_the_start_is_not_shared(changes):
    assert shared_ticks(warm(), warm().override_all(changes)) == 0


def test_without_a_warm_up_only_what_comes_later_is_shared():
    spec = tiny({"system.warmup.ticks": 0})
    assert shared_ticks(spec, spec.override("system.recommender", "popularity")) == 0
    assert shared_ticks(spec, spec.override("interventions", ["exploration"])) == 0
    assert shared_ticks(spec, spec.override("interventions", [{"kind": "exploration", "start": 4}])) == 3


def test_another_order_of_interventions_is_another_arm():
    one = warm(interventions=[{"kind": "exploration", "start": 5}, {"kind": "human_review", "start": 4}])
    other = warm(interventions=[{"kind": "human_review", "start": 4}, {"kind": "exploration", "start": 5}])
    assert shared_ticks(one, other) == 2


def test_arms_run_behind_those_they_begin_like():
    spec = warm(
        experiment={
            "arms": {
                "late": {"interventions": [{"kind": "exploration", "start": 6}]},
                "later": {"interventions": [{"kind": "exploration", "start": 6}, {"kind": "debiasing", "start": 7}]},
                "uniform": {"system.recommender": "uniform"},
                "narrow": {"system.slate_size": 2},
                "narrow_late": {"system.slate_size": 2, "interventions": [{"kind": "exploration", "start": 5}]},
            }
        }
    )
    assert branches(arms_of(spec)) == [
        (Step("baseline"), Step("late", "baseline", 5), Step("later", "late", 6), Step("uniform", "baseline", 2)),
        (Step("narrow"), Step("narrow_late", "narrow", 4)),
    ]
    assert branches(arms_of(spec), fork=False) == [(Step(arm),) for arm in arms_of(spec)]


def test_an_arm_runs_behind_the_one_it_is_compared_with():
    spec = tiny(
        metrics=[{"kind": "slate_overlap", "reference": "second"}],
        experiment={"arms": {"first": {"users.count": 30}, "second": {"items.count": 20}}},
    )
    (branch,) = branches(arms_of(spec))
    assert branch[0].arm == "second" and {step.arm for step in branch} == {"baseline", "first", "second"}


# -- minimally different worlds ----


def test_one_item_more_leaves_everybody_and_everything_else_as_it_was():
    one, other = Simulation(tiny()), Simulation(tiny({"items.count": 31}))
    for name, column in one.world.users.arrays().items():
        assert (column == other.world.users[name]).all(), name
    for name, column in one.world.items.arrays().items():
        assert (column == other.world.items[name][:30]).all(), name


def test_one_user_more_leaves_everybody_else_as_they_were():
    """The model learns of one more, so what is shown after the warm-up may differ; what people are may not."""
    spec = lively({"system.recommender": "uniform"}, metrics=PINNED, system={"generators": []})
    one, other = finished(spec), finished(spec.override("users.count", 41))
    first = one.world.users.born == 0
    also = (other.world.users.born == 0) & (other.world.users.key < 40)
    assert (one.world.users.tastes[first] == other.world.users.tastes[also]).all()
    assert (one.world.users.alive[first] == other.world.users.alive[also]).all()


def test_what_a_user_thinks_of_an_item_is_the_same_whatever_stands_beside_it():
    """The dice of a choice belong to user, item and tick: not to the slate, its order or its length."""
    spec = tiny({"system.recommender": "uniform"}, users={"behaviours": []})
    for overrides in ({"system.slate_size": 9}, {"items.count": 31}, {"users.count": 50}):
        one, other = at(spec, 3).open(), at(spec.override_all(overrides), 3).open()
        mine, theirs = (sim.trace(7).set_index("item")["noise"].dropna() for sim in (one, other))
        both = mine.index.intersection(theirs.index)
        assert len(both) > 1 and (mine[both] == theirs[both]).all()


def test_an_experiment_of_equals_differs_by_exactly_nothing():
    """The second A of an A/A experiment runs by itself, on everything there is."""
    spec = everything(metrics=[metric.example() for metric in Metric.members().values()])
    one, other = finished(spec), finished(Scenario.parse(spec.plain()))
    assert rows(one) == rows(other) and state(one) == state(other)


@pytest.mark.parametrize("component", [one for one in CLASSES if isinstance(one.values[0].null, dict)])
def test_the_null_of_a_component_shares_everything_with_its_absence(component, tmp_path):
    """What `test_contracts` shows of whole runs, as an experiment sees it: no metric differs by anything."""
    if component.family == "activity":
        pytest.skip("everybody has an activity: compared in test_contracts")
    base = tiny(**{**LIVELY, "metrics": PINNED})
    if getattr(component, "needs_titles", False):
        base = base.override("items.titles", "corpus")
    null = component.example().model_copy(update=dict(component.null))
    path = LISTS.get(component.family) or (
        f"{component.about}.dynamics" if component.family == "dynamics" else FIELDS[component.family]
    )
    alone = component.family in ABSENT
    nothing = base.override(path, ABSENT.get(component.family, []))
    with_it = base.override(path, null if alone else [null])
    assert rows(finished(nothing)) == rows(finished(with_it))


@pytest.mark.parametrize(
    "arm",
    [
        {"interventions": [{"kind": "human_review", "budget": 1, "start": 5}]},
        {"interventions": [{"kind": "monitor", "metric": "coverage", "below": 2.0, "start": 6}]},
        {"system.retrain_every": "never"},
    ],
)
def test_forked_arms_measure_what_they_would_alone_whatever_is_measured(arm):
    """The usual metrics, and a warm-up that learns: as an experiment runs them, not only as states of a run."""
    learns = {"ticks": 3, "recommender": {"kind": "popularity", "window": 1}}
    spec = lively(metrics=None, system={"warmup": learns}, experiment={"seeds": 2, "arms": {"arm": arm}})
    forked, alone = Experiment(spec), Experiment(spec, fork=False)
    assert any(step.parent for branch in forked.branches for step in branch)
    assert forked.run(jobs=1).metrics.equals(alone.run(jobs=1).metrics)


def test_a_thousand_arms_are_put_in_order_in_no_time():
    sweep = {"system.recommender.regularization": [number / 1000 for number in range(1, 1001)]}
    arms = arms_of(tiny(experiment={"sweep": sweep}))
    begun = time.perf_counter()
    (branch,) = branches(arms)
    assert len(branch) == 1001 and all(step.parent == "baseline" for step in branch[1:])
    assert time.perf_counter() - begun < 30, "linear: about 3 s; comparing all with all would take minutes"


def test_what_ones_own_metric_might_see_is_not_forked():
    class Peeping(Metric):
        """Looks at what is not in use yet."""

        def measure(self, tick, context):
            return float(len(tick.service.section.rerankers))

    spec = tiny(metrics=["peeping"], experiment={"seeds": 1, "arms": {"diverse": {"system.rerankers": ["diversity"]}}})
    assert not any(step.parent for branch in Experiment(spec).branches for step in branch)
