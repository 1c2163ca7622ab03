"""The section `experiment`: what arms there are, what they are called, and what is said about those that do not fit."""

import pytest

from recsim.arms import arms_of, changes_of, plainly, without
from recsim.problems import ScenarioError
from recsim.reading import parse
from recsim.scenario import Scenario
from tests.helpers import tiny

DRIFT = {"behaviours": [{"kind": "drift", "rate": 0.1}, {"kind": "position_bias", "name": "bias", "strength": 0.7}]}


def experiment(**fields):
    return tiny(users=DRIFT, experiment=fields)


def test_a_scenario_without_an_experiment_is_its_own_only_arm():
    spec = tiny()
    assert arms_of(spec) == {"baseline": spec}
    assert spec.experiment is None and "experiment" not in spec.plain() and "claims" not in spec.plain()


def test_the_scenario_as_it_stands_is_the_baseline():
    spec = experiment(arms={"short": {"system.slate_size": 2}})
    arms = arms_of(spec)
    assert list(arms) == ["baseline", "short"]
    assert arms["baseline"] == tiny(users=DRIFT)
    assert arms["short"] == tiny({"system.slate_size": 2}, users=DRIFT)


def test_an_arm_called_baseline_says_what_the_others_are_compared_with():
    spec = experiment(arms={"short": {"system.slate_size": 2}, "baseline": {"system.slate_size": 3}})
    assert list(arms_of(spec)) == ["baseline", "short"]
    assert arms_of(spec)["baseline"].system.slate_size == 3


def test_without_a_baseline_to_compare_with_there_is_none():
    spec = experiment(arms={"a": {}, "b": {"system.slate_size": 2}}, against="a")
    assert list(arms_of(spec)) == ["a", "b"]


def test_swept_values_are_arms_that_are_named_by_them():
    spec = experiment(
        sweep={"system.slate_size": [2, 3], "users.behaviours.drift.rate": [0, 0.5], "system.recommender": ["uniform"]}
    )
    assert changes_of(spec) == {
        "baseline": {},
        "slate_size=2": {"system.slate_size": 2},
        "slate_size=3": {"system.slate_size": 3},
        "rate=0": {"users.behaviours.drift.rate": 0},
        "rate=0.5": {"users.behaviours.drift.rate": 0.5},
        "recommender=uniform": {"system.recommender": "uniform"},
    }


def test_paths_that_end_alike_are_told_apart_and_values_that_cannot_be_written_are_numbered():
    spec = experiment(
        sweep={
            "users.count": [20, 30],
            "items.count": [40],
            "system.recommender": [{"kind": "als", "factors": 2}, {"kind": "als", "factors": 3}],
        }
    )
    names = list(changes_of(spec))
    assert names == ["baseline", "users.count=20", "users.count=30", "items.count=40", "recommender-1", "recommender-2"]


def test_an_attribution_has_an_arm_for_every_combination():
    spec = experiment(
        attribution={
            "drift": "users.behaviours.drift",
            "bias": "users.behaviours.bias",
            "model": {"system.recommender": "uniform"},
        }
    )
    found = changes_of(spec)
    assert len(found) == 8
    assert found["without-drift"] == {"users.behaviours.drift.rate": 0.0}
    assert found["without-bias+model"] == {
        "users.behaviours.bias.strength": 0.0,
        "system.recommender": "uniform",
    }
    assert without(["drift", "bias", "model"]) == list(found)[-1]
    arms = arms_of(spec)
    assert arms["without-drift+bias+model"].users.behaviours[0].rate == 0.0


def test_a_component_in_an_attribution_may_go_by_its_kind():
    spec = experiment(attribution={"bias": "users.behaviours.position_bias"})
    assert arms_of(spec)["without-bias"].users.behaviours[1].strength == 0.0


def test_arms_have_no_experiment_of_their_own():
    spec = experiment(arms={"short": {"system.slate_size": 2}})
    assert all(arm.experiment is None and arm.claims == () for arm in arms_of(spec).values())
    assert plainly(spec) == tiny(users=DRIFT)


def test_an_experiment_reads_back_as_it_was():
    spec = experiment(
        seeds=3,
        arms={"short": {"system.slate_size": 2, "interventions": [{"kind": "exploration", "share": 0.3}]}},
        sweep={"system.slate_size": [2, 3]},
        windows=["tick 5", "last 2 ticks"],
    )
    assert Scenario.parse(spec.plain()) == spec
    assert spec.override("experiment.seeds", 7).experiment.seeds == 7
    assert tiny().override("experiment.seeds", 7).experiment.seeds == 7


FILE = """\
users: {count: 40, behaviours: [{kind: drift, rate: 0.1}]}
items: {count: 30}
system: {slate_size: 5}
metrics: [coverage, utility]
experiment:
  arms:
    one: {system.slate_sise: 2}
    two: {users.behaviours.drift.rate: -1}
    three: {system.recommender: {kind: als, factor: 3}}
    four: {seed: 3}
    five: {system.candidates: 2}
    six: {users.behaviours.drif.rate: 0.1}
    seven: {users.behaviours: [{kind: drift}, {kind: drift}]}
  sweep:
    system.slate_size: [2, zero]
  attribution: {als: system.recommender, nothing: users.nothing}
  against: tow
"""


def test_every_mistake_of_every_arm_is_told_where_it_stands():
    with pytest.raises(ScenarioError) as caught:
        parse(FILE, "file.yaml")
    told = {(one.place.line, one.place.column): one for one in caught.value.problems}
    assert "unknown field 'slate_sise'" in told[7, 11].text and "did you mean 'slate_size'" in told[7, 11].hint
    assert told[8, 40].text == "-1 is below 0"
    assert "unknown field 'factor'" in told[9, 45].text
    assert told[10, 12].text == "'seed' is the same in all arms"
    assert "candidates (2) must be at least slate_size (5)" in told[11, 31].text
    assert "no 'drif' in" in told[12, 11].text
    assert "2 of them are called 'drift'" in told[13, 31].text
    assert told[15, 28].text == "'zero' is not an integer or all"
    assert (
        "'system.recommender' cannot be turned off by a field: a platform always shows something" in told[16, 22].text
    )
    assert "no component stands at 'users.nothing'" in told[16, 51].text
    assert "no arm is called 'tow'" in told[17, 12].text and "'two'" in told[17, 12].hint
    assert len(caught.value.problems) == 11


CLAIMS = """\
users: {count: 40}
items: {count: 30}
metrics: [coverage, utility]
experiment:
  arms: {short: {system.slate_size: 2}}
claims:
  - {says: a, expect: greater, metric: coverage, arms: [short, baselin]}
  - {says: b, expect: greater, metric: converage, arms: [short, baseline]}
  - {says: c, expect: increasing, metric: utility, over: system.slate_size}
  - {says: d, expect: correlated, metric: utility, other: clicks, sign: positive, arms: [short]}
  - {says: e, expect: greater, metric: utility, arms: [short, baseline], broken_by: {system.slate: 3}}
  - {says: f, expect: graeter, metric: utility, arms: [short, baseline]}
  - {says: g, metric: utility, arms: [short, baseline]}
  - {says: h, expect: equal, metric: utility, arms: [short, baseline]}
"""


def test_claims_about_what_is_not_there_are_told_where_they_stand():
    wrong, rest = CLAIMS.split("  - {says: f")
    with pytest.raises(ScenarioError) as caught:
        parse(wrong, "file.yaml")
    told = {one.place.line: one for one in caught.value.problems}
    assert "no arm is called 'baselin'" in told[7].text and "'baseline'" in told[7].hint
    assert "'converage' is not measured here" in told[8].text and "'coverage'" in told[8].hint
    assert "'system.slate_size' is not swept here" in told[9].text
    assert "'clicks' is not measured here" in told[10].text
    assert "unknown field 'slate'" in told[11].text
    with pytest.raises(ScenarioError) as caught:
        parse(f"{wrong}  - {{says: f{rest}", "file.yaml")
    told = {one.place.line: one for one in caught.value.problems}
    assert "no claim is called 'graeter'" in told[12].text and "did you mean 'greater'?" in told[12].hint
    assert told[13].text == "'expect:' is missing"
    assert "'equal' needs 'margin:'" in told[14].text


def test_claims_need_an_experiment():
    with pytest.raises(ScenarioError, match="there is no experiment"):
        tiny(claims=[{"says": "a", "expect": "greater", "metric": "coverage", "arms": ["a", "baseline"]}])


def test_an_arm_needs_a_name_that_can_be_a_folder():
    for name in ("a/b", "", ".hidden", "x" * 65, "a b"):
        with pytest.raises(ScenarioError, match="is not a name"):
            experiment(arms={name: {}})


def test_what_is_turned_off_is_turned_off_in_ones_own_baseline():
    spec = experiment(arms={"baseline": {"system.slate_size": 3}}, attribution={"drift": "users.behaviours.drift"})
    arms = arms_of(spec)
    assert arms["without-drift"].system.slate_size == arms["baseline"].system.slate_size == 3
    assert arms["without-drift"].users.behaviours[0].rate == 0.0


@pytest.mark.parametrize(
    "fields",
    [
        {"arms": {"slate_size=3": {}}, "sweep": {"system.slate_size": [2, 3]}},
        {"arms": {"without-drift": {}}, "attribution": {"drift": "users.behaviours.drift"}},
        {"arms": {"late": {}, "Late": {}}},
    ],
)
def test_two_arms_never_share_a_folder(fields):
    with pytest.raises(ScenarioError, match="two arms are called"):
        experiment(**fields)
