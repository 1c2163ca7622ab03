"""Finished runs as arms: which belong together, in what they differ, and what that did."""

import shutil
import time

import numpy as np
import pandas as pd
import pytest

import recsim
from recsim import folder
from recsim.cli import main
from recsim.experiment import Ensemble, Experiment
from recsim.experiment.comparing import CompareError, at, compare
from recsim.experiment.settings import NOTHING, differing
from recsim.experiment.telling import effects_told, settings_told
from tests.helpers import tiny

SHORT = {"system.slate_size": 3}


def plain(**sections):
    return tiny(**{"metrics": ["coverage", "utility"], **sections})


def kept(run, place):
    """The directory of a run, without its picture."""
    folder.write(run, folder.claim(place, run.scenario, run.provenance), picture=False)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Runs `long` and `short` on seeds 1 to 3 (`short` on 4, too), an experiment of both on two, and one begun."""
    place = tmp_path_factory.mktemp("results")
    for seed in (1, 2, 3, 4):
        for name, changes in (("long", {}), ("short", SHORT)):
            if (name, seed) != ("long", 4):
                kept(recsim.run(plain(), seed=seed, set=changes), place / f"{name}-{seed}")
    spec = plain(experiment={"seeds": 2, "arms": {"short": SHORT, "uniform": {"system.recommender": "uniform"}}})
    Experiment(spec).run(place / "both", jobs=1)
    shutil.copytree(place / "both", place / "begun")
    (place / "begun" / "metrics.csv").unlink()
    return place


def numbers(found: Ensemble, metric: str = "utility") -> pd.Series:
    """The means of the last 20 ticks of the clock (all after the warm-up), by arm and seed."""
    frame = found.metrics.query("metric == @metric and group == 'all' and tick > 2")
    return frame.groupby(["arm", "seed"], sort=False)["value"].mean()


def effect(found: Ensemble, arm: str, metric: str = "utility") -> pd.Series:
    return found.effects().query("arm == @arm and metric == @metric and group == 'all'").iloc[0]


def test_runs_of_one_scenario_are_one_arm_whatever_their_seed_and_order(results):
    found = compare(*(results / name for name in ("long-2", "short-1", "long-1", "short-2", "short-3", "long-3")))
    assert list(found.arms) == ["long", "short"]
    assert numbers(found).index.tolist() == [(arm, seed) for arm in ("long", "short") for seed in (1, 2, 3)]
    for arm in ("long", "short"):
        for seed in (1, 2, 3):
            mine = found.metrics.query("arm == @arm and seed == @seed").drop(columns=["arm", "seed"])
            theirs = recsim.load(results / f"{arm}-{seed}").metrics
            pd.testing.assert_frame_equal(mine.reset_index(drop=True), theirs, check_exact=True)


def test_the_effect_is_the_mean_difference_of_the_seeds_that_both_have(results):
    found = compare(*(results / f"long-{seed}" for seed in (1, 2, 3)), *(results / f"short-{n}" for n in (2, 3, 4)))
    by_seed = numbers(found).unstack(0).loc[[2, 3]]
    difference = by_seed["short"] - by_seed["long"]
    row = effect(found, "short")
    assert (row["against"], row["n"], row["window"]) == ("long", 2, "last 20 ticks")
    assert row["difference"] == pytest.approx(difference.mean(), abs=1e-12)
    half = np.tan(0.475 * np.pi) * difference.std(ddof=1) / np.sqrt(2)  # t(0.975, 1)
    assert row["low"] == pytest.approx(difference.mean() - half) and row["high"] == pytest.approx(
        row["difference"] + half
    )
    assert row["difference"] != 0


def test_the_first_is_what_the_others_are_compared_with(results):
    one = effect(compare(results / "long-1", results / "short-1"), "short")
    other = effect(compare(results / "short-1", results / "long-1"), "long")
    assert one["difference"] == -other["difference"] != 0
    assert np.isnan(one["low"]) and one["n"] == 1


def test_the_arms_of_an_experiment_bear_its_name(results):
    found = compare(results / "both")
    assert list(found.arms) == ["both.baseline", "both.short", "both.uniform"]
    theirs = recsim.load(results / "both")
    assert effect(found, "both.short")["difference"] == effect(theirs, "short")["difference"]


def test_runs_join_the_arm_of_an_experiment_that_has_their_scenario(results):
    found = compare(results / "both", results / "short-3", results / "long-3")
    assert list(found.arms) == ["both.baseline", "both.short", "both.uniform"]
    assert effect(found, "both.short")["n"] == 3 and effect(found, "both.uniform")["n"] == 2
    three = compare(*(results / f"long-{seed}" for seed in (1, 2, 3)), *(results / f"short-{n}" for n in (1, 2, 3)))
    assert effect(found, "both.short")["difference"] == effect(three, "short")["difference"]


def test_cells_of_an_experiment_are_runs(results):
    found = compare(*(results / "both" / "cells" / f"{arm}-{seed}" for arm in ("short", "uniform") for seed in (1, 2)))
    assert list(found.arms) == ["short", "uniform"]
    assert effect(found, "uniform")["n"] == 2


def test_results_in_memory_are_compared_like_those_on_disk(results):
    runs = [recsim.load(results / name) for name in ("long-1", "short-1", "long-2", "short-2")]
    found = compare(*runs)
    assert len(found.arms) == 2 and all(arm.startswith("run-") for arm in found.arms)
    on_disk = compare(*(results / name for name in ("long-1", "short-1", "long-2", "short-2")))
    assert effect(found, list(found.arms)[1])["difference"] == effect(on_disk, "short")["difference"]
    both = recsim.load(results / "both")
    assert list(compare(both).arms) == ["baseline", "short", "uniform"]
    mixed = compare(both, results / "long-3", recsim.load(results / "short-3"))
    assert list(mixed.arms) == ["baseline", "short", "uniform"] and effect(mixed, "short")["n"] == 3


@pytest.mark.parametrize("where", ["runs", "experiments", "memory"])
def test_a_scenario_and_itself_differ_by_exactly_nothing(where, results, tmp_path):
    for seed in (1, 2):
        shutil.copytree(results / f"long-{seed}", tmp_path / f"again-{seed}")
    places = {
        "runs": [*(results / f"long-{seed}" for seed in (1, 2)), tmp_path / "again-1", tmp_path / "again-2"],
        "experiments": [results / "both", results / "both"],
        "memory": [recsim.load(results / "long-1"), recsim.load(results / "long-1")],
    }[where]
    found = compare(*places)
    rows = found.effects()
    same = rows[rows["arm"] == list(found.arms)[len(found.arms) // 2]]
    assert len(same) and (same["difference"] == 0).all() and (same["n"] == (1 if where == "memory" else 2)).all()
    if where != "experiments":
        assert found.settings.empty and settings_told(found.settings) == "no setting differs"
        assert effects_told(found).count("the same") == 2
    else:
        assert list(found.arms)[3:] == ["both.baseline-2", "both.short-2", "both.uniform-2"]


# -- what cannot be compared ----


def test_one_scenario_alone_is_nothing_to_compare(results):
    for places in ([results / "long-1"], [results / "long-1", results / "long-2"], []):
        with pytest.raises(CompareError, match="only one scenario among them: nothing to compare; name runs of two"):
            compare(*places)


def test_runs_without_a_seed_in_common_are_nothing_to_compare(results):
    with pytest.raises(CompareError, match=r"'short' has no seed in common with 'long' \(seed 4 there, 1 and 2 here\)"):
        compare(results / "long-1", results / "long-2", results / "short-4")
    with pytest.raises(CompareError, match="has no seed in common with 'both.baseline'"):
        compare(results / "both", recsim.run(plain(metrics=["utility"]), set=SHORT, seed=9))


@pytest.mark.parametrize(("name", "words"), [("nowhere", "no such directory"), ("begun", "no finished experiment")])
def test_what_is_not_there_or_not_finished_is_told(name, words, results):
    with pytest.raises(FileNotFoundError, match=words):
        compare(results / "long-1", results / name)


def test_names_that_no_arm_may_have_are_made_fit(results, tmp_path):
    names = ["mein Lauf (2) – öde", ".hidden", "x" * 150, "%%%"]
    for number, name in enumerate(names):
        kept(recsim.run(plain(), set={"system.slate_size": number + 2}), tmp_path / name)
    found = compare(*(tmp_path / name for name in names))
    assert list(found.arms) == ["mein-Lauf--2-----de", "hidden", "x" * 58, "run"]
    assert found.scenario.experiment.against == "mein-Lauf--2-----de"
    shutil.copytree(results / "both", tmp_path / f"{'y' * 100} z")
    assert list(compare(tmp_path / f"{'y' * 100} z").arms)[1] == f"{'y' * 52}.short"
    assert len(set(compare(tmp_path / f"{'y' * 100} z", tmp_path / f"{'y' * 100} z").arms)) == 6


# -- runs that are not quite alike ----


def test_runs_of_other_lengths_are_compared_each_at_its_own_end(results):
    longer = recsim.run(plain(ticks=9), set=SHORT)
    found = compare(results / "long-1", longer)
    arm = list(found.arms)[1]
    expected = (
        longer.wide()["utility"].loc[3:].mean() - recsim.load(results / "long-1").wide()["utility"].loc[3:].mean()
    )
    assert effect(found, arm)["difference"] == pytest.approx(expected, abs=1e-12)
    assert effect(at(found, "end"), arm)["mean"] == longer.wide()["utility"].loc[9]
    assert found.settings.loc["ticks"].tolist() == ["6", "9"]


def test_what_only_one_of_them_measures_has_no_difference(results):
    other = recsim.run(plain(metrics=["utility", "exposure_gini"]), set=SHORT)
    found = compare(results / "long-1", other)
    arm = list(found.arms)[1]
    assert np.isfinite(effect(found, arm)["difference"])
    for metric in ("coverage", "exposure_gini"):
        assert effect(found, arm, metric)["n"] == 0 and np.isnan(effect(found, arm, metric)["difference"])
    table = effects_told(found)
    assert "nan" not in table and "-" in table


def test_a_window_that_is_none_is_told(results):
    found = compare(results / "long-1", results / "short-1")
    assert at(found, "tick  4").effects()["window"].unique().tolist() == ["tick 4"]
    with pytest.raises(CompareError, match="--at: 'lst 3 ticks' is no window of time"):
        at(found, "lst 3 ticks")


# -- in what they differ ----


def settings(*specs) -> dict[str, list[str]]:
    table = differing({f"arm{number}": spec for number, spec in enumerate(specs)})
    return {path: row.tolist() for path, row in table.iterrows()}


def test_a_field_that_differs_is_told_by_its_path():
    one = tiny()
    assert settings(one, one.override("system.slate_size", 3), one) == {"system.slate_size": ["5", "3", "5"]}
    assert settings(one, one.override("system.recommender.factors", 8)) == {"system.recommender.factors": ["4", "8"]}
    assert settings(one, one.override("system.retrain_every", "never")) == {"system.retrain_every": ["1", "never"]}


def test_components_of_two_kinds_differ_as_a_whole():
    one = tiny()
    found = settings(one, one.override("system.recommender", {"kind": "popularity", "name": "p"}))
    assert found == {"system.recommender": ["als(factors=4, threads=1)", "popularity(name=p)"]}


def test_members_of_lists_are_told_by_their_labels():
    drift = {"kind": "drift", "rate": 0.25}
    bias = {"kind": "position_bias", "name": "bias", "strength": 0.5}
    one, two = tiny(users={"behaviours": [drift]}), tiny(users={"behaviours": [drift | {"rate": 0.5}, bias]})
    assert settings(one, two) == {
        "users.behaviours.drift.rate": ["0.25", "0.5"],
        "users.behaviours.bias": [NOTHING, "position_bias(name=bias, strength=0.5)"],
    }
    assert settings(tiny(users={"behaviours": []}), one) == {"users.behaviours.drift": [NOTHING, "drift(rate=0.25)"]}


def test_the_same_members_in_another_order_differ():
    one, two = ({"behaviours": order} for order in (["drift", "position_bias"], ["position_bias", "drift"]))
    assert settings(tiny(users=one), tiny(users=two)) == {
        "users.behaviours": ["[drift, position_bias]", "[position_bias, drift]"]
    }


def test_sections_that_are_missing_and_groups_are_told():
    one = tiny(users={"groups": [{"name": "a", "share": 0.5}, {"name": "b", "share": 0.5}]})
    two = tiny(users={"groups": [{"name": "a", "share": 0.25}, {"name": "b", "share": 0.75}]})
    assert settings(one, two) == {"users.groups.a.share": ["0.5", "0.25"], "users.groups.b.share": ["0.5", "0.75"]}


def test_seed_question_and_what_is_measured_make_no_other_world():
    one = tiny(metrics=["coverage"])
    two = one.override_all({"seed": 9, "about": "What?", "metrics": ["utility"], "record.users": 3, "cohort_size": 7})
    assert settings(one, two) == {}


# -- kept ----


def test_a_comparison_is_saved_and_read_back(results, tmp_path):
    found = compare(results / "both", results / "short-3", results / "long-3")
    found.save(tmp_path / "kept")
    assert {"metrics.csv", "effects.csv", "metrics.png", "scenario.yaml", "arms.json"} <= {
        path.name for path in (tmp_path / "kept").iterdir()
    }
    again = recsim.load(tmp_path / "kept")
    pd.testing.assert_frame_equal(again.metrics, found.metrics, check_exact=True)
    assert again.arms == found.arms and again.effects().equals(found.effects())
    assert again.settings.equals(found.settings)
    with pytest.raises(folder.RunExistsError, match="holds results already"):
        found.save(tmp_path / "kept")


def test_a_comparison_has_no_runs_to_go_on_with_or_to_replay(results, tmp_path, capsys):
    compare(results / "long-1", results / "short-1").save(tmp_path / "kept")
    before = {path: path.read_bytes() for path in (tmp_path / "kept").iterdir()}
    for verb in ("resume", "replay"):
        assert main([verb, str(tmp_path / "kept")]) == 2
        assert "holds a comparison of other runs" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in (tmp_path / "kept").iterdir()} == before
    again = compare(tmp_path / "kept", results / "short-2", results / "long-2")
    assert list(again.arms) == ["kept.long", "kept.short"] and effect(again, "kept.short")["n"] == 2


def test_many_arms_are_compared_in_a_moment():
    """How long it takes grows with the number of runs, not with its square."""
    arms = {f"a{size}": plain().override("system.slate_size", size) for size in range(1, 26)}
    cells = [(arm, seed) for arm in arms for seed in range(40)]
    rows = [(arm, seed, 6, "coverage", "all", float(seed)) for arm, seed in cells]
    metrics = pd.DataFrame(rows, columns=["arm", "seed", "tick", "metric", "group", "value"])
    begun = time.process_time()
    found = compare(Ensemble(metrics, plain(), arms))
    assert time.process_time() - begun < 6
    assert len(found.arms) == 25 and len(found.metrics) == 1000
