"""Experiments from the command line: what goes where, exit codes, and what is left of a directory that was damaged."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

import recsim
from recsim.cli import main
from recsim.experiment import Experiment, cells
from recsim.reading import dump
from recsim.runs import Interrupted
from recsim.simulation import Simulation
from tests.experiment.test_experiment import files
from tests.helpers import tiny

QUIET = ["--quiet", "--jobs", "1"]
FIELDS = {
    "seeds": 2,
    "arms": {
        "uniform": {"system.recommender": "uniform"},
        "late": {"interventions": [{"kind": "exploration", "share": 0.5, "start": 5}]},
    },
}
PLAIN = tiny(metrics=["coverage", "slate_overlap"], about="What does chance do?")
SPEC = tiny(metrics=["coverage", "slate_overlap"], about="What does chance do?", experiment=FIELDS)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The directory of a finished experiment; to be copied."""
    place = tmp_path_factory.mktemp("finished") / "here"
    Experiment(SPEC).run(place, jobs=1)
    return place


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A working directory with `exp.yaml` and `plain.yaml`."""
    (tmp_path / "exp.yaml").write_text(dump(SPEC))
    (tmp_path / "plain.yaml").write_text(dump(PLAIN))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def here(place, finished):
    """A copy of the finished experiment, at `here`."""
    shutil.copytree(finished, place / "here")
    return place / "here"


@pytest.fixture
def recsim_(capsys):
    """Run a command line in this process: exit code, stdout, stderr."""

    def act(*arguments, code=0):
        found = main([str(one) for one in arguments])
        out, err = capsys.readouterr()
        assert found == code, err or out
        assert "Traceback" not in err
        return out, err

    return act


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


# -- run ----


def test_a_run_of_an_experiment_tells_results_on_stdout_and_the_rest_on_stderr(place, recsim_, finished):
    out, err = recsim_("run", "exp.yaml", "-o", "out", *QUIET)
    head, *table = out.splitlines()
    assert head == "last 20 ticks, 2 seeds: mean of 'baseline', and what the others add to it [95 % interval]"
    assert table[0].split() == ["baseline", "uniform", "late"]
    assert [line.split()[0] for line in table[2:-1]] == ["coverage", "slate_overlap"]
    assert table[-1].startswith("unpaired, these intervals would be ")
    assert err == "\nresults in out/ (metrics.csv, effects.csv, metrics.png, cells/, …)\n"
    assert files(place / "out") == files(finished)


def test_a_run_for_machines_is_one_json_document(place, recsim_):
    out, err = recsim_("run", "exp.yaml", "-o", "out", "--json", "--seeds", "1", *QUIET)
    told = json.loads(out)
    assert told["directory"] == "out" and told["provenance"]["seeds"] == [1] and told["claims"] == [] and not err
    assert {(row["arm"], row["metric"]) for row in told["effects"]} == {
        (arm, metric) for arm in ("uniform", "late") for metric in ("coverage", "slate_overlap")
    }
    assert told["effects"][0]["low"] is None, "one seed has no interval, and NaN is no JSON"


def test_without_o_a_run_finds_a_place_of_its_own(place, recsim_):
    for number in ("", "-2"):
        recsim_("run", "exp.yaml", "--seeds", "1", *QUIET)
        assert (place / "results" / f"exp-1{number}" / "effects.csv").is_file()


def test_seeds_make_an_experiment_of_any_scenario(place, recsim_):
    out, _ = recsim_("run", "plain.yaml", "-o", "out", "--seeds", "3", "--set", "metrics=[coverage]", *QUIET)
    assert out.startswith("last 20 ticks, 3 seeds\n") and "95 % interval" in out
    assert recsim.load("out").seeds == [1, 2, 3]


def test_a_seed_or_an_arm_is_a_single_run_with_the_numbers_of_its_cell(place, recsim_, finished):
    out, err = recsim_("run", "exp.yaml", "-o", "two", "--seed", "2", *QUIET)
    assert out.splitlines()[0].split() == ["start", "end", "change"] and "results in two/" in err
    recsim_("run", "exp.yaml", "-o", "late", "--arm", "late", *QUIET)
    recsim_("run", "exp.yaml", "-o", "both", "--arm", "uniform", "--seed", "2", *QUIET)
    for name, cell in (("two", "baseline-2"), ("late", "late-1"), ("both", "uniform-2")):
        assert (place / name / "metrics.csv").read_bytes() == (finished / "cells" / cell / "metrics.csv").read_bytes()
    recsim_("replay", "late", *QUIET)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--arm", "lte"], "--arm  no arm is called 'lte'\n   did you mean 'late'?"),
        (["--arm", "zzz"], "arms there: baseline, uniform and late"),
        (["--on", "nonsense"], "--on nonsense: no such engine\n   give the address of a Dask scheduler"),
        (["--seeds", "0"], "'0' is not an integer ≥ 1"),
        (["--jobs", "0"], "'0' is not an integer ≥ 1"),
        (["--set", "experiment.against=lte"], "experiment.against: no arm is called 'lte'\n   did you mean 'late'?"),
    ],
)
def test_what_cannot_be_run_is_told_with_2(arguments, words, place, recsim_):
    out, err = recsim_("run", "exp.yaml", "-o", "out", "--quiet", *arguments, code=2)
    assert words in err and not out
    assert not list(place.glob("out/cells/*"))


def test_what_an_engine_that_is_none_left_behind_is_gone_on_with(place, recsim_, finished):
    recsim_("run", "exp.yaml", "-o", "out", "--on", "nonsense", "--quiet", code=2)
    recsim_("run", "exp.yaml", "-o", "out", *QUIET)
    assert files(place / "out") == files(finished)


@pytest.mark.parametrize(
    ("verb", "words"),
    [
        (["run", "plain.yaml"], "holds results already; name another place with -o"),
        (["run", "exp.yaml", "--set", "seed=9"], "holds another experiment; name another place with -o"),
        (["run", "exp.yaml", "--set", "system.slate_size=4"], "holds another experiment; name another place with -o"),
        (["run", "exp.yaml", "--arm", "late"], "holds results already; name another place with -o"),
        (["sweep", "plain.yaml", "--over", "system.slate_size=2,3"], "holds another experiment; name another place"),
        (["compare", "here"], "holds results already; name another place with -o"),
    ],
)
def test_results_are_never_written_over(verb, words, here, recsim_):
    before = contents(here)
    _, err = recsim_(*verb, "-o", "here", *(QUIET if verb[0] != "compare" else []), code=2)
    assert words in err
    assert contents(here) == before


def test_a_directory_with_something_else_in_it_is_left_alone(place, recsim_):
    (place / "mine").mkdir()
    (place / "mine" / "letter.txt").write_text("precious")
    _, err = recsim_("run", "exp.yaml", "-o", "mine", *QUIET, code=2)
    assert "mine: is not empty; name another place with -o" in err
    assert contents(place / "mine") == {"letter.txt": b"precious"}


# -- resume ----


def test_a_finished_experiment_is_not_run_again(here, recsim_, finished, monkeypatch):
    monkeypatch.setattr(Simulation, "step", None)
    out, _ = recsim_("resume", "here", *QUIET)
    assert out.startswith("last 20 ticks, 2 seeds: mean of 'baseline'")
    assert files(here) == files(finished)


@pytest.mark.parametrize("lost", [["late-2"], ["baseline-1"], ["baseline-1", "baseline-2", "late-1", "uniform-2"]])
def test_what_is_missing_is_made_up_for(lost, here, recsim_, finished, monkeypatch):
    for name in lost:
        shutil.rmtree(here / "cells" / name)
    ran = []
    write = cells._write

    def spied(sim, scenario, beside, arm):
        ran.append(f"{arm}-{scenario.seed}")
        write(sim, scenario, beside, arm)

    monkeypatch.setattr(cells, "_write", spied)
    recsim_("resume", "here", *QUIET)
    assert sorted(ran) == sorted(lost) and files(here) == files(finished)


def test_resume_keeps_the_number_of_seeds_it_was_begun_with(place, recsim_):
    recsim_("run", "exp.yaml", "-o", "out", "--seeds", "1", *QUIET)
    before = files(place / "out")
    recsim_("resume", "out", *QUIET)
    assert files(place / "out") == before and recsim.load("out").seeds == [1]


def test_resume_of_what_is_none_is_told(place, recsim_):
    for where in ("nowhere", "."):
        _, err = recsim_("resume", where, *QUIET, code=2)
        assert "no run was begun here" in err


# -- replay ----


@pytest.mark.parametrize("what", ["here", "here/cells/late-2", "here/cells/uniform-1", "here/cells/baseline-1"])
def test_what_was_run_is_replayed_to_the_same_bytes_though_it_compares_with_another_arm(what, here, recsim_):
    before = contents(here)
    out, _ = recsim_("replay", what, *QUIET)
    assert out.startswith(f"{what}: the same ") and out.count("\n") == 1
    assert contents(here) == before


def test_numbers_that_were_tampered_with_do_not_replay(here, recsim_):
    for table in (here / "metrics.csv", here / "cells" / "late-1" / "metrics.csv"):
        text = table.read_text()
        assert ",coverage,all,0." in text
        table.write_text(text.replace(",coverage,all,0.", ",coverage,all,0.1", 1))
    out, err = recsim_("replay", "here", *QUIET, code=1)
    assert out.startswith("here: not the same experiment") and "'recsim replay' of one of the runs in here/cells" in err
    out, _ = recsim_("replay", "here/cells/late-1", *QUIET, code=1)
    assert "first difference: " in out


def test_a_replay_for_machines(here, recsim_):
    out, _ = recsim_("replay", "here", "--json", *QUIET)
    assert json.loads(out) == {"directory": "here", "same": True, "numbers": 2 * 3 * 7 * 2}


def test_a_replay_of_a_run_for_machines(here, recsim_):
    out, _ = recsim_("replay", "here/cells/late-1", "--json", *QUIET)
    assert json.loads(out)["same"] is True


def test_a_replay_of_an_experiment_with_failed_seeds_needs_all_its_seeds(place, recsim_):
    """Seed 2 failed in all arms: seeds 1 and 3 are replayed as 1 and 3."""

    class Pit(recsim.Behaviour):
        """Fails on the second seed."""

        def after(self, world, feedback, draws):
            if world.draws._key == Simulation(PLAIN, rng=2).draws._key:
                raise ArithmeticError("fell in")

    pit = tiny(metrics=["coverage"], users={"behaviours": ["pit"]}, experiment={"seeds": 3, "arms": {"a": {}}})
    found = Experiment(pit).run("out", jobs=1)
    assert found.seeds == [1, 3] and len(found.failures) == 2
    out, _ = recsim_("replay", "out", *QUIET)
    assert out.startswith("out: the same experiment")


@pytest.mark.parametrize("verb", ["replay", "resume"])
def test_ctrl_c_ends_with_3(verb, here, recsim_, monkeypatch):
    def stopped(*args, **kwargs):
        raise Interrupted("stopped; what is finished is kept, go on with: recsim resume here")

    monkeypatch.setattr(Experiment, "run", stopped)
    _, err = recsim_(verb, "here", *QUIET, code=3)
    assert "stopped" in err and ("recsim resume here" in err) == (verb == "resume")


# -- compare, sweep ----


def test_a_comparison_tells_what_differs_and_what_that_did(here, recsim_):
    out, err = recsim_("compare", "here")
    settings, effects = out.split("\n\n")
    assert settings.splitlines() == [
        "in what they differ:",
        "  system.recommender",
        "    als(factors=4, threads=1)  (here.baseline and here.late)",
        "    uniform  (here.uniform)",
        "  interventions.exploration",
        "    –  (here.baseline and here.uniform)",
        "    exploration(start=5, share=0.5)  (here.late)",
    ]
    assert effects.startswith("last 20 ticks, 2 seeds: mean of 'here.baseline'") and not err
    out, err = recsim_("compare", "here/cells/baseline-1", "here/cells/late-1", "--at", "end", "-o", "kept")
    assert "\nend, 1 seed: mean of 'baseline'" in out and "one seed is an anecdote" in err
    assert (Path("kept") / "effects.csv").is_file() and (Path("kept") / "metrics.png").is_file()
    assert pd.read_csv(Path("kept") / "effects.csv")["window"].unique().tolist() == ["end"]


def test_a_comparison_for_machines(here, recsim_):
    out, _ = recsim_("compare", "here", "--json")
    told = json.loads(out)
    assert told["settings"]["here.uniform"]["system.recommender"] == "uniform"
    assert len(told["effects"]) == 4 and told["effects"][0]["n"] == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["here/cells/late-1"], "only one scenario among them"),
        (["here/cells/late-1", "here/cells/uniform-2"], "has no seed in common with 'late'"),
        (["here", "nowhere"], "nowhere: no such directory"),
        (["here", "--at", "lst 3"], "--at: 'lst 3' is no window of time"),
        (["here", "exp.yaml"], "no such directory"),
    ],
)
def test_what_cannot_be_compared_is_told_with_2(arguments, words, here, recsim_):
    out, err = recsim_("compare", *arguments, code=2)
    assert words in err and not out


def test_a_sweep_writes_its_points_and_their_picture(place, recsim_):
    over = ["--over", "system.slate_size=2,4", "--over", "system.recommender=als,popularity"]
    out, err = recsim_("sweep", "plain.yaml", *over, "--set", "metrics=[coverage]", "--seeds", "2", "-o", "out", *QUIET)
    assert out.startswith("last 20 ticks, 2 seeds: mean of 'slate_size=2+recommender=als'") and "results in out/" in err
    points = pd.read_csv(place / "out" / "points.csv")
    assert list(points.columns[:2]) == ["system.slate_size", "system.recommender"] and len(points) == 4 * 2
    assert (place / "out" / "sweep.png").stat().st_size > 5000
    assert (place / "out" / "cells" / "slate_size=4+recommender=popularity-2" / "metrics.csv").is_file()
    before = files(place / "out")
    recsim_("resume", "out", *QUIET)
    assert files(place / "out") == before


def test_a_sample_is_a_sweep_too_and_says_what_will_be_undefined(place, recsim_):
    over = ["--over", "system.slate_size=2..9", "--over", "users.count=20..40"]
    out, err = recsim_(
        "sweep", "plain.yaml", *over, "--sample", "sobol", "--points", "3", "--seeds", "1", "--json", *QUIET
    )
    told = json.loads(out)
    assert told["directory"] == "results/plain-sweep-1" and {row["arm"] for row in told["effects"]} == {
        "point-2",
        "point-3",
    }
    assert err.startswith("note: metrics.slate_overlap: it compares with 'baseline'") and "UserWarning" not in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "required: --over"),
        (["--over", "system.slate_size"], "write --over path=value,value"),
        (["--over", "system.slate_sise=2,3,4"], "--over system.slate_sise  unknown field 'slate_sise' in 'system'"),
        (["--over", "system.slate_size=2..5"], "a range has no end of values\n   name values (1,2,5), or"),
        (["--over", "system.slate_size=1,2", "--over", "system.slate_size=3"], "is swept twice"),
        (["--over", "system.slate_size=1,2", "--sample", "random"], "invalid choice: 'random'"),
    ],
)  # fmt: skip
def test_a_sweep_that_cannot_be_is_told_with_2(arguments, words, place, recsim_):
    out, err = recsim_("sweep", "plain.yaml", *arguments, *QUIET, code=2)
    assert words in err and not out and not (place / "results").exists()


# -- directories that were damaged ----


def test_a_cell_that_was_cut_off_is_told_and_can_be_run_again(here, recsim_, finished):
    cut = here / "cells" / "late-1"
    whole = contents(here / "cells")
    for left in (b"", b"tick,metr", (cut / "metrics.csv").read_bytes()[:-9]):
        (cut / "metrics.csv").write_bytes(left)
        out, err = recsim_("resume", "here", *QUIET, code=2)
        path = "here/cells/late-1"
        told = f"{path}/metrics.csv: is damaged; delete the folder {path} and go on with: recsim resume here\n"
        assert err == told and not out
        lost = whole | {"late-1/metrics.csv": left}
        assert contents(here / "cells") == lost and not (here / "metrics.csv").exists(), (
            "what looks finished is finished"
        )
    shutil.rmtree(cut)
    recsim_("resume", "here", *QUIET)
    assert files(here) == files(finished)


def test_a_table_that_was_cut_off_is_told_and_made_again(here, recsim_, finished):
    table = here / "metrics.csv"
    text = table.read_bytes()
    for left in (b"", text[:-5], text.replace(b",coverage,all,", b",coverage,all,x", 3)):
        table.write_bytes(left)
        for verb in (["replay", "here"], ["compare", "here"]):
            _, err = recsim_(*verb, code=2)
            assert err.startswith("here/metrics.csv: is damaged") and "recsim resume here" in err
    recsim_("resume", "here", *QUIET)
    assert files(here) == files(finished)


@pytest.mark.parametrize("name", ["arms.json", "provenance.json"])
def test_an_experiment_that_does_not_say_any_more_what_it_was_is_told(name, here, recsim_):
    (here / name).write_text('{"baseline": ')
    before = contents(here)
    for verb in (["resume", "here", *QUIET], ["replay", "here", *QUIET], ["compare", "here"]):
        _, err = recsim_(*verb, code=2)
        assert err == f"here/{name}: is damaged; put it back, or run the experiment anew with -o\n"
    assert contents(here) == before


def test_a_run_into_an_experiment_that_does_not_say_any_more_what_it_was_is_told(here, recsim_):
    (here / "provenance.json").write_text('{"baseline": ')
    _, err = recsim_("run", "exp.yaml", "-o", "here", *QUIET, code=2)
    assert err.startswith("here/provenance.json: is damaged")


def test_an_experiment_without_its_arms_is_no_run(here, recsim_):
    (here / "arms.json").unlink()
    before = contents(here)
    for verb in (["compare", "here"], ["run", "exp.yaml", "-o", "here", *QUIET]):
        _, err = recsim_(*verb, code=2)
        assert err == "here/arms.json: is missing; put it back, or run the experiment anew with -o\n"
    with pytest.raises(ValueError, match=r"arms\.json: is missing"):
        recsim.load("here")
    assert contents(here) == before


@pytest.mark.parametrize("verb", ["resume", "replay"])
@pytest.mark.parametrize("unfinished", [False, True])
def test_an_experiment_without_its_arms_is_not_gone_on_with_as_a_run(verb, unfinished, here, recsim_):
    (here / "arms.json").unlink()
    if unfinished:
        (here / "metrics.csv").unlink()
    before = contents(here)
    _, err = recsim_(verb, "here", *QUIET, code=2)
    assert "arms.json: is missing" in err or "no finished experiment here" in err
    assert contents(here) == before


def test_an_experiment_whose_scenario_was_edited_is_not_gone_on_with(here, recsim_, finished):
    text = (here / "scenario.yaml").read_text()
    before = contents(here)
    for changed in (text.replace("slate_size: 5", "slate_size: 4"), text.replace("share: 0.5", "share: 0.6")):
        assert changed != text
        (here / "scenario.yaml").write_text(changed)
        for verb in ("resume", "replay"):
            _, err = recsim_(verb, "here", *QUIET, code=2)
            assert err == "here: scenario.yaml is not what the experiment was begun with; put it back, or run anew\n"
    (here / "scenario.yaml").write_text("ticks: [")
    _, err = recsim_("resume", "here", *QUIET, code=2)
    assert "here/scenario.yaml:1:" in err
    (here / "scenario.yaml").write_text(text)
    assert contents(here) == before
    recsim_("resume", "here", *QUIET)
    assert files(here) == files(finished)


def test_an_experiment_whose_data_have_changed_is_not_gone_on_with(place, recsim_):
    def log(step):
        return "user,item\n" + "".join(f"{user},{item}\n" for user in range(20) for item in range(user % step, 15, 2))

    (place / "log.csv").write_text(log(3))
    fields = {"ticks": 2, "data": {"kind": "log", "path": "log.csv", "user": "user", "item": "item"},
              "users": {"tastes": {"kind": "from_log", "factors": 3}},
              "system": {"warmup": {"ticks": 0}, "slate_size": 3}, "metrics": ["coverage"],
              "experiment": {"seeds": 1, "arms": {"a": {"system.slate_size": 2}}}}  # fmt: skip
    (place / "data.yaml").write_text(json.dumps(fields))
    recsim_("run", "data.yaml", "-o", "out", *QUIET)
    before = files(place / "out")
    (place / "log.csv").write_text(log(2))
    for verb in ("resume", "replay"):
        _, err = recsim_(verb, "out", *QUIET, code=2)
        assert "the data in " in err and "is not what the experiment was begun with" in err
    (place / "log.csv").write_text(log(3))
    recsim_("resume", "out", *QUIET)
    assert files(place / "out") == before


# -- killed in the middle of a cell ----

SLOW = {
    "ticks": 12,
    "seed": 3,
    "users": {"count": 300, "behaviours": ["drift"]},
    "items": {"count": 150},
    "metrics": ["coverage", "utility", "slate_overlap"],
    "system": {"slate_size": 5, "warmup": {"ticks": 4}, "recommender": {"kind": "als", "factors": 8, "threads": 1}},
    "experiment": {"seeds": 1, "arms": {"late": {"interventions": [{"kind": "exploration", "start": 6}]}}},
}


@pytest.mark.parametrize("arm", ["baseline", "late"])
def test_a_cell_that_is_killed_goes_on_from_its_checkpoint_to_the_same_bytes(arm, place, recsim_, monkeypatch):
    (place / "slow.yaml").write_text(json.dumps(SLOW))
    command = [sys.executable, "-m", "recsim", "run", "slow.yaml", "-o", "out", "--checkpoint-every", "2", *QUIET]
    env = {**os.environ, "PYTHONPATH": str(Path(recsim.__file__).parents[1]), "OMP_NUM_THREADS": "1"}
    begun = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def saved():
        """The ticks of which the cell has checkpoints; 0 stands for none."""
        found = (place / "out" / "cells").glob(f"*{arm}-3.part/checkpoints/0*")
        return [0, *(int(one.name) for one in found)]

    until = time.monotonic() + 60
    while begun.poll() is None and time.monotonic() < until and max(saved()) < 8:
        time.sleep(0.002)
    os.kill(begun.pid, signal.SIGKILL)
    begun.communicate(timeout=30)
    at = max(saved())
    assert begun.returncode == -signal.SIGKILL and at >= 8, "it was not killed in the middle"
    ticks = []
    retrain = Simulation.retrain
    with monkeypatch.context() as patch:
        patch.setattr(Simulation, "retrain", lambda self: ticks.append(self.tick) or retrain(self))
        recsim_("resume", "out", *QUIET)
    assert ticks[: 12 - at] == list(range(at + 1, 13)), "what was saved is not run again"
    others = ticks[12 - at :]
    assert others == ([] if arm == "late" else list(range(1, 13))), (
        "past the tick to fork at, the other begins by itself"
    )
    Experiment(SLOW, fork=False).run(place / "whole", jobs=1)
    same = {name: text for name, text in files(place / "whole").items() if name != "scenario.yaml"}
    assert {name: text for name, text in files(place / "out").items() if name != "scenario.yaml"} == same
    assert not list((place / "out" / "cells").glob("*part*"))
