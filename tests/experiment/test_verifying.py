"""`recsim verify`: how many looks are taken, what is run for them, and which verdicts come out as written."""

import json
from pathlib import Path

import pytest

import recsim
from recsim.cli import main
from recsim.experiment import Experiment, cells, verifying
from recsim.reading import dump, packaged
from recsim.runs import Interrupted
from tests.helpers import tiny

ARMS = {
    "random": {"system.recommender": "uniform"},
    "chance": {"system.recommender": {"kind": "uniform", "name": "other"}},
    "long": {"system.slate_size": 9},
    "same": {},
}
COVERS = {"says": "Random covers more.", "expect": "greater", "metric": "coverage", "arms": ["random", "baseline"]}
COIN = {"says": "One dice is luckier.", "expect": "greater", "metric": "utility", "arms": ["random", "chance"]}


def spec(*claims, metrics=("coverage", "utility"), **fields):
    """Little learning and many arms, of which claims need few."""
    fields = {"arms": ARMS} | fields
    return tiny({"ticks": 4}, metrics=list(metrics), experiment=fields, claims=list(claims))


@pytest.fixture
def ran(monkeypatch):
    """The runs that are really done, as (arm, seed)."""
    done = []
    write = cells._write

    def spied(sim, scenario, beside, arm):
        done.append((arm, scenario.seed))
        write(sim, scenario, beside, arm)

    monkeypatch.setattr(cells, "_write", spied)
    return done


def by_seed(arms, seeds):
    return sorted((arm, seed) for arm in arms for seed in range(1, seeds + 1))


# -- looks ----


def test_the_first_look_is_enough_where_it_decides_and_only_the_arms_that_are_named_run(ran):
    result = verifying.verify(spec(COVERS), jobs=1)
    assert (result.seeds, result.runs, result.as_written) == (5, 10, True)
    assert sorted(ran) == by_seed(["baseline", "random"], 5)
    row = result.claims.iloc[0]
    assert (row["verdict"], row["n"], row["says"]) == ("holds", 5, "Random covers more.")
    assert result.failures.empty


def test_a_coin_toss_stays_undecided_through_all_the_looks_it_is_allowed(ran):
    result = verifying.verify(spec(COIN), most=10, jobs=1)
    assert (result.seeds, result.runs, result.as_written) == (10, 20, False)
    assert sorted(ran) == by_seed(["random", "chance"], 10), "the seeds of the first look are not run again"
    assert result.claims.iloc[0][["verdict", "n"]].tolist() == ["undecided", 10]


def test_a_claim_that_is_decided_is_not_looked_at_again():
    result = verifying.verify(spec(COVERS, COIN), most=10, jobs=1)
    assert result.seeds == 10
    assert result.claims[["verdict", "n"]].to_numpy().tolist() == [["holds", 5], ["undecided", 10]]


@pytest.mark.parametrize(("most", "seeds"), [(1, 1), (3, 3), (5, 5), (7, 5), (12, 10)])
def test_no_more_seeds_are_run_than_are_allowed(most, seeds, ran):
    result = verifying.verify(spec(COIN), most=most, jobs=1)
    assert result.seeds == seeds and sorted(ran) == by_seed(["random", "chance"], seeds)
    assert result.claims["n"].tolist() == [seeds] and result.claims["verdict"].tolist() == ["undecided"]


def test_seeds_count_up_from_the_scenarios_own(ran):
    verifying.verify(spec(COVERS).override("seed", 7), most=5, jobs=1)
    assert {seed for _, seed in ran} == {7, 8, 9, 10, 11}


def test_the_number_of_seeds_of_the_experiment_plays_no_part():
    one, other = (verifying.verify(spec(COVERS, seeds=seeds), jobs=1).claims for seeds in (1, 30))
    assert one.equals(other)


def test_claims_along_a_sweep_need_all_its_points(ran):
    rising = {
        "says": "Longer slates cover more.",
        "expect": "increasing",
        "metric": "coverage",
        "over": "system.slate_size",
    }
    result = verifying.verify(spec(rising, arms={}, sweep={"system.slate_size": [1, 4, 12]}), most=5, jobs=1)
    assert result.as_written and result.seeds == 5
    assert sorted(ran) == by_seed(["baseline", "slate_size=1", "slate_size=4", "slate_size=12"], 5)


def test_an_arm_that_metrics_compare_with_runs_though_no_claim_names_it(ran):
    less = {"says": "Random is further away.", "expect": "less", "metric": "slate_overlap", "arms": ["random", "long"]}
    result = verifying.verify(spec(less, metrics=["slate_overlap"]), most=5, jobs=1)
    assert {arm for arm, _ in ran} == {"baseline", "random", "long"}
    assert result.claims["n"].tolist() == [5], "it would be undefined without the baseline"


class Snare(recsim.Behaviour):
    """Fails on some seeds."""

    after_tick: int = 3
    """From when on."""

    def after(self, world, feedback, draws):
        if world.tick >= self.after_tick:
            raise ArithmeticError("the ground gave way")


@pytest.fixture
def _snare():
    recsim.Behaviour.members()["snare"] = Snare


@pytest.mark.usefixtures("_snare")
def test_a_run_that_fails_is_told_and_nothing_comes_out_as_written(tmp_path, capsys, ran):
    """More seeds would not help an arm that cannot run, so no more are taken."""
    broken = spec(
        COVERS,
        COVERS | {"says": "b", "arms": ["bad", "baseline"]},
        arms={**ARMS, "bad": {"users.behaviours": ["snare"]}},
    )
    result = verifying.verify(broken, jobs=1)
    assert result.seeds == 5 and result.runs == 15 and len(result.failures) == 5
    assert result.claims["verdict"].tolist() == ["holds", "undecided"]
    (tmp_path / "broken.yaml").write_text(dump(broken))
    assert main(["verify", str(tmp_path / "broken.yaml"), "--quiet", "--jobs", "1"]) == 1
    err = capsys.readouterr().err
    assert "5 runs failed" in err and "bad, seed 1: ArithmeticError: the ground gave way" in err
    assert "1 of 2 claims came out as written" in err


@pytest.mark.usefixtures("_snare")
def test_a_scenario_that_cannot_run_at_all_is_told():
    result = verifying.verify(spec(COVERS).override("users.behaviours", ["snare"]), jobs=1)
    assert len(result.failures) == 10 and not result.as_written and result.claims["verdict"].tolist() == ["undecided"]


# -- from the command line ----

QUIET = ["--quiet", "--jobs", "1"]


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with scenarios: one that holds, one that fails, one that is known to, and one that claims nothing."""
    backwards = COVERS | {"says": "Random covers less.", "arms": ["baseline", "random"]}
    files = {
        "good.yaml": spec(COVERS),
        "bad.yaml": spec(backwards),
        "known.yaml": spec(backwards | {"known": "fails, because random covers more"}),
        "luck.yaml": spec(COIN | {"known": "undecided, because it is a coin toss"}),
        "quiet.yaml": tiny(),
    }
    for name, scenario in files.items():
        (tmp_path / name).write_text(dump(scenario))
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RECSIM_DATA", raising=False)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "code", "verdict", "last"),
    [
        ("good.yaml", 0, "holds     Random covers more.", "1 of 1 claims came out as written"),
        ("bad.yaml", 1, "fails     Random covers less.   NOT AS WRITTEN (holds)", "0 of 1 claims came out as written"),
        ("known.yaml", 0, "fails     Random covers less.", "1 of 1 claims came out as written"),
        ("luck.yaml", 0, "undecided One dice is luckier.", "1 of 1 claims came out as written"),
    ],
)
def test_the_exit_code_says_whether_all_came_out_as_written(name, code, verdict, last, place, capsys):
    assert main(["verify", name, "--seeds", "5", *QUIET]) == code
    out, err = capsys.readouterr()
    assert out.splitlines()[0].startswith(f"{Path(name).stem}: 5 seeds, 10 runs, ")
    assert out.splitlines()[1].strip() == verdict and "expected " in out and "measured " in out
    assert err == f"{last}\n"


def test_verdicts_for_machines(place, capsys):
    assert main(["verify", "good.yaml", "bad.yaml", "--json", *QUIET]) == 1
    out, err = capsys.readouterr()
    good, bad = json.loads(out)
    assert (good["scenario"], good["seeds"], len(good["claims"])) == ("good", 5, 1)
    told = bad["claims"][0]
    assert (told["verdict"], told["written"], told["as_written"], told["n"]) == ("fails", "holds", False, 5)
    assert told["low"] < told["estimate"] < told["high"] < 0 and told["p"] < 0.05
    assert not err
    assert main(["verify", "good.yaml", "--json", "--seeds", "1", *QUIET]) == 1
    (one,) = json.loads(capsys.readouterr().out)
    assert one["claims"][0]["low"] is None and one["claims"][0]["verdict"] == "undecided"


def test_a_folder_stands_for_the_scenarios_in_it_that_claim_something(place, capsys):
    (place / "more").mkdir()
    for name in ("bad.yaml", "luck.yaml"):
        (place / name).unlink()
    (place / "good.yaml").rename(place / "more" / "deep.yaml")
    assert main(["verify", ".", *QUIET]) == 0
    out, err = capsys.readouterr()
    assert [line.split(":")[0] for line in out.splitlines() if not line.startswith(" ")] == ["known", "deep"]
    assert err == "2 of 2 claims came out as written\n"


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["quiet.yaml"], "quiet.yaml  it claims nothing\n   add 'claims:'; recsim explain claims shows their forms"),
        (["good.yaml", "quiet.yaml"], "quiet.yaml  it claims nothing"),
        (["good.yaml", "nowhere.yaml"], "nowhere.yaml  no such file"),
        (["good.yaml", "wrong.yaml"], "unknown field 'tikcs'"),
        (["empty"], "empty  no scenarios in this folder (*.yaml)"),
        (["silent"], "silent  no scenario in it claims anything"),
        (["good.yaml", "movielens"], "data.path: no movielens data"),
        (["--seeds", "0"], "'0' is not an integer ≥ 1"),
    ],
)
def test_what_cannot_be_verified_is_told_before_anything_is_run(names, words, place, capsys, ran):
    (place / "empty").mkdir()
    (place / "silent").mkdir()
    (place / "silent" / "quiet.yaml").write_text(dump(tiny()))
    (place / "wrong.yaml").write_text("tikcs: 4\n")
    assert main(["verify", *names, *QUIET]) == 2
    out, err = capsys.readouterr()
    assert words in err and not out and not ran


def test_packaged_scenarios_are_known_by_their_names(monkeypatch):
    def with_claims(name, data=None):
        return spec(COVERS)

    monkeypatch.setattr(verifying, "prepared", with_claims)
    assert [name for name, _ in verifying.found(["hello"], None)] == ["hello"]
    assert [name for name, _ in verifying.found([], None)] == list(packaged())


def test_of_the_packaged_scenarios_those_without_their_data_are_left_out_with_a_note(place, monkeypatch, capsys):
    known = {"movielens": packaged()["movielens"], "good": place / "good.yaml", "quiet": place / "quiet.yaml"}
    monkeypatch.setattr(verifying, "packaged", lambda: known)
    assert main(["verify", *QUIET]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("good: 5 seeds") and "movielens" not in out
    note, told = err.splitlines()
    assert note.startswith("note: movielens is left out: ") and "no movielens data" in note
    assert told == "1 of 1 claims came out as written"


def test_ctrl_c_ends_it_with_3_and_tells_what_is_known(place, monkeypatch, capsys):
    run, calls = Experiment.run, []

    def stopped(self, *args, **kwargs):
        calls.append(1)
        if len(calls) > 1:
            raise Interrupted("stopped")
        return run(self, *args, **kwargs)

    monkeypatch.setattr(Experiment, "run", stopped)
    assert main(["verify", "good.yaml", "bad.yaml", *QUIET]) == 3
    out, err = capsys.readouterr()
    assert out.startswith("good: 5 seeds") and "bad" not in out and "stopped" in err and "/tmp/recsim-" not in err
