"""What can be said of an experiment: effects, claims, attributions, tables and pictures, and of arms that failed."""

import builtins
import json
import math

import numpy as np
import pandas as pd
import pytest

import recsim
from recsim.arms import arms_of
from recsim.cli import main
from recsim.experiment import Ensemble, Experiment
from recsim.experiment.telling import attribution_told, effects_told, failures_told
from tests.helpers import tiny

SHORT = {"system.slate_size": 2}


def spec(**fields):
    fields = {"seeds": 3, "arms": {"short": SHORT, "same": {}, "uniform": {"system.recommender": "uniform"}}} | fields
    return tiny(metrics=["coverage", "utility"], experiment=fields)


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    place = tmp_path_factory.mktemp("found") / "here"
    Experiment(spec()).run(place, jobs=1)
    return recsim.load(place)


def by_seed(found: Ensemble, arm: str, metric: str, ticks) -> np.ndarray:
    """The mean over ticks of each seed, straight from the frame."""
    rows = found.metrics
    rows = rows[(rows["arm"] == arm) & (rows["metric"] == metric) & (rows["group"] == "all") & rows["tick"].isin(ticks)]
    return rows.groupby("seed")["value"].mean().to_numpy()


def row(effects: pd.DataFrame, **where) -> pd.Series:
    for name, value in where.items():
        effects = effects[effects[name] == value]
    assert len(effects) == 1
    return effects.iloc[0]


# -- effects ----


@pytest.mark.parametrize(
    ("at", "ticks"),
    [(None, range(3, 7)), ("last 20 ticks", range(3, 7)), ("last 2 ticks", [5, 6]), ("first 1 tick", [3]),
     ("tick 1", [1]), ("ticks 2 to 4", [2, 3, 4]), ("end", [6]), ("after warm-up", range(3, 7))],
)  # fmt: skip
def test_effects_are_paired_differences_in_a_window(at, ticks, found):
    effects = found.effects(at=at)
    for arm in ("short", "uniform"):
        for metric in ("coverage", "utility"):
            one, base = by_seed(found, arm, metric, ticks), by_seed(found, "baseline", metric, ticks)
            its = row(effects, arm=arm, metric=metric)
            assert its["difference"] == pytest.approx((one - base).mean(), abs=1e-12)
            half = 0.95 * math.sqrt(2 / (1 - 0.95**2)) * (one - base).std(ddof=1) / math.sqrt(3)  # t(0.975, 2)
            assert (its["high"] - its["low"]) / 2 == pytest.approx(half, abs=1e-12)
            assert (its["mean"], its["mean_against"]) == (pytest.approx(one.mean()), pytest.approx(base.mean()))
    assert set(effects["window"]) == {at or "last 20 ticks"}


def test_an_arm_that_changes_nothing_has_effects_of_exactly_0(found):
    same = found.effects()[lambda table: table["arm"] == "same"]
    assert len(same) == 2 and (same[["difference", "low", "high"]] == 0).all(axis=None)
    assert effects_told(found).count("the same") == 2


def test_effects_against_another_arm_turn_round(found):
    one, other = found.effects(), found.effects(against="short")
    assert set(other["arm"]) == {"baseline", "same", "uniform"} and set(other["against"]) == {"short"}
    forward, back = (row(table, arm=arm, metric="utility") for table, arm in ((one, "short"), (other, "baseline")))
    assert forward["difference"] == -back["difference"] != 0 and forward["low"] == -back["high"]


def test_several_windows_stand_side_by_side(found):
    effects = found.effects(at=["end", "tick 3"])
    assert effects.groupby("window").size().to_dict() == {"end": 6, "tick 3": 6}
    assert row(effects, arm="short", metric="utility", window="end").equals(
        row(found.effects(at="end"), arm="short", metric="utility")
    )


def test_a_window_in_which_nothing_was_measured_has_no_effects(found):
    nothing = found.effects(at="tick 99")
    assert len(nothing) == 6 and (nothing["n"] == 0).all() and nothing["difference"].isna().all()


def test_arms_and_windows_that_are_none_are_told(found):
    with pytest.raises(ValueError, match="no arm is called 'shrot'; did you mean 'short'"):
        found.effects(against="shrot")
    with pytest.raises(ValueError, match="no arm is called 'zzz'; there are baseline, short, same, uniform"):
        found.effects(against="zzz")
    with pytest.raises(ValueError, match="'lst 3 ticks' is no window of time: write last 20 ticks"):
        found.effects(at="lst 3 ticks")


def test_the_window_and_the_arm_to_compare_with_may_be_the_experiments_own():
    own = Experiment(spec(seeds=2, windows=["tick 4", "end"], against="short")).run(jobs=1)
    effects = own.effects()
    assert effects["against"].unique().tolist() == ["short"] and effects["window"].unique().tolist() == [
        "tick 4",
        "end",
    ]
    assert effects_told(own).count("mean of 'short'") == 2
    assert set(own.points()["arm"]) == {"short", "same", "uniform"}
    value = by_seed(own, "uniform", "utility", [4])
    assert own.points().query("arm == 'uniform' and metric == 'utility'")["value"].tolist() == value.tolist()


# -- tables ----


def test_the_wide_table_has_a_row_a_tick_and_a_column_a_metric_and_group():
    groups = [{"name": "many", "share": 0.8}, {"name": "few", "share": 0.2}]
    grouped = tiny(
        metrics=["utility", "coverage"], users={"groups": groups}, experiment={"seeds": 2, "arms": {"b": {}}}
    )
    ensemble = Experiment(grouped).run(jobs=1)
    wide = ensemble.wide()
    assert list(wide.columns) == ["utility", "utility[many]", "utility[few]", "coverage"]
    assert wide.index.names == ["arm", "seed", "tick"] and len(wide) == 2 * 2 * 7
    assert wide.index.get_level_values("arm").unique().tolist() == ["baseline", "b"]
    for arm, seed, tick, metric, group, value in ensemble.metrics.itertuples(index=False):
        held = wide.loc[(arm, seed, tick), metric if group == "all" else f"{metric}[{group}]"]
        assert held == value or (math.isnan(held) and math.isnan(value))
    assert {"all", "many", "few"} == set(ensemble.effects().query("metric == 'utility'")["group"])
    cube = ensemble.to_xarray()
    assert cube["arm"].to_numpy().tolist() == ["baseline", "b"]
    assert float(cube["utility[few]"].sel(arm="b", seed=2, tick=5)) == wide.loc[("b", 2, 5), "utility[few]"]


def test_tables_on_disk_are_those_in_memory(tmp_path, found):
    one = Experiment(spec(seeds=2, sweep={"system.slate_size": [3]})).run(tmp_path / "here", jobs=1)
    for name, table in (("effects", one.effects()), ("points", one.points())):
        text = (tmp_path / "here" / f"{name}.csv").read_text()
        assert text == table.to_csv(index=False, lineterminator="\n")
        pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "here" / f"{name}.csv"), table, check_exact=True)
    assert {path.name for path in (tmp_path / "here").glob("*.png")} == {"metrics.png", "sweep.png"}
    saved = recsim.load(one.save(tmp_path / "saved"))
    pd.testing.assert_frame_equal(saved.metrics, one.metrics, check_exact=True)
    assert (saved.scenario, saved.arms, saved.parameters) == (one.scenario, one.arms, ["system.slate_size"])
    assert saved.provenance["seeds"] == [1, 2]


def test_the_smallest_and_largest_numbers_read_back_as_they_were(tmp_path):
    values = [5e-324, 1.7976931348623157e300, -0.0, 0.1 + 0.2, math.nan, 1 / 3, float("inf"), 123456789.12345679]
    rows = [("baseline", 1, tick, "coverage", "all", value) for tick, value in enumerate(values)]
    frame = pd.DataFrame(rows, columns=["arm", "seed", "tick", "metric", "group", "value"])
    one = spec(arms={})
    again = recsim.load(Ensemble(frame, one, arms_of(one)).save(tmp_path / "here"))
    assert [value.hex() for value in again.metrics["value"]] == [value.hex() for value in frame["value"]]


def test_without_xarray_one_is_told_what_to_install(monkeypatch, found):
    real = builtins.__import__

    def no_xarray(name, *args, **kwargs):
        if name.partition(".")[0] == "xarray":
            raise ImportError("No module named 'xarray'")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", no_xarray)
    with pytest.raises(ImportError, match=r"to_xarray needs xarray: pip install 'recsim-loop\[xarray\]'"):
        found.to_xarray()


def test_names_that_were_not_measured_are_told_by_the_plot(found):
    assert [panel.get_title(loc="left") for panel in found.plot("utility").axes[:1]] == ["utility"]
    with pytest.raises(ValueError, match=r"'utilty' was not measured.*'utility'"):
        found.plot("utilty")


def test_more_arms_than_can_be_told_apart_are_told_as_points_and_not_drawn_as_lines():
    sizes = {f"s{size}": {"system.slate_size": size} for size in range(1, 10)}
    one = tiny(metrics=["coverage", "slate_overlap"], experiment={"seeds": 1, "arms": sizes, "against": "s1"})
    ensemble = Experiment(one).run(jobs=1)
    table = effects_told(ensemble)
    assert "metrics" not in ensemble.pictures() and "nan" not in table
    assert [line.split()[0] for line in table.splitlines()[-9:]] == list(sizes)
    assert all(line.split()[2] == "-" for line in table.splitlines()[-9:]), "there is no baseline to compare with"


# -- claims ----

CLAIM = {
    "says": "Random slates cover more.",
    "expect": "greater",
    "metric": "coverage",
    "arms": ["uniform", "baseline"],
}


def test_claims_are_judged_once_on_all_seeds_and_written_beside_the_effects(tmp_path):
    wrong = CLAIM | {"says": "The same differ.", "arms": ["same", "baseline"], "known": "fails, because it is the same"}
    claimed = tiny(
        metrics=["coverage", "utility"], experiment=spec(seeds=5).experiment.model_dump(), claims=[CLAIM, wrong]
    )
    one = Experiment(claimed).run(tmp_path / "here", jobs=1)
    table = one.claims()
    assert table["verdict"].tolist() == ["holds", "fails"] and table["as_written"].tolist() == [True, True]
    assert table["n"].tolist() == [5, 5] and table["estimate"][1] == 0
    assert (tmp_path / "here" / "claims.csv").read_text() == table.to_csv(index=False, lineterminator="\n")
    few = Experiment(claimed, seeds=1).run(jobs=1).claims()
    assert few["verdict"].tolist() == ["undecided", "undecided"]


def test_without_claims_there_is_an_empty_table(found):
    assert found.claims().empty and "verdict" in found.claims()


# -- attribution ----

DRIFT = {"behaviours": [{"kind": "drift", "rate": 0.4}, {"kind": "position_bias", "strength": 1.5}]}
FACTORS = {
    "drift": "users.behaviours.drift",
    "nothing": {"system.slate_size": 5},
    "bias": "users.behaviours.position_bias",
    "model": {"system.recommender": "uniform"},
}


@pytest.fixture(scope="module")
def attributed(tmp_path_factory):
    place = tmp_path_factory.mktemp("attributed") / "here"
    one = tiny(users=DRIFT, metrics=["utility", "taste_drift"], experiment={"seeds": 2, "attribution": FACTORS})
    Experiment(one).run(place, jobs=1)
    return place


def test_contributions_add_up_to_what_all_factors_do_together_on_every_seed(attributed):
    found = recsim.load(attributed)
    assert len(found.arms) == 16
    for seed in found.seeds:
        alone = Ensemble(found.metrics[found.metrics["seed"] == seed], found.scenario, found.arms)
        table = alone.attribution().set_index(["metric", "factor"])["contribution"]
        for metric in ("utility", "taste_drift"):
            full, none = (
                by_seed(alone, arm, metric, range(3, 7))[0] for arm in ("baseline", "without-drift+nothing+bias+model")
            )
            assert table[metric].loc[list(FACTORS)].sum() == pytest.approx(full - none, abs=1e-12)
            assert table[metric]["together"] == pytest.approx(full - none, abs=1e-12) != 0


def test_a_factor_that_changes_nothing_contributes_exactly_nothing(attributed):
    table = recsim.load(attributed).attribution()
    nothing = table[table["factor"] == "nothing"]
    assert len(nothing) == 2 and (nothing[["contribution", "low", "high"]] == 0).all(axis=None)
    drift = table[(table["factor"] == "drift") & (table["metric"] == "taste_drift")].iloc[0]
    assert drift["contribution"] > 0 and drift["n"] == 2


def test_a_contribution_is_the_mean_over_both_orders_by_hand():
    factors = {"drift": FACTORS["drift"], "bias": FACTORS["bias"]}
    found = Experiment(
        tiny(users=DRIFT, metrics=["utility"], experiment={"seeds": 2, "attribution": factors})
    ).run(jobs=1)  # fmt: skip
    value = {arm: by_seed(found, arm, "utility", range(3, 7)) for arm in found.arms}
    alone = value["without-bias"] - value["without-drift+bias"]
    last = value["baseline"] - value["without-drift"]
    its = row(found.attribution(), factor="drift")
    assert its["contribution"] == pytest.approx(((alone + last) / 2).mean(), abs=1e-12)
    assert its["share"] == pytest.approx(
        its["contribution"] / row(found.attribution(), factor="together")["contribution"]
    )


def test_an_attribution_is_written_drawn_and_told(attributed):
    found = recsim.load(attributed)
    table = pd.read_csv(attributed / "attribution.csv")
    pd.testing.assert_frame_equal(table, found.attribution(), check_exact=True)
    assert list(table["factor"][:5]) == [*FACTORS, "together"]
    assert (attributed / "attribution.png").stat().st_size > 5000
    assert [line.split()[0] for line in attribution_told(found).splitlines()[-2:]] == ["utility", "taste_drift"]
    assert set(found.attribution(at="end")["window"]) == {"end"}


def test_without_the_section_there_is_nothing_to_attribute(found):
    with pytest.raises(ValueError, match="the experiment has no 'attribution'"):
        found.attribution()


# -- what is not there ----


class Trap(recsim.Behaviour):
    """Fails in the middle of the run."""

    on: bool = True
    """Whether it does."""

    def after(self, world, feedback, draws):
        if self.on and world.tick == 4:
            raise ArithmeticError("the ground gave way")


@pytest.fixture
def _trap():
    recsim.Behaviour.members()["trap"] = Trap


BAD = {"users.behaviours": ["trap"]}
UNKNOWN = CLAIM | {"says": "Nobody knows.", "arms": ["bad", "baseline"]}


@pytest.mark.usefixtures("_trap")
@pytest.mark.parametrize("bad", ["bad", "baseline"])
def test_an_arm_that_fails_on_every_seed_takes_nothing_else_with_it(bad, tmp_path, capsys):
    """Hours of other arms must not be lost to one that cannot run."""
    claims = [CLAIM, CLAIM | {"says": "Nobody knows.", "arms": [bad, "short"]}]
    arms = {"short": SHORT, "uniform": {"system.recommender": "uniform"}, bad: BAD}
    fields = {"seeds": 5, "arms": arms}
    one = tiny(metrics=["coverage", "utility"], experiment=fields, claims=claims if bad == "bad" else claims[1:])
    found = Experiment(one).run(tmp_path / "here", jobs=1)
    assert set(found.failures["arm"]) == {bad} and len(found.failures) == 5
    assert "5 runs failed" in failures_told(found.failures)
    assert found.effects().equals(pd.read_csv(tmp_path / "here" / "effects.csv")) or bad == "baseline"
    effects = found.effects(against="short").set_index(["arm", "metric"])
    assert (effects.loc["uniform", "n"] == 5).all() and effects.loc["uniform", "difference"].notna().all()
    assert (effects.loc[bad, "n"] == 0).all()
    against = found.effects(against=bad)
    assert len(against) and against["difference"].isna().all()
    assert found.claims().set_index("says").loc["Nobody knows.", "verdict"] == "undecided"
    assert bad == "baseline" or found.claims().set_index("says").loc[CLAIM["says"], "verdict"] == "holds"
    assert {"effects.csv", "claims.csv", "failures.csv", "metrics.png"} <= {
        path.name for path in (tmp_path / "here").iterdir()
    }
    assert "nan" not in effects_told(found)
    assert main(["resume", str(tmp_path / "here"), "--quiet", "--jobs", "1"]) == 1
    out, err = capsys.readouterr()
    assert "the ground gave way" in err and "undecided" in out


@pytest.mark.usefixtures("_trap")
def test_an_attribution_of_which_a_combination_fails_is_undefined():
    factors = {"drift": FACTORS["drift"], "trap": {"users.behaviours.trap.on": True}}
    users = {"behaviours": [*DRIFT["behaviours"], {"kind": "trap", "on": False}]}
    found = Experiment(tiny(users=users, metrics=["utility"], experiment={"seeds": 2, "attribution": factors})).run(
        jobs=1
    )
    assert len(found.failures) == 4
    assert found.attribution()["contribution"].isna().all() and "nan" not in attribution_told(found)
    assert found.pictures()["attribution"] is not None


@pytest.mark.usefixtures("_trap")
def test_an_experiment_of_which_everything_fails_says_so(tmp_path, capsys):
    one = tiny(BAD, metrics=["coverage"], experiment={"seeds": 2, "arms": {"short": SHORT}})
    found = Experiment(one).run(tmp_path / "here", jobs=1)
    assert found.metrics.empty and len(found.failures) == 4 and found.seeds == []
    assert found.effects().empty and "nothing was measured" in repr(found)
    assert main(["resume", str(tmp_path / "here"), "--quiet", "--jobs", "1"]) == 1
    assert "4 runs failed" in capsys.readouterr().err


def test_an_experiment_that_measures_nothing_is_empty_and_no_error(tmp_path, capsys):
    nothing = tiny(metrics=[], experiment={"seeds": 2, "arms": {"short": SHORT}})
    found = Experiment(nothing).run(tmp_path / "here", jobs=1)
    assert found.metrics.empty and found.effects().empty and found.claims().empty and found.points().empty
    assert found.wide().empty and not found.to_xarray().data_vars
    assert "nothing was measured" in repr(found) and "nothing was measured" in found._repr_html_()
    with pytest.raises(ValueError, match="nothing was measured: give the scenario 'metrics'"):
        found.plot()
    assert recsim.load(tmp_path / "here").metrics.empty
    for verb in ("resume", "replay"):
        assert main([verb, str(tmp_path / "here"), "--json", "--quiet", "--jobs", "1"]) == 0
        json.loads(capsys.readouterr().out)


def test_what_users_wrote_is_escaped_in_a_notebook():
    one = tiny(about="<script>alert(1)</script>", metrics=["coverage"], experiment={"seeds": 1, "arms": {"a": {}}})
    page = Experiment(one).run(jobs=1)._repr_html_()
    assert "<script>" not in page and "&lt;script&gt;" in page and "2 arms × 1 seed" in page
