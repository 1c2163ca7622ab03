"""Arms × seeds: the same bytes whichever engine, whatever is forked, killed, interrupted or done already."""

import gc
import json
import os
import signal
import subprocess
import sys
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import mesa
import numpy as np
import pandas as pd
import pytest

import recsim
from recsim.experiment import Experiment, cells, engines
from recsim.experiment.storage import load
from recsim.folder import RunExistsError
from recsim.problems import ScenarioError
from recsim.runs import read_metrics
from recsim.simulation import Simulation
from tests.helpers import tiny

LATE = {"interventions": [{"kind": "exploration", "share": 0.5, "start": 5}]}
METRICS = ["coverage", "utility", "clicks_per_session", "slate_overlap", "worse_off"]


def small(**sections):
    """Three arms of a tiny scenario on two seeds; `late` shares four ticks with the baseline."""
    experiment = {"seeds": 2, "arms": {"late": LATE, "uniform": {"system.recommender": "uniform"}}}
    recorded = {"users": 5, "items": "all", "events": True}
    return tiny(metrics=METRICS, record=recorded, **{"experiment": experiment, **sections})


def files(place: Path) -> dict[str, bytes]:
    """Everything in a directory that is promised to be the same."""
    free = ("timings.json", "provenance.json", cells.TOKEN)
    return {
        str(path.relative_to(place)): path.read_bytes()
        for path in sorted(place.rglob("*"))
        if path.is_file() and path.name not in free
    }


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """The experiment run here, arm by arm, with nothing shared."""
    place = tmp_path_factory.mktemp("reference") / "here"
    Experiment(small(), fork=False).run(place, jobs=1)
    return files(place)


def test_every_cell_is_a_run_and_above_them_stands_what_they_are_together(reference):
    names = {name.split("/")[-1] for name in reference if name.startswith("cells/late-2/")}
    assert {"metrics.csv", "scenario.yaml", "clicks.parquet", "tastes.npy", "views.npy"} <= names
    assert {"metrics.csv", "effects.csv", "metrics.png", "scenario.yaml", "arms.json"} <= set(reference)
    assert sum(name.endswith("/scenario.yaml") for name in reference) == 6


def test_forking_changes_no_byte(reference, tmp_path):
    experiment = Experiment(small())
    assert any(step.parent for branch in experiment.branches for step in branch)
    experiment.run(tmp_path / "here", jobs=1)
    assert files(tmp_path / "here") == reference


def test_processes_change_no_byte(reference, tmp_path):
    Experiment(small()).run(tmp_path / "here", jobs=2)
    assert files(tmp_path / "here") == reference


def test_an_executor_of_ones_own_changes_no_byte(reference, tmp_path):
    with ThreadPoolExecutor(3) as executor:
        Experiment(small(), fork=False).run(tmp_path / "here", on=executor)
    assert files(tmp_path / "here") == reference


def test_the_order_of_seeds_and_arms_changes_no_byte(reference, tmp_path):
    experiment = Experiment(small(), fork=False)
    experiment.branches = experiment.branches[::-1]
    backwards = experiment.seeds[::-1]
    for seed in backwards:
        part = Experiment(small(), fork=False)
        part.branches, part.seeds = experiment.branches, [seed]
        part.run(tmp_path / "here", jobs=1)
    Experiment(small()).run(tmp_path / "here", jobs=1)
    assert files(tmp_path / "here") == reference


def test_an_arm_alone_gives_the_numbers_of_its_cell(reference, tmp_path):
    for arm, seed in (("baseline", 2), ("late", 1), ("uniform", 2)):
        run = recsim.run(small(), arm=arm, seed=seed, out=tmp_path / f"{arm}{seed}")
        assert (tmp_path / f"{arm}{seed}" / "metrics.csv").read_bytes() == reference[f"cells/{arm}-{seed}/metrics.csv"]
        assert run.scenario.experiment is None
    assert isinstance(recsim.run(small(), seed=1), recsim.Run)


def test_what_is_finished_is_not_done_again(reference, tmp_path, monkeypatch):
    place = tmp_path / "here"
    Experiment(small()).run(place, jobs=1)
    ran = []
    step = Simulation.step
    monkeypatch.setattr(Simulation, "step", lambda self: ran.append(self.spec.seed) or step(self))
    Experiment(small()).run(place, jobs=1)
    assert not ran
    for path in sorted((place / "cells" / "late-2").rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    (place / "cells" / "late-2").rmdir()
    Experiment(small()).run(place, jobs=1)
    assert ran == [2] * 6
    assert files(place) == reference


def test_more_seeds_are_added_to_those_that_are_there(tmp_path, monkeypatch):
    place = tmp_path / "here"
    Experiment(small(), seeds=1).run(place, jobs=1)
    found = Experiment(small(), seeds=2).run(place, jobs=1)
    assert found.seeds == [1, 2]
    assert found.metrics.equals(Experiment(small()).run(jobs=1).metrics)


def test_another_experiment_is_not_written_into_the_same_place(tmp_path):
    Experiment(small(), seeds=1).run(tmp_path / "here", jobs=1)
    other = small(experiment={"seeds": 1, "arms": {"late": {"system.recommender": "popularity"}}})
    with pytest.raises(RunExistsError, match="holds another experiment"):
        Experiment(other).run(tmp_path / "here", jobs=1)
    with pytest.raises(RunExistsError, match="is not empty|holds results"):
        recsim.run(tiny(), out=tmp_path / "here")


def test_an_ensemble_reads_back_as_it_was(tmp_path):
    one = Experiment(small()).run(tmp_path / "here", jobs=1)
    other = recsim.load(tmp_path / "here")
    assert isinstance(other, recsim.Ensemble)
    pd.testing.assert_frame_equal(one.metrics, other.metrics, check_exact=True)
    assert one.arms == other.arms and one.scenario == other.scenario
    assert one.effects().equals(other.effects())
    assert "coverage" in repr(one) and "late" in one._repr_html_()


def test_arms_measure_what_applies_in_any_of_them():
    spec = tiny(experiment={"seeds": 1, "arms": {"ai": {"system.generators": [{"kind": "gaussian", "per_tick": 2}]}}})
    found = Experiment(spec).run(jobs=1)
    measured = found.metrics.groupby("arm")["metric"].unique()
    assert set(measured["baseline"]) == set(measured["ai"]) and "ai_catalogue_share" in set(measured["baseline"])


def test_an_ensemble_is_what_mesa_gives(tmp_path):
    found = Experiment(small()).run(jobs=1)
    spec = found.arms["baseline"]
    table = pd.DataFrame(
        mesa.batch_run(
            Simulation, {"scenario": [spec]}, rng=[1, 2], data_collection_period=1, max_steps=50, display_progress=False
        )
    )
    mine = found.wide().loc["baseline"]
    for seed in (1, 2):
        theirs = table[table["seed"] == seed] if "seed" in table else table[table["iteration"] == seed - 1]
        for metric in ("coverage", "utility"):
            np.testing.assert_array_equal(theirs[metric].to_numpy(), mine.loc[seed, metric].to_numpy())


def test_xarray_and_pandas_hold_the_same_numbers():
    found = Experiment(small()).run(jobs=1)
    cube = found.to_xarray()
    assert dict(cube.sizes) == {"arm": 3, "seed": 2, "tick": 7}
    assert cube["arm"].to_numpy().tolist() == ["baseline", "late", "uniform"]
    value = found.metrics.query("arm == 'late' and seed == 2 and tick == 6 and metric == 'utility' and group == 'all'")
    assert float(cube["utility"].sel(arm="late", seed=2, tick=6)) == value["value"].item()


# -- what goes wrong ----


class Trip(recsim.Behaviour):
    """Fails, or kills its process, at a tick of one seed."""

    how: str = "raise"
    """raise, kill (always), or the name of a file that is made before it kills (once)."""
    seed: int = 1
    """The seed in which it does."""
    tick: int = 4
    """The tick on which it does."""

    def after(self, world, feedback, draws):
        if world.tick != self.tick or float(world.users.tastes[0, 0]) != _first_taste(self.seed):
            return
        if self.how == "raise":
            raise ArithmeticError("the ground gave way")
        if self.how != "kill":
            try:
                os.close(os.open(self.how, os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                return
        os.kill(os.getpid(), signal.SIGKILL)


def _first_taste(seed):
    return float(Simulation(tiny(metrics=[]), rng=seed).world.users.tastes[0, 0])


def tripping(how, **fields):
    behaviours = [{"kind": "trip", "how": how, **fields}]
    arms = {"trips": {"users.behaviours": behaviours}, "late": LATE}
    return tiny(metrics=["coverage", "utility"], experiment={"seeds": 3, "arms": arms})


@pytest.fixture(autouse=True)
def _trip():
    recsim.Behaviour.members()["trip"] = Trip


def test_a_run_that_fails_keeps_its_message_and_the_others_go_on(tmp_path):
    found = Experiment(tripping("raise", seed=2)).run(tmp_path / "here", jobs=1)
    assert found.failures[["arm", "seed"]].to_numpy().tolist() == [["trips", 2]]
    assert "ArithmeticError: the ground gave way" in found.failures["problem"][0]
    assert len(found.metrics.groupby(["arm", "seed"])) == 8
    effects = found.effects(at="end").set_index(["arm", "metric"])
    assert effects.loc[("trips", "utility"), "n"] == 2 and effects.loc[("late", "utility"), "n"] == 3
    assert load(tmp_path / "here").failures.equals(found.failures)


def test_a_process_that_is_killed_costs_its_run_and_nothing_else(tmp_path):
    marker = tmp_path / "marker"
    killed = Experiment(tripping(str(marker), seed=2)).run(tmp_path / "here", jobs=2)
    assert marker.exists(), "nothing was killed"
    assert killed.failures.empty
    harmless = tripping("no", seed=10**6)
    calm = Experiment(harmless).run(jobs=1)
    assert killed.metrics.equals(calm.metrics)


def test_a_run_that_always_kills_its_process_is_told_and_the_others_go_on(tmp_path):
    found = Experiment(tripping("kill", seed=3)).run(tmp_path / "here", jobs=2)
    assert found.failures[["arm", "seed"]].to_numpy().tolist() == [["trips", 3]]
    assert "its process died" in found.failures["problem"][0]
    assert len(found.metrics.groupby(["arm", "seed"])) == 8


def test_a_failed_run_is_tried_again_when_the_experiment_goes_on(tmp_path, monkeypatch):
    spec = tripping("raise", seed=2)
    Experiment(spec).run(tmp_path / "here", jobs=1)
    monkeypatch.setattr(Trip, "after", lambda self, world, feedback, draws: None)
    found = Experiment(spec).run(tmp_path / "here", jobs=1)
    assert found.failures.empty and not (tmp_path / "here" / "failures.csv").exists()
    assert len(found.metrics.groupby(["arm", "seed"])) == 9


def test_an_engine_that_is_none_is_told():
    for engine, words in (("nowhere", "no such engine"), ("tcp://127.0.0.1:9", "no scheduler answers")):
        with pytest.raises(engines.EngineError, match=words):
            Experiment(small()).run(on=engine)


def test_an_arm_that_is_none_is_told():
    with pytest.raises(ScenarioError, match="did you mean 'late'"):
        recsim.run(small(), arm="lte")
    with pytest.raises(ValueError, match="did you mean 'late'"):
        Experiment(small()).run(jobs=1).effects(against="lat")


# -- what it costs ----


def test_finished_runs_leave_nothing_in_memory(tmp_path, monkeypatch):
    alive = weakref.WeakSet()
    begin = Simulation.__init__
    monkeypatch.setattr(Simulation, "__init__", lambda self, *a, **k: (alive.add(self), begin(self, *a, **k))[1])
    most = []
    write = cells._write
    monkeypatch.setattr(cells, "_write", lambda *a: (gc.collect(), most.append(len(alive)), write(*a))[2])
    Experiment(small(), seeds=4).run(tmp_path / "here", jobs=1)
    assert len(most) == 12 and max(most[3:]) <= 2
    gc.collect()
    assert not alive


# -- from a script, and from the command line ----

SCRIPT = """
import recsim

class Restless(recsim.Behaviour):
    '''Something of one's own.'''
    pull: float = 3.0
    '''How much.'''
    def appeal(self, world, slate):
        return self.pull * (slate.items % 2 == 0)

found = recsim.run(
    {"ticks": 4, "users": {"count": 30, "behaviours": ["restless"]}, "items": {"count": 20}, "metrics": ["utility"],
     "experiment": {"seeds": 4, "arms": {"calm": {"users.behaviours": []}}}},
    jobs=2,
)
assert found.failures.empty, found.failures["problem"][0]
print(len(found.metrics), (found.effects(at="end")["difference"] != 0).all())
"""


def test_a_script_needs_no_guard_and_its_own_classes_reach_the_workers(tmp_path):
    (tmp_path / "mine.py").write_text(SCRIPT)
    done = subprocess.run([sys.executable, "mine.py"], capture_output=True, text=True, cwd=tmp_path, timeout=120)
    assert (done.stdout, done.stderr) == ("40 True\n", "")


SLOW = {
    "ticks": 40,
    "users": {"count": 300},
    "items": {"count": 200},
    "metrics": ["coverage"],
    "experiment": {"seeds": 8, "arms": {"uniform": {"system.recommender": "uniform"}}},
}


@pytest.mark.parametrize(("how", "code"), [(signal.SIGINT, 3), (signal.SIGTERM, 3), (signal.SIGKILL, -9)])
def test_an_experiment_that_is_stopped_goes_on_where_it_was(how, code, tmp_path):
    (tmp_path / "slow.yaml").write_text(json.dumps(SLOW))
    command = [sys.executable, "-m", "recsim", "run", "slow.yaml", "-o", "out", "--jobs", "2", "--quiet"]
    env = {**os.environ, "PYTHONPATH": str(Path(recsim.__file__).parents[1])}
    begun = subprocess.Popen(command, cwd=tmp_path, env=env, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    finished = tmp_path / "out" / "cells"
    until = time.monotonic() + 60
    while len(list(finished.glob("*/metrics.csv"))) < 3 and time.monotonic() < until:
        time.sleep(0.02)
    os.kill(begun.pid, how)
    _, err = begun.communicate(timeout=60)
    assert begun.returncode == code
    before = {path: path.stat().st_mtime_ns for path in finished.glob("*/metrics.csv")}
    assert 3 <= len(before) < 16, "it was not stopped in the middle"
    if how != signal.SIGKILL:
        assert "go on with: recsim resume out" in err and "Traceback" not in err
    resumed = [sys.executable, "-m", "recsim", "resume", "out", "--jobs", "2", "--quiet"]
    done = subprocess.run(resumed, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert all(path.stat().st_mtime_ns == at for path, at in before.items())
    whole = Experiment(SLOW).run(jobs=1)
    assert read_metrics(tmp_path / "out" / "metrics.csv").equals(whole.metrics)


def test_a_cell_that_is_compared_with_another_is_replayed_to_the_same_bytes(tmp_path, capsys):
    from recsim.cli import main

    Experiment(small(), seeds=1).run(tmp_path / "here", jobs=1)
    assert main(["replay", str(tmp_path / "here" / "cells" / "late-1"), "--quiet"]) == 0
    recsim.run(small(), arm="late", out=tmp_path / "alone")
    assert main(["replay", str(tmp_path / "alone"), "--quiet"]) == 0
    assert main(["replay", str(tmp_path / "here"), "--quiet", "--jobs", "1"]) == 0
    assert recsim.load(tmp_path / "alone").wide()["slate_overlap"].iloc[-1] < 1


def test_a_run_whose_reference_failed_waits_for_it(tmp_path, monkeypatch):
    """It would be undefined for ever if it were finished without."""
    spec = small(
        users={"behaviours": [{"kind": "trip", "how": "raise"}]}, experiment={"seeds": 1, "arms": {"late": LATE}}
    )
    found = Experiment(spec).run(tmp_path / "here", jobs=1)
    assert found.failures["arm"].tolist() == ["baseline", "late"]
    assert "the arm that it is compared with, failed" in found.failures["problem"][1]
    monkeypatch.setattr(Trip, "after", lambda self, world, feedback, draws: None)
    again = Experiment(spec).run(tmp_path / "here", jobs=1)
    assert again.failures.empty and again.metrics.equals(Experiment(spec).run(jobs=1).metrics)
