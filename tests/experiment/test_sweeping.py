"""Sweeps: which points there are, what they are called, and what is said about those that cannot be."""

import time
from collections import Counter

import numpy as np
import pandas as pd
import pytest

from recsim.arms import arms_of, changes_of, points
from recsim.experiment import Ensemble, Experiment
from recsim.experiment.sweeping import Range, over, swept
from recsim.problems import ScenarioError
from tests.helpers import tiny

SLATE, MODEL = "system.slate_size", "system.recommender"


def arms(spec, paths, **options):
    return swept(spec, paths, **options).experiment.arms


def told(caught) -> list[str]:
    """What the first line of each mistake says."""
    return [line for line in str(caught.value).split("\n") if not line.startswith(" ")]


# -- a grid ----


def test_a_grid_has_every_combination_and_its_last_path_changes_fastest():
    found = arms(tiny(), {SLATE: [2, 3], MODEL: ["als", "popularity"]})
    assert found == {
        "slate_size=2+recommender=als": {SLATE: 2, MODEL: "als"},
        "slate_size=2+recommender=popularity": {SLATE: 2, MODEL: "popularity"},
        "slate_size=3+recommender=als": {SLATE: 3, MODEL: "als"},
        "slate_size=3+recommender=popularity": {SLATE: 3, MODEL: "popularity"},
    }
    assert list(found) == [
        f"slate_size={size}+recommender={model}" for size in (2, 3) for model in ("als", "popularity")
    ]


def test_a_sweep_is_compared_with_its_first_point_and_has_no_arms_and_claims_of_the_scenario():
    claim = {"says": "a", "expect": "greater", "metric": "coverage", "arms": ["short", "baseline"]}
    experiment = {"seeds": 7, "windows": ["end"], "arms": {"short": {SLATE: 2}}}
    found = swept(tiny(experiment=experiment, claims=[claim], metrics=["coverage"]), {SLATE: [3, 4]})
    assert list(arms_of(found)) == ["slate_size=3", "slate_size=4"] and found.experiment.against == "slate_size=3"
    assert (found.experiment.seeds, found.experiment.windows, found.claims) == (7, ("end",), ())
    assert swept(found, {SLATE: [3]}, seeds=2).experiment.seeds == 2


def test_a_value_that_is_the_scenarios_own_is_a_point_like_any_other():
    spec = tiny(metrics=["coverage"])
    found = arms_of(swept(spec, {SLATE: [5, 6]}))
    assert found["slate_size=5"] == spec and found["slate_size=6"] == spec.override(SLATE, 6)


def test_values_that_are_blocks_or_lists_are_points_too():
    found = arms(tiny(), {MODEL: [{"kind": "als", "factors": 4}, {"kind": "als", "factors": 8}], SLATE: [2]})
    assert list(found) == ["recommender-1+slate_size=2", "recommender-2+slate_size=2"]
    behaviours = arms_of(swept(tiny(), {"users.behaviours": [[], ["drift"]]}))
    assert [[one.kind for one in spec.users.behaviours] for spec in behaviours.values()] == [[], ["drift"]]


def test_values_that_are_written_alike_are_numbered():
    assert list(arms(tiny(), {SLATE: [2, 2]})) == ["slate_size-1", "slate_size-2"]


def test_names_that_would_be_too_long_for_a_folder_are_numbered():
    long = "q" * 60
    assert [name for name, _ in points(f"a.{long}", [100], [f"a.{long}"])] == [f"{long}=100"]
    assert [name for name, _ in points(f"a.{long}", [1000, 7], [f"a.{long}"])] == [f"{'q' * 56}-1", f"{'q' * 56}-2"]
    paths = {SLATE: [2, 3], "system.recommender.regularization": [0.01], "users.behaviours.drift.rate": [0.123456]}
    spec = tiny(users={"behaviours": ["drift"]})
    assert max(map(len, arms(spec, paths))) <= 64
    long = paths | {"system.recommender.iterations": [3], "system.warmup.ticks": [2]}
    assert list(arms(spec, long)) == ["point-1", "point-2"]
    assert [changes[SLATE] for changes in arms(spec, long).values()] == [2, 3]


# -- what is written after --over ----


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5,10", [5, 10]),
        (" 5 , 0.5 ", [5, 0.5]),
        ("7", [7]),
        ("als,popularity", ["als", "popularity"]),
        ("true,false,null", [True, False, None]),
        ("{kind: als, factors: 4}, popularity", [{"kind": "als", "factors": 4}, "popularity"]),
        ("[],[diversity]", [[], ["diversity"]]),
        ("'a,b',c", ["a,b", "c"]),
        ("../a.csv,../b.csv", ["../a.csv", "../b.csv"]),
    ],
)
def test_values_are_written_as_they_stand_in_a_file(text, expected):
    assert over([f"users.count={text}"]) == {"users.count": expected}


def test_values_may_hold_an_equals_sign_and_paths_stand_in_order():
    assert over(["b=x=y", "a=1"]) == {"b": ["x=y"], "a": [1]}
    assert list(over(["b=1", "a=1"])) == ["b", "a"]


@pytest.mark.parametrize(
    ("text", "low", "high", "log", "whole"),
    [
        ("1..5", 1, 5, False, True),
        ("0.1..5", 0.1, 5, False, False),
        ("0.1...5", 0.1, 0.5, False, False),
        ("1e-3..1 log", 0.001, 1, True, False),
        (" 2 .. 64  log ", 2, 64, True, True),
        ("-5..+5", -5, 5, False, True),
    ],
)
def test_ranges_are_written_from_low_to_high(text, low, high, log, whole):
    found = over([f"a={text}"])["a"]
    assert isinstance(found, Range)
    assert (found.low, found.high, found.log, found.whole) == (low, high, log, whole)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("5..1", "5..1 is no range: low comes first"),
        ("3..3", "3..3 is no range: low comes first"),
        ("0..1 log", "0..1 is no range of positive numbers"),
        ("-1..1 log", "-1..1 is no range of positive numbers"),
        ("1..x", "'1..x' is no range of numbers"),
        ("1..5 lgo", "'1..5 lgo' is no range of numbers"),
        ("1..5,10", "'1..5,10' is no range of numbers"),
        ("1..2..3", "'1..2..3' is no range of numbers"),
        ("1..1e400", "inf is beyond"),
        ("", "names no values"),
        ("5,,6", "a value is missing"),
        ("[1", "a '[' without its ']'"),
        ("&x 1", "anchors are not read"),
    ],
)
def test_values_that_are_none_are_told_in_words(text, words):
    with pytest.raises(ScenarioError) as caught:
        over([f"a={text}"])
    assert words in str(caught.value) and str(caught.value).startswith("--over a")
    assert "instances of" not in str(caught.value) and "format code" not in str(caught.value)


def test_a_path_without_a_name_or_named_twice_is_told():
    with pytest.raises(ScenarioError, match=r"--over =5  names no values\n   write --over path=value,value"):
        over(["=5"])
    with pytest.raises(ScenarioError, match=r"--over a  is swept twice\n   name all its values in one --over"):
        over(["a=1", "b=2", "a=3"])


@pytest.mark.parametrize(
    ("path", "values", "words"),
    [
        ("system.slate_sise", [2, 3, 4], "unknown field 'slate_sise' in 'system'"),
        (SLATE, [2, 0], "0 is below 1"),
        (SLATE, ["x"], "'x' is not an integer or all"),
        (MODEL, [{"kind": "als", "factor": 3}], "unknown field 'factor'"),
        (MODEL, ["asl"], "no recommender is called 'asl'"),
        ("seed", [1, 2], "'seed' is the same in all arms"),
        ("experiment.seeds", [1, 2], "'experiment' is the same in all arms"),
        ("users.behaviours.drift.rate", [0.1, 0.2], "no 'drift' in 'users.behaviours'"),
    ],
)
def test_what_does_not_fit_is_told_once_and_at_the_path_that_is_swept(path, values, words):
    with pytest.raises(ScenarioError) as caught:
        swept(tiny(), {"items.count": [20, 30], path: values})
    (line,) = told(caught)
    assert line.startswith(f"--over {path}  ") and words in line


def test_every_value_that_does_not_fit_is_told():
    with pytest.raises(ScenarioError) as caught:
        swept(tiny(), {SLATE: [0, 2, "x"], "users.count": [-1]})
    assert [line.split("  ")[0] for line in told(caught)].count("--over users.count") == 1
    assert sum("--over system.slate_size" in line for line in told(caught)) == 2


def test_a_range_is_no_grid_and_nothing_is_no_sweep():
    with pytest.raises(
        ScenarioError, match=r"--over system.slate_size  a range has no end of values\n.*--sample sobol"
    ):
        swept(tiny(), {MODEL: ["als"], SLATE: Range(2, 5)})
    with pytest.raises(ScenarioError, match="--over system.slate_size  names no values"):
        swept(tiny(), {SLATE: []})
    with pytest.raises(ScenarioError, match="nothing is swept"):
        swept(tiny(), {})


# -- samples ----


@pytest.mark.parametrize(("low", "high"), [(1, 3), (-2, 2), (0, 1), (-7, -5)])
def test_a_range_of_integers_reaches_all_of_them_alike_and_nothing_else(low, high):
    found = Counter(Range(low, high).at(share) for share in (np.arange(3000) + 0.5) / 3000)
    assert sorted(found) == list(range(low, high + 1))
    assert all(type(value) is int for value in found)
    assert max(found.values()) - min(found.values()) <= 1


def test_a_range_begins_and_ends_where_it_says_even_at_the_last_share_below_1():
    last = np.nextafter(1.0, 0.0)
    assert (Range(2, 9).at(0.0), Range(2, 9).at(last), Range(2, 9).at(1.0)) == (2, 9, 9)
    assert (Range(1, 1000, log=True).at(0.0), Range(1, 1000, log=True).at(last)) == (1, 1000)
    assert (Range(0.5, 2.5).at(0.0), Range(0.5, 2.5).at(last)) == (0.5, 2.5)


def test_a_logarithmic_range_spends_as_much_on_every_decade():
    drawn = np.array([Range(0.01, 100.0, log=True).at(share) for share in (np.arange(4000) + 0.5) / 4000])
    assert np.histogram(drawn, [0.01, 0.1, 1, 10, 100])[0].tolist() == [1000] * 4


PATHS = {SLATE: Range(1, 8), "users.behaviours.drift.rate": Range(0.0, 1.0), MODEL: ["als", "popularity"]}
DRIFTING = {"behaviours": ["drift"]}


@pytest.mark.parametrize("count", [8, 5])
def test_a_latin_hypercube_has_one_point_in_every_slice_of_every_dimension(count):
    found = pd.DataFrame(arms(tiny(users=DRIFTING), PATHS, sample="latin", count=count)).T
    assert list(found.index) == [f"point-{number}" for number in range(1, count + 1)]
    slices = np.floor(found["users.behaviours.drift.rate"].astype(float) * count)
    assert sorted(slices) == list(range(count))
    assert Counter(found[MODEL])["als"] in (count // 2, count - count // 2)
    if count == 8:
        assert sorted(found[SLATE]) == list(range(1, 9))


@pytest.mark.parametrize("sample", ["latin", "sobol"])
def test_a_sample_belongs_to_the_seed_of_the_scenario(sample):
    spec = tiny(users=DRIFTING)
    one, again = (arms(spec, PATHS, sample=sample, count=8) for _ in range(2))
    other = arms(spec.override("seed", 2), PATHS, sample=sample, count=8)
    assert one == again and one != other


def test_sobol_points_fill_the_space_evenly_and_more_of_them_begin_with_the_same():
    spec = tiny(users=DRIFTING)
    found = pd.DataFrame(arms(spec, PATHS, sample="sobol", count=16)).T
    rate = found["users.behaviours.drift.rate"].astype(float)
    assert sorted(np.floor(rate * 16)) == list(range(16)), "a Sobol sequence is stratified too"
    assert Counter(found[SLATE]) == dict.fromkeys(range(1, 9), 2)
    few = arms(spec, PATHS, sample="sobol", count=5)  # no power of 2, and no warning of scipy's
    assert few == dict(list(arms(spec, PATHS, sample="sobol", count=16).items())[:5])
    assert len(arms(spec, PATHS, sample="sobol", count=1)) == 1


# -- what came out, by point ----


def ensemble(spec) -> Ensemble:
    """An ensemble in which each cell measures the number of its arm, plus a tenth of its seed."""
    experiment = Experiment(spec)
    rows = [
        (arm, seed, tick, "coverage", "all", number + seed / 10)
        for number, arm in enumerate(experiment.arms)
        for seed in experiment.seeds
        for tick in (5, 6)
    ]
    frame = pd.DataFrame(rows, columns=["arm", "seed", "tick", "metric", "group", "value"])
    return Ensemble(frame, experiment.scenario, experiment.arms)


def told_points(spec) -> dict[str, list]:
    """By arm: what was swept, and the value of the second seed."""
    found = ensemble(spec).points()
    assert (found["metric"] == "coverage").all() and set(found["seed"]) == {1, 2}
    columns = [*ensemble(spec).parameters, "value"]
    return {row["arm"]: [row[name] for name in columns] for _, row in found[found["seed"] == 2].iterrows()}


def test_points_of_a_grid_say_what_was_swept_and_what_came_out():
    spec = swept(tiny(metrics=["coverage"]), {SLATE: [2, 5], MODEL: ["als", "uniform"]}, seeds=2)
    assert ensemble(spec).parameters == [SLATE, MODEL]
    assert told_points(spec) == {
        "slate_size=2+recommender=als": [2, "als", pytest.approx(0.2)],
        "slate_size=2+recommender=uniform": [2, "uniform", pytest.approx(1.2)],
        "slate_size=5+recommender=als": [5, "als", pytest.approx(2.2)],
        "slate_size=5+recommender=uniform": [5, "uniform", pytest.approx(3.2)],
    }


def test_points_of_a_sample_have_its_numbers():
    paths = {SLATE: Range(1, 8), "users.count": Range(20, 40)}
    spec = swept(tiny(metrics=["coverage"]), paths, seeds=2, sample="latin", count=3)
    found = told_points(spec)
    assert ensemble(spec).parameters == list(paths)
    for number, (arm, changes) in enumerate(spec.experiment.arms.items()):
        assert found[arm] == [changes[SLATE], changes["users.count"], pytest.approx(number + 0.2)]


def test_points_of_a_sweep_in_a_file_are_those_of_the_scenario_with_one_thing_changed():
    """Arms that change something else, and what an attribution turns off, are no points of the sweep."""
    spec = tiny(
        users=DRIFTING,
        metrics=["coverage"],
        experiment={
            "seeds": 2,
            "arms": {"other": {"items.count": 20}, "nine": {SLATE: 9}},
            "sweep": {SLATE: [2, 5], MODEL: [{"kind": "als", "factors": 2}, "uniform"]},
            "attribution": {"drift": "users.behaviours.drift"},
        },
    )
    own, few = {"kind": "als", "factors": 4, "threads": 1}, {"kind": "als", "factors": 2}
    assert ensemble(spec).parameters == [SLATE, MODEL]
    (by_block,) = [arm for arm, changed in changes_of(spec).items() if changed == {MODEL: few}]
    assert told_points(spec) == {
        "baseline": [5, own, pytest.approx(0.2)],
        "nine": [9, own, pytest.approx(2.2)],
        "slate_size=2": [2, own, pytest.approx(3.2)],
        "slate_size=5": [5, own, pytest.approx(4.2)],
        by_block: [5, few, pytest.approx(5.2)],
        "recommender=uniform": [5, "uniform", pytest.approx(6.2)],
    }


def test_arms_that_all_set_the_same_paths_are_points_even_of_a_path_that_the_scenario_has_not():
    with_drift = {"users.behaviours": [{"kind": "drift", "rate": 0.0}]}
    rates = {f"r{rate}": {**with_drift, "users.behaviours.drift.rate": rate} for rate in (0.1, 0.2)}
    spec = tiny(metrics=["coverage"], experiment={"seeds": 2, "arms": rates, "against": "r0.1"})
    assert {arm: row[1] for arm, row in told_points(spec).items()} == {"r0.1": 0.1, "r0.2": 0.2}


def test_arms_that_do_different_things_are_no_sweep():
    spec = tiny(metrics=["coverage"], experiment={"seeds": 2, "arms": {"a": {SLATE: 3}, "b": {"items.count": 20}}})
    assert ensemble(spec).parameters == []
    one = tiny(metrics=["coverage"], experiment={"seeds": 2, "arms": {"a": {SLATE: 3}}})
    assert ensemble(one).parameters == []


def test_a_sweep_of_200_points_is_understood_in_seconds():
    spec = tiny(metrics=["coverage"])
    paths = {SLATE: list(range(1, 21)), "system.recommender.factors": list(range(1, 11))}
    begun = time.process_time()
    found = swept(spec, paths)
    took = time.process_time() - begun
    assert len(found.experiment.arms) == 200 and took < 3
    assert len(Experiment(found).arms) == 200 and time.process_time() - begun < 12
